/** What the routes of the control endpoint share: how one is added, how bodies and waiting times are read, what is missing. */
import type { Context } from 'hono';
import { ApiError } from './api-error.js';

/** Adds a route below `/sandbox`; what the handler returns is sent as JSON. */
export type Route = (method: 'get' | 'post' | 'put' | 'delete', path: string, handle: (context: Context) => unknown) => void;

/** Longest time that a waiting request is held, in milliseconds. */
const LONGEST_WAIT = 60_000;

/** The body, checked. @throws ApiError 415, 400 */
export async function bodyOf(context: Context, rule: (value: unknown, path: string) => void): Promise<Record<string, unknown>> {
  if (context.req.header('content-type')?.split(';')[0]?.trim() !== 'application/json') {
    throw new ApiError({ status: 415, message: 'The control endpoint takes application/json only.' });
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
  return new ApiError({ status: 404, message: `There is no such ${what}.` });
}

/** `timeout_ms` of a request, default 5000. */
export function waitMs(context: Context): number {
  return Math.min(LONGEST_WAIT, Math.max(0, Number(context.req.query('timeout_ms') ?? 5_000)));
}
