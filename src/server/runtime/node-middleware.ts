/**
 * The app as middleware of an Express app, or of anything else that calls `(request, response, next)` with Node's objects. Owns
 * nothing: what is not the app's goes to `next()`. `@hono/node-server` loads with the first request, because the module that
 * exports this one also runs where there is no Node.
 */
import type { Hono } from 'hono';
import type { VoiceEnv } from '../problem.js';

/**
 * What Express takes: Node's request and response, named so that types need none of Node's. `next` is called for addresses that
 * the app does not have.
 */
export type NodeMiddleware = (request: { readonly url?: string | undefined }, response: object, next: (error?: unknown) => void) => void;

type NodeListener = (request: object, response: object) => unknown;

/**
 * For `express().use('/api', nodeMiddleware(voice))`; the addresses are then `/api/voice/token` and so on. Mount it before body parsers:
 * what they have read cannot be read again.
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
