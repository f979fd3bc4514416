/**
 * Types and helpers for the bindings that `@hono/node-server` passes with a request. Imports nothing from Node; in other runtimes
 * the helpers find no bindings.
 */
import type { Context } from 'hono';

/** The parts of Node's request that the server reads. */
export interface NodeIncoming {
  readonly httpVersionMajor?: number;
  /** Set by Express: the URL with the path under which the middleware is mounted. */
  readonly originalUrl?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly socket?: { readonly remoteAddress?: string };
}

/** Node's request, if available. */
export function nodeIncoming(env: unknown): NodeIncoming | undefined {
  const bindings = env as { readonly incoming?: NodeIncoming; readonly server?: { readonly incoming?: NodeIncoming } } | undefined;
  return (bindings?.server ?? bindings)?.incoming;
}

/** The path as sent by the client. Express removes the part under which the app is mounted from the request's URL. */
export function requestedPath(c: Context): string {
  return nodeIncoming(c.env)?.originalUrl?.replace(/[?#].*$/, '') ?? c.req.path;
}

/** True if the headers show that the request has no body. Source: RFC 9112 §6.3. */
export function declaresEmptyBody(env: unknown): boolean {
  const incoming = nodeIncoming(env);
  return (
    incoming?.httpVersionMajor === 1 &&
    incoming.headers?.['content-length'] === undefined &&
    incoming.headers?.['transfer-encoding'] === undefined
  );
}
