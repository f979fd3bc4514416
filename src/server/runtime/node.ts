/**
 * Serves an app on Node. Owns the listening socket, its limits against slow clients, and its end; knows no route.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';

/** Anything with a `fetch`, a Hono app for example. */
export interface App {
  fetch(request: Request, env?: object): Response | Promise<Response>;
}

/** Where to listen. */
export interface ServeOptions {
  /** TCP port, default 0: a free one. */
  readonly port?: number;
  /** Address, default `127.0.0.1`: nobody else reaches the server. `0.0.0.0` or `::` opens it to the network. */
  readonly host?: string;
  /** Milliseconds that answers under way get when the server closes, default 1000. */
  readonly grace?: number;
  /** Milliseconds in which a client has to have sent all of its request, default 10000; it is answered 408 and cut then. */
  readonly requestTimeout?: number;
  /**
   * True in a process that does nothing but serve: its global `Request` and `Response` are exchanged for lighter ones, which
   * makes an answer a third cheaper. Default false: a library does not exchange what belongs to all.
   */
  readonly ownProcess?: boolean;
}

/** A server that listens. */
export interface RunningServer {
  /** For example `http://127.0.0.1:8787`, no trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Stops listening, lets answers under way finish for `grace` milliseconds, then cuts them. Safe to call twice. */
  close(): Promise<void>;
}

/** Thrown by `serve` when it cannot listen. */
export class ListenError extends Error {
  override readonly name: string = 'ListenError';
  readonly port: number;
  readonly host: string;

  constructor(message: string, { port, host }: { port: number; host: string }, cause?: unknown) {
    super(message, { cause });
    this.port = port;
    this.host = host;
  }
}

/** Another program (or another copy of this one) listens there already. */
export class PortTakenError extends ListenError {
  override readonly name = 'PortTakenError';

  constructor(place: { port: number; host: string }, cause?: unknown) {
    super(`Port ${String(place.port)} on ${place.host} is taken by another program.`, place, cause);
  }
}

/**
 * Resolves when the server listens.
 *
 * @throws PortTakenError, or ListenError for any other reason (a port below 1024, an address that is not ours)
 */
export async function serve(app: App, options: ServeOptions = {}): Promise<RunningServer> {
  const { port = 0, host = '127.0.0.1', grace = 1_000, requestTimeout = 10_000, ownProcess = false } = options;
  const server = createAdaptorServer({
    fetch: (request, env) => app.fetch(request, env),
    overrideGlobalObjects: ownProcess,
    serverOptions: {
      requestTimeout,
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: Math.min(1_000, requestTimeout),
      maxHeaderSize: 16_384,
    },
  }) as Server;
  await listen(server, port, host);
  const address = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${String(address.port)}`,
    port: address.port,
    close: () => (closing ??= close(server, grace)),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new PortTakenError({ port, host }, cause)
          : new ListenError(`Cannot listen on port ${String(port)} of ${host} (${cause.code ?? cause.message}).`, { port, host }, cause),
      );
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

function close(server: Server, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), grace);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
