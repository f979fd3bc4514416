/**
 * The sideband of a watched call in the shape of a WebSocket, as the Agents SDK takes one. The SDK so has no connection of its own:
 * limits, metering and the agent share one, and a sideband that is lost and attached again is none of its business.
 */

/** See the head of the file. */
export class LineSocket extends EventTarget {
  readonly #send: (text: string) => void;
  #open = true;

  constructor(send: (text: string) => void) {
    super();
    this.#send = send;
  }

  get readyState(): number {
    return this.#open ? 1 : 3;
  }

  send(text: string): void {
    if (this.#open) this.#send(text);
  }

  /** A server event arrived. */
  hear(text: string): void {
    if (this.#open) this.dispatchEvent(new MessageEvent('message', { data: text }));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.dispatchEvent(new Event('close'));
  }
}
