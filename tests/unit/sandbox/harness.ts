/** Starts sandboxes for tests and connects fake clients to them. */
import { afterEach, expect } from 'vitest';
import { WebSocket } from 'ws';
import { createSandbox } from '../../../src/sandbox/index.js';
import type { RecordedEvent, Sandbox, SandboxCall, SandboxOptions } from '../../../src/sandbox/index.js';
import required from '../../support/realtime-required-fields.json' with { type: 'json' };
import { fakePeers } from './fake-peers.js';
import type { FakePeer, Json } from './fake-peers.js';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** An offer that a fake peer accepts. */
export const OFFER = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n';

/** A 24 kHz sine with the given duration and level. */
export function tone(ms: number, dbfs = -15, hz = 300): Int16Array {
  const peak = 32_767 * 10 ** (dbfs / 20) * Math.SQRT2;
  return Int16Array.from({ length: 24 * ms }, (_, index) => Math.round(peak * Math.sin((2 * Math.PI * hz * index) / 24_000)));
}

/** Silence of the given duration. */
export const silence = (ms: number): Int16Array => new Int16Array(24 * ms);

/** A sandbox without media that answers immediately: 60 ms of audio per character of speech. */
export async function start(options: SandboxOptions = {}): Promise<{ sandbox: Sandbox; peers: FakePeer[] }> {
  const { factory, peers } = fakePeers();
  const sandbox = await createSandbox({
    peers: factory,
    speak: (text) => Promise.resolve(tone(Math.max(60, text.length * 60))),
    thinkMs: 0,
    speed: Infinity,
    ...options,
  });
  open.push(sandbox);
  return { sandbox, peers };
}

/** Posts JSON with a key. */
export function post(
  sandbox: Sandbox,
  path: string,
  body: unknown,
  key: string | undefined = 'sk-sandbox',
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${sandbox.url}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** A connected WebRTC call. */
export interface Connected {
  call: SandboxCall;
  peer: FakePeer;
  say(event: Record<string, unknown>): void;
  /** Waits for a server event after the last one awaited. */
  next(type: string): Promise<Json>;
}

/** Calls the sandbox and opens the channel. */
export async function connect(
  started: { sandbox: Sandbox; peers: FakePeer[] },
  session?: Record<string, unknown>,
  key?: string,
): Promise<Connected> {
  const { sandbox, peers } = started;
  const { value } =
    key === undefined ? sandbox.mintKey(session === undefined ? {} : { session: { type: 'realtime', ...session } }) : { value: key };
  const response = await post(sandbox, '/realtime/calls', OFFER, value, { 'content-type': 'application/sdp' });
  expect(response.status).toBe(201);
  const call = await sandbox.nextCall();
  const peer = peers.at(-1) as FakePeer;
  peer.open();
  return {
    call,
    peer,
    say: (event) => {
      peer.say(event);
    },
    next: follow(call),
  };
}

function follow(call: SandboxCall): Connected['next'] {
  let after = 0;
  return async (type) => {
    const { event, index } = await call.waitForServerEvent(type, { after, timeoutMs: 3_000 });
    after = index + 1;
    return event;
  };
}

/** Sends a typed turn. */
export function type(to: Pick<Connected, 'say'>, text: string): void {
  to.say({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] } });
  to.say({ type: 'response.create' });
}

/** Advances the client's playback until the answer has been played. */
export async function playOut({ call, peer }: Connected, after = 0): Promise<void> {
  const done = call.waitForServerEvent('output_audio_buffer.stopped', { after });
  for (
    let round = 0;
    round < 2_000 && !call.events.some((event) => event.index >= after && event.type === 'output_audio_buffer.stopped');
    round++
  ) {
    peer.play(100);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await done;
}

/** Types of the sent events, without deltas. */
export function sent(events: readonly RecordedEvent[]): string[] {
  return events.filter(({ direction, type }) => direction === 'out' && !type.endsWith('.delta')).map(({ type }) => type);
}

/** Checks that every server event has the fields that the published types require. Returns the number of events checked. */
export function expectRequiredFields(events: readonly RecordedEvent[]): number {
  const out = events.filter(({ direction, type }) => direction === 'out' && type !== 'invalid');
  for (const { type, event } of out) {
    const fields = (required as Record<string, string[]>)[type];
    expect(fields, `${type} is a published event`).toBeDefined();
    for (const field of fields ?? []) expect(event, `${type} carries ${field}`).toHaveProperty(field, expect.anything());
  }
  return out.length;
}

/** A WebSocket client. */
export class SocketClient {
  readonly events: Json[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly opened: Promise<void>;
  readonly socket: WebSocket;
  readonly #waiting = new Set<() => void>();
  #seen = 0;

  constructor(url: string, protocols: string[] = [], headers: Record<string, string> = {}) {
    this.socket = new WebSocket(url.replace('http', 'ws'), protocols, { headers });
    this.socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.events.push(isBinary ? { binary: data } : parsed(data.toString()));
      for (const wake of [...this.#waiting]) wake();
    });
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', () => {
        resolve();
      });
      this.socket.once('unexpected-response', (_, response) => {
        let body = '';
        response.on('data', (part: Buffer) => (body += part.toString()));
        response.on('end', () => {
          reject(Object.assign(new Error(`status ${String(response.statusCode)}`), { status: response.statusCode, body }));
        });
      });
      this.socket.once('error', reject);
    });
    this.opened.catch(() => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code: number, reason: Buffer) => {
        resolve({ code, reason: reason.toString() });
      });
    });
    open.push({ close: () => Promise.resolve(this.socket.terminate()) });
  }

  say(event: Record<string, unknown> | string): void {
    this.socket.send(typeof event === 'string' ? event : JSON.stringify(event));
  }

  /** The next event of a type after the last one awaited. */
  async next(type: string): Promise<Json> {
    for (;;) {
      const index = this.events.findIndex((event, at) => at >= this.#seen && event['type'] === type);
      if (index >= 0) {
        this.#seen = index + 1;
        return this.events[index] as Json;
      }
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`timed out waiting for ${type}; received ${this.events.map((event) => String(event['type'])).join(', ')}`));
        }, 15_000);
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return { raw: text };
  }
}
