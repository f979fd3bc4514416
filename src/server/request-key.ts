/**
 * Asks a Realtime API for one ephemeral key (see `mint-request.ts`). Owns the time limit, the
 * size limit and the reading of every answer an upstream can give; knows nothing of the visitor's request. No text of
 * the upstream leaves this file: its error messages repeat parts of the API key.
 */
import type { MintRequest } from './mint-request.js';
import type { Upstream } from './options.js';
import type { ProblemCode } from './problem.js';

/** The key as the widget gets it. */
export interface EphemeralKey {
  readonly value: string;
  /** Seconds since the epoch. */
  readonly expires_at: number;
}

/** Why there is no key. */
export interface KeyFailure {
  readonly code: Extract<ProblemCode, 'rate_limited' | `upstream_${string}`>;
  /** For the owner's log: our own words, at most a status and a well-known error code. */
  readonly reason: string;
  /** Seconds, where the upstream named a time. */
  readonly retryAfter?: number | undefined;
}

/** A key or the reason why there is none. */
export type KeyResult = { readonly key: EphemeralKey } | { readonly failure: KeyFailure };

const MAX_ANSWER_BYTES = 65_536;
const MAX_RETRY_SECONDS = 86_400;

/** Error codes with which the API says that the account cannot pay; waiting a minute does not help. */
const NO_MONEY = new Set(['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active', 'account_deactivated']);

/**
 * Asks once. Never rejects for anything the upstream does.
 *
 * @param visitor aborted when the visitor left; the request upstream is then given up
 */
export async function requestKey(options: Upstream, request: MintRequest, visitor: AbortSignal, safetyIdentifier?: string): Promise<KeyResult> {
  const deadline = new AbortController();
  const callOff = options.clock.after(options.timeout, () => deadline.abort());
  try {
    const { endpoint, headers, body: wish } = request;
    const response = await options.fetch(endpoint, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${options.apiKey}`,
        'Content-Type': 'application/json',
        Accept: 'application/json',
        ...headers,
        ...(safetyIdentifier !== undefined && { 'OpenAI-Safety-Identifier': safetyIdentifier }),
      },
      body: JSON.stringify(wish),
      // An API root does not redirect; following one could carry the API key elsewhere.
      redirect: 'manual',
      signal: AbortSignal.any([deadline.signal, visitor]),
    });
    const body = await readJson(response);
    return response.ok ? keyOf(body, options.apiKey) : failed(failureOf(response, body, options));
  } catch (error) {
    if (deadline.signal.aborted) return failed({ code: 'upstream_timeout', reason: `no answer in ${String(options.timeout)} ms` });
    if (visitor.aborted) return failed({ code: 'upstream_failed', reason: 'the visitor left' });
    return failed({ code: 'upstream_failed', reason: `not reachable (${causeName(error)})` });
  } finally {
    callOff();
  }
}

type Fields = Readonly<Record<string, unknown>>;

const failed = (failure: KeyFailure): KeyResult => ({ failure });

function keyOf(body: unknown, apiKey: string): KeyResult {
  // The beta wraps it in the session.
  const answer = (body ?? {}) as { client_secret?: Fields | null } & Fields;
  const { value, expires_at } = answer.client_secret ?? answer;
  const usable = typeof value === 'string' && value.length <= 4096 && /^[\x21-\x7e]+$/.test(value);
  if (!usable || typeof expires_at !== 'number' || !Number.isSafeInteger(expires_at) || expires_at <= 0) {
    return failed({ code: 'upstream_failed', reason: 'the answer is no key' });
  }
  if (value === apiKey || value.startsWith('sk-')) {
    return failed({ code: 'upstream_failed', reason: 'the answer is a standard API key, which must not reach a page' });
  }
  return { key: { value, expires_at } };
}

function failureOf(response: Response, body: unknown, { clock }: Upstream): KeyFailure {
  const { status } = response;
  const code = errorCode(body);
  const reason = (what: string): string => `${what} (${String(status)}${code === undefined ? '' : ` ${code}`})`;
  const retryAfter = retrySeconds(response.headers.get('Retry-After'), clock.now());
  if (code !== undefined && NO_MONEY.has(code)) return { code: 'upstream_unavailable', reason: reason('the account has no quota') };
  if (status === 429) return { code: 'rate_limited', reason: reason('rate limit'), retryAfter };
  if (status === 503) return { code: 'upstream_unavailable', reason: reason('overloaded'), retryAfter };
  if (status === 401 || status === 403) return { code: 'upstream_failed', reason: reason('the API key was refused') };
  if (status >= 500) return { code: 'upstream_failed', reason: reason('error upstream') };
  if (status >= 400) return { code: 'upstream_failed', reason: reason('the session settings were refused') };
  return { code: 'upstream_failed', reason: reason('redirected') };
}

/** The error code where it looks like one; a message is never passed on. */
function errorCode(body: unknown): string | undefined {
  const { error } = (body ?? {}) as { error?: { code?: unknown; type?: unknown } | null };
  const code = error?.code ?? error?.type;
  return typeof code === 'string' && /^[a-z_]{1,64}$/.test(code) ? code : undefined;
}

/** `Retry-After` in either of its forms as seconds; nonsense is dropped, an age is cut. */
function retrySeconds(text: string | null, now: number): number | undefined {
  if (text === null) return undefined;
  const seconds = /^\d+$/.test(text.trim()) ? Number(text) : Math.ceil((Date.parse(text) - now) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), MAX_RETRY_SECONDS);
}

/** The body as JSON; `undefined` for anything else (HTML of a proxy, too much, nothing). */
async function readJson(response: Response): Promise<unknown> {
  if (!response.body) return undefined;
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > MAX_ANSWER_BYTES) {
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
  try {
    return JSON.parse(text + decoder.decode()) as unknown;
  } catch {
    return undefined;
  }
}

/** `ECONNREFUSED` and the like where the runtime names it, the error's class otherwise; never its message. */
function causeName(error: unknown): string {
  const { cause, name } = (error ?? {}) as { cause?: { code?: unknown }; name?: unknown };
  const code = cause?.code;
  if (typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code)) return code;
  return typeof name === 'string' ? name : 'unknown';
}
