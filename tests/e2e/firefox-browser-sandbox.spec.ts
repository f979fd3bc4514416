/** A spoken call in Firefox with the sandbox inside the page: from a static host under the strict policy, without a server. */
import { expect, test as base } from '@playwright/test';
import { BrowserWidget } from '../support/browser-widget.js';
import { Firefox } from '../support/firefox.js';
import { ensureNetwork } from '../support/network.js';
import { SoundCard } from '../support/sound-card.js';
import { record } from '../support/spoken.js';
import { startStaticHost } from '../support/static-host.js';
import type { StaticHost } from '../support/static-host.js';
import { connects } from './browser-sandbox-fixtures.js';

const speech = await record('firefox', ['What is the weather like?', 1_500]);

interface Studio {
  readonly host: StaticHost;
  readonly card: SoundCard;
  readonly widget: BrowserWidget;
}

const test = base.extend<object, { studio: Studio }>({
  studio: [
    async ({}, use) => {
      const removeNetwork = ensureNetwork();
      const host = await startStaticHost();
      const card = await SoundCard.start();
      const firefox = await Firefox.start({ env: card.env, prefs: { 'media.navigator.permission.disabled': true } });
      await use({ host, card, widget: new BrowserWidget(firefox) });
      await firefox.close();
      await card.close();
      await host.close();
      removeNetwork();
    },
    { scope: 'worker' },
  ],
});

/** Code that records violations before anything else runs. */
const RECORDS = `
  window.violations = [];
  document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => violations.push(effectiveDirective + ' ' + blockedURI));
`;

test('Firefox speaks with the sandbox in its page, and closing releases everything', async ({ studio: { host, card, widget } }) => {
  const { browser } = widget;
  await widget.open(host.page(`${RECORDS}${connects(`{ script: { transcripts: ['What is the weather like?'] } }`)}`));
  await expect.poll(() => browser.evaluate(`'sandbox' in window`), { timeout: 20_000 }).toBe(true);
  await widget.click('Start talking');
  await widget.reaches('connected');
  const before = card.heard;
  card.speak(speech.samples);
  await widget.shows('What is the weather like?');
  await widget.shows('This is what you said');
  await expect.poll(() => card.heard - before, { message: 'milliseconds of the answer heard', timeout: 30_000 }).toBeGreaterThan(3_000);
  expect(await browser.evaluate<number>(`sandbox.calls[0].inputLevel()`), 'the sandbox heard the speech').toBeGreaterThan(-60);

  await widget.click('End call');
  await widget.reaches('disconnected');
  await expect.poll(() => browser.evaluate(`sandbox.calls[0].state`), { timeout: 15_000 }).toBe('ended');
  expect(await browser.evaluate(`sandbox.calls[0].pendingTimers`)).toBe(0);
  expect(await browser.evaluate(`violations`)).toEqual([]);
  expect(host.missed, 'the host receives no requests of the call').toEqual([]);
});
