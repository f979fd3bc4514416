/**
 * The part of rate-limiter-flexible on which its stores are built. The package's types describe it, but its entry point does not
 * export it; and an entry point that imports sixteen database stores is too large for a Worker.
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
    /** @throws RateLimiterRes if the limit is exceeded, or whatever the store throws */
    consume(key: string, points?: number): Promise<RateLimiterRes>;
    /** Counts in the key's window, and opens one of `ms` if there is none. */
    protected abstract _upsert(key: string, points: number, ms: number): Promise<Stored>;
    protected abstract _getRateLimiterRes(key: string, changed: number, stored: Stored): RateLimiterRes;
  }
}
