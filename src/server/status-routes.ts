/**
 * What those who run the server ask: whether it lives, whether it can be sent visitors, what it counted. `/metrics` is
 * nothing for the public, so without its token there is nothing at that address.
 */
import type { Hono } from 'hono';
import type { Clock } from './clock.js';
import { allowedMethods } from './guards/allowed-methods.js';
import { answerHeaders } from './guards/answer-headers.js';
import type { MetricsOptions } from './observe/metrics-source.js';
import { problem } from './problem.js';
import type { VoiceEnv } from './problem.js';
import type { SharedState } from './state/shared-state.js';

/** What the routes need. */
export interface StatusRoutes {
  /** What the server works with; asking it tells observers whether the shared one is there. */
  readonly state: SharedState;
  /** What several processes share, alone: `state` may answer in its place. */
  readonly shared: SharedState | undefined;
  readonly whenStateFails: 'refuse' | 'local';
  readonly clock: Clock;
  readonly metrics: MetricsOptions | undefined;
}

/** Milliseconds that the state has for an answer, below what load balancers wait. */
const PATIENCE = 2_000;

/** Adds `GET /healthz`, `/readyz` and, with a token, `/metrics`. */
export function addStatusRoutes(app: Hono<VoiceEnv>, { state, shared, whenStateFails, clock, metrics }: StatusRoutes): void {
  const fresh = { 'Cache-Control': 'no-store' };
  for (const path of ['/healthz', '/readyz']) app.use(path, answerHeaders(), allowedMethods('GET', 'HEAD'));
  app.get('/healthz', (c) => c.json({ status: 'ok' }, 200, fresh));

  app.get('/readyz', async (c) => {
    const answers = await within(PATIENCE, clock, Promise.all([state.ready(), shared?.ready()]));
    // A server that goes on counting by itself can be sent visitors.
    if (answers || whenStateFails === 'local') return c.json({ status: 'ok', state: answers ? 'ok' : 'unavailable' }, 200, fresh);
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

/** True when it resolves in time. */
function within(ms: number, clock: Clock, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const callOff = clock.after(ms, () => resolve(false));
    const answer = (ok: boolean) => (): void => {
      callOff();
      resolve(ok);
    };
    work.then(answer(true), answer(false));
  });
}

/** Compares digests, so that the time it takes tells nothing about the token. */
async function sameText(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map(async (text) => new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))));
  return first?.every((byte, index) => byte === second?.[index]) === true;
}
