/**
 * Reads what the Realtime API answers over HTTP: bodies of bounded size, and refusals as causes that may be told. No text of
 * the upstream leaves this file: its error messages repeat parts of the API key.
 */
import type { Clock } from './clock.js';
import type { ProblemCode } from './problem.js';

/** Why there is no usable answer. */
export interface UpstreamFailure {
  readonly code: Extract<ProblemCode, 'rate_limited' | 'offer_rejected' | `upstream_${string}`>;
  /** For the owner's log: our own words, at most a status and a well-known error code. */
  readonly reason: string;
  /** Seconds, where the upstream named a time. */
  readonly retryAfter?: number | undefined;
}

const MAX_ANSWER_BYTES = 65_536;
const MAX_RETRY_SECONDS = 86_400;

/** Error codes with which the API says that the account cannot pay; waiting a minute does not help. */
const NO_MONEY = new Set(['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active', 'account_deactivated']);

/** What a refusal means. `body` is the answer's JSON, `undefined` where it is none. */
export function failureOf(response: Response, body: unknown, clock: Clock): UpstreamFailure {
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

/** What a request that got no answer failed of. */
export function unreachable(error: unknown): UpstreamFailure {
  return { code: 'upstream_failed', reason: `not reachable (${causeName(error)})` };
}

/** The error code where it looks like one; a message is never passed on. */
export function errorCode(body: unknown): string | undefined {
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
export async function readJson(response: Response): Promise<unknown> {
  const text = await readText(response);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** The body as text; `undefined` when there is none, or more than an answer can have (64 KiB). */
export async function readText(response: Response): Promise<string | undefined> {
  if (!response.body) return undefined;
  const { headers } = response;
  // A plain body cannot be longer than was declared; reading it at once costs less than reading its stream.
  if (!headers.has('Content-Encoding') && Number(headers.get('Content-Length') ?? Infinity) <= MAX_ANSWER_BYTES) return response.text();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let size = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > MAX_ANSWER_BYTES) {
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** `ECONNREFUSED` and the like where the runtime names it, the error's class otherwise; never its message. */
export function causeName(error: unknown): string {
  const { cause, name } = (error ?? {}) as { cause?: { code?: unknown }; name?: unknown };
  const code = cause?.code;
  if (typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code)) return code;
  return typeof name === 'string' ? name : 'unknown';
}
