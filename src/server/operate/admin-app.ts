/** The operator's routes behind the operator's token: what the admin port of the command and a Worker serve. */
import { Hono } from 'hono';
import type { ServerObserver } from '../contract/server-events.js';
import { reportRefusals } from '../guards/report-refusals.js';
import type { VoiceEnv } from '../http/voice-env.js';
import { adminToken } from './admin-token.js';
import type { AdminTokenOptions } from './admin-token.js';
import { OPERATOR_PATH, operatorRoutes } from './operator-routes.js';
import type { OperatorRoutesOptions } from './operator-routes.js';

/** Options of `adminApp`. */
export interface AdminAppOptions extends AdminTokenOptions, OperatorRoutesOptions {
  /** Receives refused requests. */
  readonly emit: ServerObserver;
}

/** Creates the app; serve its `fetch`, or mount it with `route()`. */
export function adminApp({ emit, ...options }: AdminAppOptions): Hono<VoiceEnv> {
  const app = new Hono<VoiceEnv>();
  app.use(`${OPERATOR_PATH}/*`, reportRefusals(emit), adminToken(options));
  app.route('/', operatorRoutes(options));
  return app;
}
