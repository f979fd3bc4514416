/**
 * Serves the built widget from a folder: `/voice-agent.js` and `/agents.js`, which keep their names and are checked for news
 * each time, and `/chunks/*`, whose names hold a hash of their content and are kept for ever. Owns caching and cross-origin headers of
 * these files; pages of any origin may load them, they are public.
 */
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import type { MiddlewareHandler } from 'hono';
import { etag } from 'hono/etag';

const A_YEAR = 'public, max-age=31536000, immutable';

/** A hash as the build writes it: eight characters before the extension. */
const HASHED = /-[\w-]{8}\.(?:js|css)(?:\.map)?$/;

/**
 * Makes an app with these addresses, to be mounted with `route()`. What is not there is left to the next handler.
 *
 * @param folder absolute path of `dist/`
 */
export function widgetFiles(folder: string): Hono {
  const app = new Hono();
  for (const path of ['/voice-agent.js', '/voice-agent.js.map', '/agents.js', '/chunks/*']) app.get(path, builtFiles(folder));
  return app;
}

/** Serves the files of a build with an ETag; kept for ever when their name holds a hash, else checked each time. */
export function builtFiles(folder: string): MiddlewareHandler {
  const files = serveStatic({ root: folder });
  const tagged = etag();

  return async function builtFiles(c, next) {
    const file = await files(c, next);
    // Without a file, the next handler has answered.
    if (!(file instanceof Response)) return;
    c.res = file;
    await tagged(c, async () => undefined);
    const { headers } = c.res;
    headers.set('Cache-Control', HASHED.test(c.req.path) ? A_YEAR : 'no-cache');
    headers.set('X-Content-Type-Options', 'nosniff');
    // Module scripts are fetched with CORS, so other sites need the first; the second lets isolated pages in.
    headers.set('Access-Control-Allow-Origin', '*');
    headers.set('Cross-Origin-Resource-Policy', 'cross-origin');
  };
}
