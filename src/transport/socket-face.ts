/**
 * What the Agents SDK holds for its WebSocket: every frame passes our transport before it comes here, and what the SDK
 * sends passes it on the way out.
 *
 * Owns: nothing but the real socket's life. Does not own: what frames mean.
 */

/** The part of `WebSocket` that the SDK uses (agents-realtime 0.20). */
export class SocketFace extends EventTarget {
  readonly #socket: WebSocket;
  readonly #send: (text: string) => void;

  /** @param send carries a text of the SDK's */
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

  /** Hands a text to the SDK as if it had just come. */
  deliver(text: string): void {
    this.dispatchEvent(new MessageEvent('message', { data: text }));
  }
}
