/**
 * The app as middleware for Express and other servers that call `(request, response, next)` with Node's objects. Requests for
 * other routes are passed to `next()`. `@hono/node-server` is loaded on the first request, because the module that exports this
 * one also runs outside Node.
 */
/** A Hono app, such as those of `createVoiceServer()` and `widgetFiles()`. */
export interface RoutedApp {
  readonly routes: readonly { readonly path: string }[];
  fetch(request: Request, env?: object): Response | Promise<Response>;
}

/**
 * Express middleware. Node's request and response are typed structurally, so that no Node types are required. `next` is called
 * for routes that the app does not handle.
 */
export type NodeMiddleware = (request: { readonly url?: string | undefined }, response: object, next: (error?: unknown) => void) => void;

type NodeListener = (request: object, response: object) => unknown;

/** The expression for a route's path, which may have parameters (`:name`, `:name{expression}`) and end with `*`. */
function pathPattern(route: string): RegExp {
  const segments = route.split('/').map((segment) => {
    if (segment === '*') return '.*';
    const [, expression] = /^:[^{}]+(?:\{(.+)\})?$/.exec(segment) ?? [];
    if (segment.startsWith(':')) return expression === undefined ? '[^/]+' : `(?:${expression})`;
    return segment.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
  });
  return new RegExp(`^${segments.join('/')}$`);
}

/**
 * For `express().use('/api', nodeMiddleware(voice))`; the routes are then `/api/voice/token` and so on. Mount it before body
 * parsers: a body that they have read cannot be read again.
 */
export function nodeMiddleware(app: RoutedApp): NodeMiddleware {
  const patterns = app.routes.filter(({ path }) => path !== '*' && path !== '/*').map(({ path }) => pathPattern(path));
  const load = async (): Promise<NodeListener> => {
    const { getRequestListener } = await import('@hono/node-server');
    return getRequestListener((request, env) => app.fetch(request, env), { overrideGlobalObjects: false }) as NodeListener;
  };
  let listener: Promise<NodeListener> | undefined;

  return function voiceAgentServer(request, response, next) {
    const [path = ''] = (request.url ?? '').split('?');
    if (!patterns.some((pattern) => pattern.test(path))) {
      next();
      return;
    }
    listener ??= load();
    listener.then((listen) => listen(request, response)).catch(next);
  };
}
