/**
 * Starts the app, the widget's files and a separate metrics port in one process, and stops them in order. Flags, output and
 * signals are handled by `cli.ts`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';
import { DEFAULT_METRICS_HOST, effectiveListen } from '../config/effective-config.js';
import type { ListenConfig, MetricsConfig } from '../config/server-config.js';
import { notifyAll } from '../config/resolve-options.js';
import { createVoiceServer } from '../index.js';
import type { VoiceServer } from '../index.js';
import type { MetricsSource } from '../contract/metrics-source.js';
import type { VoiceServerOptions } from '../options.js';
import { leanFetch } from '../runtime/node/lean-fetch.js';
import { serve } from '../runtime/node/serve.js';
import type { RunningServer } from '../runtime/node/serve.js';
import { widgetFiles } from '../runtime/node/widget-files.js';

/** Options of `startServer`. */
export interface StartSetup {
  /** Opens the state, once the ports belong to this process: a second server on the same port then does not touch it. */
  readonly openState: () => Promise<void>;
  readonly options: VoiceServerOptions;
  readonly listen?: ListenConfig | undefined;
  readonly metrics?: MetricsConfig | undefined;
  readonly source: MetricsSource;
  /** Absolute path of the built files; if `undefined`, they are not served. */
  readonly files: string | undefined;
  /** Absolute path of the folder with the widget's files of earlier builds. */
  readonly kept?: string;
}

/** A running server. */
export interface RunningVoiceServer {
  /** For example `http://127.0.0.1:8787`. */
  readonly url: string;
  /** URL of the metrics port without a token. */
  readonly metricsUrl: string | undefined;
  /** Whether the widget's files are served. */
  readonly widget: boolean;
  /** Stops accepting requests, ends or hands over calls and frees all ports. Safe to call twice. */
  close(): Promise<void>;
}

/** @throws PortTakenError, ListenError, VoiceServerOptionsError, errors of `openState` */
export async function startServer({ openState, options, listen, metrics, source, files, kept }: StartSetup): Promise<RunningVoiceServer> {
  const { port, host, maxConnections, maxConnectionsPerAddress } = effectiveListen(listen, options.trustedProxies);
  const emit = notifyAll(options.observers ?? []);
  const widget = files !== undefined && existsSync(join(files, 'voice-agent.js'));
  const servers: RunningServer[] = [];
  let app: VoiceServer | undefined;
  let opened = (_: VoiceServer): void => undefined;
  const opening = new Promise<VoiceServer>((resolve) => (opened = resolve));
  const stop = async (): Promise<void> => {
    // End calls first, so that their pages are still notified.
    await app?.close();
    await Promise.all(servers.map((server) => server.close()));
    await options.state?.close();
  };
  try {
    const server = await serve(
      // Requests that arrive before the state is open wait for it.
      { fetch: (request, env) => (app ? app.fetch(request, env) : opening.then((ready) => ready.fetch(request, env))) },
      {
        port,
        host,
        maxConnections,
        maxConnectionsPerAddress,
        onClosedConnections: (closed) => emit({ type: 'connection-limit', ...closed }),
        ownProcess: true,
      },
    );
    servers.push(server);
    const metricsServer =
      metrics?.port === undefined
        ? undefined
        : await serve(metricsApp(source), { port: metrics.port, host: metrics.host ?? DEFAULT_METRICS_HOST });
    if (metricsServer) servers.push(metricsServer);
    await openState();
    app = createVoiceServer({ fetch: leanFetch(), ...options });
    if (widget) app.route('/', widgetFiles(files, kept === undefined ? {} : { kept }));
    opened(app);
    let closing: Promise<void> | undefined;
    return { url: server.url, metricsUrl: metricsServer && `${metricsServer.url}/metrics`, widget, close: () => (closing ??= stop()) };
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
