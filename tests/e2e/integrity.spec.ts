/**
 * One changed byte in any file of the widget stops it, in Chromium, Firefox and WebKitGTK, on a page with the import map and the hashes of
 * `embedSnippet()`. Without them the same change has no effect, so the browser's check is what stops it.
 */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { embedSnippet } from '../../src/embed/embed-snippet.js';
import { isVersioned } from '../../src/embed/widget-files.js';
import type { WidgetFiles } from '../../src/embed/widget-files.js';
import { chromiumLaunch } from '../support/chromium.js';
import { Firefox } from '../support/firefox.js';
import type { TestBrowser } from '../support/test-browser.js';
import { WebKit } from '../support/webkit.js';
import type { Site } from '../support/site.js';
import { silentRoom } from '../support/spoken.js';
import { expect, siteOf, test as base } from './fixtures.js';

const room = await silentRoom();
const DIST = new URL('../../dist/', import.meta.url);
const files = JSON.parse(readFileSync(new URL('files.json', DIST), 'utf8')) as WidgetFiles;
const VERSIONED = Object.keys(files.integrity).filter(isVersioned);
const LOADER = files.entries['embed.js'] ?? '';
const MODULES = VERSIONED.filter((path) => path !== LOADER);

/** A module of the page: WebKit does not check what code of WebDriver imports. */
const IMPORTER = '<script type="module">window.load = (path) => import(path);</script>';

/** What all browsers can do. */
interface Browser {
  open(url: string): Promise<void>;
  run<T, A extends unknown[]>(script: (...args: A) => T | Promise<T>, ...args: A): Promise<T>;
}

const inChromium = (page: Page): Browser => ({
  open: async (url) => void (await page.goto(url)),
  // The functions are self-contained; the types of Playwright know only one argument.
  run: (script, ...args) => page.evaluate(`(${String(script)})(...${JSON.stringify(args)})`),
});
const inOther = (browser: TestBrowser): Browser => ({
  open: (url) => browser.open(url, { width: 1000, height: 800 }),
  run: (script, ...args) => browser.run(script, ...args),
});

/** A site that serves the build with one changed file. */
class ChangedBuild {
  readonly #site: Site;
  #changed = '';

  constructor(site: Site) {
    this.#site = site;
    for (const path of VERSIONED)
      site.answer(`/${path}`, () => {
        const code = readFileSync(new URL(path, DIST), 'utf8');
        // The last byte is a line break: without the check, the file works.
        const body = path === this.#changed ? `${code.slice(0, -1)} ` : code;
        return new Response(body, { headers: { 'Content-Type': 'text/javascript', 'Cache-Control': 'no-store' } });
      });
  }

  /** The address of a page with the generated markup. */
  page(changed: string, { checked = true, settings = {} }: { checked?: boolean; settings?: Record<string, string> } = {}): string {
    this.#changed = changed;
    const given = { 'token-url': '/voice/token', 'base-url': this.#site.sandbox.url, heading: 'Ask us', ...settings };
    const snippet = embedSnippet(files, { base: '/', settings: given });
    const markup = checked ? snippet : snippet.replace(/<script type="importmap">[^]*?<\/script>/, '').replace(/integrity="[^"]*"/, '');
    this.#site.answer(
      '/shop/',
      () =>
        new Response(`<!doctype html><title>A shop</title><body>${markup}${IMPORTER}</body>`, { headers: { 'Content-Type': 'text/html' } }),
    );
    return `${this.#site.url}/shop/`;
  }
}

const test = base.extend<
  { build: ChangedBuild; browsers: Readonly<Record<'Chromium' | 'Firefox' | 'WebKitGTK', () => Browser>> },
  { site: Site; firefox: Firefox; webkit: WebKit }
