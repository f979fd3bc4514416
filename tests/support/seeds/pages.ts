/**
 * Blocks in a browser's page under the strict policy. A block that imports packages is bundled, as a page's owner would
 * bundle it; one that imports nothing is the page's own module as it is. What the page logs is what the test reads.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ConsoleMessage, Page } from '@playwright/test';
import { build } from 'vite';
import type { Rolldown } from 'vite';
import type { PageOptions, Site } from '../site.js';
import { Printout } from './printout.js';
import { spokenTurn } from './turn.js';

const FOLDER = fileURLToPath(new URL('../../../test-results/seeds/', import.meta.url));
const HOME = '/seeds/';

/** Bundles programs, shares what they have in common, and lets the site serve the files. */
export async function serveBundle(site: Site, programs: Readonly<Record<string, string>>): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const entries = Object.entries(programs).map(([name, code]) => {
    // Several test processes may be at it at once.
    const file = `${FOLDER}page-${name}-${String(process.pid)}.ts`;
    writeFileSync(file, code);
    return [name, file] as const;
  });
  const [output] = (await build({
    configFile: false,
    logLevel: 'error',
    base: HOME,
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: Object.fromEntries(entries), formats: ['es'] },
      rolldownOptions: { output: { minify: true, entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' } },
    },
  })) as Rolldown.RolldownOutput[];
  for (const file of output?.output ?? []) {
    const body = file.type === 'chunk' ? file.code : Buffer.from(file.source);
    site.answer(HOME + file.fileName, () => new Response(body, { headers: { 'content-type': 'text/javascript' } }));
  }
  // As a site's own server would hand them out.
  site.answer(`${HOME}key`, ({ url }) => new Response(site.sandbox.mintKey({ session: { type: 'realtime', model: new URL(url).searchParams.get('model') } }).value));
  site.answer(`${HOME}recording.pcm`, () => new Response(spokenTurn.samples.slice().buffer));
}

/** Address of the sandbox's WebSockets below `/v1`. */
export const socketRoot = (site: Site): string => site.sandbox.url.replace('http', 'ws');

/** A page that runs a bundled program. The SDK's schema library is configured not to compile code at run time, which the policy forbids. */
export const bundledPage = (name: string): PageOptions =>
  scriptPage(`globalThis.__zod_globalConfig = { jitless: true };\nawait import('${HOME}${name}.js');`);

/** A page without our element that runs this script. */
export const scriptPage = (script: string): PageOptions => ({ attributes: false, scripts: 0, script });

/** Reads what the page logs: text, or values where it logs JSON. To be called before the page is opened. */
export function readConsole(page: Page): Printout {
  const printout = new Printout();
  page.on('console', (message: ConsoleMessage) => {
    if (message.type() === 'log') printout.push(value(message.text()));
  });
  page.on('pageerror', (error) => {
    printout.end(`the page failed: ${error.message}`);
  });
  return printout;
}

function value(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
