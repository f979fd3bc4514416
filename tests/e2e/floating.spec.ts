/** Floating placements stay in the corner of the window above any page content and do not affect the page's layout. */
import type { Page } from '@playwright/test';
import { seen } from '../support/on-top.js';
import type { PageOptions, Site } from '../support/site.js';
import type { Widget } from './fixtures.js';
import { expect, test } from './fixtures.js';

test.use({ contextOptions: { reducedMotion: 'reduce' }, viewport: { width: 900, height: 700 } });
test.describe.configure({ mode: 'parallel' });

type Agent = HTMLElementTagNameMap['voice-agent'];

const LONG = '<section id="long">A long page</section>';
const COVER = `#cover { position: fixed; inset: auto 0 0; block-size: 300px; background: silver; z-index: 2147483647; }`;

/** Page styles that defeat `position: fixed` and `z-index`. */
const PAGES: Record<string, string> = {
  'a transformed ancestor': 'main { transform: translateZ(0); }',
  'an ancestor with a filter': 'main { filter: grayscale(1); }',
  'an ancestor with will-change': 'main { will-change: transform; overflow: hidden; block-size: 100px; }',
  'an ancestor with paint containment': 'main { contain: paint; block-size: 100px; }',
  'an ancestor with content-visibility':
    'main { margin-block-start: 3000px; content-visibility: auto; contain-intrinsic-size: auto 500px; }',
  'a clipped ancestor': 'main { clip-path: inset(0 50% 50% 0); }',
  'a container with a size': 'main { container-type: size; block-size: 100px; }',
  'an animated body':
    '@keyframes enter { from { transform: translateY(9px); } to { transform: none; } } body { animation: enter 1ms both; }',
  'a z-index on all children of body': 'body > * { position: relative; z-index: 1; }',
  'a negative z-index on the tag itself': 'voice-agent { position: relative; z-index: -1; opacity: 0.5; transform: scale(0.5); }',
};

async function inTheCorner(page: Page, widget: Widget, part: string): Promise<void> {
  await expect.poll(() => seen(widget.host, part), { message: part }).toMatchObject({ pressable: true });
  const { left, right, top, bottom } = await seen(widget.host, part);
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  expect({ left: left >= 0, right: right <= width - 19, top: top >= 0, bottom: bottom <= height - 19 }, part).toEqual({
    left: true,
    right: true,
    top: true,
    bottom: true,
  });
}

async function open(widget: Widget, site: Site, options: PageOptions = {}): Promise<void> {
  await widget.open(site, { ...options, attributes: { placement: 'bottom-end', ...options.attributes } });
}

for (const [name, style] of Object.entries(PAGES)) {
  test(`${name}: launcher and panel stay in the corner above a page layer`, async ({ page, widget, site }) => {
    const script = `const cover = document.createElement('footer'); cover.id = 'cover'; document.body.append(cover);`;
    await open(widget, site, { body: LONG, style: `#long { block-size: 3000px; } ${COVER} ${style}`, script });
    await inTheCorner(page, widget, 'launcher');
    await widget.host.evaluate((agent: Agent) => (agent.open = true));
    await inTheCorner(page, widget, 'close-button');
    await inTheCorner(page, widget, 'input');
  });
}

const PARENTS: Record<string, string> = {
  'a grid': 'main { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 20px; }',
  'a flex row with gaps': 'main { display: flex; gap: 40px; }',
  'a flex column with space-between': 'main { display: flex; flex-direction: column; justify-content: space-between; block-size: 600px; }',
  'block children with margins': 'main > * { display: block; position: relative; margin: 20px; padding: 20px; }',
};

for (const [name, style] of Object.entries(PARENTS)) {
  test(`${name}: the element takes no space in its parent`, async ({ page, widget, site }) => {
    const script = `const next = document.createElement('p'); next.id = 'next'; next.textContent = 'next'; document.querySelector('main').append(next);`;
    await page.goto(site.page({ attributes: false, style, script }));
    const without = await page.locator('#next').boundingBox();
    await open(widget, site, { style, script });
    expect(await page.locator('#next').boundingBox()).toEqual(without);
    await widget.host.evaluate((agent: Agent) => (agent.open = true));
    await expect(widget.field).toBeVisible();
    expect(await page.locator('#next').boundingBox()).toEqual(without);
  });
}

