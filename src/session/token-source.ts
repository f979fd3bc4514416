/**
 * Ephemeral keys: where they come from, what is taken for one, how long one is used.
 *
 * Owns: the request to the key endpoint with its limits, a key fetched ahead of the click, the wait after a 429 (of a
 * brokered call's server, too).
 * Does not own: what is done with a key. Keys are kept in memory only and never appear in an error or a log.
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { CallOptions } from '../contract/options.js';
import type { Environment } from './environment.js';
import { discard, readText, refusal, request, until, withLimit } from './http.js';
import { bearer, visitorProof } from './visitor-proof.js';

/** Milliseconds for one answer of the key endpoint. */
const TOKEN_LIMIT = 10_000;
/** Bytes of an answer. */
const TOKEN_SIZE = 65_536;
/** Milliseconds that a key fetched ahead of the click is kept. */
const AHEAD_LIMIT = 30_000;
/** Milliseconds that a failure ahead of the click counts for the click. */
const FAILURE_LIMIT = 1_000;
/** Milliseconds of life that a key must have left, for the offer to arrive with it. */
const MARGIN = 3_000;
/** Milliseconds that the longest-lived keys live (2 h). Longer means that the visitor's clock is wrong. */
const LONGEST_LIFE = 7_200_000;

/** A key and when it stops to work. */
export interface Token {
  readonly value: string;
  /** Environment milliseconds of the moment when the request for it was answered. */
  readonly at: number;
  /** Environment milliseconds after which it is useless; `undefined` where the clocks do not tell. */
  readonly expires: number | undefined;
}

type Source = Pick<CallOptions, 'tokenUrl' | 'token' | 'keyPrefix' | 'dialect' | 'callUrl' | 'visitorToken'>;

interface Ahead {
  readonly promise: Promise<Token>;
  readonly controller: AbortController;
  readonly began: number;
  /** When it failed. */
  failed: number | undefined;
}

/** The keys of one widget. */
export class TokenSource {
  readonly #environment: Environment;
  #source: Source;
  #ahead: Ahead | undefined;
  #notBefore = 0;
  #warned = false;

  constructor(environment: Environment, source: Source = {}) {
    this.#environment = environment;
    this.#source = source;
  }

