/**
 * Counts requests in time windows: per network address and the networks that it belongs to, per checked visitor, per profile and in
 * total. The state implements and stores the windows.
 */
import type { MiddlewareHandler } from 'hono';
import type { Rate } from '../options.js';
import { problem } from '../http/problem.js';
import type { VoiceEnv } from '../http/voice-env.js';
import type { RateWant, SharedState } from '../contract/shared-state.js';
import { sourceNetworks } from '../http/ip-address.js';
import type { KeyedHash } from '../crypto/keyed-hash.js';
import type { ResolvedOptions } from '../resolved-options.js';

/** Options of `rateLimits`. */
export interface RateLimitsOptions {
  /**
   * The windows to count in, in this order: rejected requests of one visitor must not use up the limits of all others. `visitor`
   * requires the visitor check.
   */
  readonly windows: readonly ('address' | 'visitor' | 'profile' | 'all')[];
  readonly rates: ResolvedOptions['rates'];
  readonly state: Pick<SharedState, 'take'>;
  readonly hash: KeyedHash;
}

/** Rejects with 429 and `Retry-After`. */
export function rateLimits({ windows, rates, state, hash }: RateLimitsOptions): MiddlewareHandler<VoiceEnv> {
  const countsAddress = windows.includes('address');

  return async function rateLimits(c, next) {
    const ofAddress = countsAddress ? await addressWants(c.get('address'), rates.perAddress, hash) : [];
    const wants = windows.flatMap((window): readonly RateWant[] => {
      switch (window) {
        case 'address':
          return ofAddress;
        case 'visitor':
          return c.get('known') ? want(`visitor:${String(c.get('visitor'))}`, rates.perVisitor) : [];
        case 'profile':
          return want(`profile:${c.get('profile').name}`, c.get('profile').rate);
        case 'all':
          return want('all', rates.global);
      }
    });
    const answer = wants.length === 0 ? { ok: true as const } : await state.take(wants);
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
