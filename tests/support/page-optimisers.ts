/**
 * What optimiser plug-ins, caches and tag managers do to the documented script tag. Each entry transforms the page's markup and
 * adds the files that the plug-in would serve, after the behaviour of WP Rocket, LiteSpeed Cache, Autoptimize, Cloudflare Rocket Loader,
 * Perfmatters and Google Tag Manager.
 */
import { transformSync } from 'esbuild';

/** A page and additional files by path, each served as JavaScript. */
export interface OptimisedPage {
  readonly html: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** The original page. */
export interface OriginalPage {
  /** `<script …></script>` as documented, with `src` as its first attribute. */
  readonly tag: string;
  /** The loader's code. */
  readonly code: string;
}

/** One transformation. `interaction`: the script runs only after the visitor's first interaction. */
export interface PageOptimiser {
  readonly name: string;
  readonly interaction?: boolean;
  readonly transform: (page: OriginalPage) => OptimisedPage;
}

const page = (head: string, body = ''): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Optimised</title>${head}</head><body><h1>A site</h1><p>Its content.</p>${body}</body></html>`;

const attributesOf = (tag: string): string => tag.replace(/^<script|><\/script>$/g, '');
const withoutSrc = (tag: string): string => attributesOf(tag).replace(/\ssrc="[^"]*"/, '');

/** Replaces disabled scripts by running ones, with their attributes. `{…}` are the plug-in's own names. */
const player = (type: string, source: string): string => `
function play() {
  for (const old of document.querySelectorAll('script[type="${type}"]')) {
    const script = document.createElement('script');
    for (const { name, value } of old.attributes) if (name !== 'type') script.setAttribute(name === '${source}' ? 'src' : name, value);
    script.text = old.text;
    old.replaceWith(script);
  }
}`;
const onInteraction = `
const events = ['keydown', 'mousemove', 'touchstart', 'wheel'];
const once = () => { for (const name of events) removeEventListener(name, once); play(); };
for (const name of events) addEventListener(name, once);`;

/** The twelve transformations. */
export const PAGE_OPTIMISERS: readonly PageOptimiser[] = [
  { name: 'moved to the end of the body', transform: ({ tag }) => ({ html: page('', tag) }) },
  { name: 'renamed with ?v=', transform: ({ tag }) => ({ html: page(tag.replace('embed.js"', 'embed.js?v=3.2.1"')) }) },
  {
    name: 'minified again, into a cache folder with another name',
    transform: ({ tag, code }) => ({
      html: page(tag.replace(/ src="[^"]*"/, ' src="/cache/min/1/5d41402abc4b2a76b9719d911017c592.js"')),
      files: { '/cache/min/1/5d41402abc4b2a76b9719d911017c592.js': transformSync(code, { minify: true, target: 'es2017' }).code },
    }),
  },
  {
    name: 'combined with other scripts into one file',
    // Combined scripts lose their tags. Data blocks such as `application/json` stay.
    transform: ({ tag, code }) => ({
      html: page(`<script type="application/json"${withoutSrc(tag)}></script>`, '<script defer src="/cache/combined_1a2b.js"></script>'),
      files: { '/cache/combined_1a2b.js': `"use strict";var jq=function(){return 1}\n;${code}\n;window.after=jq();` },
    }),
  },
  { name: 'deferred', transform: ({ tag }) => ({ html: page(tag.replace('<script', '<script defer')) }) },
  { name: 'loaded with async', transform: ({ tag }) => ({ html: page(tag.replace('<script', '<script async')) }) },
  {
    name: 'delayed until the first interaction',
    interaction: true,
    transform: ({ tag }) => ({
      html: page(
        `<script>${player('rocketlazyloadscript', 'data-rocket-src')}${onInteraction}</script>`,
        tag.replace('<script', '<script type="rocketlazyloadscript"').replace(' src=', ' data-rocket-src='),
      ),
    }),
  },
  {
    name: 'delayed with its address moved to data-src',
    interaction: true,
    // The parser ignores the second `data-src`, which is the documented one.
    transform: ({ tag }) => ({
      html: page(
        tag.replace('<script', '<script type="litespeed/javascript"').replace(' src=', ' data-src='),
        `<script>${player('litespeed/javascript', 'data-src')}${onInteraction}</script>`,
      ),
    }),
  },
  { name: 'turned into a module', transform: ({ tag }) => ({ html: page(tag.replace('<script', '<script type="module" crossorigin')) }) },
  {
    name: 'type removed, then replayed by an edge cache despite data-cfasync',
    transform: ({ tag }) => ({
      html: page(
        tag.replace('<script', '<script type="8f2c1d-text/javascript" data-cfasync="false"'),
        `<script>${player('8f2c1d-text/javascript', '')}; addEventListener('load', play);</script>`,
      ),
    }),
  },
  { name: 'inlined', transform: ({ tag, code }) => ({ html: page('', `<script${withoutSrc(tag)}>${code}</script>`) }) },
  {
    name: 'turned into a data: URL',
    transform: ({ tag, code }) => ({
      html: page(tag.replace(/ src="[^"]*"/, ` src="data:text/javascript;base64,${Buffer.from(code).toString('base64')}" defer`)),
    }),
  },
];
