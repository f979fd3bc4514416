/**
 * Gives the operator access to a running server: over a local socket, and over the admin port if one is configured. Owns both listeners.
 */
import type { AdminConfig } from '../config/server-config.js';
import type { Operator } from '../contract/operator.js';
import type { ServerObserver } from '../contract/server-events.js';
import { remoteAddress } from '../http/remote-address.js';
import { adminApp } from '../operate/admin-app.js';
import { operatorRoutes } from '../operate/operator-routes.js';
import type { Reload } from '../operate/operator-routes.js';
import { serveSocket, SocketPathError } from '../runtime/node/serve-socket.js';
import { serve } from '../runtime/node/serve.js';
import { MemoryState } from '../state/memory-state.js';

/** Dependencies of `serveOperator`. */
export interface OperatorAccessSetup {
  operator(): Operator;
  readonly reload: Reload;
  readonly admin: AdminConfig | undefined;
  /** The token of the admin port; called for each request. */
  token(): string;
  /** Path of the socket if the configuration names none. */
  readonly defaultSocket: string;
  readonly emit: ServerObserver;
}

/** The open listeners. */
export interface OperatorAccess {
  /** Path of the socket; `undefined` if there is none. */
  readonly socket: string | undefined;
  /** Why the default socket could not be created. The server runs without it; a configured socket is required. */
  readonly socketProblem: string | undefined;
  /** URL of the admin port; `undefined` if there is none. */
  readonly adminUrl: string | undefined;
  close(): Promise<void>;
}

/** Address of the admin port by default: only this machine. */
export const ADMIN_HOST = '127.0.0.1';

/** @throws SocketPathError for a configured socket, PortTakenError, ListenError */
export async function serveOperator(setup: OperatorAccessSetup): Promise<OperatorAccess> {
  const { operator, reload, admin = {}, defaultSocket, emit } = setup;
  const listeners: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => void (await Promise.all(listeners.map((listener) => listener.close())));
  let socketProblem: string | undefined;
  const path = admin.socket ?? defaultSocket;
  try {
    if (path !== false) listeners.push(await serveSocket(operatorRoutes(operator, reload), path));
  } catch (error) {
    if (admin.socket !== undefined || !(error instanceof SocketPathError)) throw error;
    socketProblem = error.message;
  }
  const socket = path === false || socketProblem !== undefined ? undefined : path;
  const { port, host = ADMIN_HOST } = admin;
  if (port === undefined) return { socket, socketProblem, adminUrl: undefined, close };
  try {
    // Counted in this process, so that the port works while the shared state is unavailable.
    const app = adminApp({ operator, reload, token: () => setup.token(), rates: new MemoryState(), remoteAddress, emit });
    const server = await serve(app, { port, host });
    listeners.push(server);
    return { socket, socketProblem, adminUrl: `${server.url}/admin`, close };
  } catch (error) {
    await close();
    throw error;
  }
}
