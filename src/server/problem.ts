/**
 * Refusals as problem details (RFC 9457, `application/problem+json`). Owns the public codes and sentences. What the
 * public may read and what the owner needs to know are two things: the answer holds a coarse code, the `Refusal` for
 * the owner's log also holds the reason.
 */
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { reducedError } from './observe/reduced-error.js';
import type { ReducedError } from './observe/reduced-error.js';
import type { Profile } from './options.js';

/** What the middleware of the server share through Hono's context. */
export interface VoiceEnv {
  Variables: {
    requestId: string;
    /** Set by `bodyLimit()`: the request's body, which can be read only once. */
    body: Uint8Array;
    /** The agent that the request names; set by the profile guard. */
    profile: Profile;
    /** Network address of the visitor, as far as the configured proxies tell it. */
    address: string | undefined;
    /** Keyed hash of the checked visitor, else of the address. */
    visitor: string | undefined;
    /** True where `visitor` stands for a checked visitor. */
    known: boolean;
    /** What was set aside for this request; whoever uses it settles it. */
    reservation: string;
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
  /** What of a caught error may be told; only for problems inside this server. */
  readonly cause?: ReducedError;
}

const PROBLEMS = {
  origin_missing: [403, 'Origin missing', 'Only browsers on allowed pages get keys here; the request names no origin.'],
  origin_denied: [403, 'Origin not allowed', 'Pages of this origin get no keys here.'],
  visitor_missing: [401, 'Visitor not known', 'This address answers visitors with a valid proof only, and the request has none.'],
  visitor_denied: [403, 'Visitor refused', 'The proof that came with the request is not valid any more. Load the page again.'],
  visitor_unchecked: [503, 'Visitor not checked', 'Visitors cannot be checked at the moment, so no calls are made. Try again later.'],
  signature_invalid: [401, 'Signature not valid', 'The request is not signed by the voice service, or too old.'],
  body_invalid: [400, 'Body not usable', 'The request body is not what this address takes.'],
  media_type_unsupported: [415, 'Media type not supported', 'This address takes another Content-Type.'],
  offer_rejected: [422, 'Offer rejected', 'The voice service does not take this offer.'],
  profile_unknown: [404, 'No such agent', 'There is no agent of this name for this kind of call.'],
  call_unknown: [404, 'No such call', 'There is no call of this name.'],
  not_found: [404, 'Not found', 'There is nothing at this address.'],
  method_not_allowed: [405, 'Method not allowed', 'This address does not answer this method; see the Allow header.'],
  body_too_large: [413, 'Body too large', 'The request body is larger than this address accepts.'],
  rate_limited: [429, 'Too many calls', 'Too many calls at the moment. Try again later.'],
  budget_spent: [429, 'Budget spent', 'No more calls are paid for at the moment. Try again later.'],
  all_busy: [429, 'All lines busy', 'As many calls as can be are under way. Try again in a moment.'],
  state_unavailable: [503, 'Not available', 'Calls cannot be counted at the moment, so none are made. Try again later.'],
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
  /** What was thrown; it is reduced before anybody hears of it. */
  readonly cause?: unknown;
  /** Seconds until a retry is worth it, sent as `Retry-After`. */
  readonly retryAfter?: number | undefined;
}

/** Answers with problem details. Headers that guards have set before (CORS, request id) stay on the answer. */
export function problem(c: Context<VoiceEnv>, code: ProblemCode, extras: ProblemExtras = {}): Response {
  const [status, title, detail] = PROBLEMS[code];
  const requestId = c.get('requestId') as string | undefined;
  const { reason, cause, retryAfter } = extras;
  c.set('refusal', { requestId: requestId ?? '', code, status, reason, ...(cause !== undefined && { cause: reducedError(cause) }) });
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
