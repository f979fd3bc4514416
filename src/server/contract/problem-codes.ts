/** Public codes of refusals with their texts. */
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Status, title and detail of each refusal. */
export const PROBLEMS = {
  origin_missing: [403, 'Origin missing', 'The request has no Origin header. Only allowed pages may use this endpoint.'],
  origin_denied: [403, 'Origin not allowed', 'This origin is not allowed to use this endpoint.'],
  visitor_missing: [401, 'Visitor not verified', 'The request must include a valid visitor token.'],
  visitor_denied: [403, 'Visitor refused', 'The visitor token is not valid. Reload the page and try again.'],
  visitor_active: [409, 'Visitor has a live call', 'The visitor has a live call. End it first.'],
  visitor_unchecked: [503, 'Visitor check unavailable', 'Visitors cannot be verified at the moment. Try again later.'],
  operator_denied: [401, 'Operator not verified', 'The request must include the operator token.'],
  signature_invalid: [401, 'Invalid signature', 'The webhook signature is missing, invalid or too old.'],
  body_invalid: [400, 'Invalid body', 'The request body is not valid for this endpoint.'],
  media_type_unsupported: [415, 'Unsupported media type', 'This endpoint does not support the Content-Type of the request.'],
  offer_rejected: [422, 'Offer rejected', 'The voice service rejected the offer.'],
  profile_unknown: [404, 'Unknown agent', 'No agent with this name accepts this kind of call.'],
  call_unknown: [404, 'Unknown call', 'This call does not exist.'],
  not_found: [404, 'Not found', 'The requested resource does not exist.'],
  method_not_allowed: [405, 'Method not allowed', 'This endpoint does not support the request method. See the Allow header.'],
  body_too_large: [413, 'Body too large', 'The request body is larger than this endpoint accepts.'],
  rate_limited: [429, 'Too many requests', 'The rate limit was exceeded. Try again later.'],
  budget_spent: [429, 'Budget exhausted', 'The call budget is used up. Try again later.'],
  all_busy: [429, 'All lines busy', 'The maximum number of concurrent calls has been reached. Try again in a moment.'],
  paused: [503, 'Calls are paused', 'The site has paused calls for now. Try again later.'],
  state_unavailable: [503, 'Temporarily unavailable', 'Usage limits cannot be checked at the moment. Try again later.'],
  internal_error: [500, 'Internal error', 'Something went wrong on the server. Try again later.'],
  upstream_failed: [502, 'Voice service failed', 'The voice service did not return a valid response. Try again later.'],
  upstream_unavailable: [503, 'Voice service unavailable', 'The voice service is not accepting calls at the moment. Try again later.'],
  upstream_timeout: [504, 'Voice service timed out', 'The voice service did not respond in time. Try again later.'],
} as const satisfies Record<string, readonly [status: ContentfulStatusCode, title: string, detail: string]>;

/** Public codes of refusals. */
export type ProblemCode = keyof typeof PROBLEMS;
