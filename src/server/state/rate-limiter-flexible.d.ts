/**
 * The part of rate-limiter-flexible on which its stores are built. The package's own types describe it, but its entry
 * does not export it; and an entry that brings sixteen databases along has no place in a worker.
 */
declare module 'rate-limiter-flexible/lib/RateLimiterRes.js' {
  import { RateLimiterRes } from 'rate-limiter-flexible';
  export default RateLimiterRes;
}

declare module 'rate-limiter-flexible/lib/RateLimiterRedis.js' {
  import { RateLimiterRedis } from 'rate-limiter-flexible';
  export default RateLimiterRedis;
}

declare module 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js' {
  import type { RateLimiterRes } from 'rate-limiter-flexible';
  export default abstract class RateLimiterStoreAbstract<Stored> {
    constructor(options: { points: number; duration: number; keyPrefix: string });
    readonly points: number;
    /** @throws RateLimiterRes when there is no place, or whatever the store throws */
    consume(key: string, points?: number): Promise<RateLimiterRes>;
    /** Counts, beginning a window of `ms` where there is none. */
    protected abstract _upsert(key: string, points: number, ms: number): Promise<Stored>;
    protected abstract _getRateLimiterRes(key: string, changed: number, stored: Stored): RateLimiterRes;
  }
}
