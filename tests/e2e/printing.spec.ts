/** Printing: floating widgets are hidden, and an inline conversation is printed completely. */
import type { Page } from '@playwright/test';
import { Dialogue } from '../support/dialogue.js';
import { arrive } from '../support/states.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }), contextOptions: { reducedMotion: 'reduce' } });
test.describe.configure({ mode: 'parallel' });

type Agent = HTMLElementTagNameMap['voice-agent'];

/** More turns than are rendered at once. */
const TURNS = Array.from({ length: 110 }, (_, index) => ({ role: 'assistant', text: `Answer ${String(index + 1)} of many.` }) as const);

/** Rendered answers: the first, the last, their number, and how many are cut off by a scroller or an edge. */
function printed(page: Page): Promise<{ first: string | undefined; last: string | undefined; count: number; cut: number }> {
  return page.locator('voice-agent-transcript').evaluate((view) => {
    const rows = [...(view.shadowRoot?.querySelectorAll('[part~="message"] p > :last-child') ?? [])].filter((row) => row.checkVisibility());
    const cut = rows.filter((row) => {
      const { bottom, top } = row.getBoundingClientRect();
      for (
        let box: Element | null = row;
        box;
        box = box.assignedSlot ?? box.parentElement ?? (box.getRootNode() as ShadowRoot).host ?? null
      ) {
        const edge = box.getBoundingClientRect();
        if (
          getComputedStyle(box).overflowY !== 'visible' &&
          box !== document.documentElement &&
          (bottom > edge.bottom + 1 || top < edge.top - 1)
        )
          return true;
      }
      return bottom === top;
    });
    return { first: rows[0]?.textContent ?? undefined, last: rows.at(-1)?.textContent ?? undefined, count: rows.length, cut: cut.length };
  });
}

const WHOLE = { first: 'Answer 1 of many.', last: 'Answer 110 of many.', count: 110, cut: 0 };

test('floating placements are not printed, whether closed or open', async ({ page, widget, site }) => {
  await widget.open(site, { attributes: { placement: 'bottom-end' } });
  const launcher = widget.host.locator('[part="launcher"]');
  await expect(launcher).toBeVisible();
  await page.emulateMedia({ media: 'print' });
  await expect(launcher).toBeHidden();
  await widget.host.evaluate((agent: Agent) => (agent.open = true));
  const panel = widget.host.locator('[part="panel"]');
  await expect(panel).toBeAttached();
  await expect(panel).toBeHidden();
  await page.emulateMedia({ media: 'screen' });
  await expect(panel).toBeVisible();
});

test('an inline conversation is printed completely, and the screen is restored afterwards', async ({ page, site }) => {
  const { host } = await arrive(page, site, 'listening', { attributes: { placement: 'inline', theme: 'dark' } });
  const [call] = site.sandbox.calls;
  if (!call) throw new Error('no call');
  new Dialogue(call).sendTurns(TURNS);
  const last = host.getByText('Answer 110 of many.');
  await expect(last).toBeInViewport();
  const before = await printed(page);
  expect(before.count).toBeLessThan(100);
  await page.emulateMedia({ media: 'print' });
  await expect.poll(() => printed(page)).toEqual(WHOLE);
  await expect(host.getByRole('button')).toHaveCount(0);
  await expect(host.getByRole('textbox')).toHaveCount(0);
  expect(await host.locator('[part="panel"]').evaluate((panel) => getComputedStyle(panel).colorScheme)).toBe('light');
  await page.emulateMedia({ media: 'screen' });
  await expect.poll(() => printed(page)).toMatchObject({ first: before.first, count: before.count });
  await expect(last).toBeInViewport();
});

test('the scroll position is restored after printing', async ({ page, site }) => {
  const { host } = await arrive(page, site, 'listening', { attributes: { placement: 'inline' } });
  const [call] = site.sandbox.calls;
  if (!call) throw new Error('no call');
  new Dialogue(call).sendTurns(TURNS);
  await expect(host.getByText('Answer 110 of many.')).toBeInViewport();
  const scroller = host.locator('[part="scroller"]');
  await scroller.evaluate((element) => (element.scrollTop = 0));
  await expect(host.getByRole('button', { name: 'Show earlier messages' })).toBeInViewport();
  await host.getByRole('button', { name: 'Show earlier messages' }).click();
  await expect(host.getByText('Answer 31 of many.')).toBeAttached();
  const top = await scroller.evaluate((element) => element.scrollTop);
  const before = await printed(page);
  // The browser's print events; the print dialog is open in between.
  const during = await page.evaluate(() => {
    dispatchEvent(new Event('beforeprint'));
    const rows =
      document
        .querySelector('voice-agent')
        ?.shadowRoot?.querySelector('voice-agent-transcript')
        ?.shadowRoot?.querySelectorAll('[part~="message"] p > :last-child') ?? [];
    const texts = [...rows].filter((row) => row.checkVisibility()).map((row) => row.textContent);
    dispatchEvent(new Event('afterprint'));
    return [texts[0], texts.at(-1), texts.length];
  });
  expect(during).toEqual(['Answer 1 of many.', 'Answer 110 of many.', 110]);
  expect(await printed(page)).toMatchObject({ first: before.first, last: before.last, count: before.count });
  expect(await scroller.evaluate((element) => element.scrollTop)).toBe(top);
});

test('a printed PDF contains every turn', async ({ page, site }) => {
  const { host } = await arrive(page, site, 'listening', { attributes: { placement: 'inline' } });
  const [call] = site.sandbox.calls;
  if (!call) throw new Error('no call');
  new Dialogue(call).sendTurns(TURNS);
  await expect(host.getByText('Answer 110 of many.')).toBeInViewport();
  const few = await page.pdf({ pageRanges: '1' });
  const all = await page.pdf();
  const pages = (pdf: Buffer): number => pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length ?? 0;
  expect(pages(few)).toBe(1);
  expect(pages(all)).toBeGreaterThan(3);
});
