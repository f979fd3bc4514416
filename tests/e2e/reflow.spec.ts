/** From a 320 px phone to a wide desktop, in portrait and landscape: nothing is cut off, scrolls sideways or shifts. */
import type { Locator, Page } from '@playwright/test';
import { chromiumLaunch } from '../support/chromium.js';
import { Dialogue } from '../support/dialogue.js';
import { record } from '../support/spoken.js';
import { arrive } from '../support/states.js';
import type { StateName } from '../support/states.js';
import { visibleBoxes } from '../support/visible-boxes.js';
import type { Box } from '../support/visible-boxes.js';
import { expect, test } from './fixtures.js';

const silence = await record('silence', [2_000]);

test.use({ launchOptions: chromiumLaunch({ wav: silence.path, loop: true }), contextOptions: { reducedMotion: 'reduce' } });
test.describe.configure({ mode: 'parallel' });

/** 320 × 256 equals a screen of 1280 × 1024 at 400 % zoom. */
const SIZES = [
  [320, 568],
  [320, 256],
  [640, 320],
  [768, 1024],
  [1280, 800],
] as const;

const LONG_WORD = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';
const LONG_ADDRESS = `https://example.com/${'orders/'.repeat(30)}4711?ref=${'x'.repeat(200)}`;

const boxes = (host: Locator): Promise<Box[]> => host.evaluate(visibleBoxes);

async function fits(page: Page, host: Locator, label: string): Promise<void> {
  const { width, sideways } = await page.evaluate(() => ({
    width: document.documentElement.clientWidth,
    sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  }));
  expect(sideways, `${label}: the page does not scroll sideways`).toBe(0);
  const all = await boxes(host);
  expect(all.length, `${label}: visible elements`).toBeGreaterThan(3);
  expect(
    all.filter(({ left, right }) => left < -0.5 || right > width + 0.5),
    `${label}: within the sides of the page`,
  ).toEqual([]);
  expect(
    all.filter(({ hidden, name }) => hidden > 1 && name !== 'meter'),
    `${label}: no overflowing content`,
  ).toEqual([]);
}

/** The controls that must be reachable without scrolling are inside the viewport. */
async function inView(page: Page, host: Locator, label: string): Promise<void> {
  const height = await page.evaluate(() => innerHeight);
  const pressed = (await boxes(host)).filter(({ name }) => /button|input|action$/.test(name) && !/earlier|newer|latest/.test(name));
  expect(pressed.length, `${label}: visible controls`).toBeGreaterThan(2);
  expect(
    pressed.filter(({ top, bottom }) => top < -0.5 || bottom > height + 0.5),
    `${label}: within the top and bottom of the viewport`,
  ).toEqual([]);
}

const STATES: readonly StateName[] = [
  'first visit, floating',
  'waiting for permission',
  'text only',
  'microphone denied',
  'ended',
  'captions',
];

for (const state of STATES) {
  test(`${state}: the widget fits every size`, async ({ page, site }) => {
    const { host } = await arrive(page, site, state);
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await fits(page, host, `${String(width)} × ${String(height)}`);
      if (state !== 'first visit, floating' && height > 300) await inView(page, host, `${String(width)} × ${String(height)}`);
    }
  });
}

for (const [width, height] of SIZES) {
  test(`an approval request at ${String(width)} × ${String(height)} shows its buttons in both directions and placements`, async ({
    page,
    site,
  }) => {
    await page.setViewportSize({ width, height });
    const { host } = await arrive(page, site, 'asked by a hosted server');
    for (const name of ['Allow', 'Deny'])
      await expect(host.getByRole('button', { name })).toBeInViewport({ ratio: height > 300 ? 1 : 0.1 });
    for (const placement of ['bottom-end', 'inline']) {
      for (const dir of ['ltr', 'rtl']) {
        await host.evaluate(
          async (agent: HTMLElementTagNameMap['voice-agent'], look) => {
            document.documentElement.dir = look.dir;
            agent.placement = look.placement as typeof agent.placement;
            await agent.updateComplete;
          },
          { dir, placement },
        );
        await fits(page, host, `${placement}, ${dir}`);
      }
    }
  });
}

test('unbreakable words and URLs fit every size, direction and placement', async ({ page, site }) => {
  const { host } = await arrive(page, site, 'listening');
  const [call] = site.sandbox.calls;
  if (!call) throw new Error('no call');
  const dialogue = new Dialogue(call);
  dialogue.sendTurns([
    { role: 'user', text: LONG_ADDRESS },
    { role: 'assistant', text: `${LONG_WORD}: ${LONG_ADDRESS}` },
    { role: 'user', text: LONG_WORD },
  ]);
  dialogue.agentBegins(`${LONG_WORD} ${LONG_WORD}`);
  await expect(host.locator('[part="state"]')).toHaveText('Speaking');
  await host.getByRole('textbox').fill(`${LONG_ADDRESS} and more`);
  for (const placement of ['bottom-end', 'inline'] as const) {
    for (const dir of ['ltr', 'rtl'] as const) {
      await host.evaluate(
        async (agent: HTMLElementTagNameMap['voice-agent'], look) => {
          document.documentElement.dir = look.dir;
          agent.placement = look.placement;
          await agent.updateComplete;
        },
        { placement, dir },
      );
      for (const [width, height] of SIZES) {
        await page.setViewportSize({ width, height });
        const label = `${placement}, ${dir}, ${String(width)} × ${String(height)}`;
        await fits(page, host, label);
        if (placement === 'bottom-end' && height > 500) await inView(page, host, label);
      }
    }
  }
});

