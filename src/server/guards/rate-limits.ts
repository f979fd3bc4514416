/**
 * Counts requests in time windows: per network address and the networks that it belongs to, per checked visitor, per profile and in total. The state implements
 * and stores the windows.
 */
import type { MiddlewareHandler } from 'hono';
import type { Rate } from '../options.js';
import { problem } from '../http/problem.js';
import type { VoiceEnv } from '../http/voice-env.js';
import type { RateWant, SharedState } from '../contract/shared-state.js';
import { sourceNetworks } from './ip-address.js';
import type { KeyedHash } from '../crypto/keyed-hash.js';
import type { ResolvedOptions } from '../resolved-options.js';

/** Options of `rateLimits`. */
export interface RateLimitsOptions {
  readonly rates: ResolvedOptions['rates'];
  readonly state: Pick<SharedState, 'take'>;
  readonly hash: KeyedHash;
}

/** Rejects with 429 and `Retry-After`. */
export function rateLimits({ rates, state, hash }: RateLimitsOptions): MiddlewareHandler<VoiceEnv> {
  return async function rateLimits(c, next) {
    const profile = c.get('profile');
    const visitor = c.get('visitor');
    const address = c.get('address');
    // The order matters: rejected requests of one visitor must not use up the limits of all others.
    const answer = await state.take([
      ...(await addressWants(address, rates.perAddress, hash)),
      ...(c.get('known') ? want(`visitor:${String(visitor)}`, rates.perVisitor) : []),
      ...want(`profile:${profile.name}`, profile.rate),
      ...want('all', rates.global),
    ]);
    if (!answer.ok) {
      // Log only the kind: the key contains the visitor's ID.
      const [kind = ''] = answer.key.split(':');
      return problem(c, 'rate_limited', { reason: `rate limit: ${kind}`, retryAfter: answer.retryAfter });
    }
    await next();
  };
}

/**
 * One window for each network of an address, the smallest first. Requests with an unknown address share one window: unknown must not
 * mean unlimited.
 *
 * @param prefix separates the windows of different routes; lower-case letters
 */
export async function addressWants(address: string | undefined, rate: Rate, hash: KeyedHash, prefix = ''): Promise<readonly RateWant[]> {
  if (rate === false) return [];
  if (address === undefined) return want(`${prefix}address:unknown`, rate);
  return Promise.all(
    sourceNetworks(address).map(async ({ kind, network, factor }) => ({
      key: `${prefix}${kind}:${await hash('address', network)}`,
      count: rate.count * factor,
      seconds: rate.seconds,
    })),
  );
}

const want = (key: string, rate: Rate): RateWant[] => (rate ? [{ key, ...rate }] : []);
