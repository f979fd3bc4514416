/**
 * What the demo's address answers: the page under the strictest policy that the widget promises to work with, the built
 * widget exactly as a site would host it, and the key server. Owns the page's headers.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Hono } from 'hono';
import { etag } from 'hono/etag';
import type { VoiceEnv } from '../server/index.js';
import { builtFiles, widgetFiles } from '../server/runtime/widget-files.js';

/** Parts of the site. */
export interface DemoSiteOptions {
  /** The key server's app. */
  readonly keys: Hono<VoiceEnv>;
  /** Realtime API root that the page calls. */
  readonly realtimeUrl: string;
  readonly kind: 'sandbox' | 'upstream';
  /** Absolute path of the built files, default `dist/` of this checkout. */
  readonly files?: string;
}

/** Thrown when a file of the build is not there. */
export class MissingBuildError extends Error {
  override readonly name = 'MissingBuildError';

  constructor(path: string) {
    super(`${path} is not there. Build it first: npm run build`);
  }
}

const PAGE = 'demo/index.html';
const WIDGET = 'voice-agent.js';

/**
 * Makes the site's app.
 *
 * @throws MissingBuildError
 */
export function demoSite(options: DemoSiteOptions): Hono {
  const { keys, realtimeUrl, kind, files = fileURLToPath(new URL('../../dist', import.meta.url)) } = options;
  for (const file of [PAGE, WIDGET]) {
    if (!existsSync(join(files, file))) throw new MissingBuildError(join(files, file));
  }
  const page = filledPage(readFileSync(join(files, PAGE), 'utf8'), { 'realtime-url': realtimeUrl, 'upstream-kind': kind });
  const headers = pageHeaders(new URL(realtimeUrl).origin);

  const site = new Hono();
  site.route('/', keys);
  site.route('/', widgetFiles(files));
  site.get('/', etag(), (c) => c.html(page, 200, headers));
  // Everything else that the page's build holds; its index.html only in the filled form above.
  site.get('/index.html', (c) => c.redirect('/', 308));
  site.get('*', builtFiles(join(files, 'demo')));
  site.notFound((c) => c.text('Not found', 404, { ...headers, 'Cache-Control': 'no-store' }));
  return site;
}

/** Puts the values for `{{name}}` into the page. */
function filledPage(html: string, values: Record<string, string>): string {
  return html.replace(/\{\{([\w-]+)\}\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : value.replace(/[&"<>]/g, (character) => `&#${String(character.charCodeAt(0))};`);
  });
}

/**
 * The policy that the README recommends, word for word, and what every page should have besides.
 *
 * @param realtimeOrigin the one other origin that the page talks to
 */
function pageHeaders(realtimeOrigin: string): Record<string, string> {
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'media-src': "'self'",
    'img-src': "'self'",
    'connect-src': `'self' ${realtimeOrigin}`,
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