test('after a move or a placement change while open, the panel is placed correctly and on top', async ({ page, widget, site }) => {
  await open(widget, site, { style: 'aside { transform: translateZ(0); overflow: hidden; block-size: 10px; }', body: '<aside></aside>' });
  await page.evaluate(() => document.querySelector('aside')?.append(document.querySelector('voice-agent') as Agent));
  await inTheCorner(page, widget, 'launcher');
  await widget.host.evaluate((agent: Agent) => (agent.open = true));
  await inTheCorner(page, widget, 'close-button');
  await page.evaluate(() => document.querySelector('main')?.append(document.querySelector('voice-agent') as Agent));
  await inTheCorner(page, widget, 'close-button');
  await widget.host.evaluate((agent: Agent) => (agent.placement = 'inline'));
  await expect.poll(async () => (await seen(widget.host, 'panel')).left).toBeLessThan(20);
  await widget.host.evaluate((agent: Agent) => (agent.placement = 'top-start'));
  await expect.poll(async () => (await seen(widget.host, 'panel')).top).toBeLessThan(60);
  await inTheCorner(page, widget, 'close-button');
});

test('inside a dialog that opens later, the widget is above the dialog', async ({ page, widget, site }) => {
  const script = `const dialog = document.createElement('dialog'); const agent = document.querySelector('voice-agent'); agent.replaceWith(dialog); dialog.append('Text', agent);`;
  await open(widget, site, {
    script,
    style: 'dialog { inline-size: 100vw; block-size: 100vh; max-inline-size: none; max-block-size: none; box-sizing: border-box; }',
  });
  await page.evaluate(() => document.querySelector('dialog')?.showModal());
  await inTheCorner(page, widget, 'launcher');
  await widget.host.evaluate((agent: Agent) => (agent.open = true));
  await inTheCorner(page, widget, 'close-button');
});

test('the widget stays on top when its ancestor enters and leaves fullscreen', async ({ page, widget, site }) => {
  await open(widget, site, {
    body: '<button id="all">All</button>',
    script: `all.onclick = () => document.querySelector('main').requestFullscreen();`,
  });
  const whole = (): Promise<boolean> => page.evaluate(() => document.fullscreenElement !== null);
  await page.locator('#all').click();
  await expect.poll(whole).toBe(true);
  await inTheCorner(page, widget, 'launcher');
  await widget.host.evaluate((agent: Agent) => (agent.open = true));
  await inTheCorner(page, widget, 'close-button');
  await page.evaluate(() => document.exitFullscreen());
  await expect.poll(whole).toBe(false);
  await inTheCorner(page, widget, 'close-button');
  await page.locator('#all').click();
  await expect.poll(whole).toBe(true);
  await inTheCorner(page, widget, 'close-button');
});

test('light dismiss does not close the widget: Escape, outside clicks and other popovers', async ({ page, widget, site }) => {
  await open(widget, site, {
    body: '<div id="menu">Menu</div>',
    script: `menu.popover = 'auto';`,
    style: 'main { transform: translateZ(0); block-size: 50px; overflow: hidden; }',
  });
  await page.evaluate(() => document.querySelector<HTMLElement>('#menu')?.showPopover());
  await page.keyboard.press('Escape');
  await page.mouse.click(5, 5);
  await inTheCorner(page, widget, 'launcher');
  await widget.host.evaluate((agent: Agent) => (agent.open = true));
  await page.mouse.click(5, 5);
  await inTheCorner(page, widget, 'close-button');
});

test('without popover support the widget uses fixed positioning', async ({ page, widget, site }) => {
  await page.addInitScript(() => {
    for (const name of ['popover', 'togglePopover', 'showPopover', 'hidePopover']) Reflect.deleteProperty(HTMLElement.prototype, name);
  });
  await open(widget, site);
  await inTheCorner(page, widget, 'launcher');
  await widget.host.evaluate((agent: Agent) => (agent.open = true));
  await inTheCorner(page, widget, 'close-button');
});

test('the page can hide the widget with display and visibility', async ({ widget, site }) => {
  await open(widget, site, { style: '.gone { display: none; } .unseen { visibility: hidden; }' });
  const launcher = widget.button(/^Talk to us/);
  for (const name of ['gone', 'unseen']) {
    await expect(launcher).toBeVisible();
    await widget.host.evaluate((agent, one) => agent.classList.add(one), name);
    await expect(launcher).toBeHidden();
    await widget.host.evaluate((agent, one) => agent.classList.remove(one), name);
  }
  await widget.host.evaluate((agent: Agent) => (agent.hidden = true));
  await expect(launcher).toBeHidden();
});
