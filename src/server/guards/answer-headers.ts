/** Headers that keep an API answer from being sniffed, framed, embedded or run as anything else. */
import type { Context, MiddlewareHandler } from 'hono';

const HEADERS = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const;

/** Sets the headers; for handlers outside the middleware's reach. */
export function setAnswerHeaders(c: Context): void {
  for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
}

/** Sets the headers on everything that follows, refusals included. HSTS is left to whoever terminates TLS. */
export function answerHeaders(): MiddlewareHandler {
  return async function answerHeaders(c, next) {
    setAnswerHeaders(c);
    await next();
  };
}
