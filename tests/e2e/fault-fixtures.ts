/**
 * Fixtures for fault tests: `cleanup` records errors and clean-up, and after every test, no page may contain a key that was
 * in use (`canaries`).
 */
import type { Page } from '@playwright/test';
import { enPanel } from '../../src/i18n/en-panel.js';
import type { ErrorCode } from '../../src/contract/errors.js';
import type { SandboxCall } from '../../src/sandbox/index.js';
import { CleanupProbe } from '../support/cleanup-probe.js';
import { NOTHING } from '../support/resource-probe.js';
import type { PageOptions, Site } from '../support/site.js';
import { Widget, expect, test as base } from './fixtures.js';

/** An expected failure. */
export interface ExpectedFailure {
  /** Allows timers to continue: the countdown of `Retry-After` updates every second. */
  readonly countdown?: boolean;
  /** Number of errors before this one. */
  readonly before?: number;
}

interface FaultFixtures {
  /** Watches another page. Call before it opens. */
  watch: (page: Page) => Promise<CleanupProbe>;
  cleanup: CleanupProbe;
  /** Keys that no page may contain; the sandbox's keys are added automatically. */
  canaries: Set<string>;
}

export const test = base.extend<FaultFixtures>({
  watch: async ({ complaints, canaries, site }, use) => {
    const watched: CleanupProbe[] = [];
    await use(async (page) => {
      const cleanup = new CleanupProbe(page);
      watched.push(cleanup);
      await cleanup.install();
      page.on('pageerror', (error) => complaints.push(`page error: ${String(error)}`));
      return cleanup;
    });
    for (const { value } of site.sandbox.keys) canaries.add(value);
    for (const cleanup of watched) {
      for (const [place, text] of Object.entries(await cleanup.readable())) {
        for (const key of canaries) expect(text.includes(key), `no key in the page's ${place}`).toBe(false);
      }
    }
  },
  cleanup: [async ({ page, watch }, use) => use(await watch(page)), { auto: true }],
  canaries: async ({}, use) => use(new Set(['sk-sandbox-tests'])),
});

/**
 * The call failed as expected: one typed error, a message and a remedy in an alert, a retry button, and everything
 * released within a second.
 */
export async function expectFailure(widget: Widget, cleanup: CleanupProbe, code: ErrorCode, options: ExpectedFailure = {}): Promise<void> {
  const { countdown = false, before = 0 } = options;
  await widget.reaches('failed');
  const { title, detail } = enPanel.errors[code];
  await expect(widget.alert).toContainText(title);
  await expect(widget.alert).toContainText(detail);
  await expect(widget.button(/^Try again/)).toBeVisible();
  expect((await cleanup.errors()).slice(before).map((error) => error.code)).toEqual([code]);
  await expectReleased(cleanup, countdown);
}

/** Everything is released a second after the end. */
export async function expectReleased(cleanup: CleanupProbe, countdown = false): Promise<void> {
  const release = await cleanup.release();
  const timers = countdown ? release?.held.timers.filter((timer) => !timer.includes('/chunks/panel')) : release?.held.timers;
  expect({ ...release?.held, timers }).toEqual(NOTHING);
}

/** A text-only call: it connects quickly and sends no audio. */
export async function typedCall(widget: Widget, site: Site, options?: PageOptions): Promise<SandboxCall> {
  await widget.open(site, options);
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  return site.sandbox.nextCall();
}

/** Presses "Try again" after the fault is gone: the call connects. */
export async function expectRetryWorks(widget: Widget): Promise<void> {
  await widget.button('Try again').click();
  await widget.reaches('connected');
}

/** A valid response of a key endpoint: a new sandbox key. */
export function goodKey(site: Site, options: Parameters<Site['sandbox']['mintKey']>[0] = {}): Response {
  const { value, expiresAt } = site.sandbox.mintKey({ seconds: 60, ...options });
  return Response.json({ value, expires_at: expiresAt });
}

/** Counts requests for a path of the site since the test began. */
export function countRequests(site: Site): (path: string) => number {
  const before = site.requests.length;
  return (path) => site.requests.slice(before).filter((request) => request === path).length;
}

/** Number of call requests to the sandbox. */
export const offers = (site: Site): number => site.sandbox.requests.filter(({ path }) => path.startsWith('/v1/realtime/calls')).length;

export { expect, Widget };
export type { Site };
