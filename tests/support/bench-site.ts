/**
 * The website that the benchmark measures: the built files from `dist/`, a few pages, the unmodified SDK as a bundle,
 * and a key endpoint with a configurable delay. Everything is on 127.0.0.1; the Realtime API is another origin, as in
 * production.
 *
 * Owns: the HTTP server. Does not own the sandbox; it only receives a function that mints keys.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Options of the site. */
export interface SiteOptions {
  /** Mints an ephemeral key; the result is sent as JSON. */
  mint(): unknown;
  /** Delay of the key endpoint in milliseconds. */
  readonly tokenMs: number;
  /** Pages and scripts by path (`/press.html`), as text. */
  readonly files: Readonly<Record<string, string>>;
  /** Delay of `/voice-agent.js` in milliseconds. Default 0. */
  readonly scriptMs?: number;
}

/** A running site. */
export interface Site {
  readonly origin: string;
  close(): Promise<void>;
}

/** The built files; `VOICE_AGENT_DIST` selects another build, for comparisons. */
const DIST = resolve(process.env['VOICE_AGENT_DIST'] ?? fileURLToPath(new URL('../../dist', import.meta.url)));
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json' };

/** True if the files that pages load exist. */
export const isBuilt = (): boolean => existsSync(`${DIST}/voice-agent.js`);

/** The script-tag build by path, read once so that a concurrent build does not disturb a measurement. */
function builtScripts(): Map<string, Buffer> {
  const chunks = readdirSync(`${DIST}/chunks`).map((name) => `/chunks/${name}`);
  return new Map(['/voice-agent.js', ...chunks].map((path) => [path, readFileSync(`${DIST}${path}`)]));
}

/** Starts the site on a free port. */
export async function startSite(options: SiteOptions): Promise<Site> {
  const scripts = builtScripts();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    if (pathname === '/token') {
      setTimeout(() => {
        send(response, '.json', JSON.stringify(options.mint()), 'no-store');
      }, options.tokenMs);
      return;
    }
    const extension = extname(pathname);
    const made = options.files[pathname];
    if (made !== undefined) {
      send(response, extension, made, extension === '.js' ? CACHED : 'no-store');
      return;
    }
    const script = scripts.get(pathname);
    if (!script) {
      response.writeHead(404).end();
      return;
    }
    const wait = pathname === '/voice-agent.js' ? (options.scriptMs ?? 0) : 0;
    setTimeout(() => {
      send(response, extension, script, CACHED);
    }, wait);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** The same visitor's second page loads the scripts from the cache. */
const CACHED = 'public, max-age=31536000, immutable';

function send(response: ServerResponse, extension: string, body: string | Buffer, cache: string): void {
  response.writeHead(200, { 'content-type': TYPES[extension] ?? 'text/plain', 'cache-control': cache });
  response.end(body);
}
