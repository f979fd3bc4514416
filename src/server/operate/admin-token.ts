/** Protects the admin port: each request needs the operator's token, and requests are limited per network address. */
import type { MiddlewareHandler } from 'hono';
import type { SharedState } from '../contract/shared-state.js';
import { problem } from '../http/problem.js';
import { sameText } from '../http/same-text.js';
import type { VoiceEnv } from '../http/voice-env.js';
import type { RemoteAddress } from '../options.js';

/** Options of `adminToken`. */
export interface AdminTokenOptions {
  /** Returns the token; called for each request, because a reload may replace it. */
  token(): string;
  /** Counts requests. */
  readonly rates: Pick<SharedState, 'take'>;
  readonly remoteAddress: RemoteAddress;
}

/** Enough for several open admin pages, too few to guess a token or to keep the server busy. */
const RATE = { count: 300, seconds: 60 };

/** Rejects with 429 above the rate, and with 401 without the token as `Authorization: Bearer …`. */
export function adminToken({ token, rates, remoteAddress }: AdminTokenOptions): MiddlewareHandler<VoiceEnv> {
  return async function adminToken(c, next) {
    const answer = await rates.take([{ key: `admin:${remoteAddress(c.req.raw, c.env) ?? 'unknown'}`, ...RATE }]);
    if (!answer.ok) return problem(c, 'rate_limited', { reason: 'rate limit: admin', retryAfter: answer.retryAfter });
    const shown = /^Bearer (\S+)$/i.exec(c.req.header('Authorization') ?? '')?.[1] ?? '';
    if (await sameText(shown, token())) return next();
    c.header('WWW-Authenticate', 'Bearer');
    return problem(c, 'operator_denied');
  };
}
