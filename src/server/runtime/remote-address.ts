/**
 * Who is at the other end of the connection, as each runtime tells it. Imports nothing of any runtime: it reads what they
 * hand over with a request. Does not read `X-Forwarded-For`: `guards/client-address.ts` does.
 */
import { getRuntimeKey } from 'hono/adapter';
import { nodeIncoming } from './node-bindings.js';

/** The network address of the other end; `undefined` where the runtime does not tell. */
export type RemoteAddress = (request: Request, env: unknown) => string | undefined;

/** Of Node's socket; in workerd what Cloudflare writes into `CF-Connecting-IP`, which no client can. */
export const remoteAddress: RemoteAddress = (request, env) => {
  if (getRuntimeKey() === 'workerd') return request.headers.get('CF-Connecting-IP') ?? undefined;
  return nodeIncoming(env)?.socket?.remoteAddress;
};
