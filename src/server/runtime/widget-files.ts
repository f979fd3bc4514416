/**
 * Serves the built widget from a folder: `/voice-agent.js`, which keeps its name and is checked for news each time, and
 * `/chunks/*`, whose names hold a hash of their content and are kept for ever. Owns caching and cross-origin headers of
 * these files; pages of any origin may load them, they are public.
 */
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { etag } from 'hono/etag';

const A_YEAR = 'public, max-age=31536000, immutable';

/** A hash as the build writes it: eight characters before the extension. */
const HASHED = /-[\w-]{8}\.(?:js|css)$/;

/**
 * Makes an app with the two addresses, to be mounted with `route()`. What is not there is left to the next handler.
 *
 * @param folder absolute path of `dist/`
 */
export function widgetFiles(folder: string): Hono {
  const app = new Hono();
  for (const path of ['/voice-agent.js', '/chunks/*']) app.get(path, etag(), builtFiles(folder));
  return app;
}

/** Static files of a build, kept for ever when their name holds a hash. */
export function builtFiles(folder: string): ReturnType<typeof serveStatic> {
  return serveStatic({
    root: folder,
    onFound: (path, c) => {
      c.header('Cache-Control', HASHED.test(path) ? A_YEAR : 'no-cache');
      c.header('X-Content-Type-Options', 'nosniff');
      // Module scripts are fetched with CORS, so other sites need the first; the second lets isolated pages in.
      c.header('Access-Control-Allow-Origin', '*');
      c.header('Cross-Origin-Resource-Policy', 'cross-origin');
    },
  });
}
