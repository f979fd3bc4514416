/**
 * Lets only pages of listed origins through. Ordinary CORS middleware merely withholds headers and still runs the
 * route, which here would still spend the owner's money; this one refuses. Other programs can forge the header, so it
 * keeps other websites away and nobody else.
 */
import type { MiddlewareHandler } from 'hono';
import { problem } from '../problem.js';
import type { VoiceEnv } from '../problem.js';

/** Options of `exactOrigin`. */
export interface ExactOriginOptions {
  /** Checked origins; compared byte by byte. */
  readonly allowedOrigins: ReadonlySet<string>;
  readonly withoutOrigin: 'refuse' | 'allow';
  /** Of the address behind it, for preflights. */
  readonly methods: readonly string[];
  /** Whether pages of other origins may send cookies along; only for visitor checks that read them. */
  readonly credentials: boolean;
}

/** Answers to a preflight are kept by browsers for so many seconds. */
const PREFLIGHT_SECONDS = '600';

/** Refuses other origins with 403, answers preflights of allowed ones, adds the CORS headers to what follows. */
export function exactOrigin(options: ExactOriginOptions): MiddlewareHandler<VoiceEnv> {
  const { allowedOrigins: allowed, withoutOrigin, credentials } = options;
  const methods = options.methods.join(', ');

  return async function exactOrigin(c, next) {
    // Also on refusals: a cache must not give one site's answer to another.
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
    // Without this a page on another origin could read neither when to try again, nor how its call is named and limited,
    // nor tell how long the key lives where the visitor's clock is wrong.
    c.header('Access-Control-Expose-Headers', 'Date, Location, Retry-After, Voice-Call-Limits, X-Request-Id');
    await next();
  };
}
