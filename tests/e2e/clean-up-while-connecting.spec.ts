/**
 * An attempt that is given up in any of its phases (by the visitor, the page's signal, the time limit, removal of the
 * element) leaves nothing behind: no microphone that is granted late, no call that the server makes all the same.
 */
import type { Page } from '@playwright/test';
import type { ConnectPhase } from '../../src/contract/states.js';
import { NOTHING } from '../support/census.js';
import { chromiumLaunch } from '../support/chromium.js';
import type { Site } from '../support/site.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';
import type { Widget } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

type Agent = HTMLElementTagNameMap['voice-agent'];

declare global {
  interface Window {
    attempt: { controller: AbortController; outcome: Promise<string> };
    lateGrants: number;
  }
}

/** What holds an attempt in each phase, for much longer than the test needs. */
const HELD: Record<ConnectPhase, (site: Site, page: Page) => unknown> = {
  authorizing: ({ sandbox }) => sandbox.fault({ at: 'client_secrets', fault: 'delay', ms: 4_000 }),
  microphone: (_, page) =>
    page.addInitScript(() => {
      window.lateGrants = 0;
      const { getUserMedia } = MediaDevices.prototype;
      // A visitor who takes a while to answer the prompt: the grant comes when the attempt is long over.
      MediaDevices.prototype.getUserMedia = async function (constraints) {
        await new Promise((resolve) => setTimeout(resolve, 4_000));
        const stream = await getUserMedia.call(this, constraints);
        window.lateGrants++;
        return stream;
      };
      Permissions.prototype.query = () => Promise.resolve({ state: 'prompt' } as PermissionStatus);
    }),
  negotiating: ({ sandbox }) => sandbox.fault({ at: 'calls', fault: 'delay', ms: 4_000 }),
  configuring: ({ sandbox }) => sandbox.fault({ at: 'event', type: 'session.updated', fault: 'drop' }),
};

/** Begins an attempt and waits until it is in the phase. */
async function begin(widget: Widget, phase: ConnectPhase, timeout = 30_000): Promise<void> {
  await widget.host.evaluate((agent: Agent, limit) => {
    agent.open = true;
    const controller = new AbortController();
    const outcome = agent.connect({ signal: controller.signal, timeout: limit }).then(
      () => 'connected',
      (error: { code: string }) => error.code,
    );
    window.attempt = { controller, outcome };
  }, timeout);
  await expect
    .poll(() => widget.host.evaluate((agent: Agent) => (agent.session?.status.state === 'connecting' ? agent.session.status.phase : '')), { intervals: [20] })
    .toBe(phase);
}

const outcome = (page: Page): Promise<string> => page.evaluate(() => window.attempt.outcome);

for (const phase of ['authorizing', 'microphone', 'negotiating', 'configuring'] as const) {
  test(`given up while ${phase}`, async ({ page, widget, site, census, fired }) => {
    await HELD[phase](site, page);
    await widget.open(site);

    await test.step('by the visitor', async () => {
      await begin(widget, phase);
      await widget.button('Cancel').click();
      await widget.reaches('disconnected');
      expect(await census.settled()).toEqual(NOTHING);
      expect(await outcome(page)).toBe('aborted');
    });

    await test.step('by the page’s signal', async () => {
      await begin(widget, phase);
      await page.evaluate(() => window.attempt.controller.abort());
      await widget.reaches('disconnected');
      expect(await census.settled()).toEqual(NOTHING);
      expect(await outcome(page)).toBe('aborted');
    });
    expect(await fired.of('voice-agent-error'), 'nobody is told of an end that was wanted').toEqual([]);

    // While the visitor reads a prompt, the clock stands still.
    if (phase !== 'microphone') {
      await test.step('by the time limit', async () => {
        await begin(widget, phase, 3_000);
        await widget.reaches('failed');
        expect(await census.settled()).toEqual(NOTHING);
        expect(await outcome(page)).toBe('timeout');
        expect((await fired.of('voice-agent-error')).map(({ error }) => error.code)).toEqual(['timeout']);
      });
    }

    await test.step('by removal of the element', async () => {
      await begin(widget, phase);
      await page.evaluate(() => document.querySelector('voice-agent')?.remove());
      expect(await outcome(page)).toBe('aborted');
      expect(await census.settled()).toEqual(NOTHING);
    });

    if (phase === 'microphone') {
      await expect.poll(() => page.evaluate(() => window.lateGrants), { timeout: 15_000 }).toBe(3);
      expect(await census.settled(), 'late grants are given back').toEqual(NOTHING);
    }
    // What was held arrives now: the calls that the server made for nobody are hung up.
    const attempts = phase === 'negotiating' || phase === 'configuring' ? 4 : 0;
    await expect.poll(() => site.sandbox.calls.map(({ state }) => state), { timeout: 15_000 }).toEqual(Array(attempts).fill('ended'));
    expect(await census.settled()).toEqual(NOTHING);
  });
}
