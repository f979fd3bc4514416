/**
 * Fixtures for every end-to-end test: a site for each worker (`site`), a page that fails the test on any page error or policy
 * violation (`page`, `complaints`), the widget as a visitor sees it (`widget`), and on request a recorder of its sound (`tape`),
 * a resources of its resources (`resources`), and a list of its events (`fired`). The calls of each test are written to
 * `test-results/sessions/` and checked against the protocol.
 */
import { test as base, expect } from '@playwright/test';
import type { Locator, Page, WorkerFixture } from '@playwright/test';
import type { RecordedEvent } from '../../src/sandbox/index.js';
import type { Message } from '../../src/contract/messages.js';
import { ResourceProbe } from '../support/resource-probe.js';
import { EventList } from '../support/event-list.js';
import { incompleteEvents, writeSessions } from '../support/recorded-sessions.js';
import { startSite } from '../support/site.js';
import type { PageOptions, Site, SiteOptions } from '../support/site.js';
import { installMoments, reached } from '../support/state-history.js';
import { Tape } from '../support/sound-tape.js';

/** The widget in a page, located by role and name. */
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
  /** Waits for a state or an activity. A short-lived one also counts if it has passed since the last call. */
  async reaches(state: string, timeout = 30_000): Promise<void> {
    await expect.poll(() => reached(this.host, state), { message: `state ${state}`, timeout, intervals: [50, 100, 250] }).toBe(state);
  }
  /** Sends a typed turn. */
  async say(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }
  /** The messages that the page sees: finished and streaming turns. */
  messages(): Promise<Message[]> {
    return this.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => [...agent.messages]);
  }
  /** Opens a page and waits for the widget to render. */
  async open(site: Site, options?: PageOptions): Promise<void> {
    await this.page.goto(site.page(options));
    await expect(this.host.first()).toHaveJSProperty('state', 'idle');
    await this.host.first().evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.updateComplete);
  }
}

interface Fixtures {
  widget: Widget;
  /** Errors and policy violations of the page; a test fails if any remain at its end. Remove expected ones. */
  complaints: string[];
  /** Matches server events that a test makes incomplete on purpose; they may lack required fields. */
  spoiled: ((event: RecordedEvent) => boolean)[];
  /** Records the widget's sound. Call `tape.listen()` once the page is open. */
  tape: Tape;
  resources: ResourceProbe;
  fired: EventList;
}

/** Fixtures for the page of any `test`. */
export const pageTools = {
  widget: async ({ page }: { page: Page }, use: (widget: Widget) => Promise<void>) => {
    await use(new Widget(page));
  },
  tape: async ({ page }: { page: Page }, use: (tape: Tape) => Promise<void>) => {
    const tape = new Tape(page);
    await tape.install();
    await use(tape);
  },
  resources: async ({ page }: { page: Page }, use: (resources: ResourceProbe) => Promise<void>) => {
    const resources = new ResourceProbe(page);
    await resources.install();
    await use(resources);
  },
};

/** Collects errors and policy violations of a page, in which states are recorded for `Widget.reaches()`. Call it before the page opens. */
export async function complaintsOf(page: Page): Promise<string[]> {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) complaints.push(`policy: ${message.text()}`);
  });
  await page.addInitScript(installMoments);
  return complaints;
}

/** A site per worker with these options: `test.extend({ site: siteOf(…) })`. */
export const siteOf = (options: SiteOptions = {}): [WorkerFixture<Site, object>, { scope: 'worker' }] => [
  async ({}, use) => {
    const site = await startSite(options);
    await use(site);
    await site.close();
  },
  { scope: 'worker' },
];

export const test = base.extend<Fixtures, { site: Site }>({
  site: siteOf(),
  complaints: [
    async ({ page }, use) => {
      const complaints = await complaintsOf(page);
      await page.addInitScript(() => {
        addEventListener('unhandledrejection', (event) => console.error('Trusted: unhandled rejection', String(event.reason)));
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
  spoiled: [
    async ({ site }, use, { titlePath }) => {
      site.sandbox.reset();
      const spoiled: ((event: RecordedEvent) => boolean)[] = [];
      await use(spoiled);
      const { calls } = site.sandbox;
      writeSessions(titlePath.join(' '), calls);
      expect(incompleteEvents(calls, (event) => spoiled.some((test) => test(event)))).toEqual([]);
    },
    { auto: true },
  ],
  ...pageTools,
  fired: async ({ page }, use) => {
    const fired = new EventList(page);
    await fired.install();
    await use(fired);
  },
});

export { expect };
