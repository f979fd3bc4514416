/**
 * Determines the visitor's network address. Only the entries of `X-Forwarded-For` that the owner's proxies wrote are trusted:
 * each proxy appends the address of its client, so with n proxies the n-th entry from the right is reliable, and everything to
 * the left of it may be forged. Never rejects a request.
 */
import type { MiddlewareHandler } from 'hono';
import type { VoiceEnv } from '../http/voice-env.js';
import type { RemoteAddress } from '../options.js';
import { ipAddress } from '../http/ip-address.js';

/** Options of `clientAddress`. */
export interface ClientAddressOptions {
  /** Number of the owner's proxies that append to `X-Forwarded-For`. */
  readonly trustedProxies: number;
  readonly remoteAddress: RemoteAddress;
}

/** Sets `c.get('address')` to the normalized address. */
export function clientAddress({ trustedProxies, remoteAddress }: ClientAddressOptions): MiddlewareHandler<VoiceEnv> {
  return async function clientAddress(c, next) {
    const forwarded = trustedProxies > 0 ? c.req.header('X-Forwarded-For')?.split(',').at(-trustedProxies)?.trim() : undefined;
    // Fewer entries than proxies: the request bypassed them, so only the address of the connection is reliable.
    const address = forwarded === undefined ? undefined : ipAddress(forwarded);
    c.set('address', address ?? ipAddress(remoteAddress(c.req.raw, c.env) ?? ''));
    await next();
  };
}
