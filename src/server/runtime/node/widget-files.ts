/**
 * Serves the built widget from a folder: `/voice-agent.js`, `/embed.js`, `/agents.js` and `/files.json`, which keep their names and are
 * revalidated each time, and files whose names contain a content hash, which are cached indefinitely. Sets the caching and
 * cross-origin headers of these files, which are public and can be loaded from any origin.
 */
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import type { MiddlewareHandler } from 'hono';
import { etag } from 'hono/etag';
import { keptBuildOf } from './keep-files.js';

const IMMUTABLE = 'public, max-age=31536000, immutable';

/** The content hash added by the build: eight characters before the extension. */
const HASHED = /-[\w-]{8}\.(?:js|css)(?:\.map)?$/;

const PATHS = [
  '/:entry{(?:voice-agent|embed|agents)(?:-[\\w-]{8})?\\.js}',
  '/voice-agent.js.map',
  '/files.json',
  '/chunks/*',
  '/flat/*',
  '/single/*',
];

/** Options of `widgetFiles()`. */
export interface WidgetFilesOptions {
  /** Absolute path of a folder with the files of earlier builds (`keepFiles()`), for pages that were opened before a deploy. Default: none. */
  readonly kept?: string | undefined;
}

/**
 * Creates an app with these routes, to be mounted with `route()`. Missing files are passed to the next handler.
 *
 * @param folder absolute path of `dist/`
 */
export function widgetFiles(folder: string, options: WidgetFilesOptions = {}): Hono {
  const { kept } = options;
  const app = new Hono();
  for (const path of PATHS) {
    app.get(path, builtFiles(folder));
    if (kept !== undefined) app.get(path, earlierFiles(kept));
  }
  return app;
}

/** Serves a file that the current build does not have, from a build that does. */
function earlierFiles(kept: string): MiddlewareHandler {
  return async function earlierFiles(c, next) {
    const build = await keptBuildOf(c.req.path, kept);
    return build === undefined ? next() : builtFiles(build)(c, next);
  };
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
