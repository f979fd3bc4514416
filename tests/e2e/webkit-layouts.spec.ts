/** The layouts of `inline-layouts.spec.ts`, and the floating form, in WebKitGTK. */
import { expect, test as base } from '@playwright/test';
import { INLINE_LAYOUTS, layoutPage, measureInline } from '../support/inline-layouts.js';
import { inspectPart } from '../support/on-top.js';
import type { Seen } from '../support/on-top.js';
import type { Site } from '../support/site.js';
import { visibleBoxes } from '../support/visible-boxes.js';
import type { Box } from '../support/visible-boxes.js';
import { WebKit } from '../support/webkit.js';
import { siteOf } from './fixtures.js';

const test = base.extend<object, { site: Site; webkit: WebKit }>({
  site: siteOf(),
  webkit: [
    async ({}, use) => {
      const webkit = await WebKit.start();
      await use(webkit);
      await webkit.close();
    },
    { scope: 'worker' },
  ],
});

for (const layout of INLINE_LAYOUTS) {
  test(`WebKitGTK, ${layout.name}: the panel is as wide as its card and every control can be pressed`, async ({ webkit, site }) => {
    await webkit.open(site.page(layoutPage(layout)), { width: 1000, height: 800 });
    const { card, panel, reached, covered } = await webkit.run(measureInline);
    expect(card).toBeGreaterThanOrEqual(240);
    expect(panel).toBeCloseTo(card, 0);
    expect(covered).toEqual([]);
    expect(reached).toContain('input');
  });
}

/** A page whose styles defeat `position: fixed` and `z-index`: only the top layer is above its footer. */
const COVERED = {
  style: `main { transform: translateZ(0); } p { block-size: 3000px; }
    #cover { position: fixed; inset: auto 0 0; block-size: 300px; background: silver; z-index: 2147483647; }`,
  script: `const cover = document.createElement('footer'); cover.id = 'cover'; document.body.append(cover);`,
};
const SIZES = [
  { width: 1000, height: 800 },
  { width: 320, height: 568 },
] as const;

for (const size of SIZES) {
  test(`WebKitGTK, floating at ${String(size.width)} pixels: above a page layer, without horizontal scroll`, async ({ webkit, site }) => {
    const inspect = (part: string): Promise<Seen> =>
      webkit.evaluate(`(${String(inspectPart)})(document.querySelector('voice-agent'), ${JSON.stringify(part)})`);
    const inside = async (): Promise<void> => {
      const boxes = await webkit.evaluate<Box[]>(`(${String(visibleBoxes)})(document.querySelector('voice-agent'))`);
      expect(boxes.length, 'visible elements').toBeGreaterThan(0);
      expect(
        boxes.filter(({ left, right }) => left < -0.5 || right > size.width + 0.5),
        'elements beyond the sides of the viewport',
      ).toEqual([]);
      expect(
        boxes.filter(({ hidden, name }) => hidden > 1 && name !== 'meter'),
        'elements with overflowing content',
      ).toEqual([]);
      expect(await webkit.evaluate('document.documentElement.scrollWidth'), 'width of the page').toBe(
        await webkit.evaluate('document.documentElement.clientWidth'),
      );
    };
    await webkit.open(site.page({ ...COVERED, attributes: { placement: 'bottom-end', heading: 'Ask Ada' } }), size);
    await expect.poll(() => inspect('launcher'), 'launcher').toMatchObject({ pressable: true });
    await inside();

    const { left, right, top, bottom } = await inspect('launcher');
    await webkit.click({ x: (left + right) / 2, y: (top + bottom) / 2 });
    // Without WebRTC, the click opens the panel with the refusal.
    for (const part of ['close-button', 'action', 'input']) await expect.poll(() => inspect(part), part).toMatchObject({ pressable: true });
    await inside();
  });
}
