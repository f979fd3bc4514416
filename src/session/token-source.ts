/**
 * Ephemeral keys: their sources, their validation, their lifetime.
 *
 * Owns: the request to the key endpoint with its limits, a key fetched before the click, the wait after a 429 (also from a
 * brokered call's server).
 * Does not own: the use of a key. Keys are kept in memory only and never appear in an error or a log.
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { CallOptions } from '../contract/options.js';
import type { Environment } from './environment.js';
import { discard, readText, refusalError, httpRequest, until, withLimit } from './http.js';
import { bearer, visitorProof } from './visitor-proof.js';

/** Milliseconds for one response of the key endpoint. */
const TOKEN_LIMIT = 10_000;
/** Maximum bytes of a response. */
const TOKEN_SIZE = 65_536;
/** Milliseconds to keep a key that was fetched before the click. */
const AHEAD_LIMIT = 30_000;
/** Milliseconds during which a failure before the click is reported for the click. */
const FAILURE_LIMIT = 1_000;
/** Minimum remaining lifetime of a key in milliseconds, so that it is still valid when the offer arrives. */
const MARGIN = 3_000;
/** Maximum lifetime of a key in milliseconds (2 h). A longer one means that the visitor's clock is wrong. */
const LONGEST_LIFE = 7_200_000;

/** A key and its expiry. */
export interface Token {
  readonly value: string;
  /** Environment time in milliseconds at which the key was received. */
  readonly at: number;
  /** Environment time in milliseconds at which the key expires; `undefined` if unknown. */
  readonly expires: number | undefined;
}

type Source = Pick<CallOptions, 'tokenUrl' | 'token' | 'keyPrefix' | 'dialect' | 'callUrl' | 'visitorToken'>;

interface Ahead {
  readonly promise: Promise<Token>;
  readonly controller: AbortController;
  readonly began: number;
  /** When the request failed. */
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

  /** Applies new options. A change of the key's source drops a prefetched key. */
  configure(source: Source): void {
    const settings = ['tokenUrl', 'token', 'keyPrefix', 'callUrl', 'visitorToken'] as const;
    if (settings.some((name) => source[name] !== this.#source[name])) {
      this.drop();
      this.#notBefore = 0;
    }
    this.#source = source;
  }

  /** True if a new key can be requested: not for a fixed key. */
  get renewable(): boolean {
    return typeof this.#source.token !== 'string';
  }

  /** Prefetches a key for `get()`. Never throws; a failure is reported by a `get()` that follows within a second. */
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
   * Resolves with the prefetched key (once) or a new one.
   * @throws VoiceAgentError `token_unauthorized`, `visitor_denied`, `origin_denied`, `rate_limited`, `token_malformed`,
   * `token_timeout`, `unavailable`, `paused`, `network`, `unsupported`; the abort reason of `signal`
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

  /** Whether a key is still valid, as far as its expiry is known. */
  isFresh(token: Token): boolean {
    return token.expires === undefined || this.#environment.now() < token.expires - MARGIN;
  }

  /** Drops a prefetched key. */
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

  /** @throws VoiceAgentError `rate_limited` while a server has asked to wait */
  checkWait(): void {
    const wait = this.#notBefore - this.#environment.now();
    if (wait > 0) throw new VoiceAgentError('rate_limited', { retryAfter: wait });
  }

  /** Remembers how long a server asked to wait. */
  wait(error: VoiceAgentError): VoiceAgentError {
    this.#notBefore = this.#environment.now() + (error.retryAfter ?? 0);
    return error;
  }

  async #mint(signal: AbortSignal): Promise<Token> {
    this.checkWait();
    const { token, tokenUrl } = this.#source;
    if (typeof token === 'string') return this.#read(token, undefined);
    if (token) return this.#read(await this.#call(token, signal), undefined);
    if (!tokenUrl) throw new VoiceAgentError('unsupported', { message: 'Neither token-url nor token is set.' });
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
    // Without a visitor token, the key request is sent synchronously with the click.
    const proof = visitorToken === undefined ? undefined : await visitorProof(visitorToken, outer);
    const { signal, done } = withLimit(this.#environment, TOKEN_LIMIT, () => new VoiceAgentError('token_timeout'), outer);
    try {
      const url = resolve(address, this.#environment.baseUrl);
      // No body, and no custom header except the visitor token: without one, cross-origin requests need no preflight.
      const headers = { Accept: 'application/json', ...bearer(proof) };
      const response = await httpRequest(this.#environment, url, { method: 'POST', cache: 'no-store', headers }, signal);
      if (response.redirected && new URL(response.url).origin !== url.origin) {
        discard(response);
        throw new VoiceAgentError('token_malformed', { message: 'The key endpoint redirects to another origin.' });
      }
      if (!response.ok) {
        const refused = await refusalError(response, 'token_malformed', signal);
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
      if (!this.#warned)
        console.error('<voice-agent>: a standard API key (sk-…) must never reach a browser. Revoke it and serve ephemeral keys.');
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
    // The parser's message would include the response, and with it the key.
  }
  throw new VoiceAgentError('token_malformed');
}

function resolve(address: string, base: string): URL {
  try {
    return new URL(address, base);
  } catch {
    throw new VoiceAgentError('unsupported', { message: 'token-url is not a valid URL.' });
  }
}
