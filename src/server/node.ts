/** Node-only exports, as the entry point `voice-agent-element/server/node`: HTTP server, files, logs and metrics. */
export { serve, ListenError, PortTakenError } from './runtime/node.js';
export type { App, RunningServer, ServeOptions } from './runtime/node.js';
export { leanFetch } from './runtime/lean-fetch.js';
export { fileState, JournalError } from './runtime/file-state.js';
export type { FileState, FileStateOptions } from './runtime/file-state.js';
export { pinoLog } from './runtime/pino-log.js';
export type { PinoLog, PinoLogOptions } from './runtime/pino-log.js';
export { prometheusMetrics } from './runtime/prometheus-metrics.js';
export type { PrometheusMetricsOptions } from './runtime/prometheus-metrics.js';
export { widgetFiles } from './runtime/widget-files.js';
