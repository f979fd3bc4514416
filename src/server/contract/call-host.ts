/**
 * Where brokered and phone calls are watched: in this process (`local-call-host.ts`), or each in its own Durable Object
 * (`runtime/cloudflare/`). Types, apart from the error class.
 */
import type { Amounts, CallEndReason, CallRecord } from './shared-state.js';

/** A WebSocket to the Realtime API, independent of the runtime. */
export interface ServerSocket {
  send(text: string): void;
  /** Safe to call at any time. */
  close(code?: number, reason?: string): void;
}

/** Address and callbacks of a socket. No callback runs after `onClose`. */
export interface ServerSocketSetup {
  /** `wss:` URL, without a key. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  onMessage(text: string): void;
  /** Called once, only if the socket was open. */
  onClose(code: number, reason: string): void;
}

/** Resolves when the socket is open. @throws SocketRefused if the server refuses the upgrade or cannot be reached */
export type OpenServerSocket = (setup: ServerSocketSetup) => Promise<ServerSocket>;

/** The server refused the WebSocket connection or did not respond. */
export class SocketRefused extends Error {
  override readonly name = 'SocketRefused';
  /** HTTP status; `undefined` if there was no response. */
  readonly status: number | undefined;

  constructor(status: number | undefined) {
    super(status === undefined ? 'no response' : `HTTP status ${String(status)}`);
    this.status = status;
  }
}

/** How a call is started. */
export interface CallStart {
  /** ID of the request that started the call, for the event `call-started`. */
  readonly requestId: string | undefined;
  /** Milliseconds in which the sideband must receive its first event. If omitted, the call starts without waiting for it. */
  readonly attachWithin?: number;
}

/** The call ended before its sideband received an event. It was hung up and settled. */
export class CallUnattached extends Error {
  override readonly name = 'CallUnattached';

  constructor() {
    super('The call ended before its sideband was attached.');
  }
}

/** Enforces the limits of calls until they end. */
export interface CallHost {
  /**
   * Records a call before the request that starts it: if the process is killed before `watch()`, the next one hangs the call up.
   * If the request fails, end the call in the registry. Not needed where a request outlives the process.
   */
  announce?(call: CallRecord): Promise<void>;
  /**
   * Watches a new call and emits `call-started`. Resolves when a watcher is responsible for the call and, with `attachWithin`, its
   * sideband has received the first event and the session is stored.
   *
   * @throws StateUnavailable if no watcher is responsible for the call, CallUnattached
   */
  watch(call: CallRecord, start: CallStart): Promise<void>;
  /** Hangs up and settles, whichever process watches the call. Resolves once the hang-up request has completed. */
  end(call: CallRecord, reason: CallEndReason): Promise<void>;
  /** The visitor is active: restarts the idle timer, whichever process watches the call. */
  active(call: CallRecord): Promise<void>;
  /** Usage of a live call so far; of a call that another process watches, as last recorded by its watcher. */
  spent(call: CallRecord): Promise<Amounts>;
  /** A `text/event-stream` response with the notices of this call, from its current state to its end. */
  notices(call: CallRecord, signal: AbortSignal): Promise<Response>;
  /** Another host with the same state replaces this one: from now on it only watches the calls that it has. */
  retire(): void;
  /** Hands over or ends the calls watched here, because the process is shutting down. */
  close(): Promise<void>;
}
