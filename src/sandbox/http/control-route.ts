/** Helpers of the control endpoint's routes: registering a route, reading bodies and timeouts, 404 errors. */
import type { Context } from 'hono';
import { ApiError } from '../protocol/api-error.js';

/** Adds a route below `/sandbox`; the handler's return value is sent as JSON. */
export type Route = (method: 'get' | 'post' | 'put' | 'delete', path: string, handle: (context: Context) => unknown) => void;

/** Maximum duration of a waiting request, in milliseconds. */
const LONGEST_WAIT = 60_000;

/** Reads and validates the body. @throws ApiError 415, 400 */
export async function bodyOf(context: Context, rule: (value: unknown, path: string) => void): Promise<Record<string, unknown>> {
  if (context.req.header('content-type')?.split(';')[0]?.trim() !== 'application/json') {
    throw new ApiError({ status: 415, message: 'The control endpoint accepts only application/json.' });
  }
  let value: unknown;
  try {
    value = await context.req.json();
  } catch {
    throw new ApiError({ message: 'The body is not valid JSON.' });
  }
  rule(value, '');
  return value as Record<string, unknown>;
}

export function notFound(what: string): ApiError {
  return new ApiError({ status: 404, message: `No such ${what}.` });
}

/** The request's `timeout_ms`, default 5000. */
export function waitMs(context: Context): number {
  return Math.min(LONGEST_WAIT, Math.max(0, Number(context.req.query('timeout_ms') ?? 5_000)));
}
