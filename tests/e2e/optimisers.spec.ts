/** `embed.js` after everything that optimiser plug-ins, caches and tag managers do to it: one launcher appears and a call works. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { serve } from '../../src/server/runtime/node/serve.js';
import { widgetFiles } from '../../src/server/runtime/node/widget-files.js';
import { chromiumLaunch } from '../support/chromium.js';
import { PAGE_OPTIMISERS } from '../support/page-optimisers.js';
import { policy } from '../support/site.js';
import type { Site } from '../support/site.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';
import type { Widget } from './fixtures.js';
import { DIST, LOADER_CODE, documentedTag, plainPage, publishPage, settingsOf } from './optimiser-fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

/** One launcher is there; a call connects, and a typed turn is answered. */
async function expectCall(widget: Widget, site: Site): Promise<void> {
  const launcher = widget.button(/Ask us/);
  await expect(launcher).toBeVisible();
  await expect(widget.host).toHaveCount(1);
  await launcher.click();
  await widget.reaches('connected');
  await site.sandbox.nextCall();
  await widget.say('Good morning');
  await expect(widget.transcript.getByText('You wrote: Good morning')).toBeVisible();
  await widget.button('End call').click();
  await widget.reaches('disconnected');
}

for (const { name, interaction = false, transform } of PAGE_OPTIMISERS) {
  test(`${name}: the launcher appears and a call works`, async ({ page, widget, site }) => {
    await page.goto(publishPage(site, transform({ tag: documentedTag(site), code: LOADER_CODE })));
    if (interaction) {
      await expect(widget.host).toHaveCount(0);
      await page.mouse.move(200, 200);
    }
    await expectCall(widget, site);
  });
}

test('the list has the twelve transformations', () => {
  expect(new Set(PAGE_OPTIMISERS.map(({ name }) => name)).size).toBe(12);
});

test('without data-src the files next to the loader are loaded, also by a module in another folder', async ({ page, widget, site }) => {
  await page.goto(publishPage(site, plainPage(`<script type="module" src="/flat/embed.js?ver=2" ${settingsOf(site)}></script>`)));
  await expectCall(widget, site);
  const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname));
  expect(loaded.filter((path) => path.endsWith('.js') && !path.startsWith('/flat/'))).toEqual([]);
});

test('a loader in a module without any attribute finds its own address', async ({ page, widget, site }) => {
  const tag = `<voice-agent token-url="/voice/token" base-url="${site.sandbox.url}" heading="Ask us"></voice-agent>`;
  await page.goto(publishPage(site, plainPage('<script type="module" src="/flat/embed.js"></script>', tag)));
  await expect(widget.button('Start talking')).toBeVisible();
  await expect(page.locator('script[type=module][src$="/flat/voice-agent.js"]')).toHaveCount(1);
});

test('files on another origin, inserted by a tag manager twice and late', async ({ page, widget, site }) => {
  const cdn = await serve(widgetFiles(fileURLToPath(DIST)));
  try {
    await page.goto(publishPage(site, plainPage('')));
    const insert = (): Promise<void> =>
      page.evaluate(
        (markup) => {
          // As Google Tag Manager inserts custom HTML: scripts are created anew, without a parser.
          const holder = document.createElement('div');
          holder.innerHTML = markup;
          const written = holder.querySelector('script') as HTMLScriptElement;
          const script = document.createElement('script');
          for (const { name, value } of written.attributes) script.setAttribute(name, value);
          document.body.append(script);
          return new Promise<void>((resolve) => (script.onload = () => resolve()));
        },
        `<script src="${cdn.url}/embed.js" ${settingsOf(site)}></script>`,
      );
    await insert();
    await insert();
    await expectCall(widget, site);
    await insert();
    await expect(widget.host).toHaveCount(1);
    await expect(page.locator('script[type=module]')).toHaveCount(1);
  } finally {
    await cdn.close();
  }
});

