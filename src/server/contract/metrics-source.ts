/** The source of `GET /metrics`: an observer that counts events, such as `runtime/node/prometheus-metrics.ts`. */
import type { ServerObserver } from './server-events.js';

/** Counts events and renders them as metrics. */
export interface MetricsSource extends ServerObserver {
  /** All metrics in the Prometheus text format. */
  text(): Promise<string>;
  /** The `Content-Type` of that text. */
  readonly contentType: string;
}

/** Option `metrics` of `createVoiceServer`. */
export interface MetricsOptions {
  /** Required as `Authorization: Bearer <token>`; without it, `GET /metrics` returns 404. */
  readonly token: string | undefined;
  /** Provides the metrics. It is also added to the observers. */
  readonly source: MetricsSource;
}
