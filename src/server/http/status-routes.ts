/**
 * Routes for operators: liveness, readiness and metrics. `/metrics` is not public: without the right token it responds
 * with 404.
 */
import type { Hono } from 'hono';
import type { Clock } from '../contract/clock.js';
import { allowedMethods } from './allowed-methods.js';
import { answerHeaders } from './answer-headers.js';
import type { MetricsOptions } from '../contract/metrics-source.js';
import { problem } from './problem.js';
import { sameText } from './same-text.js';
import type { VoiceEnv } from './voice-env.js';
import type { SharedState } from '../contract/shared-state.js';

/** Options of `addStatusRoutes`. */
export interface StatusRoutes {
  /** The state that the server uses; querying it also notifies observers about the availability of the shared state. */
  readonly state: SharedState;
  /** Only the shared state, without the local fallback that `state` may include. */
  readonly shared: SharedState | undefined;
  readonly onStateFailure: 'refuse' | 'local';
  readonly clock: Clock;
  readonly metrics: MetricsOptions | undefined;
}

/** Milliseconds to wait for the state; less than the timeout of load balancers. */
const READY_TIMEOUT = 2_000;

/** Adds `GET /healthz`, `/readyz` and, with a token, `/metrics`. */
export function addStatusRoutes(app: Hono<VoiceEnv>, { state, shared, onStateFailure, clock, metrics }: StatusRoutes): void {
  const fresh = { 'Cache-Control': 'no-store' };
  for (const path of ['/healthz', '/readyz']) app.use(path, answerHeaders(), allowedMethods('GET', 'HEAD'));
  app.get('/healthz', (c) => c.json({ status: 'ok' }, 200, fresh));

  app.get('/readyz', async (c) => {
    const answers = await within(READY_TIMEOUT, clock, Promise.all([state.ready(), shared?.ready()]));
    // With a local fallback the server can still accept visitors.
    if (answers || onStateFailure === 'local') return c.json({ status: 'ok', state: answers ? 'ok' : 'unavailable' }, 200, fresh);
    return problem(c, 'state_unavailable', { retryAfter: 5 });
  });

  const { token, source } = metrics ?? {};
  if (token === undefined || !source) return;
  app.get('/metrics', answerHeaders(), async (c, next) => {
    const shown = /^Bearer (\S+)$/i.exec(c.req.header('Authorization') ?? '')?.[1];
    if (shown === undefined || !(await sameText(shown, token))) return next();
    return c.body(await source.text(), 200, { ...fresh, 'Content-Type': source.contentType });
  });
}

/** True if `work` resolves in time. */
function within(ms: number, clock: Clock, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const cancelTimer = clock.after(ms, () => resolve(false));
    const answer = (ok: boolean) => (): void => {
      cancelTimer();
      resolve(ok);
    };
    work.then(answer(true), answer(false));
  });
}
