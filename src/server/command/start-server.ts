/**
 * Starts the app, the widget's files, a separate metrics port and the operator's access in one process, and stops them in order. Flags, output and
 * signals are handled by `cli.ts`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';
import { DEFAULT_LISTEN } from '../config/effective-config.js';
import type { AdminConfig, ListenConfig, MetricsConfig } from '../config/server-config.js';
import { systemClock } from '../contract/clock.js';
import type { Operator } from '../contract/operator.js';
import type { AuditTrail } from '../contract/audit-trail.js';
import type { SharedState } from '../contract/shared-state.js';
import { createVoiceServer } from '../index.js';
import type { VoiceServer } from '../index.js';
import type { MetricsSource } from '../contract/metrics-source.js';
import { notifyAll } from '../observe/notify-all.js';
import { RecentActivity } from '../observe/recent-activity.js';
import type { VoiceServerOptions } from '../options.js';
import { leanFetch } from '../runtime/node/lean-fetch.js';
import { serve } from '../runtime/node/serve.js';
import type { RunningServer } from '../runtime/node/serve.js';
import { widgetFiles } from '../runtime/node/widget-files.js';
import type { Reload } from '../operate/operator-routes.js';
import { MemoryState } from '../state/memory-state.js';
import { ServedApp } from './served-app.js';
import { serveOperator } from './serve-operator.js';
import type { OperatorAccess } from './serve-operator.js';

/** Options of `startServer`. */
export interface StartSetup {
  readonly options: VoiceServerOptions;
  readonly listen?: ListenConfig | undefined;
  readonly metrics?: MetricsConfig | undefined;
  readonly admin?: AdminConfig | undefined;
  /** Path of the operator's socket if `admin` names none. */
  readonly operatorSocket: string;
  readonly source: MetricsSource;
  /** The audit log, which is also one of the observers. */
  readonly audit: AuditTrail | undefined;
  /** Absolute path of the built admin page; it is not served if the folder does not exist. */
  readonly adminPage: string;
  /** Reloads the settings, by `apply` of the running server. */
  readonly reload: Reload;
  /** Absolute path of the built files; if `undefined`, they are not served. */
  readonly files: string | undefined;
}

/** A running server. */
export interface RunningVoiceServer {
  /** For example `http://127.0.0.1:8787`. */
  readonly url: string;
  /** URL of the metrics port without a token. */
  readonly metricsUrl: string | undefined;
  readonly operator: Pick<OperatorAccess, 'socket' | 'socketProblem' | 'adminUrl'>;
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

/** @throws PortTakenError, ListenError, VoiceServerOptionsError */
export async function startServer(setup: StartSetup): Promise<RunningVoiceServer> {
  const { listen, metrics, source, files } = setup;
  const { clock = systemClock } = setup.options;
  // Also without a lasting state, counts and calls outlive a reload.
  const state = setup.options.state ?? new MemoryState({ clock });
  const activity = new RecentActivity(clock);
  const lean = leanFetch();
  const { port, host } = { ...DEFAULT_LISTEN, ...listen };
  const widget = files !== undefined && existsSync(join(files, 'voice-agent.js'));
  const create = (options: VoiceServerOptions): VoiceServer => {
    const app = createVoiceServer({ fetch: lean, ...options, observers: [...(options.observers ?? []), activity.observe], state });
    if (widget) app.route('/', widgetFiles(files));
    return app;
  };
  const served = new ServedApp(create(setup.options), clock);
  let { admin } = setup;
  const servers: Pick<RunningServer, 'close'>[] = [];
  const stop = async (): Promise<void> => {
    // End calls first, so that their pages are still notified.
    await served.close();
    await Promise.all(servers.map((server) => server.close()));
    await state.close();
  };
  try {
    const server = await serve(served, { port, host, ownProcess: true });
    servers.push(server);
    const metricsServer = metrics?.port === undefined ? undefined : await serve(metricsApp(source), { port: metrics.port, host });
    if (metricsServer) servers.push(metricsServer);
    const operator = await serveOperator({
      operator: () => served.operator,
      reload: setup.reload,
      activity: () => activity.report(),
      audit: setup.audit,
      page: existsSync(setup.adminPage) ? setup.adminPage : undefined,
      admin,
      token: () => admin?.token ?? '',
      defaultSocket: setup.operatorSocket,
      emit: notifyAll(setup.options.observers ?? []),
    });
    servers.push(operator);
    let closing: Promise<void> | undefined;
    return {
      url: server.url,
      metricsUrl: metricsServer && `${metricsServer.url}/metrics`,
      operator,
      widget,
      apply: async (options, nextAdmin) => {
        const next = create(options);
        await keepPaused(state, served.operator, next.operator);
        served.replace(next);
        admin = nextAdmin;
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