>({
  site: siteOf(),
  firefox: [
    async ({}, use) => {
      const prefs = { 'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true };
      const firefox = await Firefox.start({ prefs });
      await use(firefox);
      await firefox.close();
    },
    { scope: 'worker' },
  ],
  webkit: [
    async ({}, use) => {
      const webkit = await WebKit.start();
      await use(webkit);
      await webkit.close();
    },
    { scope: 'worker' },
  ],
  build: async ({ site }, use) => {
    await use(new ChangedBuild(site));
  },
  browsers: async ({ page, firefox, webkit }, use) => {
    await use({ Chromium: () => inChromium(page), Firefox: () => inOther(firefox), WebKitGTK: () => inOther(webkit) });
  },
});
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

/** Imports a file as the widget does. */
const importing = (path: string): Promise<string> =>
  (window as unknown as { load(path: string): Promise<unknown> }).load(path).then(
    () => 'loaded',
    (error: Error) => `${error.name}`,
  );

/** What a visitor and the page get after a click on the launcher. */
async function calling(): Promise<{ code: string; state: string; launcher: string }> {
  await customElements.whenDefined('voice-agent');
  const agent = document.querySelector('voice-agent') as HTMLElementTagNameMap['voice-agent'];
  const code = await agent.connect().then(
    () => 'connected',
    (error: { code: string }) => error.code,
  );
  await agent.updateComplete;
  return { code, state: agent.state, launcher: agent.shadowRoot?.querySelector('voice-agent-launcher')?.shadowRoot?.textContent ?? '' };
}

const nameOf = (start: string): string => {
  const path = VERSIONED.find((one) => one.startsWith(start));
  if (path === undefined) throw new Error(`The build has no file ${start}.`);
  return path;
};

for (const name of ['Chromium', 'Firefox', 'WebKitGTK'] as const) {
  test(`${name} refuses each file with a changed byte`, async ({ browsers, build }) => {
    test.setTimeout(300_000);
    const browser = browsers[name]();
    expect(MODULES.length).toBeGreaterThan(30);
    const results: [string, string][] = [];
    for (const path of MODULES) {
      await browser.open(build.page(path));
      results.push([path, await browser.run(importing, `/${path}`)]);
    }
    expect(results).toEqual(MODULES.map((path) => [path, 'TypeError']));
  });

  test(`${name} loads the same files without hashes, and all files if none has changed`, async ({ browsers, build }) => {
    const browser = browsers[name]();
    for (const start of ['chunks/core', 'chunks/panel', 'chunks/pcm-worklet']) {
      await browser.open(build.page(nameOf(start), { checked: false }));
      expect(await browser.run(importing, `/${nameOf(start)}`), start).toBe('loaded');
    }
    await browser.open(build.page(''));
    for (const path of MODULES) expect([path, await browser.run(importing, `/${path}`)]).toEqual([path, 'loaded']);
  });

  test(`${name}: a changed loader does not run, and a changed first chunk is reported on the tag`, async ({ browsers, build }) => {
    const browser = browsers[name]();
    await browser.open(build.page(LOADER));
    expect(await browser.run(() => document.querySelectorAll('voice-agent, script[type=module][src]').length)).toBe(0);
    for (const start of ['voice-agent-', 'chunks/core']) {
      await browser.open(build.page(nameOf(start)));
      await expect
        .poll(() => browser.run(() => document.querySelector('voice-agent')?.getAttribute('data-error') ?? ''), start)
        .toBe('load_failed');
      expect(await browser.run(() => customElements.get('voice-agent') === undefined), start).toBe(true);
    }
  });

  // Debian's WebKitGTK has no WebRTC.
  const overWebRtc = name === 'WebKitGTK' ? [] : ['chunks/panel', 'chunks/transports', 'chunks/webrtc'];
  for (const start of ['chunks/engine', ...overWebRtc, 'chunks/pcm-audio', 'chunks/pcm-worklet'])
    test(`${name}: a call with a changed ${start} fails with load_failed and offers to reload the page`, async ({ browsers, build }) => {
      const browser = browsers[name]();
      await browser.open(build.page(nameOf(start), { settings: start.includes('pcm') ? { transport: 'websocket' } : {} }));
      expect(await browser.run(calling)).toEqual({ code: 'load_failed', state: 'failed', launcher: expect.stringContaining('Reload') });
    });
}
