/** With CSS zoom and other root font sizes of the page, nothing in the widget is cut off. */
import type { Page } from '@playwright/test';
import { chromiumLaunch } from '../support/chromium.js';
import { seen } from '../support/on-top.js';
import { silentRoom } from '../support/spoken.js';
import { arrive } from '../support/states.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }), contextOptions: { reducedMotion: 'reduce' } });
test.describe.configure({ mode: 'parallel' });

const PAGES: Record<string, string> = {
  'html zoom 1.25': 'html { zoom: 1.25; }',
  'body zoom 2': 'body { zoom: 2; }',
  'html zoom 0.8': 'html { zoom: 0.8; }',
  'root font of 62.5 %': 'html { font-size: 62.5%; }',
  'root font of 200 %': 'html { font-size: 200%; }',
  'root font of 200 % and zoom 1.5': 'html { font-size: 200%; zoom: 1.5; }',
};

/** The last two show the full sheet. */
const SIZES = [
  [1200, 800],
  [800, 600],
  [390, 844],
  [640, 320],
] as const;

/** Checks that the panel is inside the window and that its parts are reachable, if necessary by scrolling the panel. */
async function whole(page: Page, width: number, height: number, parts: readonly string[]): Promise<void> {
  const host = page.locator('voice-agent');
  const { left, right, top, bottom } = await seen(host, 'panel');
  expect(
    { left: left >= -0.5, right: right <= width + 0.5, top: top >= -0.5, bottom: bottom <= height + 0.5 },
    `the panel: ${JSON.stringify({ left, right, top, bottom })}`,
  ).toEqual({
    left: true,
    right: true,
    top: true,
    bottom: true,
  });
  for (const part of parts) {
    await host.locator(`[part="${part}"]`).scrollIntoViewIfNeeded();
    expect(await seen(host, part), part).toMatchObject({ pressable: true });
  }
}

test('a heading with a long word: the launcher fits the window', async ({ page, widget, site }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await widget.open(site, { attributes: { placement: 'bottom-end', heading: 'Donaudampfschifffahrtsgesellschaft Kundendienst' } });
  const { left, right } = await seen(widget.host, 'base');
  expect(left).toBeGreaterThanOrEqual(0);
  expect(right).toBeLessThanOrEqual(320);
});

for (const [name, style] of Object.entries(PAGES)) {
  test(`${name}: the floating panel and the full sheet fit the window, and every part can be reached`, async ({ page, site }) => {
    await arrive(page, site, 'listening', { style });
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await test.step(`${String(width)} × ${String(height)}`, () =>
        whole(page, width, height, ['close-button', 'mute-button', 'end-button', 'input', 'send-button']));
    }
  });

  test(`${name}: the launcher fits the window`, async ({ page, widget, site }) => {
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await widget.open(site, { style, attributes: { placement: 'bottom-end', heading: 'Ask Ada' } });
      const { left, right, top, bottom, pressable } = await seen(widget.host, 'base');
      expect(
        { left: left >= -0.5, right: right <= width + 0.5, top: top >= -0.5, bottom: bottom <= height + 0.5, pressable },
        `${String(width)} × ${String(height)}: ${JSON.stringify({ left, right, top, bottom })}`,
      ).toEqual({ left: true, right: true, top: true, bottom: true, pressable: true });
    }
  });
}
