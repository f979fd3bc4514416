/**
 * Counts requests in windows of time: by network address, by checked visitor, by profile, and in all. What is a window, and
 * where it is kept, is the state's matter.
 */
import type { MiddlewareHandler } from 'hono';
import type { Rate, ResolvedOptions } from '../options.js';
import { problem } from '../problem.js';
import type { VoiceEnv } from '../problem.js';
import type { RateWant, SharedState } from '../state/shared-state.js';
import { subscriberNetwork } from './ip-address.js';
import type { KeyedHash } from './keyed-hash.js';

/** Options of `rateLimits`. */
export interface RateLimitsOptions {
  readonly rates: ResolvedOptions['rates'];
  readonly state: Pick<SharedState, 'take'>;
  readonly hash: KeyedHash;
}

/** Refuses with 429 and `Retry-After`. */
export function rateLimits({ rates, state, hash }: RateLimitsOptions): MiddlewareHandler<VoiceEnv> {
  return async function rateLimits(c, next) {
    const profile = c.get('profile');
    const visitor = c.get('visitor');
    const address = c.get('address');
    // Those whose address nobody knows share one window: unknown must not mean unlimited.
    const network = address === undefined ? 'unknown' : c.get('known') ? await hash('address', subscriberNetwork(address)) : visitor;
    // In this order: what one visitor asks for in vain must not use up the places of all others.
    const answer = await state.take([
      ...want(`address:${String(network)}`, rates.perAddress),
      ...(c.get('known') ? want(`visitor:${String(visitor)}`, rates.perVisitor) : []),
      ...want(`profile:${profile.name}`, profile.rate),
      ...want('all', rates.inAll),
    ]);
    if (!answer.ok) {
      // The key holds a name of the visitor, its kind is enough.
      const [kind = ''] = answer.key.split(':');
      return problem(c, 'rate_limited', { reason: `rate limit: ${kind}`, retryAfter: answer.retryAfter });
    }
    await next();
  };
}

const want = (key: string, rate: Rate): RateWant[] => (rate ? [{ key, ...rate }] : []);
