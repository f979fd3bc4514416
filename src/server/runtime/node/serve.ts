/**
 * Serves an app on Node. Owns the listening socket, its limits for slow clients and its shutdown; independent of routes.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { createAdaptorServer } from '@hono/node-server';
import type { Clock } from '../../contract/clock.js';
import { nodeIncoming } from '../../http/node-incoming.js';
import { capConnections } from './connection-caps.js';
import type { ClosedConnections } from './connection-caps.js';

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
   * Open connections, default 1000. At the limit, the connection that has waited longest for a complete request is closed; if all
   * requests are being answered, a new connection gets 503. Each call with notices uses one.
   */
  readonly maxConnections?: number;
  /**
   * The same for the connections of one address (for IPv6, of one /64). Default `false`: behind a proxy, all connections come from its
   * address, so the proxy has to limit its clients.
   */
  readonly maxConnectionsPerAddress?: number | false;
  /** Called at most every ten seconds for each of the two limits at which connections were closed. */
  readonly onClosedConnections?: (closed: ClosedConnections) => void;
  /** Replaces the system clock for `onClosedConnections`. */
  readonly clock?: Clock;
  /**
   * Set to true if the process only runs this server: replaces the global `Request` and `Response` with lighter ones, which
   * makes a response a third cheaper, and collects garbage more often while many connections are open. Default false, because a library
   * should not change its process.
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
 * Connections that the system holds until the process accepts them; it may hold fewer (Linux: `net.core.somaxconn`). Beyond it, clients
 * wait a second before they try again.
 */
const BACKLOG = 4_096;
/** Paths that answer HTTP/1.0 requests without a `Host` header: load balancers send such health checks. */
const HEALTH_CHECKS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/**
 * Starts the server. Resolves when it listens.
 *
 * @throws PortTakenError, or ListenError for any other reason (a port below 1024, an address of another machine)
 */
export async function serve(app: App, options: ServeOptions = {}): Promise<RunningServer> {
  const { port = 0, host = '127.0.0.1', grace = 1_000, requestTimeout = 10_000, ownProcess = false, clock } = options;
  const { maxConnections: total = 1_000, maxConnectionsPerAddress: perAddress = false, onClosedConnections: onClosed } = options;
  const server = createAdaptorServer({
    fetch: (request, env) =>
      !nodeIncoming(env)?.headers?.['host'] && !HEALTH_CHECKS.has(new URL(request.url).pathname)
        ? new Response(null, { status: 400 })
        : app.fetch(request, env),
    // Stands for a missing `Host` header, without which there is no URL.
    hostname: 'localhost',
    overrideGlobalObjects: ownProcess,
    serverOptions: {
      requestTimeout,
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: Math.min(1_000, requestTimeout),
      maxHeaderSize: 16_384,
    },
  }) as Server;
  const onCrowded = ownProcess ? growHeapSlowly : undefined;
  capConnections(server, { total, perAddress, onClosed, onCrowded, ...(clock && { clock }) });
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // A refused request needs no body: the client is asked for it when the app begins to read it.
    incoming.once('resume', () => {
      if (!outgoing.headersSent) outgoing.writeContinue();
    });
    server.emit('request', incoming, outgoing);
  });
  await listen(server, port, host);
  const address = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${String(address.port)}`,
    port: address.port,
    close: () => (closing ??= close(server, grace)),
  };
}

/**
 * Lets the heap grow by 30 % instead of several times its size before garbage is collected. In a flood of slow requests, this halves the
 * memory that the process takes; otherwise it would cost a few percent of the CPU time for nothing.
 */
function growHeapSlowly(slowly: boolean): void {
  setFlagsFromString(`--heap-growing-percent=${slowly ? '30' : '0'}`);
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
    server.listen({ port, host, backlog: BACKLOG }, () => {
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
