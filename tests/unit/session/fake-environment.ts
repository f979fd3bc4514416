/**
 * An `Environment` without a browser: time that the test advances, a scripted transport, and a microphone made of plain objects.
 * Counts open resources, so that every test can check that nothing is left.
 */
import type { AgentSession } from '../../../src/contract/call.js';
import type { Environment } from '../../../src/session/environment.js';
import type { Transport, TransportOptions } from '../../../src/transport/transport.js';

// Preloads the chunks of a call, because `settle()` waits for promises, not for files.
await Promise.all([
  import('../../../src/session/audio-sender.js'),
  import('../../../src/session/brokered-call.js'),
  import('../../../src/session/device-watch.js'),
  import('../../../src/session/history-diff.js'),
  import('../../../src/session/reconnector.js'),
  import('../../../src/session/tool-dispatcher.js'),
  import('../../../src/session/transcription.js'),
]);

/** A clock that only moves with `advance()`. */
export class FakeTime {
  at = 1_000;
  readonly #timers = new Map<number, { due: number; callback: () => void }>();
  #ids = 0;

  get pending(): number {
    return this.#timers.size;
  }

  readonly now = (): number => this.at;
  readonly setTimeout = (callback: () => void, milliseconds: number): unknown => {
    this.#timers.set(++this.#ids, { due: this.at + milliseconds, callback });
    return this.#ids;
  };
  readonly clearTimeout = (timer: unknown): void => void this.#timers.delete(timer as number);

  /** Runs due timers in order, letting promises settle in between. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.at + milliseconds;
    await settle();
    for (;;) {
      const next = [...this.#timers].filter(([, { due }]) => due <= end).sort(([, a], [, b]) => a.due - b.due)[0];
      if (!next) break;
      this.#timers.delete(next[0]);
      this.at = next[1].due;
      next[1].callback();
      await settle();
    }
    this.at = end;
  }
}

/** Lets everything that waits for settled promises run; response bodies are read in separate tasks. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}

/** A track that knows whether it is live. */
export class FakeTrack extends EventTarget {
  readonly kind = 'audio';
  enabled = true;
  muted = false;
  readonly label: string;
  readyState: 'live' | 'ended' = 'live';
  constructor(label = '') {
    super();
    this.label = label;
  }
  stop(): void {
    this.readyState = 'ended';
  }
  /** The device is removed. */
  end(): void {
    this.stop();
    this.dispatchEvent(new Event('ended'));
  }
  /** The system mutes or unmutes it. */
  systemMute(on: boolean): void {
    this.muted = on;
    this.dispatchEvent(new Event(on ? 'mute' : 'unmute'));
  }
}

/** A fake audio element. */
export class FakeAudio extends EventTarget {
  srcObject: unknown = null;
  autoplay = false;
  paused = true;
  error: unknown = null;
  ended = false;
  play(): Promise<void> {
    this.paused = false;
    return Promise.resolve();
  }
  pause(): void {
    this.paused = true;
    this.dispatchEvent(new Event('pause'));
  }
}

export function fakeStream(track = new FakeTrack()): { track: FakeTrack; stream: MediaStream } {
  const tracks = [track] as unknown as MediaStreamTrack[];
  return { track, stream: { getTracks: () => tracks, getAudioTracks: () => tracks } as unknown as MediaStream };
}

/** A transport without a network: connects as soon as its offer is answered, unless the script delays it. */
export class FakeTransport implements Transport {
  static open = 0;
  status: Transport['status'] = 'disconnected';
  callId: string | undefined;
  reached = false;
  readonly dropped = 0;
  readonly sent: { type: string; [field: string]: unknown }[] = [];
  readonly options: TransportOptions;
  microphone: MediaStreamTrack | null = null;
  soundRuns = true;
  resumed = 0;
  readonly #hold: Promise<void>;
  #released = false;
  #refuse: (reason: Error) => void = () => undefined;

  constructor(options: TransportOptions, hold: Promise<void>) {
    this.options = options;
    this.#hold = hold;
    FakeTransport.open++;
  }

