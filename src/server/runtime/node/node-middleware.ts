/**
 * The app as middleware for Express and other servers that call `(request, response, next)` with Node's objects. Requests for
 * other routes are passed to `next()`. `@hono/node-server` is loaded on the first request, because the module that exports this
 * one also runs outside Node.
 */
import type { Hono } from 'hono';
import type { VoiceEnv } from '../../http/voice-env.js';

/**
 * Express middleware. Node's request and response are typed structurally, so that no Node types are required. `next` is called
 * for routes that the app does not handle.
 */
export type NodeMiddleware = (request: { readonly url?: string | undefined }, response: object, next: (error?: unknown) => void) => void;

type NodeListener = (request: object, response: object) => unknown;

/**
 * For `express().use('/api', nodeMiddleware(voice))`; the routes are then `/api/voice/token` and so on. Mount it before body
 * parsers: a body that they have read cannot be read again.
 */
export function nodeMiddleware(app: Hono<VoiceEnv>): NodeMiddleware {
  const paths = app.routes.map(({ path }) => path).filter((path) => path !== '*' && path !== '/*');
  const load = async (): Promise<NodeListener> => {
    const { getRequestListener } = await import('@hono/node-server');
    return getRequestListener((request, env) => app.fetch(request, env), { overrideGlobalObjects: false }) as NodeListener;
  };
  let listener: Promise<NodeListener> | undefined;

  return function voiceAgentServer(request, response, next) {
    const [path = ''] = (request.url ?? '').split('?');
    if (!paths.some((own) => (own.endsWith('/*') ? path.startsWith(own.slice(0, -1)) : path === own))) {
      next();
      return;
    }
    listener ??= load();
    listener.then((listen) => listen(request, response)).catch(next);
  };
}