test('a phone in landscape keeps every call button on the screen', async ({ page, site }) => {
  await page.setViewportSize({ width: 640, height: 320 });
  const { host } = await arrive(page, site, 'speaking');
  await inView(page, host, 'speaking');
});

test('the container’s width decides the layout, not the screen’s', async ({ page, site }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  const { host } = await arrive(page, site, 'speaking', { style: 'main { inline-size: 320px; }', attributes: { placement: 'inline' } });
  const parts = async (): Promise<{ stage: Box; scroller: Box }> => {
    const all = await boxes(host);
    const box = (name: string): Box => {
      const found = all.find((one) => one.name === name);
      if (!found) throw new Error(`no ${name}`);
      return found;
    };
    return { stage: box('stage'), scroller: box('scroller') };
  };
  await fits(page, host, 'narrow');
  const narrow = await parts();
  expect(narrow.scroller.top, 'the transcript is below the stage').toBeGreaterThanOrEqual(narrow.stage.bottom - 1);
  expect(narrow.stage.right).toBeLessThanOrEqual(330);
  await page.evaluate(() => document.querySelector('main')?.style.setProperty('inline-size', '1000px'));
  await fits(page, host, 'wide');
  const wide = await parts();
  expect(wide.scroller.left, 'the transcript is beside the stage').toBeGreaterThanOrEqual(wide.stage.right - 1);
});

test('right to left mirrors left to right', async ({ page, site }) => {
  const { host } = await arrive(page, site, 'speaking');
  const { clientWidth: width } = await page.evaluate(() => ({ clientWidth: document.documentElement.clientWidth }));
  const places = async (): Promise<Map<string, [number, number]>> =>
    new Map(
      (await boxes(host))
        .filter(({ name }) => /button|panel|header|state|input|duration/.test(name))
        .map(({ name, left, right }) => [name, [left, right]]),
    );
  const ltr = await places();
  await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  const rtl = await places();
  expect(ltr.size).toBeGreaterThan(7);
  for (const [name, [left, right]] of ltr) {
    const [mirroredLeft, mirroredRight] = rtl.get(name) ?? [NaN, NaN];
    expect(mirroredLeft, `left of ${name}`).toBeCloseTo(width - right, 0);
    expect(mirroredRight, `right of ${name}`).toBeCloseTo(width - left, 0);
  }
});

test('opening the panel and making a call shift neither the page nor the text field', async ({ page, site }) => {
  const { host } = await arrive(page, site, 'first visit, inline', {
    script: `const after = document.createElement('p'); after.id = 'after'; after.textContent = 'After the widget.'; document.querySelector('main').append(after);`,
  });
  await page.evaluate(() => {
    window.shifts = [];
    // The browser reports no nodes inside shadow trees: a reported node belongs to the page or is the widget itself.
    new PerformanceObserver((list) => {
      for (const { sources } of list.getEntries() as (PerformanceEntry & { sources: { node: Node | null }[] })[]) {
        for (const { node } of sources) if (node) window.shifts.push(node.nodeName);
      }
    }).observe({ type: 'layout-shift' });
  });
  const after = page.locator('#after');
  const composer = host.locator('[part="composer"]');
  const card = await host.boundingBox();
  const before = await after.boundingBox();
  // Opened by script: shifts within half a second of user input are not counted.
  await host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => (agent.open = true));
  await expect(host.locator('[part="state"]')).toHaveText('Ready when you are');
  expect(await host.boundingBox(), 'the panel takes the place of the card').toEqual(card);
  const field = await composer.boundingBox();
  await host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => void agent.connect());
  await expect(host.locator('[part="state"]')).toHaveText('Listening', { timeout: 30_000 });
  expect(await composer.boundingBox()).toEqual(field);
  await host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.close());
  await expect(host.locator('[part="state"]')).toHaveText('Call ended');
  expect(await composer.boundingBox()).toEqual(field);
  expect(await host.boundingBox()).toEqual(card);
  expect(await after.boundingBox()).toEqual(before);
  const shifts = await page.evaluate(
    () => new Promise<string[]>((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(window.shifts))))),
  );
  expect(shifts).toEqual([]);
});

declare global {
  interface Window {
    shifts: string[];
  }
}
