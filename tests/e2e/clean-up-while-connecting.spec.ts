/**
 * An attempt that is cancelled in any phase (by the visitor, the page's signal, the time limit, or removal of the element)
 * leaves nothing behind: no microphone that is granted late, and no call that the server creates late.
 */
import type { Page } from '@playwright/test';
import type { ConnectPhase } from '../../src/contract/states.js';
import { NOTHING } from '../support/resource-probe.js';
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

/** Delays each phase for much longer than the test needs. */
const HELD: Record<ConnectPhase, (site: Site, page: Page) => unknown> = {
  authorizing: ({ sandbox }) => sandbox.fault({ at: 'client_secrets', fault: 'delay', ms: 4_000 }),
  microphone: (_, page) =>
    page.addInitScript(() => {
      window.lateGrants = 0;
      const { getUserMedia } = MediaDevices.prototype;
      // A visitor who answers the prompt late: permission is granted after the attempt has ended.
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

/** Starts an attempt and waits for the phase. */
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
    .poll(() => widget.host.evaluate((agent: Agent) => (agent.session?.status.state === 'connecting' ? agent.session.status.phase : '')), {
      intervals: [20],
    })
    .toBe(phase);
}

const outcome = (page: Page): Promise<string> => page.evaluate(() => window.attempt.outcome);

for (const phase of ['authorizing', 'microphone', 'negotiating', 'configuring'] as const) {
  test(`an attempt cancelled while ${phase} releases everything`, async ({ page, widget, site, resources, fired }) => {
    await HELD[phase](site, page);
    await widget.open(site);

    await test.step('cancelled by the visitor', async () => {
      await begin(widget, phase);
      await widget.button('Cancel').click();
      await widget.reaches('disconnected');
      expect(await resources.settled()).toEqual(NOTHING);
      expect(await outcome(page)).toBe('aborted');
    });

    await test.step('cancelled by the page’s AbortSignal', async () => {
      await begin(widget, phase);
      await page.evaluate(() => window.attempt.controller.abort());
      await widget.reaches('disconnected');
      expect(await resources.settled()).toEqual(NOTHING);
      expect(await outcome(page)).toBe('aborted');
    });
    expect(await fired.of('voice-agent-error'), 'an intended end emits no error').toEqual([]);

    // The time limit is paused while the prompt is open.
    if (phase !== 'microphone') {
      await test.step('cancelled by the time limit', async () => {
        await begin(widget, phase, 3_000);
        await widget.reaches('failed');
        expect(await resources.settled()).toEqual(NOTHING);
        expect(await outcome(page)).toBe('timeout');
        expect((await fired.of('voice-agent-error')).map(({ error }) => error.code)).toEqual(['timeout']);
      });
    }

    await test.step('cancelled by removal of the element', async () => {
      await begin(widget, phase);
      await page.evaluate(() => document.querySelector('voice-agent')?.remove());
      expect(await outcome(page)).toBe('aborted');
      expect(await resources.settled()).toEqual(NOTHING);
    });

    if (phase === 'microphone') {
      await expect.poll(() => page.evaluate(() => window.lateGrants), { timeout: 15_000 }).toBe(3);
      expect(await resources.settled(), 'late grants are released').toEqual(NOTHING);
    }
    // The delayed responses arrive now: calls that the server created in the meantime are hung up.
    const attempts = phase === 'negotiating' || phase === 'configuring' ? 4 : 0;
    await expect.poll(() => site.sandbox.calls.map(({ state }) => state), { timeout: 15_000 }).toEqual(Array(attempts).fill('ended'));
    expect(await resources.settled()).toEqual(NOTHING);
  });
}
