/**
 * Accepts only requests from pages of allowed origins. Ordinary CORS middleware only omits headers and still runs the route,
 * which would spend the owner's money; this guard rejects the request. Programs outside a browser can forge the header, so it
 * only protects against other websites.
 */
import type { MiddlewareHandler } from 'hono';
import { problem } from '../http/problem.js';
import type { VoiceEnv } from '../http/voice-env.js';

/** Options of `exactOrigin`. */
export interface ExactOriginOptions {
  /** Validated origins, compared byte by byte. */
  readonly allowedOrigins: ReadonlySet<string>;
  readonly withoutOrigin: 'refuse' | 'allow';
  /** Methods of the route, for preflights. */
  readonly methods: readonly string[];
  /** Whether cross-origin requests may include cookies; only for visitor checks that read them. */
  readonly credentials: boolean;
}

/** How many seconds browsers cache a preflight response. */
const PREFLIGHT_SECONDS = '600';

/** Rejects other origins with 403, responds to preflights of allowed origins and adds CORS headers to their responses. */
export function exactOrigin(options: ExactOriginOptions): MiddlewareHandler<VoiceEnv> {
  const { allowedOrigins: allowed, withoutOrigin, credentials } = options;
  const methods = options.methods.join(', ');

  return async function exactOrigin(c, next) {
    // Also on refusals: a cache must not serve one site's response to another.
    c.header('Vary', 'Origin', { append: true });
    const origin = c.req.header('Origin');
    if (origin === undefined) {
      if (withoutOrigin === 'refuse') return problem(c, 'origin_missing');
      await next();
      return;
    }
    if (!allowed.has(origin)) return problem(c, 'origin_denied');
    c.header('Access-Control-Allow-Origin', origin);
    if (credentials) c.header('Access-Control-Allow-Credentials', 'true');
    if (c.req.method === 'OPTIONS' && c.req.header('Access-Control-Request-Method') !== undefined) {
      c.header('Access-Control-Allow-Methods', methods);
      c.header('Access-Control-Allow-Headers', 'Authorization, Content-Type');
      c.header('Access-Control-Max-Age', PREFLIGHT_SECONDS);
      return c.body(null, 204);
    }
    // Lets cross-origin pages read when to retry, the URL and the limits of their call, and the server's time (for the key's
    // lifetime if the visitor's clock is wrong).
    c.header('Access-Control-Expose-Headers', 'Date, Location, Retry-After, Voice-Call-Limits, X-Request-Id');
    await next();
  };
}
