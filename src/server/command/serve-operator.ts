/**
 * Gives the operator access to a running server: over a local socket, and over the admin port if one is configured. Owns both listeners.
 */
import type { AdminConfig } from '../config/server-config.js';
import type { ServerObserver } from '../contract/server-events.js';
import { remoteAddress } from '../http/remote-address.js';
import { adminApp } from '../operate/admin-app.js';
import { operatorRoutes } from '../operate/operator-routes.js';
import type { OperatorRoutesOptions } from '../operate/operator-routes.js';
import { adminPage } from '../runtime/node/admin-page.js';
import { serveSocket, SocketPathError } from '../runtime/node/serve-socket.js';
import { serve } from '../runtime/node/serve.js';
import { MemoryState } from '../state/memory-state.js';

/** Dependencies of `serveOperator`. */
export interface OperatorAccessSetup extends OperatorRoutesOptions {
  readonly admin: AdminConfig | undefined;
  /** The token of the admin port; called for each request. */
  token(): string;
  /** Folder of the built admin page; if `undefined`, the page is not served. */
  readonly page: string | undefined;
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
  const { admin = {}, defaultSocket, emit } = setup;
  const listeners: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => void (await Promise.all(listeners.map((listener) => listener.close())));
  let socketProblem: string | undefined;
  const path = admin.socket ?? defaultSocket;
  try {
    if (path !== false) listeners.push(await serveSocket(operatorRoutes(setup), path));
  } catch (error) {
    if (admin.socket !== undefined || !(error instanceof SocketPathError)) throw error;
    socketProblem = error.message;
  }
  const socket = path === false || socketProblem !== undefined ? undefined : path;
  const { port, host = ADMIN_HOST } = admin;
  if (port === undefined) return { socket, socketProblem, adminUrl: undefined, close };
  try {
    // Counted in this process, so that the port works while the shared state is unavailable.
    const app = adminApp({ ...setup, rates: new MemoryState(), remoteAddress, emit });
    if (setup.page !== undefined) app.route('/', adminPage(setup.page));
    const server = await serve(app, { port, host });
    listeners.push(server);
    return { socket, socketProblem, adminUrl: `${server.url}/admin/`, close };
  } catch (error) {
    await close();
    throw error;
  }
}
