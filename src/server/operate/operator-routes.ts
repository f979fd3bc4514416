/**
 * The operator's requests as HTTP routes, for the local socket and the admin port. Does not authenticate: the socket is protected by
 * its file permissions, and `admin-token.ts` protects the port.
 */
import { Hono } from 'hono';
import type { ActivityReport, Operator, OperatorOverview } from '../contract/operator.js';
import { StateUnavailable } from '../contract/shared-state.js';
import { setAnswerHeaders } from '../http/answer-headers.js';
import { problem } from '../http/problem.js';
import type { VoiceEnv } from '../http/voice-env.js';
import { addVisitorRoutes } from './visitor-routes.js';
import type { VisitorRoutesOptions } from './visitor-routes.js';

/** Path of all routes. */
export const OPERATOR_PATH = '/admin/api';

/** Reloads the settings; resolves with the reasons for which they were refused, or none. */
export type Reload = () => Promise<{ readonly reloaded: true } | { readonly reloaded: false; readonly problems: readonly string[] }>;

/** Options of `operatorRoutes`. */
export interface OperatorRoutesOptions extends VisitorRoutesOptions {
  /** Called for each request, because a reload replaces the operator. */
  operator(): Operator;
  /** If omitted, `POST /reload` returns 404. */
  readonly reload?: Reload | undefined;
  /** The last 24 hours of this process. */
  readonly activity?: (() => ActivityReport) | undefined;
}

/** Creates an app with the routes. */
export function operatorRoutes(options: OperatorRoutesOptions): Hono<VoiceEnv> {
  const { operator, reload, activity } = options;
  const app = new Hono<VoiceEnv>().basePath(OPERATOR_PATH);
  app.use(async (c, next) => {
    setAnswerHeaders(c);
    c.header('Cache-Control', 'no-store');
    await next();
  });
  app.get('/calls', async (c) => c.json({ calls: await operator().calls() }));
  app.delete('/calls', async (c) => c.json({ ended: await operator().endAll() }));
  app.delete('/calls/:ref', async (c) => {
    if (await operator().end(c.req.param('ref'))) return c.json({ ended: 1 });
    return problem(c, 'call_unknown');
  });
  app.get('/paused', async (c) => c.json({ paused: await operator().paused() }));
  app.post('/pause', async (c) => {
    await operator().pause();
    return c.json({ paused: true });
  });
  app.post('/resume', async (c) => {
    await operator().resume();
    return c.json({ paused: false });
  });
  app.get('/budget', async (c) => c.json(await operator().budget()));
  app.get('/overview', async (c) => {
    const own = operator();
    const [paused, calls, budget] = await Promise.all([own.paused(), own.calls(), own.budget()]);
    return c.json({ paused, calls, budget, activity: activity?.() } satisfies OperatorOverview);
  });
  addVisitorRoutes(app, options);
  if (reload) {
    app.post('/reload', async (c) => {
      const result = await reload();
      return c.json(result, result.reloaded ? 200 : 422);
    });
  }
  app.notFound((c) => problem(c, 'not_found'));
  app.onError((cause, c) => problem(c, cause instanceof StateUnavailable ? 'state_unavailable' : 'internal_error', { cause }));
  return app;
}
