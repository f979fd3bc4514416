/**
 * Reads the remote address of the connection from what each runtime passes with a request, without importing anything from a
 * runtime. `X-Forwarded-For` is handled by `guards/client-address.ts`.
 */
import { getRuntimeKey } from 'hono/adapter';
import type { RemoteAddress } from '../options.js';
import { nodeIncoming } from './node-incoming.js';

/** The address of Node's socket; in workerd, the header `CF-Connecting-IP`, which Cloudflare sets and clients cannot forge. */
export const remoteAddress: RemoteAddress = (request, env) => {
  if (getRuntimeKey() === 'workerd') return request.headers.get('CF-Connecting-IP') ?? undefined;
  return nodeIncoming(env)?.socket?.remoteAddress;
};
