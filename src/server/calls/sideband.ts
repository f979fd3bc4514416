/**
 * The server's own connection to one call: `GET /realtime?call_id=…` as a WebSocket with the standard key. It hears every event
 * of the call and may send its own.
 *
 * Owns attaching, attaching again, and what waits to be sent meanwhile. Does not own what events mean. A sideband counts as
 * attached when the first event came: an API that refuses a key opens the socket first.
 */
import type { Clock } from '../clock.js';
import { SocketRefused } from './call-host.js';
import type { OpenServerSocket, ServerSocket } from './call-host.js';

/** One event of the Realtime API. */
export type RealtimeEvent = Readonly<Record<string, unknown>> & { readonly type: string };

/** What a sideband is made of. */
export interface SidebandSetup {
  /** API root, `https://…`. */
  readonly root: string;
  readonly apiKey: string;
  readonly upstreamId: string;
  readonly clock: Clock;
  readonly openSocket: OpenServerSocket;
  /** True for a call that somebody watched before: then 404 says that it is over, and not that it is too new. */
  readonly known: boolean;
  /** `text`: as it came. */
  onEvent(event: RealtimeEvent, text: string): void;
  /** `ms`: how long it took. */
  onAttached(again: boolean, ms: number): void;
  onLost(): void;
  /** The call is over (`over`), or could not be attached for ten seconds. Nothing comes after it. */
  onGone(why: 'over' | 'unattachable', last: { readonly status: number | undefined; /** What is no refusal of the API's. */ readonly cause: unknown }): void;
}

/** Milliseconds for which a call may go unwatched. */
const PATIENCE = 10_000;
/** Milliseconds before each attempt; the last one repeats. */
const BACKOFF = [0, 100, 250, 500, 1_000, 2_000];
/** A sideband that held for so many milliseconds was no failed attempt. */
const HELD = 5_000;
/** Events that wait for a sideband to come back. */
const MOST_WAITING = 64;

/** Pieces of text and sound, most of all events, say nothing that is needed here; they are not even parsed. */
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
  #patience: (() => void) | undefined;
  #pause: (() => void) | undefined;
  #abort = new AbortController();
  #lostAt: number;
  #attachedAt = 0;
  #refusal: { status: number | undefined; cause: unknown } = { status: undefined, cause: undefined };

  constructor(setup: SidebandSetup) {
    this.#setup = setup;
    this.#known = setup.known;
    this.#lostAt = setup.clock.now();
  }

  /** Begins to attach. */
  open(): void {
    const { clock } = this.#setup;
    this.#lostAt = clock.now();
    this.#abort = new AbortController();
    this.#patience = clock.after(PATIENCE, () => this.#gone('unattachable'));
    void this.#attach();
  }

  /** Sends now, or as soon as it is attached again. */
  send(event: RealtimeEvent): void {
    const text = JSON.stringify(event);
    if (this.#attached && this.#socket) this.#socket.send(text);
    else if (!this.#closed && this.#waiting.length < MOST_WAITING) this.#waiting.push(text);
  }

  /** Lets go of the call, which goes on. Safe at any time. */
  close(): void {
    this.#closed = true;
    this.#patience?.();
    this.#pause?.();
    this.#abort.abort();
    this.#socket?.close(1000, 'done');
    this.#socket = undefined;
    this.#attached = false;
  }

  async #attach(): Promise<void> {
    const { root, apiKey, upstreamId, openSocket, clock } = this.#setup;
    const { signal } = this.#abort;
    const wait = BACKOFF[Math.min(this.#attempt++, BACKOFF.length - 1)] ?? 0;
    if (wait > 0) await new Promise<void>((resolve) => void (this.#pause = clock.after(wait, resolve)));
    if (this.#closed) return;
    try {
      const socket = await openSocket({
        url: `${root.replace(/^http/, 'ws')}/realtime?call_id=${encodeURIComponent(upstreamId)}`,
        headers: { Authorization: `Bearer ${apiKey}` },
        signal,
        onMessage: (text) => {
          if (!this.#closed && !signal.aborted) this.#hear(text);
        },
        onClose: () => {
          if (!this.#closed && !signal.aborted) this.#lost();
        },
      });
      if (signal.aborted) socket.close(1000, 'done');
      else this.#opened(socket);
    } catch (error) {
      if (signal.aborted) return;
      const status = error instanceof SocketRefused ? error.status : undefined;
      this.#refusal = { status, cause: error instanceof SocketRefused ? undefined : error };
      if (status === 404 && this.#known) this.#gone('over');
      else void this.#attach();
    }
  }

  #opened(socket: ServerSocket): void {
    this.#socket = socket;
    if (this.#attached) this.#flush();
  }

  #hear(text: string): void {
    if (DELTA.test(text)) return;
    let event: RealtimeEvent;
    try {
      event = JSON.parse(text) as RealtimeEvent;
    } catch {
      return;
    }
    if (typeof event !== 'object' || event === null || typeof event.type !== 'string') return;
    if (!this.#attached && event.type !== 'error') this.#isAttached();
    this.#setup.onEvent(event, text);
  }

  #isAttached(): void {
    const { clock, onAttached } = this.#setup;
    const again = this.#known;
    this.#attached = true;
    this.#known = true;
    this.#attachedAt = clock.now();
    this.#patience?.();
    onAttached(again, this.#attachedAt - this.#lostAt);
    this.#flush();
  }

  #flush(): void {
    if (this.#socket) for (const text of this.#waiting.splice(0)) this.#socket.send(text);
  }

  #lost(): void {
    const { clock, onLost } = this.#setup;
    this.#socket = undefined;
    if (!this.#attached) {
      // Opened and closed without an event: an attempt that failed.
      void this.#attach();
      return;
    }
    this.#attached = false;
    if (clock.now() - this.#attachedAt >= HELD) this.#attempt = 0;
    onLost();
    if (!this.#closed) this.open();
  }

  #gone(why: 'over' | 'unattachable'): void {
    if (this.#closed) return;
    this.close();
    this.#setup.onGone(why, this.#refusal);
  }
}
