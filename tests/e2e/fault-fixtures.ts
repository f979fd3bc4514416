/**
 * What every test of a fault gets on top: errors and clean-up are watched (`aftermath`), and whatever the test does, no
 * key that was in play may be found anywhere in its pages afterwards (`canaries`).
 */
import type { Page } from '@playwright/test';
import { enPanel } from '../../src/i18n/en-panel.js';
import type { ErrorCode } from '../../src/contract/errors.js';
import type { SandboxCall } from '../../src/sandbox/index.js';
import { Aftermath } from '../support/aftermath.js';
import { NOTHING } from '../support/census.js';
import type { PageOptions, Site } from '../support/site.js';
import { Widget, expect, test as base } from './fixtures.js';

/** A failure as the matrix of faults asks for it. */
export interface ExpectedFailure {
  /** Timers that may go on: the countdown of a `Retry-After` is shown second by second. */
  readonly countdown?: boolean;
  /** Ends of calls before this one. */
  readonly before?: number;
}

interface FaultFixtures {
  /** Watches a further page; to be called before it is opened. */
  watch: (page: Page) => Promise<Aftermath>;
  aftermath: Aftermath;
  /** Keys that must not be found in any page; those of the sandbox are added by themselves. */
  canaries: Set<string>;
}

export const test = base.extend<FaultFixtures>({
  watch: async ({ complaints, canaries, site }, use) => {
    const watched: Aftermath[] = [];
    await use(async (page) => {
      const aftermath = new Aftermath(page);
      watched.push(aftermath);
      await aftermath.install();
      page.on('pageerror', (error) => complaints.push(`page error: ${String(error)}`));
      return aftermath;
    });
    for (const { value } of site.sandbox.keys) canaries.add(value);
    for (const aftermath of watched) {
      for (const [place, text] of Object.entries(await aftermath.readable())) {
        for (const key of canaries) expect(text.includes(key), `a key in the page's ${place}`).toBe(false);
      }
    }
  },
  aftermath: [async ({ page, watch }, use) => use(await watch(page)), { auto: true }],
  canaries: async ({}, use) => use(new Set(['sk-sandbox-tests'])),
});

/**
 * The call failed as it should: one typed error, the words and the remedy in an alert, a button to try again, and
 * everything let go of within a second.
 */
export async function expectFailure(widget: Widget, aftermath: Aftermath, code: ErrorCode, options: ExpectedFailure = {}): Promise<void> {
  const { countdown = false, before = 0 } = options;
  await widget.reaches('failed');
  const { title, detail } = enPanel.errors[code];
  await expect(widget.alert).toContainText(title);
  await expect(widget.alert).toContainText(detail);
  await expect(widget.button(/^Try again/)).toBeVisible();
  expect((await aftermath.errors()).slice(before).map((error) => error.code)).toEqual([code]);
  await expectReleased(aftermath, countdown);
}

/** Nothing is held a second after the end. */
export async function expectReleased(aftermath: Aftermath, countdown = false): Promise<void> {
  const release = await aftermath.release();
  const timers = countdown ? release?.held.timers.filter((timer) => !timer.includes('/chunks/panel')) : release?.held.timers;
  expect({ ...release?.held, timers }).toEqual(NOTHING);
}

/** A call by text alone, which is quick to make and says nothing by itself. */
export async function typedCall(widget: Widget, site: Site, options?: PageOptions): Promise<SandboxCall> {
  await widget.open(site, options);
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  return site.sandbox.nextCall();
}

/** Presses "Try again" now that the fault is gone: the call comes about. */
export async function expectRetryWorks(widget: Widget): Promise<void> {
  await widget.button('Try again').click();
  await widget.reaches('connected');
}

/** A key endpoint's good answer: a fresh key of the sandbox. */
export function goodKey(site: Site, options: Parameters<Site['sandbox']['mintKey']>[0] = {}): Response {
  const { value, expiresAt } = site.sandbox.mintKey({ seconds: 60, ...options });
  return Response.json({ value, expires_at: expiresAt });
}

/** How often a path of the site was asked for since the test began. */
export function countRequests(site: Site): (path: string) => number {
  const before = site.requests.length;
  return (path) => site.requests.slice(before).filter((request) => request === path).length;
}

/** How often the sandbox was asked for a call. */
export const offers = (site: Site): number => site.sandbox.requests.filter(({ path }) => path.startsWith('/v1/realtime/calls')).length;

export { expect, Widget };
export type { Site };
