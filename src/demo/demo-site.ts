/**
 * The demo's HTTP app: the page under the strictest policy that the widget supports, the built widget exactly as a site
 * would host it, and the key server. Owns the page's headers.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Hono } from 'hono';
import { etag } from 'hono/etag';
import type { DialectName } from '../contract/dialect.js';
import type { VoiceServer } from '../server/index.js';
import type { Service } from './connection-form.js';
import { builtFiles, widgetFiles } from '../server/runtime/node/widget-files.js';

/** One Realtime server and how the page reaches it. */
export interface DemoService {
  readonly dialect: DialectName;
  readonly mode: 'conversation' | 'transcription';
  /** Realtime API root that the page calls. */
  readonly realtimeUrl: string;
  /** Mints keys and places calls; several services may share one. `undefined`: the Realtime server needs no key. */
  readonly server?: VoiceServer;
  /** Name of the agent, if it is not `default`. */
  readonly profile?: string;
  /** Whether the server also places calls. */
  readonly brokers?: boolean;
  /** Model that the page sets, if the server's keys do not. */
  readonly model?: string;
}

/** Options of `demoSite`. */
export interface DemoSiteOptions {
  /** The servers that the page can switch between; the first is the default. */
  readonly services: readonly [DemoService, ...DemoService[]];
  readonly kind: 'sandbox' | 'upstream';
  /** Absolute path of the built files, default `dist/` of this checkout. */
  readonly files?: string;
}

/** Thrown when a file of the build is missing. */
export class MissingBuildError extends Error {
  override readonly name = 'MissingBuildError';

  constructor(path: string) {
    super(`${path} does not exist. Build it first: npm run build`);
  }
}

const PAGE = 'demo/index.html';
const WIDGET = 'voice-agent.js';

/**
 * Creates the site's app.
 *
 * @throws MissingBuildError
 */
export function demoSite(options: DemoSiteOptions): Hono {
  const { services, kind, files = fileURLToPath(new URL('../../dist', import.meta.url)) } = options;
  for (const file of [PAGE, WIDGET]) {
    if (!existsSync(join(files, file))) throw new MissingBuildError(join(files, file));
  }
  const [{ realtimeUrl }] = services;
  const servers = [...new Set(services.flatMap(({ server }) => server ?? []))];
  /** The first server is mounted at the root, as on any site. */
  const placeOf = (server: VoiceServer): string => (server === servers[0] ? '' : `/servers/${servers.indexOf(server)}`);
  const listed = services.map(({ dialect, mode, realtimeUrl: baseUrl, model, server, profile, brokers }): Service => {
    const address = (path: string): string | undefined => server && `${placeOf(server)}${path}${profile ? `?profile=${profile}` : ''}`;
    const tokenUrl = address('/voice/token');
    const callUrl = brokers ? address('/voice/call') : undefined;
    return { dialect, mode, baseUrl, ...(tokenUrl && { tokenUrl }), ...(callUrl && { callUrl }), ...(model && { model }) };
  });
  const values = { 'realtime-url': realtimeUrl, 'upstream-kind': kind, services: JSON.stringify(listed) };
  const page = filledPage(readFileSync(join(files, PAGE), 'utf8'), values);
  const headers = pageHeaders([...new Set(services.map((one) => new URL(one.realtimeUrl).origin))]);

  const site = new Hono();
  for (const server of servers) {
    const place = placeOf(server);
    if (place === '') site.route('/', server);
    else site.all(`${place}/*`, (c) => server.fetch(new Request(c.req.url.replace(place, ''), c.req.raw), c.env));
  }
  site.route('/', widgetFiles(files));
  site.get('/', etag(), (c) => c.html(page, 200, headers));
  // All other files of the page's build; index.html is only served in its filled form above.
  site.get('/index.html', (c) => c.redirect('/', 308));
  site.get('*', builtFiles(join(files, 'demo')));
  site.notFound((c) => c.text('Not found', 404, { ...headers, 'Cache-Control': 'no-store' }));
  return site;
}

/** Replaces each `{{name}}` in the page by its value. */
function filledPage(html: string, values: Record<string, string>): string {
  return html.replace(/\{\{([\w-]+)\}\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : value.replace(/[&"<>]/g, (character) => `&#${String(character.charCodeAt(0))};`);
  });
}

/**
 * The policy that the README recommends, word for word, and further headers that every page should have.
 *
 * @param realtimeOrigins the other origins that the page connects to, over HTTP and WebSocket
 */
function pageHeaders(realtimeOrigins: readonly string[]): Record<string, string> {
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'media-src': "'self'",
    'img-src': "'self'",
    'connect-src': [`'self'`, ...realtimeOrigins.flatMap((origin) => [origin, origin.replace(/^http/, 'ws')])].join(' '),
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': 'lit-html',
  };
  return {
    'Content-Security-Policy': Object.entries(policy)
      .map(([directive, value]) => `${directive} ${value}`)
      .join('; '),
    'Cache-Control': 'no-cache',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'microphone=(self), autoplay=(self), clipboard-write=(self), camera=(), geolocation=(), payment=(), usb=()',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}
