/**
 * Refusals as problem details (RFC 9457, `application/problem+json`), with their public codes and texts. The response
 * contains only a coarse code; the `Refusal` for the owner's log also contains the reason.
 */
import type { Context } from 'hono';
import { reducedError } from '../observe/reduced-error.js';
import { PROBLEMS } from '../contract/problem-codes.js';
import type { ProblemCode } from '../contract/problem-codes.js';
import type { VoiceEnv } from './voice-env.js';

/** The body of a refusal. */
export interface ProblemDetails {
  /** `urn:voice-agent-element:problem:<code>` */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  /** Same value as in the `X-Request-Id` header, for support requests. */
  readonly request_id: string | undefined;
}

/** Details of a refusal. */
export interface ProblemExtras {
  /** Only for the owner's log. */
  readonly reason?: string;
  /** The caught error; reduced by `reducedError()` before it is reported. */
  readonly cause?: unknown;
  /** Seconds until a retry makes sense, sent as `Retry-After`. */
  readonly retryAfter?: number | undefined;
}

/** Responds with problem details. Headers set earlier by guards (CORS, request ID) are kept. */
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
