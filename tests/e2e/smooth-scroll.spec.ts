/** Pages with a smooth-scroll library: the widget's scrollers scroll; otherwise the page does. */
import type { Page } from '@playwright/test';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { arrive } from '../support/states.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }), contextOptions: { reducedMotion: 'reduce' } });
test.describe.configure({ mode: 'parallel' });

/** What such libraries do: cancel scrolling and scroll the page. Named by the event, the target and the phase of the listener. */
const LIBRARIES: Record<string, string> = {
  'wheel on the window (Lenis, fullPage)': `addEventListener('wheel', take, { passive: false });`,
  'mousewheel on the document (smoothscroll.js)': `document.addEventListener('mousewheel', take, { passive: false });`,
  'wheel on the body (scroll locks of modal dialogs)': `document.body.addEventListener('wheel', take, { passive: false });`,
  'wheel on the window in the capture phase, with the attribute of Lenis': `addEventListener('wheel', (event) => event.composedPath().some((node) => node.hasAttribute?.('data-lenis-prevent')) || take(event), { passive: false, capture: true });`,
};
const take = `const take = (event) => { event.preventDefault(); scrollTo(0, scrollY + event.deltaY); };`;
const pageScript = (library: string): string =>
  `${take} ${library} document.querySelector('main').style.blockSize = '4000px'; scrollTo(0, 600);`;

const places = (page: Page): Promise<{ transcript: number; page: number }> =>
  page.locator('voice-agent-transcript').evaluate((view) => ({
    transcript: Math.round(view.shadowRoot?.querySelector('.scroller')?.scrollTop ?? 0),
    page: Math.round(scrollY),
  }));

/** Turns the wheel over the middle of a part. */
async function wheel(page: Page, part: string, by: number): Promise<void> {
  const box = await page.locator('voice-agent').locator(part).boundingBox();
  if (!box) throw new Error(`no ${part}`);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.wheel(0, by);
}

for (const [name, library] of Object.entries(LIBRARIES)) {
  test(`${name}: the wheel scrolls the transcript`, async ({ page, site }) => {
    await arrive(page, site, 'long conversation', { script: pageScript(library) });
    const before = await places(page);
    expect(before.transcript).toBeGreaterThan(200);
    await wheel(page, '[part="scroller"]', -150);
    await expect.poll(() => places(page)).toEqual({ transcript: before.transcript - 150, page: before.page });
  });
}

test('the page keeps the wheel over a transcript that does not scroll, while zooming, and over the minimised launcher', async ({
  page,
  site,
}) => {
  const { host } = await arrive(page, site, 'ended', {
    script: `${pageScript(LIBRARIES['wheel on the window (Lenis, fullPage)'] ?? '')} window.zoomed = 0; addEventListener('wheel', (event) => (window.zoomed += Number(event.ctrlKey)));`,
  });
  const start = (await places(page)).page;
  await wheel(page, '[part="scroller"]', -100);
  await expect.poll(async () => (await places(page)).page).toBe(start - 100);
  await page.keyboard.down('Control');
  await wheel(page, '[part="scroller"]', -100);
  await page.keyboard.up('Control');
  await expect.poll(() => page.evaluate(() => (window as unknown as { zoomed: number }).zoomed)).toBe(1);
  const now = await page.evaluate(() => scrollY);
  await host.getByRole('button', { name: 'Minimise' }).click();
  await wheel(page, '[part="open-button"]', -100);
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(now - 100);
});

test('one finger scrolls the transcript, and two fingers reach the page', async ({ page, site }) => {
  const { host } = await arrive(page, site, 'long conversation', {
    script: `window.moves = []; addEventListener('touchmove', ({ touches }) => window.moves.push(touches.length));`,
  });
  const moves = await host.locator('[part="scroller"]').evaluate((scroller) => {
    const move = (target: Element, fingers: number): void => {
      const touches = Array.from({ length: fingers }, (_, identifier) => new Touch({ identifier, target }));
      target.dispatchEvent(new TouchEvent('touchmove', { touches, bubbles: true, composed: true, cancelable: true }));
    };
    move(scroller, 1);
    move(scroller, 2);
    move(document.body, 1);
    return (window as unknown as { moves: number[] }).moves;
  });
  expect(moves).toEqual([2, 1]);
});
