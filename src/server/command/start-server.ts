/**
 * Starts the app, the widget's files, a separate metrics port and the operator's access in one process, and stops them in order. Flags, output and
 * signals are handled by `cli.ts`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';
import { DEFAULT_METRICS_HOST, effectiveListen } from '../config/effective-config.js';
import type { AdminConfig, ListenConfig, MetricsConfig } from '../config/server-config.js';
import { systemClock } from '../contract/clock.js';
import type { Operator } from '../contract/operator.js';
import type { SharedState } from '../contract/shared-state.js';
import { createVoiceServer } from '../index.js';
import type { VoiceServer } from '../index.js';
import type { MetricsSource } from '../contract/metrics-source.js';
import type { ServerObserver } from '../contract/server-events.js';
import { notifyAll } from '../observe/notify-all.js';
import { RecentActivity } from '../observe/recent-activity.js';
import type { VoiceServerOptions } from '../options.js';
import { leanFetch } from '../runtime/node/lean-fetch.js';
import type { AuditLog } from '../runtime/node/audit-log.js';
import type { ClosedConnections } from '../runtime/node/connection-caps.js';
import { serve } from '../runtime/node/serve.js';
import type { RunningServer } from '../runtime/node/serve.js';
import { widgetFiles } from '../runtime/node/widget-files.js';
import { operatorRoutes } from '../operate/operator-routes.js';
import type { OperatorRoutesOptions, Reload } from '../operate/operator-routes.js';
import { MemoryState } from '../state/memory-state.js';
import { ServedApp } from './served-app.js';
import { serveOperatorPort } from './serve-operator-port.js';
import { serveOperatorSocket } from './serve-operator-socket.js';

/** Options of `startServer`. */
export interface StartSetup {
  /** Opens the state, once the ports belong to this process: a second server on the same port then does not touch it. */
  readonly openState: () => Promise<void>;
  readonly options: VoiceServerOptions;
  readonly listen?: ListenConfig | undefined;
  readonly metrics?: MetricsConfig | undefined;
  readonly admin?: AdminConfig | undefined;
  /** Path of the operator's socket if `admin` names none. */
  readonly operatorSocket: string;
  readonly source: MetricsSource;
  /** Opens the audit log, if there is one, after the state. @throws ConfigError */
  readonly openAudit: () => AuditLog | undefined;
  /** Absolute path of the built admin page; it is not served if the folder does not exist. */
  readonly adminPage: string;
  /** Reloads the settings, by `apply` of the running server. */
  readonly reload: Reload;
  /** Absolute path of the built files; if `undefined`, they are not served. */
  readonly files: string | undefined;
  /** Absolute path of the folder with the widget's files of earlier builds; if `undefined`, none are kept. */
  readonly kept: string | undefined;
}

/** How the operator reaches a running server. */
export interface OperatorAccess {
  /** Path of the socket; `undefined` if there is none. */
  readonly socket: string | undefined;
  /** Why the default socket could not be created. The server runs without it; a configured socket is required. */
  readonly socketProblem: string | undefined;
  /** URL of the page on the admin port; `undefined` if there is no such port. */
  readonly adminUrl: string | undefined;
}

/** A running server. */
export interface RunningVoiceServer {
  /** For example `http://127.0.0.1:8787`. */
  readonly url: string;
  /** URL of the metrics port without a token. */
  readonly metricsUrl: string | undefined;
  readonly operator: OperatorAccess;
  /** Whether the widget's files are served. */
  readonly widget: boolean;
  /**
   * Serves further requests with other options; live calls keep theirs. The state and all ports stay the same.
   *
   * @throws VoiceServerOptionsError; nothing has changed then
   */
  apply(options: VoiceServerOptions, admin: AdminConfig | undefined): Promise<void>;
  /** Stops accepting requests, ends or hands over calls and frees all ports. Safe to call twice. */
  close(): Promise<void>;
}

