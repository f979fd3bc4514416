/**
 * A static host: serves the built files from a sub-folder, and pages next to them, with the strict policy of the README. It has no
 * server code for calls.
 */
import { fileURLToPath } from 'node:url';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { serve } from '../../src/server/runtime/node/serve.js';
import { TAPE_MODULE } from './sound-tape.js';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
/** The folder of the files, below the root. */
const FOLDER = '/help/voice';

/** The README's policy, without another origin to connect to. */
export const STATIC_POLICY =
  `default-src 'none'; script-src 'self'; style-src 'self'; media-src 'self'; connect-src 'self'; ` +
  `require-trusted-types-for 'script'; trusted-types lit-html`;

/** A running host. */
export interface StaticHost {
  /** URL of the folder with the built files, with a trailing slash. */
  readonly url: string;
  /** Path of each request, oldest first, without those of files. */
  readonly missed: readonly string[];
  /** Registers a page with a `<voice-agent>` with these attributes, and its module script; returns its URL. */
  page(script: string, attributes?: string): string;
  close(): Promise<void>;
}

/** Starts a host on a free port; `address` is the one to listen on. */
export async function startStaticHost(address = '127.0.0.1'): Promise<StaticHost> {
  const pages: { script: string; attributes: string }[] = [];
  const missed: string[] = [];
  const app = new Hono();
  app.use(async (c, next) => {
    c.header('Content-Security-Policy', STATIC_POLICY);
    await next();
  });
  app.get('/favicon.ico', (c) => c.body(null, 204));
  app.get('/support/tape.js', (c) => c.body(TAPE_MODULE, 200, { 'Content-Type': 'text/javascript' }));
  app.get(`${FOLDER}/pages/:number`, (c) => {
    const page = pages[Number(c.req.param('number'))];
    return page ? c.html(markup(c.req.param('number'), page.attributes)) : c.notFound();
  });
  app.get(`${FOLDER}/pages/:number/page.js`, (c) =>
    c.body(pages[Number(c.req.param('number'))]?.script ?? '', 200, { 'Content-Type': 'text/javascript' }),
  );
  app.get(`${FOLDER}/*`, serveStatic({ root: DIST, rewriteRequestPath: (path) => path.replace(FOLDER, '') }));
  app.notFound((c) => {
    missed.push(`${c.req.method} ${c.req.path}`);
    return c.text('Not found', 404);
  });
  const server = await serve(app, { host: address });
  return {
    url: `${server.url}${FOLDER}/`,
    missed,
    page: (script, attributes = '') => `${server.url}${FOLDER}/pages/${String(pages.push({ script, attributes }) - 1)}`,
    close: () => server.close(),
  };
}

const markup = (number: string, attributes: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>A page of a static host</title>
<script type="module" src="../voice-agent.js"></script>
<script type="module" src="${number}/page.js"></script>
</head>
<body>
<main>
<h1>A page</h1>
<voice-agent ${attributes}></voice-agent>
</main>
</body>
</html>`;
