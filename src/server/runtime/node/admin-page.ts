/**
 * Serves the operator's page from a folder: `/admin/` with its script and styles. The files contain no data and need no token; the page asks
 * for the token and sends it with its requests. Owns the page's headers, which allow only these files and requests to the same server.
 */
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import type { MiddlewareHandler } from 'hono';
import { setAnswerHeaders } from '../../http/answer-headers.js';

/** Lit creates its templates through the policy `lit-html`. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ');

/**
 * Creates an app with these routes, to be mounted with `route()`.
 *
 * @param folder absolute path of `dist/admin/`
 */
export function adminPage(folder: string): Hono {
  const app = new Hono();
  app.get('/admin', (c) => c.redirect('admin/'));
  app.use('/admin/:file{(?:admin\\.(?:js|css))?}', pageHeaders);
  const file = (path: string): MiddlewareHandler => serveStatic({ root: folder, rewriteRequestPath: () => path });
  app.get('/admin/', file('/index.html'));
  for (const name of ['admin.js', 'admin.css']) app.get(`/admin/${name}`, file(`/${name}`));
  return app;
}

const pageHeaders: MiddlewareHandler = async (c, next) => {
  setAnswerHeaders(c);
  c.header('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  c.header('Cross-Origin-Opener-Policy', 'same-origin');
  c.header('Cache-Control', 'no-cache');
  await next();
};
