/** A route of the control endpoint: how it is registered, its body, its timeout and its 404 error. */
import type { Context } from 'hono';
import { ApiError } from '../protocol/api-error.js';
import type { Schema } from '../protocol/schema.js';

/** Adds a route below `/sandbox`; the handler's return value is sent as JSON. */
export type ControlRoute = (method: 'get' | 'post' | 'put' | 'delete', path: string, handle: (context: Context) => unknown) => void;

/** Maximum duration of a waiting request, in milliseconds. */
const LONGEST_WAIT = 60_000;

/** Reads and validates the body. @throws ApiError 415, 400 */
export async function bodyOf(context: Context, schema: Schema): Promise<Record<string, unknown>> {
  if (context.req.header('content-type')?.split(';')[0]?.trim() !== 'application/json') {
    throw new ApiError({ status: 415, message: 'The control endpoint accepts only application/json.' });
  }
  let value: unknown;
  try {
    value = await context.req.json();
  } catch {
    throw new ApiError({ message: 'The body is not valid JSON.' });
  }
  schema(value, '');
  return value as Record<string, unknown>;
}

export function notFound(what: string): ApiError {
  return new ApiError({ status: 404, message: `No such ${what}.` });
}

/** The request's `timeout_ms`, default 5000. */
export function waitMs(context: Context): number {
  return Math.min(LONGEST_WAIT, Math.max(0, Number(context.req.query('timeout_ms') ?? 5_000)));
}