  /** Another endpoint drops what was fetched from the old one. */
  configure(source: Source): void {
    const settings = ['tokenUrl', 'token', 'keyPrefix', 'callUrl', 'visitorToken'] as const;
    if (settings.some((name) => source[name] !== this.#source[name])) {
      this.drop();
      this.#notBefore = 0;
    }
    this.#source = source;
  }

  /** True when a new key can be had: not for a fixed one. */
  get renewable(): boolean {
    return typeof this.#source.token !== 'string';
  }

  /** Fetches a key ahead of `get()`. Never throws; a failure is told by the `get()` that follows at once. */
  prepare(): void {
    if (!this.renewable || (!this.#source.token && !this.#source.tokenUrl)) return;
    if (this.#environment.now() < this.#notBefore) return;
    if (this.#ahead && this.#ahead.failed === undefined && !this.#isOld(this.#ahead)) return;
    this.drop();
    const controller = new AbortController();
    const ahead: Ahead = {
      promise: this.#mint(controller.signal),
      controller,
      began: this.#environment.now(),
      failed: undefined,
    };
    this.#ahead = ahead;
    ahead.promise.catch(() => (ahead.failed = this.#environment.now()));
  }

  /**
   * A key: the prepared one, once, or a new one.
   * @throws VoiceAgentError `token_unauthorized`, `visitor_denied`, `origin_denied`, `rate_limited`, `token_malformed`,
   * `token_timeout`, `unavailable`, `network`, `unsupported`; what `signal` was aborted with
   */
  async get(signal: AbortSignal): Promise<Token> {
    const ahead = this.#take();
    if (!ahead) return this.#mint(signal);
    const stop = (): void => ahead.controller.abort(signal.reason);
    signal.addEventListener('abort', stop);
    try {
      const token = await until(ahead.promise, signal);
      return this.isFresh(token) ? token : await this.#mint(signal);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Whether a key has life left, as far as anybody here can know. */
  isFresh(token: Token): boolean {
    return token.expires === undefined || this.#environment.now() < token.expires - MARGIN;
  }

  /** Forgets a key that was fetched ahead. */
  drop(): void {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    ahead?.controller.abort(new VoiceAgentError('aborted'));
  }

  #isOld({ began, failed }: Ahead): boolean {
    const now = this.#environment.now();
    return failed === undefined ? now - began > AHEAD_LIMIT : now - failed > FAILURE_LIMIT;
  }

  #take(): Ahead | undefined {
    const ahead = this.#ahead;
    if (ahead && this.#isOld(ahead)) this.drop();
    const taken = this.#ahead;
    this.#ahead = undefined;
    return taken;
  }

  /** @throws VoiceAgentError `rate_limited` as long as a server asked to wait */
  checkWait(): void {
    const wait = this.#notBefore - this.#environment.now();
    if (wait > 0) throw new VoiceAgentError('rate_limited', { retryAfter: wait });
  }

  /** Remembers for how long a server asks to wait. */
  wait(error: VoiceAgentError): VoiceAgentError {
    this.#notBefore = this.#environment.now() + (error.retryAfter ?? 0);
    return error;
  }

  async #mint(signal: AbortSignal): Promise<Token> {
    this.checkWait();
    const { token, tokenUrl } = this.#source;
    if (typeof token === 'string') return this.#read(token, undefined);
    if (token) return this.#read(await this.#call(token, signal), undefined);
    if (!tokenUrl) throw new VoiceAgentError('unsupported', { message: 'No token-url and no token is set.' });
    return this.#fetch(tokenUrl, signal);
  }

  async #call(provide: Exclude<CallOptions['token'], string | undefined>, signal: AbortSignal): Promise<unknown> {
    try {
      return await until(Promise.resolve(provide({ signal })), signal);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw VoiceAgentError.from(cause, 'network');
    }
  }

  async #fetch(address: string, outer: AbortSignal): Promise<Token> {
    const { visitorToken } = this.#source;
    // The request for a key leaves in the very moment of the press, where nothing has to be asked before.
    const proof = visitorToken === undefined ? undefined : await visitorProof(visitorToken, outer);
    const { signal, done } = withLimit(this.#environment, TOKEN_LIMIT, () => new VoiceAgentError('token_timeout'), outer);
    try {
      const url = resolve(address, this.#environment.baseUrl);
      // No body and no header of ours but the visitor's proof: without one the browser needs no preflight across origins.
      const headers = { Accept: 'application/json', ...bearer(proof) };
      const response = await request(this.#environment, url, { method: 'POST', cache: 'no-store', headers }, signal);
      if (response.redirected && new URL(response.url).origin !== url.origin) {
        discard(response);
        throw new VoiceAgentError('token_malformed', { message: 'The key endpoint redirects to another origin.' });
      }
      if (!response.ok) {
        const refused = await refusal(response, 'token_malformed', signal);
        throw refused.code === 'rate_limited' ? this.wait(refused) : refused;
      }
      const text = await readText(response, TOKEN_SIZE, 'token_malformed', signal);
      return this.#read(parse(text), response.headers.get('date'));
    } catch (reason) {
      throw VoiceAgentError.from(reason, 'network');
    } finally {
      done();
    }
  }

  #read(answer: unknown, date: string | null | undefined): Token {
    const { value, expiresAt } = fields(answer);
    if (typeof value === 'string' && value.startsWith('sk-')) {
      if (!this.#warned) console.error('<voice-agent>: a standard API key (sk-…) must never reach a browser. Revoke it and serve ephemeral keys.');
      this.#warned = true;
      throw new VoiceAgentError('token_malformed', { message: 'A standard API key was refused: it must never reach a browser.' });
    }
    const { keyPrefix, dialect = 'ga' } = this.#source;
    const prefix = keyPrefix ?? (dialect === 'ga' ? 'ek_' : '');
    if (typeof value !== 'string' || !value.startsWith(prefix) || !/^[\x21-\x7e]{1,4096}$/.test(value)) {
      throw new VoiceAgentError('token_malformed');
    }
    const at = this.#environment.now();
    const sent = Date.parse(date ?? '');
    const life = typeof expiresAt === 'number' ? expiresAt * 1000 - (Number.isNaN(sent) ? Date.now() : sent) : NaN;
    return { value, at, expires: life > 0 && life <= LONGEST_LIFE ? at + life : undefined };
  }
}

/** `{value, expires_at}`, the beta's `{client_secret: {value, expires_at}}`, or the key alone. */
function fields(answer: unknown): { value?: unknown; expiresAt?: unknown } {
  if (typeof answer !== 'object' || answer === null) return { value: answer };
  const { client_secret: wrapped } = answer as { client_secret?: unknown };
  const { value, expires_at: expiresAt } = (typeof wrapped === 'object' && wrapped !== null ? wrapped : answer) as Record<string, unknown>;
  return { value, expiresAt };
}

function parse(text: string): unknown {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object') return answer;
  } catch {
    // The parser's message would quote the answer, and with it the key.
  }
  throw new VoiceAgentError('token_malformed');
}

function resolve(address: string, base: string): URL {
  try {
    return new URL(address, base);
  } catch {
    throw new VoiceAgentError('unsupported', { message: 'token-url is no address.' });
  }
}
