/**
 * Rate windows in the memory of one process. Counting is done by rate-limiter-flexible, as with Redis. The store is our own: it uses
 * the `Clock`, needs no timer per visitor and has a bounded size.
 */
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';
import RateLimiterStoreAbstract from 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js';
import type { Clock } from '../contract/clock.js';
import type { RateAnswer, RateWant } from '../contract/shared-state.js';

/**
 * Maximum number of open windows per count and length. When it is reached, requests with new keys are refused until the oldest window
 * closes: only a flood from more addresses than this gets here, and it must not reset other counts by evicting them.
 */
const MAX_WINDOWS = 100_000;

/** All rate windows. */
export class MemoryRates {
  readonly #clock: Clock;
  readonly #limiters = new Map<string, WindowLimiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** In order: a visitor who is over their own limit does not use up shared limits. */
  async take(wants: readonly RateWant[]): Promise<RateAnswer> {
    for (const { key, count, seconds } of wants) {
      try {
        await this.#limiter(count, seconds).consume(key);
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        return { ok: false, key, retryAfter: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)) };
      }
    }
    return { ok: true };
  }

  #limiter(count: number, seconds: number): WindowLimiter {
    const name = `${String(count)}/${String(seconds)}`;
    let limiter = this.#limiters.get(name);
    if (!limiter) this.#limiters.set(name, (limiter = new WindowLimiter(this.#clock, count, seconds)));
    return limiter;
  }
}

interface Window {
  count: number;
  readonly until: number;
}

/** The store: windows of one length, in closing order. */
class WindowLimiter extends RateLimiterStoreAbstract<Window> {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock, points: number, duration: number) {
    super({ points, duration, keyPrefix: '' });
    this.#clock = clock;
  }

  protected override async _upsert(key: string, points: number, ms: number): Promise<Window> {
    const now = this.#clock.now();
    for (const [each, { until }] of this.#windows) {
      if (until > now) break;
      this.#windows.delete(each);
    }
    const open = this.#windows.get(key);
    if (open) {
      open.count += points;
      // A copy, because it is read later, when the count may have changed.
      return { ...open };
    }
    if (this.#windows.size >= MAX_WINDOWS) {
      const [oldest] = this.#windows.values();
      return { count: Infinity, until: oldest?.until ?? now + ms };
    }
    this.#windows.set(key, { count: points, until: now + ms });
    return { count: points, until: now + ms };
  }

  protected override _getRateLimiterRes(_key: string, changed: number, { count, until }: Window): RateLimiterRes {
    return new RateLimiterRes(Math.max(0, this.points - count), until - this.#clock.now(), count, count === changed);
  }
}
