/**
 * The object that the Agents SDK uses as its WebSocket: every frame passes our transport before it arrives here, and so does
 * everything that the SDK sends.
 *
 * Owns: closing the real socket. Does not own: the meaning of frames.
 */

/** The part of `WebSocket` that the SDK uses (agents-realtime 0.20). */
export class SdkSocketAdapter extends EventTarget {
  readonly #socket: WebSocket;
  readonly #send: (text: string) => void;

  /** @param send called with each text that the SDK sends */
  constructor(socket: WebSocket, send: (text: string) => void) {
    super();
    this.#socket = socket;
    this.#send = send;
  }

  get readyState(): number {
    return this.#socket.readyState;
  }

  send(text: string): void {
    this.#send(text);
  }

  close(): void {
    this.#socket.close();
  }

  /** Delivers a text to the SDK as an incoming message. */
  deliver(text: string): void {
    this.dispatchEvent(new MessageEvent('message', { data: text }));
  }
}
