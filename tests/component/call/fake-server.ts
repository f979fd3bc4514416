/**
 * Key endpoint, Realtime API and its peers inside the test page: an `Environment` whose requests are served here, with the
 * browser's real microphone, audio and peer connections.
 */
import { browserEnvironment, type Environment } from '../../../src/session/environment.js';
import { AnsweringPeer, type PeerFaults } from './answering-peer.js';

export interface Request {
  readonly url: string;
  readonly init: RequestInit;
}

/** Behaviour of the server; times in milliseconds. */
export interface ServerSetup {
  readonly peer?: PeerFaults;
  readonly tokenDelay?: number;
  readonly answerDelay?: number;
  readonly microphoneDelay?: number;
  /** The state that the browser reports for the microphone permission. */
  readonly permission?: PermissionState;
}

/** A fake server and the environment that connects to it. */
export class FakeServer {
  readonly requests: Request[] = [];
  readonly peers: AnsweringPeer[] = [];
  /** The opened streams. */
  readonly streams: MediaStream[] = [];
  readonly environment: Environment;
  readonly #setup: ServerSetup;

  constructor(setup: ServerSetup = {}, overrides: Partial<Environment> = {}) {
    this.#setup = setup;
    const { permission = 'granted' } = setup;
    const browser = browserEnvironment();
    this.environment = {
      ...browser,
      secure: true,
      supports: () => true,
      baseUrl: location.href,
      mediaDevices: { getUserMedia: (constraints) => this.#open(constraints) },
      permissions: { query: () => Promise.resolve({ state: permission } as PermissionStatus) },
      fetch: (url, init) => this.#answer(String(url), init),
      ...overrides,
    };
  }

  /** The peer of the newest call. */
  get peer(): AnsweringPeer {
    const peer = this.peers.at(-1);
    if (!peer) throw new Error('no peer has been called');
    return peer;
  }

  paths(): string[] {
    return this.requests.map(({ url }) => new URL(url).pathname);
  }

  async close(): Promise<void> {
    for (const peer of this.peers) await peer.close();
  }

  async #open(constraints?: MediaStreamConstraints): Promise<MediaStream> {
    await wait(this.#setup.microphoneDelay);
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    this.streams.push(stream);
    return stream;
  }

  async #answer(url: string, init: RequestInit): Promise<Response> {
    this.requests.push({ url, init });
    if (url.endsWith('/token')) {
      await wait(this.#setup.tokenDelay, init.signal);
      return Response.json({ value: 'ek_test', expires_at: Math.round(Date.now() / 1000) + 60 });
    }
    if (url.endsWith('/hangup')) return new Response(null);
    await wait(this.#setup.answerDelay, init.signal);
    const peer = new AnsweringPeer(this.#setup.peer);
    this.peers.push(peer);
    const answer = await peer.answer(String(init.body));
    return new Response(answer, { status: 201, headers: { Location: `/v1/realtime/calls/rtc_${this.peers.length}` } });
  }
}

function wait(milliseconds = 0, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
