/**
 * Fixtures for calls with the sandbox inside the page: a static host per worker, a page that fails the test on page errors and policy
 * violations, the widget, a recorder of its sound, a count of its resources, and the sandbox of the page.
 */
import { test as base, expect } from '@playwright/test';
import type { Page } from '@playwright/test';
import type { BrowserSandbox } from '../../src/sandbox/browser/index.js';
import type { ResourceProbe } from '../support/resource-probe.js';
import type { Tape } from '../support/sound-tape.js';
import { startStaticHost } from '../support/static-host.js';
import type { StaticHost } from '../support/static-host.js';
import { complaintsOf, pageTools } from './fixtures.js';
import type { Widget } from './fixtures.js';

declare global {
  interface Window {
    sandbox: BrowserSandbox;
    violations: string[];
  }
}

/** The module script of a page that connects its widget to a sandbox with these options, written as code. */
export const connects = (options = '{}'): string => `
  import { connectBrowserSandbox } from '../../sandbox-browser.js';
  window.sandbox = await connectBrowserSandbox(document.querySelector('voice-agent'), ${options});
`;

/** Opens such a page and waits until the sandbox has started. */
export async function openConnected(page: Page, host: StaticHost, options?: string, attributes?: string): Promise<void> {
  await page.goto(host.page(connects(options), attributes));
  await page.waitForFunction(() => 'sandbox' in window);
}

interface Fixtures {
  complaints: string[];
  widget: Widget;
  tape: Tape;
  resources: ResourceProbe;
}

/** See the head of the file. */
export const test = base.extend<Fixtures, { host: StaticHost }>({
  host: [
    async ({}, use) => {
      const host = await startStaticHost();
      await use(host);
      await host.close();
    },
    { scope: 'worker' },
  ],
  complaints: [
    async ({ page, host }, use) => {
      const complaints = await complaintsOf(page);
      const before = host.missed.length;
      page.on('request', (request) => {
        if (!request.url().startsWith(new URL(host.url).origin)) complaints.push(`request elsewhere: ${request.url()}`);
      });
      await page.addInitScript(() => {
        window.violations = [];
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
          window.violations.push(`${effectiveDirective} ${blockedURI}`);
        });
      });
      await use(complaints);
      expect(complaints).toEqual([]);
      expect(await page.evaluate(() => window.violations)).toEqual([]);
      expect(host.missed.slice(before), 'the host receives no requests of the call').toEqual([]);
    },
    { auto: true },
  ],
  ...pageTools,
});

export { expect };
