/** Node-only exports, as the entry point `voice-agent-element/server/node`: HTTP server, files, logs and metrics. */
export { serve, ListenError, PortTakenError } from './runtime/node/serve.js';
export type { App, RunningServer, ServeOptions } from './runtime/node/serve.js';
export { leanFetch } from './runtime/node/lean-fetch.js';
export { fileState } from './runtime/node/file-state.js';
export { JournalError, JournalOwnedError } from './runtime/node/journal-error.js';
export type { JournalOwnerInfo } from './runtime/node/journal-error.js';
export type { FileState, FileStateOptions } from './runtime/node/file-state.js';
export { auditLog } from './runtime/node/audit-log.js';
export type { AuditLog, AuditLogOptions } from './runtime/node/audit-log.js';
export type { AuditEntry, AuditTrail } from './contract/audit-trail.js';
export { pinoLog } from './runtime/node/pino-log.js';
export type { PinoLog, PinoLogOptions } from './runtime/node/pino-log.js';
export { prometheusMetrics } from './runtime/node/prometheus-metrics.js';
export type { PrometheusMetricsOptions } from './runtime/node/prometheus-metrics.js';
export { keepFiles } from './runtime/node/keep-files.js';
export { widgetFiles } from './runtime/node/widget-files.js';
export type { WidgetFilesOptions } from './runtime/node/widget-files.js';
