/** The layouts of `inline-layouts.spec.ts` in Firefox. */
import { expect, test as base } from '@playwright/test';
import { Firefox } from '../support/firefox.js';
import { INLINE_LAYOUTS, layoutPage, measureInline } from '../support/inline-layouts.js';
import type { Site } from '../support/site.js';
import { siteOf } from './fixtures.js';

const test = base.extend<object, { site: Site; firefox: Firefox }>({
  site: siteOf(),
  firefox: [
    async ({}, use) => {
      const firefox = await Firefox.start();
      await use(firefox);
      await firefox.close();
    },
    { scope: 'worker' },
  ],
});

for (const layout of INLINE_LAYOUTS) {
  test(`Firefox, ${layout.name}: the panel is as wide as its card and every control can be pressed`, async ({ firefox, site }) => {
    await firefox.open(site.page(layoutPage(layout)), { width: 1000, height: 800 });
    const { card, panel, reached, covered } = await firefox.run(measureInline);
    expect(card).toBeGreaterThanOrEqual(240);
    expect(panel).toBeCloseTo(card, 0);
    expect(covered).toEqual([]);
    expect(reached).toContain('input');
  });
}
