/**
 * Serves an app on Node. Owns the listening socket, its timeouts for slow clients and its shutdown; independent of routes.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';

/** Anything with a `fetch` method, such as a Hono app. */
export interface App {
  fetch(request: Request, env?: object): Response | Promise<Response>;
}

/** Options of `serve`. */
export interface ServeOptions {
  /** TCP port; default 0 picks a free port. */
  readonly port?: number;
  /** Address, default `127.0.0.1`: reachable only from this machine. `0.0.0.0` or `::` opens it to the network. */
  readonly host?: string;
  /** Milliseconds that active requests have to finish when the server closes, default 1000. */
  readonly grace?: number;
  /** Time limit for receiving a request in milliseconds, default 10000; then the server responds with 408 and disconnects. */
  readonly requestTimeout?: number;
  /**
   * Set to true if the process only runs this server: replaces the global `Request` and `Response` with lighter ones, which
   * makes a response a third cheaper. Default false, because a library should not replace globals.
   */
  readonly ownProcess?: boolean;
}

/** A listening server. */
export interface RunningServer {
  /** For example `http://127.0.0.1:8787`, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Stops listening, waits up to `grace` milliseconds for active requests, then disconnects them. Safe to call twice. */
  close(): Promise<void>;
}

/** Thrown by `serve` if it cannot listen. */
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

/** Another program, or another instance of this one, already uses the port. */
export class PortTakenError extends ListenError {
  override readonly name = 'PortTakenError';

  constructor(place: { port: number; host: string }, cause?: unknown) {
    super(`Port ${String(place.port)} on ${place.host} is already in use.`, place, cause);
  }
}

/**
 * Starts the server. Resolves when it listens.
 *
 * @throws PortTakenError, or ListenError for any other reason (a port below 1024, an address of another machine)
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
