/** The operator's requests to the server that served this page. Owns the token, which is only kept in memory. */
import type { OperatorOverview } from '../server/contract/operator.js';

/** A request failed. */
export class AdminRequestError extends Error {
  override readonly name = 'AdminRequestError';
  /** HTTP status; `undefined` without a response. */
  readonly status: number | undefined;

  constructor(status: number | undefined, message: string) {
    super(message);
    this.status = status;
  }
}

/** Milliseconds to wait for a response; ending many calls may take several attempts. */
const TIMEOUT = 60_000;

/** See the head of the file. Every method may reject with `AdminRequestError`. */
export class AdminClient {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  async overview(): Promise<OperatorOverview> {
    return (await this.#request('GET', 'overview')) as OperatorOverview;
  }

  async pause(): Promise<void> {
    await this.#request('POST', 'pause');
  }

  async resume(): Promise<void> {
    await this.#request('POST', 'resume');
  }

  /** Ends one call; a call that has already ended is no error. */
  async end(ref: string): Promise<void> {
    await this.#request('DELETE', `calls/${encodeURIComponent(ref)}`).catch((error: unknown) => {
      if (!(error instanceof AdminRequestError) || error.status !== 404) throw error;
    });
  }

  async endAll(): Promise<void> {
    await this.#request('DELETE', 'calls');
  }

  async #request(method: string, path: string): Promise<unknown> {
    let response: Response;
    try {
      const headers = { Authorization: `Bearer ${this.#token}` };
      response = await fetch(`api/${path}`, { method, headers, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT) });
    } catch {
      throw new AdminRequestError(undefined, 'The server does not answer.');
    }
    if (response.ok) return response.json();
    const { detail } = ((await response.json().catch(() => undefined)) ?? {}) as { detail?: unknown };
    throw new AdminRequestError(response.status, typeof detail === 'string' ? detail : `The server returned status ${response.status}.`);
  }
}
