/** Security headers that prevent API responses from being sniffed, framed, embedded or executed. */
import type { Context, MiddlewareHandler } from 'hono';

const HEADERS = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const;

/** Sets the headers; for handlers that the middleware does not cover. */
export function setAnswerHeaders(c: Context): void {
  for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
}

/** Sets the headers on all responses, including refusals. HSTS belongs to the server that terminates TLS. */
export function answerHeaders(): MiddlewareHandler {
  return async function answerHeaders(c, next) {
    setAnswerHeaders(c);
    await next();
  };
}
