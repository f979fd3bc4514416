/**
 * The API keys of the server. One is in use; if the Realtime API rejects it with 401, the next one is. During a rotation the old and the new
 * key are configured together, so that neither order of the steps interrupts calls.
 */

/** See the head of the file. */
export class ApiKeys {
  readonly #keys: readonly string[];
  readonly #onRejected: (position: number) => void;
  #current = 0;

  /**
   * @param keys in order of preference; at least one
   * @param onRejected called when a rejected key is replaced by another; `position` is its position in the configuration, from 1
   */
  constructor(keys: readonly string[], onRejected: (position: number) => void) {
    this.#keys = keys;
    this.#onRejected = onRejected;
  }

  /** The key in use. */
  get current(): string {
    return this.#keys[this.#current] ?? '';
  }

  get count(): number {
    return this.#keys.length;
  }

  /** The API rejected this key with 401: the next one is used, unless a simultaneous request has already changed it. */
  reject(key: string): void {
    if (this.#keys.length < 2 || key !== this.current) return;
    this.#onRejected(this.#current + 1);
    this.#current = (this.#current + 1) % this.#keys.length;
  }

  /** Whether a text is one of the keys. */
  includes(text: string): boolean {
    return this.#keys.includes(text);
  }

  /** Sends a request, and repeats it with each other key after a 401. A rejected request has no effect, so this is safe for all requests. */
  async send(request: (key: string) => Promise<Response>): Promise<Response> {
    for (let left = this.#keys.length; ; left--) {
      const key = this.current;
      const response = await request(key);
      if (response.status !== 401 || left <= 1) return response;
      this.reject(key);
      await response.body?.cancel();
    }
  }
}
