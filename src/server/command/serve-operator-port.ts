/** Serves the admin port, if one is configured: the operator's routes behind a token, and the admin page. */
import type { AdminConfig } from '../config/server-config.js';
import type { ServerObserver } from '../contract/server-events.js';
import { remoteAddress } from '../http/remote-address.js';
import { adminApp } from '../operate/admin-app.js';
import type { OperatorRoutesOptions } from '../operate/operator-routes.js';
import { adminPage } from '../runtime/node/admin-page.js';
import { serve } from '../runtime/node/serve.js';
import type { RunningServer } from '../runtime/node/serve.js';
import { MemoryState } from '../state/memory-state.js';

/** Options of `serveOperatorPort`. */
export interface OperatorPortSetup extends OperatorRoutesOptions {
  readonly admin: AdminConfig | undefined;
  /** The token of the port; called for each request. */
  token(): string;
  /** Folder of the built admin page; if `undefined`, the page is not served. */
  readonly page: string | undefined;
  readonly emit: ServerObserver;
  /** Resolves when the operator exists. Requests that arrive before wait for it. */
  readonly opened: Promise<unknown>;
}

/** Address of the admin port by default: only this machine. */
export const ADMIN_HOST = '127.0.0.1';

/** @throws PortTakenError, ListenError */
export async function serveOperatorPort({ admin = {}, page, opened, ...options }: OperatorPortSetup): Promise<RunningServer | undefined> {
  const { port, host = ADMIN_HOST } = admin;
  if (port === undefined) return undefined;
  // Counted in this process, so that the port works while the shared state is unavailable.
  const app = adminApp({ ...options, rates: new MemoryState(), remoteAddress });
  if (page !== undefined) app.route('/', adminPage(page));
  return serve({ fetch: async (request, env) => (await opened, app.fetch(request, env)) }, { port, host });
}
