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
export interface OperatorPortSetup {
  readonly admin: AdminConfig | undefined;
  /** The token of the port; called for each request. */
  token(): string;
  /** Folder of the built admin page; if `undefined`, the page is not served. */
  readonly page: string | undefined;
  readonly emit: ServerObserver;
  /** Resolves when the operator exists. Requests that arrive before wait for it. */
  readonly operated: Promise<OperatorRoutesOptions>;
}

/** Address of the admin port by default: only this machine. */
export const ADMIN_HOST = '127.0.0.1';

/** @throws PortTakenError, ListenError */
export async function serveOperatorPort({ admin = {}, page, operated, ...options }: OperatorPortSetup): Promise<RunningServer | undefined> {
  const { port, host = ADMIN_HOST } = admin;
  if (port === undefined) return undefined;
  const app = operated.then((routes) => {
    // Counted in this process, so that the port works while the shared state is unavailable.
    const created = adminApp({ ...routes, ...options, rates: new MemoryState(), remoteAddress });
    if (page !== undefined) created.route('/', adminPage(page));
    return created;
  });
  return serve({ fetch: async (request, env) => (await app).fetch(request, env) }, { port, host });
}