test('a page with the tag keeps it, and data-placement="inline" puts the tag after the script', async ({ page, widget, site }) => {
  const tag = `<voice-agent id="own" token-url="/voice/token" base-url="${site.sandbox.url}" heading="Ask us"></voice-agent>`;
  await page.goto(publishPage(site, plainPage(documentedTag(site), tag)));
  await expect(widget.button('Start talking')).toBeVisible();
  await expect(widget.host).toHaveCount(1);
  await expect(widget.host).toHaveId('own');

  const inline = documentedTag(site).replace('bottom-end', 'inline');
  await page.goto(publishPage(site, plainPage('', `<section>${inline}</section><footer>The end</footer>`)));
  await expect(widget.button('Start talking')).toBeVisible();
  expect(await widget.host.evaluate((agent) => agent.parentElement?.localName)).toBe('section');
});

test('the single file works as a classic script, as a module and inlined', async ({ page, widget, site }) => {
  const single = readFileSync(new URL('single/voice-agent.js', DIST), 'utf8');
  const tags = [
    `<script src="/single/voice-agent.js" ${settingsOf(site)}></script>`,
    `<script type="module" src="/single/voice-agent.js?v=2" ${settingsOf(site)}></script>`,
    `<script ${settingsOf(site)}>${single.replaceAll('</script', '<\\/script')}</script>`,
  ];
  for (const tag of tags) {
    await page.goto(publishPage(site, plainPage('', tag)));
    await expectCall(widget, site);
  }
  await page.goto(publishPage(site, plainPage(tags[0]?.replace('<script', '<script data-transport="websocket"') ?? '')));
  await expectCall(widget, site);
  const others = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname));
  expect(others.filter((path) => /\/chunks\/|worklet/.test(path))).toEqual([]);
});

test('a shadowed document.currentScript of another element is ignored', async ({ page, widget, site }) => {
  await page.goto(
    publishPage(
      site,
      plainPage('', `<img name="currentScript" src="/evil/x.js" data-src="/evil/voice-agent.js" alt="">${documentedTag(site)}`),
    ),
  );
  await expect(widget.button(/Ask us/)).toBeVisible();
  expect(site.requests.filter((path) => path === '/evil/voice-agent.js')).toEqual([]);
});

test('under the strict policy with Trusted Types, the loader needs only its own policy', async ({ page, widget, site }) => {
  const body = documentedTag(site);
  const strict = policy(new URL(site.sandbox.url).origin);
  await page.goto(
    site.page({ attributes: false, scripts: 0, body, headers: { 'Content-Security-Policy': `${strict} voice-agent-embed` } }),
  );
  await expectCall(widget, site);
});

test('under a policy with nonces, the widget gets the nonce of the loader', async ({ page, widget, site }) => {
  const rules = `default-src 'none'; script-src 'nonce-n0nce'; style-src 'self'; media-src 'self'; connect-src 'self' ${new URL(site.sandbox.url).origin}`;
  const body = documentedTag(site).replace('<script', '<script nonce="n0nce"');
  await page.goto(site.page({ attributes: false, scripts: 0, body, headers: { 'Content-Security-Policy': rules } }));
  await expectCall(widget, site);
});

test('the loader has no syntax newer than ES2017', () => {
  const written = (target: string): string => transformSync(LOADER_CODE, { target }).code;
  expect(written('es2017')).toBe(written('esnext'));
  expect(transformSync('a?.b', { target: 'es2017' }).code).not.toBe(transformSync('a?.b', { target: 'esnext' }).code);
});

test('a wrong address is reported in the console and on the tag', async ({ page, widget, site }) => {
  const reported = page.waitForEvent('console', (message) => message.text().includes('/nowhere/voice-agent.js did not load'));
  await page.goto(publishPage(site, plainPage('', documentedTag(site).replace('data-src="/', 'data-src="/nowhere/'))));
  await reported;
  await expect(widget.host).toHaveAttribute('data-error', 'load_failed');
  // A further copy with the right address repairs it.
  await page.evaluate(() => {
    const script = document.createElement('script');
    Object.assign(script, { src: '/embed.js' });
    document.body.append(script);
    document.querySelector('script[data-src]')?.remove();
  });
  await expect(widget.button(/Ask us/)).toBeVisible();
});