/** @throws PortTakenError, ListenError, SocketPathError, VoiceServerOptionsError, errors of `openState` */
export async function startServer(setup: StartSetup): Promise<RunningVoiceServer> {
  const { listen, metrics, source, files, kept } = setup;
  const { clock = systemClock } = setup.options;
  // Also without a lasting state, counts and calls outlive a reload.
  const state = setup.options.state ?? new MemoryState({ clock });
  const activity = new RecentActivity(clock);
  const lean = leanFetch();
  const limits = effectiveListen(listen, setup.options.trustedProxies);
  const widget = files !== undefined && existsSync(join(files, 'voice-agent.js'));
  let audit: AuditLog | undefined;
  const create = (options: VoiceServerOptions): VoiceServer => {
    const observers = [...(options.observers ?? []), activity.observe, ...(audit ? [audit] : [])];
    const app = createVoiceServer({ fetch: lean, ...options, observers, state });
    if (widget) app.route('/', widgetFiles(files, { kept }));
    return app;
  };
  const served = new ServedApp(clock);
  let { admin } = setup;
  let notify = notifyAll(setup.options.observers ?? []);
  const emit: ServerObserver = (event) => notify(event);
  const servers: Pick<RunningServer, 'close'>[] = [];
  const stop = async (): Promise<void> => {
    // End calls first, so that their pages are still notified.
    await served.close();
    await Promise.all(servers.map((server) => server.close()));
    await state.close();
  };
  try {
    const onClosedConnections = (closed: ClosedConnections): void => emit({ type: 'connection-limit', ...closed });
    const server = await serve(served, { ...limits, onClosedConnections, ownProcess: true });
    servers.push(server);
    const metricsServer =
      metrics?.port === undefined
        ? undefined
        : await serve(metricsApp(source), { port: metrics.port, host: metrics.host ?? DEFAULT_METRICS_HOST });
    if (metricsServer) servers.push(metricsServer);
    const operated = (): OperatorRoutesOptions => ({
      operator: () => served.operator,
      reload: setup.reload,
      activity: () => activity.report(),
      audit,
    });
    const page = existsSync(setup.adminPage) ? setup.adminPage : undefined;
    const adminServer = await serveOperatorPort({
      admin,
      token: () => admin?.token ?? '',
      page,
      emit,
      operated: served.opened.then(operated),
    });
    if (adminServer) servers.push(adminServer);
    await setup.openState();
    audit = setup.openAudit();
    served.open(create(setup.options));
    // A server that was refused because of its ports or its state must not create or replace a socket.
    const { socket, problem: socketProblem } = await serveOperatorSocket(operatorRoutes(operated()), admin?.socket, setup.operatorSocket);
    if (socket) servers.push(socket);
    let closing: Promise<void> | undefined;
    return {
      url: server.url,
      metricsUrl: metricsServer && `${metricsServer.url}/metrics`,
      operator: { socket: socket?.path, socketProblem, adminUrl: adminServer && `${adminServer.url}/admin/` },
      widget,
      apply: async (options, nextAdmin) => {
        const next = create(options);
        await keepPaused(state, served.operator, next.operator);
        served.replace(next);
        admin = nextAdmin;
        notify = notifyAll(options.observers ?? []);
      },
      close: () => (closing ??= stop()),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** While the state is unavailable, only the app itself knows that it is paused (`onStateFailure: 'local'`). */
async function keepPaused(state: SharedState, before: Operator, next: Operator): Promise<void> {
  const available = await state.ready().then(
    () => true,
    () => false,
  );
  if (!available && (await before.paused().catch(() => false))) await next.pause().catch(() => undefined);
}

/** Serves only metrics, without authentication. */
function metricsApp(source: MetricsSource): Hono {
  const app = new Hono();
  app.get('/metrics', async (c) => c.body(await source.text(), 200, { 'Content-Type': source.contentType, 'Cache-Control': 'no-store' }));
  return app;
}
