/**
 * What every end-to-end test gets: a site of its own worker (`site`), a page that fails the test on any page error or
 * policy violation (`page`), and the widget as a visitor sees it (`widget`).
 */
import { test as base, expect } from '@playwright/test';
import type { Locator, Page } from '@playwright/test';
import { startSite } from '../support/site.js';
import type { PageOptions, Site } from '../support/site.js';

/** The widget in a page, by role and name. */
export class Widget {
  readonly page: Page;
  readonly host: Locator;

  constructor(page: Page) {
    this.page = page;
    this.host = page.locator('voice-agent');
  }

  button(name: string | RegExp): Locator {
    return this.host.getByRole('button', { name });
  }
  get transcript(): Locator {
    return this.host.getByRole('log');
  }
  get field(): Locator {
    return this.host.getByRole('textbox', { name: 'Message' });
  }
  get alert(): Locator {
    return this.host.getByRole('alert');
  }
  state(): Promise<string> {
    return this.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.activity ?? agent.state);
  }
  /** Waits for a state or an activity. */
  async reaches(state: string, timeout = 15_000): Promise<void> {
    await expect(this.host, `state ${state}`).toHaveJSProperty(STATES.has(state) ? 'state' : 'activity', state, { timeout });
  }
  /** Opens a page and waits for the launcher. */
  async open(site: Site, options?: PageOptions): Promise<void> {
    await this.page.goto(site.page(options));
    await expect(this.host).toHaveJSProperty('state', 'idle');
    await this.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.updateComplete);
  }
}

const STATES = new Set(['idle', 'connecting', 'connected', 'reconnecting', 'disconnecting', 'disconnected', 'failed']);

interface Fixtures {
  widget: Widget;
  /** Complaints of the page so far; the test fails when one is left at its end. Remove what the test expects. */
  complaints: string[];
}

export const test = base.extend<Fixtures, { site: Site }>({
  site: [
    async ({}, use) => {
      const site = await startSite();
      await use(site);
      await site.close();
    },
    { scope: 'worker' },
  ],
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
      page.on('console', (message) => {
        if (/Content Security Policy|Trusted/i.test(message.text())) complaints.push(`policy: ${message.text()}`);
      });
      await page.addInitScript(() => {
        addEventListener('unhandledrejection', (event) => console.error('Trusted: unhandled rejection', String(event.reason)));
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
  widget: async ({ page, site }, use) => {
    site.sandbox.reset();
    await use(new Widget(page));
  },
});

export { expect };
