/**
 * Serves the built widget from a folder: `/voice-agent.js` and `/agents.js`, which keep their names and are revalidated each time,
 * and `/chunks/*`, whose names contain a content hash and are cached indefinitely. Sets the caching and cross-origin headers of
 * these files, which are public and can be loaded from any origin.
 */
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import type { MiddlewareHandler } from 'hono';
import { etag } from 'hono/etag';

const IMMUTABLE = 'public, max-age=31536000, immutable';

/** The content hash added by the build: eight characters before the extension. */
const HASHED = /-[\w-]{8}\.(?:js|css)(?:\.map)?$/;

/**
 * Creates an app with these routes, to be mounted with `route()`. Missing files are passed to the next handler.
 *
 * @param folder absolute path of `dist/`
 */
export function widgetFiles(folder: string): Hono {
  const app = new Hono();
  for (const path of ['/voice-agent.js', '/voice-agent.js.map', '/agents.js', '/chunks/*']) app.get(path, builtFiles(folder));
  return app;
}

/** Serves build files with an ETag. Files with a hash in their name are cached indefinitely, others are revalidated each time. */
export function builtFiles(folder: string): MiddlewareHandler {
  const files = serveStatic({ root: folder });
  const tagged = etag();

  return async function builtFiles(c, next) {
    const file = await files(c, next);
    // No file: the next handler has responded.
    if (!(file instanceof Response)) return;
    c.res = file;
    await tagged(c, async () => undefined);
    const { headers } = c.res;
    headers.set('Cache-Control', HASHED.test(c.req.path) ? IMMUTABLE : 'no-cache');
    headers.set('X-Content-Type-Options', 'nosniff');
    // The first is for module scripts, which are fetched with CORS; the second for cross-origin isolated pages.
    headers.set('Access-Control-Allow-Origin', '*');
    headers.set('Cross-Origin-Resource-Policy', 'cross-origin');
  };
}
