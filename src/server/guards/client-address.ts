/**
 * Finds the visitor's true network address. `X-Forwarded-For` is believed only as far as the owner's own proxies wrote it:
 * each appends whom it was asked by, so that with n proxies the n-th entry from the right is true, and everything left of it
 * is whatever the visitor wrote. Refuses nobody.
 */
import type { MiddlewareHandler } from 'hono';
import type { VoiceEnv } from '../problem.js';
import type { RemoteAddress } from '../runtime/remote-address.js';
import { ipAddress } from './ip-address.js';

/** Options of `clientAddress`. */
export interface ClientAddressOptions {
  /** How many proxies of the owner's add to `X-Forwarded-For`. */
  readonly trustedProxies: number;
  readonly remoteAddress: RemoteAddress;
}

/** Sets `c.get('address')`, in its one spelling. */
export function clientAddress({ trustedProxies, remoteAddress }: ClientAddressOptions): MiddlewareHandler<VoiceEnv> {
  return async function clientAddress(c, next) {
    const forwarded = trustedProxies > 0 ? c.req.header('X-Forwarded-For')?.split(',').at(-trustedProxies)?.trim() : undefined;
    // Fewer entries than proxies: somebody went around them, and the connection's own address is all that is sure.
    const address = forwarded === undefined ? undefined : ipAddress(forwarded);
    c.set('address', address ?? ipAddress(remoteAddress(c.req.raw, c.env) ?? ''));
    await next();
  };
}
