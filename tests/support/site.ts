/**
 * A site that uses the widget as in production: the built files, the real key server in front of the real sandbox, and
 * pages with the strict Content-Security-Policy that the README documents. One per test worker, on a free port.
 */
import { fileURLToPath } from 'node:url';
import { Hono } from 'hono';
import { createSandbox } from '../../src/sandbox/index.js';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.js';
import { createVoiceServer } from '../../src/server/index.js';
import type { SessionOptions, VoiceServer, VoiceServerOptions } from '../../src/server/index.js';
import { serve } from '../../src/server/runtime/node/serve.js';
import { widgetFiles } from '../../src/server/runtime/node/widget-files.js';
import { TAPE_MODULE } from './sound-tape.js';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

/** One page of the site. */
export interface PageOptions {
  /** Attributes of the `<voice-agent>`; `token-url` and `base-url` are set by default, `false` omits one. `false` omits the element. */
  readonly attributes?: Readonly<Record<string, string | boolean>> | false;
  /** Markup before the element; inline scripts and styles do not run in it. */
  readonly body?: string;
  /** Code of the page's own module script, which runs before the widget's. */
  readonly script?: string;
  /** The page's style sheet. */
  readonly style?: string;
  /** The page's text direction. */
  readonly dir?: 'ltr' | 'rtl';
  /** Additional or overriding response headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Number of times the widget's script is included. Default 1. */
  readonly scripts?: number;
}

/** The response of a test's own endpoint. */
export type Answer = (request: Request) => Response | Promise<Response>;

/** A running site. */
export interface Site {
  /** Origin of the pages, without a trailing slash. */
  readonly url: string;
  readonly sandbox: Sandbox;
  /** Path and query of each request to this site, oldest first. */
  readonly requests: readonly string[];
  /** Registers a page and returns its URL. */
  page(options?: PageOptions): string;
  /** Handles requests to this path, for misbehaving endpoints; the latest handler is used. */
  answer(path: string, answer: Answer): void;
  close(): Promise<void>;
}

/** Options of a site. */
export interface SiteOptions {
  readonly sandbox?: SandboxOptions;
  readonly session?: SessionOptions;
  /** Options of the key server that override the default ones. */
  readonly server?: Partial<VoiceServerOptions>;
  /** Additional servers by mount path (`/busy`), with options that override the default ones. */
  readonly further?: Readonly<Record<string, Partial<VoiceServerOptions>>>;
}

/** The policy that the README documents as sufficient. */
export const policy = (realtimeOrigin: string): string =>
  `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ${realtimeOrigin} ${realtimeOrigin.replace(/^http/, 'ws')}; media-src 'self'; ` +
  `require-trusted-types-for 'script'; trusted-types lit-html`;

/** Starts sandbox, key server and pages. */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const sandbox = await createSandbox({ mediaHosts: ['127.0.0.1'], ...options.sandbox });
  const pages: PageOptions[] = [];
  const requests: string[] = [];
  const answers = new Map<string, Answer>();
  const app = new Hono();
  const servers = new Map<string, VoiceServer>();

  app.use(async (c, next) => {
    const { pathname, search } = new URL(c.req.url);
    requests.push(pathname + search);
    const answer = answers.get(pathname);
    return answer ? answer(c.req.raw) : next();
  });
  app.get('/pages/:number', (c) => {
    const page = pages[Number(c.req.param('number'))];
    if (!page) return c.notFound();
    c.header('Content-Security-Policy', policy(new URL(sandbox.url).origin));
    for (const [name, value] of Object.entries(page.headers ?? {})) c.header(name, value);
    return c.html(markup(page, c.req.param('number'), sandbox.url));
  });
  app.get('/pages/:number/page.js', (c) =>
    c.body(pages[Number(c.req.param('number'))]?.script ?? '', 200, { 'Content-Type': 'text/javascript' }),
  );
  app.get('/pages/:number/page.css', (c) => c.body(pages[Number(c.req.param('number'))]?.style ?? '', 200, { 'Content-Type': 'text/css' }));
  app.get('/support/tape.js', (c) => c.body(TAPE_MODULE, 200, { 'Content-Type': 'text/javascript' }));
  app.get('/favicon.ico', (c) => c.body(null, 204));
  app.route('/', widgetFiles(DIST));
  // The servers need the site's origin, which is only known once it listens.
  for (const place of ['', ...Object.keys(options.further ?? {})]) {
    app.all(`${place}/voice/*`, (c) => {
      const request = place ? new Request(c.req.url.replace(place, ''), c.req.raw) : c.req.raw;
      return servers.get(place)?.fetch(request, c.env) ?? c.notFound();
    });
  }

  const server = await serve(app);
  const session =
    options.session?.type === 'transcription'
      ? options.session
      : { model: 'gpt-realtime-2.1', transcription: { model: 'gpt-transcribe' }, ...options.session };
  for (const [place, own] of Object.entries({ '': options.server ?? {}, ...options.further })) {
    const made = createVoiceServer({
      allowedOrigins: [server.url],
      upstream: { baseUrl: sandbox.url, apiKey: 'sk-sandbox-tests' },
      // Whole test files make calls from one address.
      rates: { perAddress: false, perVisitor: false, perProfile: false, global: false },
      budget: { callsPerDay: false, moneyPerDay: false, maxConcurrent: false },
      ...(own.profiles ? {} : { session }),
      ...own,
    });
    servers.set(place, made);
  }

  return {
    url: server.url,
    sandbox,
    requests,
    page: (page = {}) => `${server.url}/pages/${pages.push(page) - 1}`,
    answer: (path, answer) => void answers.set(path, answer),
    close: async () => {
      await Promise.all([...servers.values()].map((one) => one.close()));
      await server.close();
      await sandbox.close();
    },
  };
}

function markup(page: PageOptions, number: string, realtimeRoot: string): string {
  const attributes: Record<string, string | boolean> = { 'token-url': '/voice/token', 'base-url': realtimeRoot, ...page.attributes };
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== false)
    .map(([name, value]) =>
      value === true ? ` ${name}` : ` ${name}="${String(value).replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"`,
    )
    .join('');
  const base = `/pages/${number}`;
  return `<!doctype html>
<html lang="en" dir="${page.dir ?? 'ltr'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A site</title>
${page.style === undefined ? '' : `<link rel="stylesheet" href="${base}/page.css">`}
${page.script === undefined ? '' : `<script type="module" src="${base}/page.js"></script>`}
${Array.from({ length: page.scripts ?? 1 }, (_, index) => `<script type="module" src="/voice-agent.js${index ? `?copy=${index}` : ''}"></script>`).join('\n')}
</head>
<body>
<main>
<h1>A site</h1>
${page.body ?? '<p>Its content.</p>'}
${page.attributes === false ? '' : `<voice-agent${written}></voice-agent>`}
</main>
</body>
</html>`;
}
