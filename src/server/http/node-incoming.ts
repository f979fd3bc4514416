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
  /** True once other code has begun to read the body. */
  readonly readableDidRead?: boolean;
  readonly destroyed?: boolean;
  on?(event: 'data', listener: (piece: Uint8Array) => void): unknown;
  on?(event: 'end' | 'error' | 'close', listener: () => void): unknown;
  off?(event: 'data', listener: (piece: Uint8Array) => void): unknown;
  off?(event: 'end' | 'error' | 'close', listener: () => void): unknown;
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

/** Node's request if its body can be read from it: HTTP/1, and no other code has begun to read. */
export function unreadIncoming(env: unknown): Required<Pick<NodeIncoming, 'on' | 'off'>> | undefined {
  const incoming = nodeIncoming(env);
  const readable = incoming?.httpVersionMajor === 1 && incoming.readableDidRead === false && incoming.destroyed === false;
  return readable && incoming.on && incoming.off ? (incoming as Required<NodeIncoming>) : undefined;
}

/** Reads the body piece by piece, until it is complete, `add` returns false, or the connection breaks off. */
export function eachPiece(
  incoming: Required<Pick<NodeIncoming, 'on' | 'off'>>,
  add: (piece: Uint8Array) => boolean,
): Promise<'complete' | 'stopped' | 'broken off'> {
  return new Promise((resolve) => {
    const stop = (): void => {
      incoming.off('data', onData);
      incoming.off('end', onEnd);
      incoming.off('error', onBreak);
      incoming.off('close', onBreak);
    };
    const onData = (piece: Uint8Array): void => {
      if (add(piece)) return;
      stop();
      resolve('stopped');
    };
    const onEnd = (): void => {
      stop();
      resolve('complete');
    };
    const onBreak = (): void => {
      stop();
      resolve('broken off');
    };
    incoming.on('data', onData);
    incoming.on('end', onEnd);
    incoming.on('error', onBreak);
    incoming.on('close', onBreak);
  });
}
