/** Where `GET /metrics` gets its text: an observer that counts. `runtime/prometheus-metrics.ts` is one. */
import type { ServerObserver } from './server-events.js';

/** Hears events, and tells the sums. */
export interface MetricsSource extends ServerObserver {
  /** All metrics in the text format of Prometheus. */
  text(): Promise<string>;
  /** The `Content-Type` of that text. */
  readonly contentType: string;
}

/** Option `metrics` of `createVoiceServer`. */
export interface MetricsOptions {
  /** Who asks `GET /metrics` with `Authorization: Bearer <token>` is answered; everybody else finds nothing there. */
  readonly token: string | undefined;
  /** What counts; it hears all events, too. */
  readonly source: MetricsSource;
}
