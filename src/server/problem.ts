/**
 * Refusals as problem details (RFC 9457, `application/problem+json`). Owns the public codes and sentences. What the
 * public may read and what the owner needs to know are two things: the answer holds a coarse code, the `Refusal` for
 * the owner's log also holds the reason.
 */
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** What the middleware of the server share through Hono's context. */
export interface VoiceEnv {
  Variables: {
    requestId: string;
    /** Set by `bodyLimit()`: the request's body, which can be read only once. */
    body: Uint8Array;
    /** Set by `problem()`; read by the reporting middleware. */
    refusal: Refusal | undefined;
  };
}

/** One refused request, for the owner's log. Holds no key and no text of the upstream. */
export interface Refusal {
  readonly requestId: string;
  readonly code: ProblemCode;
  /** HTTP status of the answer. */
  readonly status: number;
  /** What the public is not told, for example `api key refused (401)`. */
  readonly reason: string | undefined;
  /** A caught error; only for problems inside this server. */
  readonly cause?: unknown;
}

const PROBLEMS = {
  origin_missing: [403, 'Origin missing', 'Only browsers on allowed pages get keys here; the request names no origin.'],
  origin_denied: [403, 'Origin not allowed', 'Pages of this origin get no keys here.'],
  not_found: [404, 'Not found', 'There is nothing at this address.'],
  method_not_allowed: [405, 'Method not allowed', 'This address does not answer this method; see the Allow header.'],
  body_too_large: [413, 'Body too large', 'The request body is larger than this address accepts.'],
  rate_limited: [429, 'Too many calls', 'Too many calls at the moment. Try again later.'],
  internal_error: [500, 'Internal error', 'Something went wrong here. Try again later.'],
  upstream_failed: [502, 'Voice service failed', 'The voice service gave no usable answer. Try again later.'],
  upstream_unavailable: [503, 'Voice service unavailable', 'The voice service takes no calls at the moment. Try again later.'],
  upstream_timeout: [504, 'Voice service too slow', 'The voice service did not answer in time. Try again later.'],
} as const satisfies Record<string, readonly [status: ContentfulStatusCode, title: string, detail: string]>;

/** The public causes of a refusal. */
export type ProblemCode = keyof typeof PROBLEMS;

/** The body of a refusal. */
export interface ProblemDetails {
  /** `urn:voice-agent-element:problem:<code>` */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  /** The same as in the `X-Request-Id` header, to be quoted in a report. */
  readonly request_id: string | undefined;
}

/** What accompanies a refusal. */
export interface ProblemExtras {
  /** For the owner's log alone. */
  readonly reason?: string;
  readonly cause?: unknown;
  /** Seconds until a retry is worth it, sent as `Retry-After`. */
  readonly retryAfter?: number | undefined;
}

/** Answers with problem details. Headers that guards have set before (CORS, request id) stay on the answer. */
export function problem(c: Context<VoiceEnv>, code: ProblemCode, extras: ProblemExtras = {}): Response {
  const [status, title, detail] = PROBLEMS[code];
  const requestId = c.get('requestId') as string | undefined;
  const { reason, cause, retryAfter } = extras;
  c.set('refusal', { requestId: requestId ?? '', code, status, reason, ...(cause !== undefined && { cause }) });
  c.header('Cache-Control', 'no-store');
  if (retryAfter !== undefined) c.header('Retry-After', String(retryAfter));
  const body: ProblemDetails = {
    type: `urn:voice-agent-element:problem:${code}`,
    title,
    status,
    detail,
    code,
    request_id: requestId,
  };
  return c.body(JSON.stringify(body), status, { 'Content-Type': 'application/problem+json' });
}
