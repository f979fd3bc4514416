/**
 * Converts errors of the Realtime API to public problem codes. No upstream text leaves this file, because its error messages
 * can contain parts of the API key.
 */
import type { Clock } from '../contract/clock.js';
import type { ProblemCode } from '../contract/problem-codes.js';

/** A failed upstream request. */
export interface UpstreamFailure {
  readonly code: Extract<ProblemCode, 'rate_limited' | 'offer_rejected' | `upstream_${string}`>;
  /** For the owner's log: the server's own text with at most a status and an error code. */
  readonly reason: string;
  /** Seconds, if the upstream sent `Retry-After`. */
  readonly retryAfter?: number | undefined;
}

const MAX_RETRY_SECONDS = 86_400;

/** Error codes of an account without quota or billing; a retry does not help. */
const NO_QUOTA_CODES = new Set(['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active', 'account_deactivated']);

/** Maps an error response to a failure. `body` is its JSON, or `undefined` if it has none. */
export function upstreamFailure(response: Response, body: unknown, clock: Clock): UpstreamFailure {
  const { status } = response;
  const code = errorCode(body);
  const reason = (what: string): string => `${what} (${String(status)}${code === undefined ? '' : ` ${code}`})`;
  const retryAfter = retrySeconds(response.headers.get('Retry-After'), clock.now());
  if (code !== undefined && NO_QUOTA_CODES.has(code)) return { code: 'upstream_unavailable', reason: reason('the account has no quota') };
  if (status === 429) return { code: 'rate_limited', reason: reason('rate limit'), retryAfter };
  if (status === 503) return { code: 'upstream_unavailable', reason: reason('overloaded'), retryAfter };
  if (status === 401 || status === 403) return { code: 'upstream_failed', reason: reason('the API key was rejected') };
  if (status >= 500) return { code: 'upstream_failed', reason: reason('upstream error') };
  if (status >= 400) return { code: 'upstream_failed', reason: reason('the session settings were rejected') };
  return { code: 'upstream_failed', reason: reason('redirected') };
}

/** The failure of a request that received no response. */
export function unreachable(error: unknown): UpstreamFailure {
  return { code: 'upstream_failed', reason: `unreachable (${causeName(error)})` };
}

/** The error code, if it has the expected format. Messages are never passed on. */
export function errorCode(body: unknown): string | undefined {
  const { error } = (body ?? {}) as { error?: { code?: unknown; type?: unknown } | null };
  const code = error?.code ?? error?.type;
  return typeof code === 'string' && /^[a-z_]{1,64}$/.test(code) ? code : undefined;
}

/** `Retry-After` (seconds or date) as seconds, limited to a day; invalid values are ignored. */
function retrySeconds(text: string | null, now: number): number | undefined {
  if (text === null) return undefined;
  const seconds = /^\d+$/.test(text.trim()) ? Number(text) : Math.ceil((Date.parse(text) - now) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), MAX_RETRY_SECONDS);
}

/** An error code such as `ECONNREFUSED` if the runtime provides it, otherwise the error's class; never its message. */
export function causeName(error: unknown): string {
  const { cause, name } = (error ?? {}) as { cause?: { code?: unknown }; name?: unknown };
  const code = cause?.code;
  if (typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code)) return code;
  return typeof name === 'string' ? name : 'unknown';
}
