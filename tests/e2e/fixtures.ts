/**
 * What every end-to-end test gets: a site of its own worker (`site`), a page that fails the test on any page error or
 * policy violation (`page`), the widget as a visitor sees it (`widget`), and on request a recorder of its sound (`tape`),
 * a count of what it holds (`census`), a list of its events (`fired`). The calls of each test are written to
 * `test-results/sessions/` and checked against the protocol.
 */
import { test as base, expect } from '@playwright/test';
import type { Locator, Page, WorkerFixture } from '@playwright/test';
import type { RecordedEvent } from '../../src/sandbox/index.js';
import type { Message } from '../../src/contract/messages.js';
import { Census } from '../support/census.js';
import { EventList } from '../support/event-list.js';
import { incompleteEvents, writeSessions } from '../support/recorded-sessions.js';
import { startSite } from '../support/site.js';
import type { PageOptions, Site, SiteOptions } from '../support/site.js';
import { installMoments, reached } from '../support/moments.js';
import { Tape } from '../support/sound-tape.js';

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
  /** Waits for a state or an activity; for one that passes, it may be over by the time that a busy machine looks. */
  async reaches(state: string, timeout = 30_000): Promise<void> {
    await expect.poll(() => reached(this.host, state), { message: `state ${state}`, timeout, intervals: [50, 100, 250] }).toBe(state);
  }
  /** Types a turn and sends it. */
  async say(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }
  /** What the page reads: the finished and running turns. */
  messages(): Promise<Message[]> {
    return this.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => [...agent.messages]);
  }
  /** Opens a page and waits for the launcher. */
  async open(site: Site, options?: PageOptions): Promise<void> {
    await this.page.goto(site.page(options));
    await expect(this.host.first()).toHaveJSProperty('state', 'idle');
    await this.host.first().evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.updateComplete);
  }
}


interface Fixtures {
  widget: Widget;
  /** Complaints of the page so far; the test fails when one is left at its end. Remove what the test expects. */
  complaints: string[];
  /** Server events that a test spoils on purpose: they need not carry what the protocol requires. */
  spoiled: ((event: RecordedEvent) => boolean)[];
  /** Records what the widget plays; call `tape.listen()` once the page is open. */
  tape: Tape;
  census: Census;
  fired: EventList;
}

/** A site for each worker, made with these options: `test.extend({ site: siteOf(…) })`. */
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
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
      page.on('console', (message) => {
        if (/Content Security Policy|Trusted/i.test(message.text())) complaints.push(`policy: ${message.text()}`);
      });
      await page.addInitScript(installMoments);
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
  widget: async ({ page }, use) => {
    await use(new Widget(page));
  },
  tape: async ({ page }, use) => {
    const tape = new Tape(page);
    await tape.install();
    await use(tape);
  },
  census: async ({ page }, use) => {
    const census = new Census(page);
    await census.install();
    await use(census);
  },
  fired: async ({ page }, use) => {
    const fired = new EventList(page);
    await fired.install();
    await use(fired);
  },
});

export { expect };
