/**
 * Where brokered and phone calls are watched: in this process (`local-call-host.ts`) or each in a Durable Object of its
 * own (`runtime/`). Types only.
 */
import type { CallEndReason, CallRecord } from '../state/shared-state.js';

/** One socket to the Realtime API, of whatever the runtime has. */
export interface ServerSocket {
  send(text: string): void;
  /** Safe at any time. */
  close(code?: number, reason?: string): void;
}

/** What a socket tells. Nothing after `onClose`. */
export interface ServerSocketSetup {
  /** `wss:` address, without a key. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  onMessage(text: string): void;
  /** Once, after it was open. */
  onClose(code: number, reason: string): void;
}

/** Resolves when the socket is open. @throws SocketRefused when the server answers no upgrade, or cannot be reached */
export type OpenServerSocket = (setup: ServerSocketSetup) => Promise<ServerSocket>;

/** The server did not open the socket. */
export class SocketRefused extends Error {
  override readonly name = 'SocketRefused';
  /** HTTP status; `undefined` where there was no answer. */
  readonly status: number | undefined;

  constructor(status: number | undefined) {
    super(status === undefined ? 'no answer' : `answered ${String(status)}`);
    this.status = status;
  }
}

/** Keeps calls within their limits until they end. */
export interface CallHost {
  /** Watches a call of this moment. Resolves when somebody is responsible for it, not when the sideband is attached. */
  watch(call: CallRecord): Promise<void>;
  /** Hangs up and settles, whichever process watches. Resolves when the Realtime API was told. */
  end(call: CallRecord, reason: CallEndReason): Promise<void>;
  /** The visitor is active: the silence of the call begins anew, whichever process watches. */
  active(call: CallRecord): Promise<void>;
  /** A stream of `text/event-stream` with the notices of this call, from its present state to its end. */
  notices(call: CallRecord, signal: AbortSignal): Promise<Response>;
  /** Hands over or ends what is watched here: the process is about to stop. */
  close(): Promise<void>;
}
