/**
 * Presents the sideband of a watched call to the Agents SDK as a WebSocket. The SDK needs no connection of its own: limits, metering
 * and the agent share one, and the SDK does not notice when the sideband reconnects.
 */

/** See the head of the file. */
export class SidebandSocket extends EventTarget {
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
  handleEvent(text: string): void {
    if (this.#open) this.dispatchEvent(new MessageEvent('message', { data: text }));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.dispatchEvent(new Event('close'));
  }
}
