/**
 * Starts the app, the widget's files, a separate metrics port and the operator's access in one process, and stops them in order. Flags, output and
 * signals are handled by `cli.ts`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';
import { DEFAULT_LISTEN } from '../config/effective-config.js';
import type { AdminConfig, ListenConfig, MetricsConfig } from '../config/server-config.js';
import { createVoiceServer } from '../index.js';
import type { MetricsSource } from '../contract/metrics-source.js';
import { notifyAll } from '../observe/notify-all.js';
import type { VoiceServerOptions } from '../options.js';
import { leanFetch } from '../runtime/node/lean-fetch.js';
import { serve } from '../runtime/node/serve.js';
import type { RunningServer } from '../runtime/node/serve.js';
import { widgetFiles } from '../runtime/node/widget-files.js';
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
  /** Stops accepting requests, ends or hands over calls and frees all ports. Safe to call twice. */
  close(): Promise<void>;
}

/** @throws PortTakenError, ListenError, VoiceServerOptionsError */
export async function startServer(setup: StartSetup): Promise<RunningVoiceServer> {
  const { options, listen, metrics, source, files } = setup;
  const { port, host } = { ...DEFAULT_LISTEN, ...listen };
  const app = createVoiceServer({ fetch: leanFetch(), ...options });
  const widget = files !== undefined && existsSync(join(files, 'voice-agent.js'));
  if (widget) app.route('/', widgetFiles(files));
  const servers: Pick<RunningServer, 'close'>[] = [];
  const stop = async (): Promise<void> => {
    // End calls first, so that their pages are still notified.
    await app.close();
    await Promise.all(servers.map((server) => server.close()));
    await options.state?.close();
  };
  try {
    const server = await serve(app, { port, host, ownProcess: true });
    servers.push(server);
    const metricsServer = metrics?.port === undefined ? undefined : await serve(metricsApp(source), { port: metrics.port, host });
    if (metricsServer) servers.push(metricsServer);
    const operator = await serveOperator({
      operator: () => app.operator,
      admin: setup.admin,
      defaultSocket: setup.operatorSocket,
      emit: notifyAll(options.observers ?? []),
    });
    servers.push(operator);
    let closing: Promise<void> | undefined;
    return {
      url: server.url,
      metricsUrl: metricsServer && `${metricsServer.url}/metrics`,
      operator,
      widget,
      close: () => (closing ??= stop()),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Serves only metrics, without authentication. */
function metricsApp(source: MetricsSource): Hono {
  const app = new Hono();
  app.get('/metrics', async (c) => c.body(await source.text(), 200, { 'Content-Type': source.contentType, 'Cache-Control': 'no-store' }));
  return app;
}
