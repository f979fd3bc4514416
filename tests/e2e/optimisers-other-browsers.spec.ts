/** `embed.js` in Firefox and WebKitGTK after what optimisers do to it: one launcher appears. Calls are tested in Chromium. */
import { expect, test as base } from '@playwright/test';
import { Firefox } from '../support/firefox.js';
import { PAGE_OPTIMISERS } from '../support/page-optimisers.js';
import type { Site } from '../support/site.js';
import type { TestBrowser } from '../support/test-browser.js';
import { WebKit } from '../support/webkit.js';
import { siteOf } from './fixtures.js';
import { LOADER_CODE, documentedTag, plainPage, publishPage, settingsOf } from './optimiser-fixtures.js';

const test = base.extend<object, { site: Site; browsers: Readonly<Record<'Firefox' | 'WebKitGTK', TestBrowser>> }>({
  site: siteOf(),
  browsers: [
    async ({}, use) => {
      const [firefox, webkit] = [await Firefox.start(), await WebKit.start()];
      await use({ Firefox: firefox, WebKitGTK: webkit });
      await Promise.all([firefox.close(), webkit.close()]);
    },
    { scope: 'worker' },
  ],
});

/** The name on each launcher of the page; empty before it is rendered. */
const launchers = (): string[] =>
  [...document.querySelectorAll('voice-agent')].map(
    (agent) => agent.shadowRoot?.querySelector('voice-agent-launcher')?.shadowRoot?.querySelector('.name')?.textContent ?? '',
  );

for (const name of ['Firefox', 'WebKitGTK'] as const) {
  test(`${name}: the launcher appears after each of the transformations`, async ({ site, browsers }) => {
    const browser = browsers[name];
    for (const { name: transformation, interaction = false, transform } of PAGE_OPTIMISERS) {
      await browser.open(publishPage(site, transform({ tag: documentedTag(site), code: LOADER_CODE })), { width: 800, height: 600 });
      if (interaction) await browser.run(() => dispatchEvent(new Event('mousemove')));
      await expect.poll(() => browser.run(launchers), { message: transformation }).toEqual(['Ask us']);
    }
  });

  test(`${name}: a loader without an address in the page finds its own, and the single file needs none`, async ({ site, browsers }) => {
    const browser = browsers[name];
    const tag = `<voice-agent token-url="/voice/token" base-url="${site.sandbox.url}" heading="Ask us"></voice-agent>`;
    const pages = [
      plainPage('<script type="module" src="/flat/embed.js?v=3"></script>', tag),
      plainPage(`<script src="/single/voice-agent.js" ${settingsOf(site)}></script>`),
      plainPage(`<script type="module" src="/single/voice-agent.js" ${settingsOf(site)}></script>`),
    ];
    for (const page of pages) {
      await browser.open(publishPage(site, page), { width: 800, height: 600 });
      await expect.poll(() => browser.run(launchers)).toEqual(['Ask us']);
    }
  });
}
