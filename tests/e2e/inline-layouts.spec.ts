/** An inline panel is never narrower than its card in any page layout, and fits into narrow containers. */
import { INLINE_LAYOUTS, layoutPage, measureInline } from '../support/inline-layouts.js';
import { expect, test } from './fixtures.js';

test.describe.configure({ mode: 'parallel' });

for (const layout of INLINE_LAYOUTS) {
  test(`Chromium, ${layout.name}: the panel is as wide as its card and every control can be pressed`, async ({ page, site }) => {
    await page.setViewportSize({ width: 1000, height: 800 });
    await page.goto(site.page(layoutPage(layout)));
    const { card, panel, reached, covered } = await page.evaluate(measureInline);
    expect(card).toBeGreaterThanOrEqual(240);
    expect(panel).toBeCloseTo(card, 0);
    expect(covered).toEqual([]);
    expect(reached).toContain('input');
  });
}

test('an inline panel fills a block container', async ({ page, site }) => {
  await page.setViewportSize({ width: 1000, height: 800 });
  await page.goto(site.page({ style: 'body { margin: 0; } main { inline-size: 700px; }', attributes: { placement: 'inline' } }));
  expect(await page.evaluate(measureInline)).toMatchObject({ card: 700, panel: 700 });
});

const NARROW = {
  block: '',
  'flex row': 'main { display: flex; }',
  'flex column': 'main { display: flex; flex-direction: column; }',
  'grid with one auto column': 'main { display: grid; }',
  'grid with one fr column': 'main { display: grid; grid-template-columns: 1fr; }',
  'inline-block': 'voice-agent { display: inline-block; }',
  table: 'main { display: table; }',
};

for (const [name, style] of Object.entries(NARROW)) {
  test(`in a 280 px sidebar with padding, ${name}, card and panel fit`, async ({ page, site }) => {
    const sidebar = `body { margin: 0; inline-size: 280px; padding: 16px; box-sizing: border-box; } h1, p { inline-size: 0; overflow: hidden; margin: 0; }`;
    await page.setViewportSize({ width: 280, height: 800 });
    await page.goto(site.page({ style: `${sidebar} ${style}`, attributes: { placement: 'inline' } }));
    const { card, panel, covered } = await page.evaluate(measureInline);
    expect(card).toBeLessThanOrEqual(248);
    expect(panel).toBeCloseTo(card, 0);
    expect(covered).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(280);
  });
}
