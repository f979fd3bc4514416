/** The visualizer and the meters show both audio levels while they are visible. */
import { chromiumLaunch } from '../support/chromium.js';
import { expect, test } from './fixtures.js';

test.use({ launchOptions: chromiumLaunch(), contextOptions: { reducedMotion: 'no-preference' } });

test('levels follow the agent’s voice, are not measured while minimised, and resume when opened', async ({ page, widget, site }) => {
  site.sandbox.script({ replies: [{ items: [{ say: 'A long tone.', tone: { hz: 440, ms: 60_000 } }] }] });
  await widget.open(site, { attributes: { placement: 'bottom-end', heading: 'Ask Ada', 'turn-detection': 'none' } });
  await widget.button(/Ask Ada/).click();
  await widget.reaches('connected');
  const meter = page.locator('voice-agent-controls .agent i');
  const bloom = page.locator('voice-agent-visualizer .voice').first();
  const width = (): Promise<number> => meter.evaluate((bar) => new DOMMatrix(getComputedStyle(bar).transform).a);
  const openness = (): Promise<number> => bloom.evaluate((ring) => new DOMMatrix(getComputedStyle(ring).transform).a);
  await widget.say('Go on.');
  await expect.poll(width).toBeGreaterThan(0.3);
  await expect.poll(openness).toBeGreaterThan(1.05);

  const looks = (): Promise<number> => page.evaluate(() => (window as unknown as { looks: number }).looks);
  await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => {
    const call = agent.session as { levels: () => unknown };
    const levels = call.levels.bind(call);
    const counted = window as unknown as { looks: number };
    counted.looks = 0;
    call.levels = () => {
      counted.looks++;
      return levels();
    };
  });
  await expect.poll(looks).toBeGreaterThan(3);
  await widget.button('Minimise').click();
  await expect(meter).toHaveCount(0);
  const before = await looks();
  // Meanwhile the launcher's clock ticks, which also updates the widget.
  const clock = page.locator('voice-agent-clock');
  const shown = await clock.textContent();
  await expect(clock).not.toHaveText(shown ?? '');
  expect(await looks()).toBe(before);

  await widget.button(/Ask Ada/).click();
  await expect.poll(width).toBeGreaterThan(0.3);
  await expect.poll(openness).toBeGreaterThan(1.05);
  await widget.button('End call').click();
  await widget.reaches('disconnected');
  await expect.poll(openness).toBe(1);
});
