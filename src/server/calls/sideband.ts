/**
 * The server's own connection to one call: `GET /realtime?call_id=…` as a WebSocket with the standard API key. It receives every
 * event of the call and can send client events.
 *
 * Owns connecting, reconnecting and the queue of unsent events. Does not interpret events. A sideband counts as attached once the
 * first event arrives, because an API that rejects the key opens the socket first.
 */
import type { Clock } from '../contract/clock.js';
import { SocketRefused } from '../contract/call-host.js';
import type { OpenServerSocket, ServerSocket } from '../contract/call-host.js';
import type { ApiKeys } from '../upstream/api-keys.js';

/** One event of the Realtime API. */
export type RealtimeEvent = Readonly<Record<string, unknown>> & { readonly type: string };

/** Dependencies and callbacks of a sideband. */
export interface SidebandSetup {
  /** API root, `https://…`. */
  readonly root: string;
  readonly apiKeys: ApiKeys;
  readonly upstreamId: string;
  readonly clock: Clock;
  readonly openSocket: OpenServerSocket;
  /** True if the call was watched before: 404 then means that it has ended, not that it is too new. */
  readonly known: boolean;
  /** Milliseconds to attach for the first time; default 10000. */
  readonly attachWithin?: number | undefined;
  /** `text`: the original message. */
  onEvent(event: RealtimeEvent, text: string): void;
  /** `ms`: time to attach. */
  onAttached(again: boolean, ms: number): void;
  onLost(): void;
  /** The call has ended (`over`), or could not be attached for ten seconds. The last callback. */
  onGone(
    why: 'over' | 'unattachable',
    last: { readonly status: number | undefined; /** Errors other than a refusal by the API. */ readonly cause: unknown },
  ): void;
}

/** Milliseconds that a call may run without a sideband. */
const ATTACH_TIMEOUT = 10_000;
/** Milliseconds before each attempt; the last value repeats. */
const BACKOFF = [0, 100, 250, 500, 1_000, 2_000];
/** After a sideband was attached for this many milliseconds, the backoff restarts. */
const STABLE_AFTER = 5_000;
/** Close code after which the API has sent an error event about the key, instead of refusing the connection with 401. */
const KEY_REJECTED = 3000;
/** Maximum number of events queued while the sideband is detached. */
const MAX_WAITING = 64;

/** Delta events make up most of the traffic and are not needed here, so they are not parsed. */
const DELTA = /^\{(?:"event_id":"\w*",)?"type":"[\w.]+\.delta"/;

/** See the head of the file. */
export class Sideband {
  readonly #setup: SidebandSetup;
  readonly #waiting: string[] = [];
  #known: boolean;
  #socket: ServerSocket | undefined;
  #attached = false;
  #closed = false;
  #attempt = 0;
  #cancelTimeout: (() => void) | undefined;
  #cancelPause: (() => void) | undefined;
  #abort = new AbortController();
  #attachWithin: number;
  #lostAt: number;
  #attachedAt = 0;
  #lastFailure: { status: number | undefined; cause: unknown } = { status: undefined, cause: undefined };

  constructor(setup: SidebandSetup) {
    this.#setup = setup;
    this.#known = setup.known;
    this.#attachWithin = setup.attachWithin ?? ATTACH_TIMEOUT;
    this.#lostAt = setup.clock.now();
  }

  /** Starts to attach. */
  open(): void {
    const { clock } = this.#setup;
    this.#lostAt = clock.now();
    this.#abort = new AbortController();
    this.#cancelTimeout = clock.after(this.#attachWithin, () => this.#giveUp('unattachable'));
    void this.#attach();
  }

  /** Sends now, or as soon as the sideband is reattached. */
  send(event: RealtimeEvent): void {
    const text = JSON.stringify(event);
    if (this.#attached && this.#socket) this.#socket.send(text);
    else if (!this.#closed && this.#waiting.length < MAX_WAITING) this.#waiting.push(text);
  }

  /** Disconnects; the call continues. Safe to call at any time. */
  close(): void {
    this.#closed = true;
    this.#cancelTimeout?.();
    this.#cancelPause?.();
    this.#abort.abort();
    this.#socket?.close(1000, 'done');
    this.#socket = undefined;
    this.#attached = false;
  }

  async #attach(): Promise<void> {
    const { root, apiKeys, upstreamId, openSocket, clock } = this.#setup;
    const { signal } = this.#abort;
    const wait = BACKOFF[Math.min(this.#attempt++, BACKOFF.length - 1)] ?? 0;
    if (wait > 0) await new Promise<void>((resolve) => void (this.#cancelPause = clock.after(wait, resolve)));
    if (this.#closed) return;
    const key = apiKeys.current;
    try {
      const socket = await openSocket({
        url: `${root.replace(/^http/, 'ws')}/realtime?call_id=${encodeURIComponent(upstreamId)}`,
        headers: { Authorization: `Bearer ${key}` },
        signal,
        onMessage: (text) => {
          if (!this.#closed && !signal.aborted) this.#receive(text);
        },
        onClose: (code) => {
          if (!this.#attached && code === KEY_REJECTED) apiKeys.reject(key);
          if (!this.#closed && !signal.aborted) this.#handleLost();
        },
      });
      if (signal.aborted) socket.close(1000, 'done');
      else this.#handleOpen(socket);
    } catch (error) {
      if (signal.aborted) return;
      const status = error instanceof SocketRefused ? error.status : undefined;
      if (status === 401) apiKeys.reject(key);
      this.#lastFailure = { status, cause: error instanceof SocketRefused ? undefined : error };
      if (status === 404 && this.#known) this.#giveUp('over');
      else void this.#attach();
    }
  }

  #handleOpen(socket: ServerSocket): void {
    this.#socket = socket;
    if (this.#attached) this.#flush();
  }

  #receive(text: string): void {
    if (DELTA.test(text)) return;
    let event: RealtimeEvent;
    try {
      event = JSON.parse(text) as RealtimeEvent;
    } catch {
      return;
    }
    if (typeof event !== 'object' || event === null || typeof event.type !== 'string') return;
    if (!this.#attached && event.type !== 'error') this.#handleAttached();
    this.#setup.onEvent(event, text);
  }

  #handleAttached(): void {
    const { clock, onAttached } = this.#setup;
    const again = this.#known;
    this.#attached = true;
    this.#known = true;
    this.#attachWithin = ATTACH_TIMEOUT;
    this.#attachedAt = clock.now();
    this.#cancelTimeout?.();
    onAttached(again, this.#attachedAt - this.#lostAt);
    this.#flush();
  }

  #flush(): void {
    if (this.#socket) for (const text of this.#waiting.splice(0)) this.#socket.send(text);
  }

  #handleLost(): void {
    const { clock, onLost } = this.#setup;
    this.#socket = undefined;
    if (!this.#attached) {
      // The socket closed before the first event: a failed attempt.
      void this.#attach();
      return;
    }
    this.#attached = false;
    if (clock.now() - this.#attachedAt >= STABLE_AFTER) this.#attempt = 0;
    onLost();
    if (!this.#closed) this.open();
  }

  #giveUp(why: 'over' | 'unattachable'): void {
    if (this.#closed) return;
    this.close();
    this.#setup.onGone(why, this.#lastFailure);
  }
}
