/**
 * What `@hono/node-server` hands over beside a request. Types and readings of them; imports nothing of Node, and finds nothing
 * in other runtimes.
 */

/** The parts of Node's request that are read here. */
export interface NodeIncoming {
  readonly httpVersionMajor?: number;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly socket?: { readonly remoteAddress?: string };
}

/** Node's request, where there is one. */
export function nodeIncoming(env: unknown): NodeIncoming | undefined {
  const bindings = env as { readonly incoming?: NodeIncoming; readonly server?: { readonly incoming?: NodeIncoming } } | undefined;
  return (bindings?.server ?? bindings)?.incoming;
}

/** True where a request is known to have no body before it is read. Source: RFC 9112 §6.3. */
export function surelyNoBody(env: unknown): boolean {
  const incoming = nodeIncoming(env);
  return incoming?.httpVersionMajor === 1 && incoming.headers?.['content-length'] === undefined && incoming.headers?.['transfer-encoding'] === undefined;
}