  async connect(): Promise<void> {
    this.status = 'connecting';
    const refused = new Promise<never>((_, refuse) => {
      this.#refuse = refuse;
    });
    await Promise.race([this.#negotiate(), refused]);
    if (!this.#released) this.status = 'connected';
  }

  async #negotiate(): Promise<void> {
    const answer = await this.options.exchange('v=0 offer');
    this.callId = answer.callId;
    await this.#hold;
    this.reached = true;
    this.options.bus.emit('phase', 'configuring');
    this.options.bus.emit('server-event', { type: 'session.updated', event_id: 's', session: {} });
  }

  useMicrophone(track: MediaStreamTrack | null): Promise<void> {
    this.microphone = track;
    return Promise.resolve();
  }

  resumeSound(): void {
    this.resumed++;
  }

  sendEvent(event: { type: string }): void {
    this.options.bus.emit('sent', event);
    this.sent.push(event);
  }
  requestResponse(response?: Record<string, unknown>): void {
    this.sent.push({ type: 'response.create', ...(response ? { response } : {}) });
  }
  get muted(): boolean {
    return this.options.isMuted();
  }
  mute(muted: boolean): void {
    this.options.bus.emit('mute', muted);
  }
  currentModel = 'fake';
  set _tracingConfig(_config: unknown) {
    // Not read by any test.
  }
  emit(): boolean {
    return false;
  }
  sendAudio(audio: ArrayBuffer): void {
    this.sent.push({ type: 'input_audio_buffer.append', audio });
  }
  addImage(image: string): void {
    this.sendMessage({ type: 'message', role: 'user', content: [{ type: 'input_image', image }] });
  }
  sendMessage(message: unknown): void {
    this.sent.push({ type: 'conversation.item.create', item: { message } });
  }
  resetHistory(before: unknown, after: unknown): void {
    this.sent.push({ type: 'reset', before, after });
  }
  sendFunctionCallOutput(call: { callId: string }, output: string): void {
    this.sent.push({ type: 'conversation.item.create', item: { call_id: call.callId, output } });
  }
  sendMcpResponse(request: { itemId: string }, approve: boolean): void {
    this.sent.push({ type: 'conversation.item.create', item: { approval_request_id: request.itemId, approve } });
  }
  updateSessionConfig(session: object): void {
    this.sent.push({ type: 'session.update', session });
  }
  interrupt(): void {
    this.options.bus.emit('interrupt', undefined);
  }
  close(): void {
    this.release();
  }
  on(): void {
    // The fake has no listeners.
  }
  once(): void {
    // The fake has no listeners.
  }
  off(): void {
    // The fake has no listeners.
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    FakeTransport.open--;
    this.status = 'disconnected';
    this.#refuse(new Error('released'));
  }
}

/** The behavior of a fake environment. The test may settle each promise later. */
export interface World {
  token?: () => Promise<Response>;
  answer?: () => Promise<Response>;
  microphone?: () => Promise<MediaStream>;
  permission?: 'granted' | 'prompt' | 'denied';
  /** Label of the available microphone. */
  device?: string;
  code?: () => Promise<void>;
  configured?: () => Promise<void>;
  online?: boolean;
}

export function fakeEnvironment(world: World = {}, overrides: Partial<Environment> = {}) {
  const time = new FakeTime();
  const requests: { url: string; init: RequestInit }[] = [];
  const tracks: FakeTrack[] = [];
  const transports: FakeTransport[] = [];
  const elements: FakeAudio[] = [];
  const asked = { count: 0 };
  const permissions: { readonly state: string; onchange?: (() => void) | null }[] = [];
  const devices = new Set<() => void>();
  const attention = new Set<() => void>();
  let pageHide: (() => void) | undefined;
  const waiting = new Set<() => void>();
  const respond = (address: string): Promise<Response> => {
    if (address.endsWith('/token')) return world.token?.() ?? Promise.resolve(keyResponse());
    if (address.endsWith('/hangup')) return Promise.resolve(new Response(null));
    return world.answer?.() ?? Promise.resolve(answerResponse());
  };
  const environment: Environment = {
    now: time.now,
    setTimeout: time.setTimeout,
    clearTimeout: time.clearTimeout,
    random: () => 0.5,
    supports: () => true,
    secure: true,
    baseUrl: 'https://page.test/',
    microphoneAllowed: () => undefined,
    permissions: {
      query() {
        const status = {
          get state() {
            return world.permission ?? 'granted';
          },
        };
        permissions.push(status);
        return Promise.resolve(status as PermissionStatus);
      },
    },
    mediaDevices: {
      async getUserMedia() {
        asked.count++;
        if (world.microphone) return world.microphone();
        const { track, stream } = fakeStream(new FakeTrack(world.device));
        tracks.push(track);
        return Promise.resolve(stream);
      },
    },
    preconnect: () => undefined,
    playsContextTracks: true,
    createAudio() {
      const element = new FakeAudio();
      elements.push(element);
      return element as unknown as HTMLAudioElement;
    },
    // An agent without functions: opens the transport with the page's settings.
    loadAgent: () =>
      Promise.resolve({
        startAgent: ({ open, session }) => ({
          session: {} as AgentSession,
          connect: () => open(session),
          owns: () => false,
          release: () => undefined,
        }),
      }),
    loadDialect: () => Promise.reject(new Error('no dialect')),
    openAudio: () => Promise.reject(new Error('no sound')),
    async loadTransport() {
      await world.code?.();
      return {
        createTransport(options) {
          const transport = new FakeTransport(options, world.configured?.() ?? Promise.resolve());
          transports.push(transport);
          return transport;
        },
      };
    },
    fetch(url, init) {
      const address = String(url);
      requests.push({ url: address, init });
      const aborted = new Promise<never>((_, reject) => {
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
      });
      return Promise.race([respond(address), aborted]);
    },
    onPageHide(callback) {
      pageHide = callback;
      return () => (pageHide = undefined);
    },
    get online() {
      return world.online !== false;
    },
    onOnline(callback) {
      waiting.add(callback);
      return () => waiting.delete(callback);
    },
    onDeviceChange(callback) {
      devices.add(callback);
      return () => devices.delete(callback);
    },
    onAttention(callback) {
      attention.add(callback);
      return () => attention.delete(callback);
    },
    ...overrides,
  };
  return {
    environment,
    time,
    requests,
    tracks,
    transports,
    elements,
    /** How often the microphone was requested. */
    asked: () => asked.count,
    paths: () => requests.map(({ url }) => new URL(url).pathname),
    hidePage: () => pageHide?.(),
    watchesPage: () => pageHide !== undefined,
    /** The browser is online again. */
    goOnline() {
      world.online = true;
      for (const callback of [...waiting]) callback();
    },
    watchesNetwork: () => waiting.size > 0,
    /** A device is added or removed. */
    changeDevices: () => [...devices].forEach((callback) => callback()),
    /** The visitor clicks, or returns to the page. */
    attend: () => [...attention].forEach((callback) => callback()),
    /** The permission changes. */
    permit(state: 'granted' | 'prompt' | 'denied') {
      world.permission = state;
      for (const status of permissions) status.onchange?.();
    },
    /** The listeners for devices, for the visitor's attention, and for the permission. */
    watchesDevices: () => [devices.size, attention.size, permissions.filter(({ onchange }) => onchange).length],
    /** The open microphones, connections and timers. */
    left: () => ({
      tracks: tracks.filter(({ readyState }) => readyState === 'live').length,
      transports: transports.filter(({ status }) => status !== 'disconnected').length,
      timers: time.pending,
      sounds: elements.filter(({ srcObject }) => srcObject !== null).length,
    }),
  };
}

export const NOTHING = { tracks: 0, transports: 0, timers: 0, sounds: 0 };

export const keyResponse = (value = 'ek_test', seconds = 60): Response =>
  Response.json({ value, expires_at: Math.round(Date.now() / 1000) + seconds });

export const answerResponse = (): Response => new Response('v=0\r\n', { status: 201, headers: { Location: '/v1/realtime/calls/rtc_1' } });

/** A promise with its resolve and reject functions. */
export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (reason: unknown) => void } {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
