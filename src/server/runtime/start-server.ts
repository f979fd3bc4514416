/**
 * A whole site's needs in one process: the app, the built widget's files, metrics on a port of their own. Owns the order
 * in which they start and end. Does not own flags, words or signals: `cli.ts` does.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';
import { DEFAULT_LISTEN } from '../config/effective-config.js';
import type { ListenConfig, MetricsConfig } from '../config/server-config.js';
import { createVoiceServer } from '../index.js';
import type { MetricsSource } from '../observe/metrics-source.js';
import type { VoiceServerOptions } from '../options.js';
import { leanFetch } from './lean-fetch.js';
import { serve } from './node.js';
import type { RunningServer } from './node.js';
import { widgetFiles } from './widget-files.js';

/** What to start. */
export interface StartSetup {
  readonly options: VoiceServerOptions;
  readonly listen?: ListenConfig | undefined;
  readonly metrics?: MetricsConfig | undefined;
  readonly source: MetricsSource;
  /** Absolute path of the built files; `undefined`: they are not served. */
  readonly files: string | undefined;
}

/** What runs. */
export interface RunningVoiceServer {
  /** For example `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Where metrics are read without a token. */
  readonly metricsUrl: string | undefined;
  /** Whether the widget's files are served. */
  readonly widget: boolean;
  /** Takes no more requests, ends what runs here, frees all ports. Safe to call twice. */
  close(): Promise<void>;
}

/** @throws PortTakenError, ListenError, VoiceServerOptionsError */
export async function startServer({ options, listen, metrics, source, files }: StartSetup): Promise<RunningVoiceServer> {
  const { port, host } = { ...DEFAULT_LISTEN, ...listen };
  const app = createVoiceServer({ fetch: leanFetch(), ...options });
  const widget = files !== undefined && existsSync(join(files, 'voice-agent.js'));
  if (widget) app.route('/', widgetFiles(files));
  const servers: RunningServer[] = [];
  const stop = async (): Promise<void> => {
    // Calls first: their pages still hear that they end.
    await app.close();
    await Promise.all(servers.map((server) => server.close()));
    await options.state?.close();
  };
  try {
    const server = await serve(app, { port, host, ownProcess: true });
    servers.push(server);
    const inside = metrics?.port === undefined ? undefined : await serve(metricsApp(source), { port: metrics.port, host });
    if (inside) servers.push(inside);
    let closing: Promise<void> | undefined;
    return { url: server.url, metricsUrl: inside && `${inside.url}/metrics`, widget, close: () => (closing ??= stop()) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Nothing but the metrics: whoever reaches this port may read them. */
function metricsApp(source: MetricsSource): Hono {
  const app = new Hono();
  app.get('/metrics', async (c) => c.body(await source.text(), 200, { 'Content-Type': source.contentType, 'Cache-Control': 'no-store' }));
  return app;
}
