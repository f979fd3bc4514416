/** The documented tag of `embed.js` for a test's site, and pages with arbitrary markup on it. */
import { readFileSync } from 'node:fs';
import type { OptimisedPage } from '../support/page-optimisers.js';
import type { Site } from '../support/site.js';

/** The folder of the built files. */
export const DIST = new URL('../../dist/', import.meta.url);

/** The loader's code. */
export const LOADER_CODE = readFileSync(new URL('embed.js', DIST), 'utf8');

/** The settings of a call as attributes of a script. */
export const settingsOf = (site: Site): string =>
  `data-token-url="/voice/token" data-base-url="${site.sandbox.url}" data-heading="Ask us" data-placement="bottom-end"`;

/** The tag as documented. */
export const documentedTag = (site: Site): string => `<script src="/embed.js" data-src="/voice-agent.js" ${settingsOf(site)}></script>`;

let pages = 0;

/** Serves a page below a path of its own, as a site with sub-pages does, and returns its address. */
export function publishPage(site: Site, { html, files = {} }: OptimisedPage): string {
  const path = `/shop/page-${(pages += 1)}/`;
  site.answer(path, () => new Response(html, { headers: { 'Content-Type': 'text/html; charset=utf-8' } }));
  for (const [name, text] of Object.entries(files))
    site.answer(name, () => new Response(text, { headers: { 'Content-Type': 'text/javascript' } }));
  return site.url + path;
}

/** A page with this markup in its head and its body. */
export const plainPage = (head: string, body = ''): OptimisedPage => ({
  html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A site</title>${head}</head><body><h1>A site</h1>${body}</body></html>`,
});
