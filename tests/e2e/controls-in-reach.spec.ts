/** Pages that hide, cover or scroll the element during a call: the visitor can always mute and end the call. */
import type { Locator, Page } from '@playwright/test';
import { NOTHING } from '../support/resource-probe.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';
import type { Widget } from './fixtures.js';
import type { Site } from '../support/site.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

type Agent = HTMLElementTagNameMap['voice-agent'];

/** Moves the element into the page's element with the ID `in`. */
const script = `
const home = document.querySelector('#in');
home.append(document.querySelector('voice-agent'));
home.showModal?.();
if (home.popover) home.showPopover();`;

const bar = (page: Page): Locator => page.locator('voice-agent-call-bar');
const microphone = (widget: Widget): Promise<unknown> =>
  widget.host.evaluate((agent: Agent) => agent.session?.status.state === 'connected' && agent.session.status.microphone);

/** A fixed width: a box sized by its content would collapse when it is hidden. */
const wide = (style = ''): string => `#in { inline-size: 450px } ${style}`;

async function callIn(widget: Widget, site: Site, markup: string, more: { placement?: string; style?: string } = {}): Promise<void> {
  await widget.open(site, {
    attributes: { placement: more.placement ?? 'inline', heading: 'Ask Ada', theme: 'dark' },
    body: markup,
    script,
    style: wide(more.style),
  });
  await widget
    .button(/Start talking|Ask Ada/)
    .first()
    .click();
  await widget.reaches('connected');
  await expect(widget.button('End call')).toBeVisible();
  // Wait for the first visibility check.
  await widget.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50))));
}

/** Ways to hide the element, and how to undo each. */
const HIDDEN: Record<string, { markup: string; style?: string; hide: () => void; show: () => void }> = {
  'its dialog is closed': {
    markup: '<dialog id="in"></dialog>',
    hide: () => document.querySelector<HTMLDialogElement>('#in')?.close(),
    show: () => document.querySelector<HTMLDialogElement>('#in')?.showModal(),
  },
  'an ancestor is display: none': {
    markup: '<section id="tab"><div id="in"></div></section>',
    style: '.off { display: none }',
    hide: () => document.querySelector('#tab')?.classList.add('off'),
    show: () => document.querySelector('#tab')?.classList.remove('off'),
  },
  'the element is hidden': {
    markup: '<div id="in"></div>',
    hide: () => document.querySelector('voice-agent')?.toggleAttribute('hidden', true),
    show: () => document.querySelector('voice-agent')?.toggleAttribute('hidden', false),
  },
  'its details are closed': {
    markup: '<details open><summary>Talk</summary><div id="in"></div></details>',
    hide: () => document.querySelector('details')?.toggleAttribute('open', false),
    show: () => document.querySelector('details')?.toggleAttribute('open', true),
  },
  'its popover is closed': {
    markup: '<div id="in" popover="manual"></div>',
    hide: () => document.querySelector<HTMLElement>('#in')?.hidePopover(),
    show: () => document.querySelector<HTMLElement>('#in')?.showPopover(),
  },
  'content-visibility is hidden': {
    markup: '<section id="in"></section>',
    style: '.off { content-visibility: hidden }',
    hide: () => document.querySelector('#in')?.classList.add('off'),
    show: () => document.querySelector('#in')?.classList.remove('off'),
  },
  'its accordion is collapsed to zero height': {
    markup: '<div id="fold"><div id="in"></div></div>',
    style: '#fold { overflow: hidden } .off { height: 0 }',
    hide: () => document.querySelector('#fold')?.classList.add('off'),
    show: () => document.querySelector('#fold')?.classList.remove('off'),
  },
  'its drawer is moved off the screen': {
    markup: '<aside id="in"></aside>',
    style: '#in { position: fixed; inset: 0 0 0 auto; width: 400px } #in.off { transform: translateX(100%) }',
    hide: () => document.querySelector('#in')?.classList.add('off'),
    show: () => document.querySelector('#in')?.classList.remove('off'),
  },
  'it is transparent': {
    markup: '<section id="in"></section>',
    style: '.off { opacity: 0 }',
    hide: () => document.querySelector('#in')?.classList.add('off'),
    show: () => document.querySelector('#in')?.classList.remove('off'),
  },
  'its carousel shows another slide': {
    markup: '<div id="frame"><div id="in"></div></div>',
    style: '#frame { overflow: hidden; width: 600px } .off { transform: translateX(-700px) }',
    hide: () => document.querySelector('#in')?.classList.add('off'),
    show: () => document.querySelector('#in')?.classList.remove('off'),
  },
};

for (const [what, { markup, style, hide, show }] of Object.entries(HIDDEN)) {
  test(`${what}: a bar with Mute and End call appears and the microphone is muted until it is shown again`, async ({
    page,
    widget,
    site,
  }) => {
    await callIn(widget, site, markup, style ? { style } : {});
    await expect(bar(page)).toHaveCount(0);
    await page.evaluate(hide);
    await expect(bar(page)).toBeVisible();
    await expect.poll(() => microphone(widget)).toBe('muted');
    const region = page.getByRole('region', { name: 'Ask Ada' }).last();
    await expect(region.getByRole('button', { name: 'Mute' })).toHaveAttribute('aria-pressed', 'true');
    await expect(region.getByText('Microphone muted while out of view').last()).toBeVisible();
    await expect(region.getByRole('status')).toHaveText('Microphone muted while out of view');

    await page.evaluate(show);
    await expect(bar(page)).toHaveCount(0);
    await expect.poll(() => microphone(widget)).toBe('live');
  });
}

test('the bar unmutes, mutes and ends the call', async ({ page, widget, site, resources }) => {
  await callIn(widget, site, '<dialog id="in"></dialog>');
  await page.keyboard.press('Escape');
  const mute = bar(page).getByRole('button', { name: 'Mute' });
  await mute.click();
  await expect.poll(() => microphone(widget)).toBe('live');
  await mute.click();
  await expect.poll(() => microphone(widget)).toBe('muted');
  await bar(page).getByRole('button', { name: 'End call' }).click();
  await widget.reaches('disconnected');
  await expect(bar(page)).toHaveCount(0);
  expect(await resources.settled()).toEqual(NOTHING);
});

test('a mute choice made in the bar persists when the widget is shown again', async ({ page, widget, site }) => {
  await callIn(widget, site, '<dialog id="in"></dialog>');
  await page.keyboard.press('Escape');
  const mute = bar(page).getByRole('button', { name: 'Mute' });
  await mute.click();
  await expect.poll(() => microphone(widget)).toBe('live');
  await mute.click();
  await page.evaluate(() => document.querySelector<HTMLDialogElement>('#in')?.showModal());
  await expect(bar(page)).toHaveCount(0);
  expect(await microphone(widget)).toBe('muted');
});

test('the bar moves into a modal dialog that covers an inline call, and the microphone stays live', async ({ page, widget, site }) => {
  await callIn(widget, site, '<div id="in"></div><dialog id="other"><button>Save</button></dialog>');
  await page.evaluate(() => document.querySelector<HTMLDialogElement>('#other')?.showModal());
  await expect(page.locator('#other voice-agent-call-bar')).toBeVisible();
  expect(await microphone(widget)).toBe('live');
  await test.step('a second modal dialog opens on top', async () => {
    await page.evaluate(() => {
      const next = document.body.appendChild(document.createElement('dialog'));
      next.id = 'next';
      next.append('Sure?');
      next.showModal();
    });
    await expect(page.locator('#next voice-agent-call-bar')).toBeVisible();
    await page.evaluate(() => document.querySelector('#next')?.remove());
    await expect(page.locator('#other voice-agent-call-bar')).toBeVisible();
  });
  await bar(page).getByRole('button', { name: 'End call' }).click();
  await widget.reaches('disconnected');
});

test('the bar also works with a modal dialog in a shadow tree', async ({ page, widget, site }) => {
  await callIn(widget, site, '<div id="in"></div>');
  await page.evaluate(() => {
    const shadow = document.body.appendChild(document.createElement('div')).attachShadow({ mode: 'open' });
    const dialog = shadow.appendChild(document.createElement('dialog'));
    dialog.append('Hello');
    dialog.showModal();
  });
  await bar(page).getByRole('button', { name: 'End call' }).click();
  await widget.reaches('disconnected');
});

test('the bar appears above an overlay that covers the inline panel', async ({ page, widget, site }) => {
  await callIn(widget, site, '<div id="in"></div><div id="overlay"></div>', {
    style: '#overlay.on { position: fixed; inset: 0; z-index: 2147483647; background: #0008 }',
  });
  await page.evaluate(() => document.querySelector('#overlay')?.classList.add('on'));
  await expect(bar(page)).toBeVisible();
  expect(await microphone(widget)).toBe('live');
  await bar(page).getByRole('button', { name: 'End call' }).click();
  await widget.reaches('disconnected');
});

test('scrolling the widget out of view shows no bar', async ({ page, widget, site }) => {
  await callIn(widget, site, '<div id="scroller"><div id="in"></div><p class="long">Text</p></div><p class="long">Text</p>', {
    style: '#scroller { overflow: auto; height: 700px } .long { height: 3000px }',
  });
  for (const scroll of [() => document.querySelector('#scroller')?.scrollTo(0, 2000), () => scrollTo(0, 3000)]) {
    await page.evaluate(scroll);
    // Wait for two more visibility checks.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 2_500)));
    await expect(bar(page)).toHaveCount(0);
    expect(await microphone(widget)).toBe('live');
  }
});

test('a hidden floating widget shows the bar in the same corner', async ({ page, widget, site }) => {
  await callIn(widget, site, '<section id="in"></section>', { placement: 'top-start', style: '.off { display: none }' });
  await page.evaluate(() => document.querySelector('#in')?.classList.add('off'));
  await expect(bar(page)).toBeVisible();
  const box = await bar(page).boundingBox();
  expect(box?.x).toBeLessThan(50);
  expect(box?.y).toBeLessThan(50);
});

test('a minimised widget shows no bar unless its launcher is hidden, too', async ({ page, widget, site }) => {
  await callIn(widget, site, '<section id="in"></section>', { placement: 'bottom-end', style: '.off { display: none }' });
  await widget.button('Minimise').click();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1_500)));
  await expect(bar(page)).toHaveCount(0);
  await page.evaluate(() => document.querySelector('#in')?.classList.add('off'));
  await expect(bar(page)).toBeVisible();
});

test('connect() opens an inline panel', async ({ widget, site }) => {
  await widget.open(site);
  await widget.host.evaluate((agent: Agent) => agent.connect());
  await expect(widget.button('End call')).toBeVisible();
});

test('connect() on a hidden element shows the bar and keeps the microphone live', async ({ page, widget, site }) => {
  await widget.open(site, { attributes: { hidden: true } });
  await widget.host.evaluate((agent: Agent) => agent.connect());
  await expect(bar(page)).toBeVisible();
  expect(await microphone(widget)).toBe('live');
});

test('a page with its own controls can hide the bar with CSS', async ({ page, widget, site }) => {
  await widget.open(site, { attributes: { hidden: true }, style: 'voice-agent-call-bar { display: none }' });
  await widget.host.evaluate((agent: Agent) => agent.connect());
  await expect(bar(page)).toHaveCount(1);
  await expect(bar(page)).toBeHidden();
});

test('the bar uses the theme and colours of the element', async ({ page, widget, site }) => {
  await callIn(widget, site, '<dialog id="in"></dialog>', { style: 'voice-agent { --voice-agent-surface-color: rgb(1, 2, 3) }' });
  await page.keyboard.press('Escape');
  await expect(bar(page)).toHaveCSS('background-color', 'rgb(1, 2, 3)');
  await expect(bar(page)).toHaveCSS('color-scheme', 'dark');
});

test('key presses in the bar do not reach the page', async ({ page, widget, site }) => {
  await callIn(widget, site, '<dialog id="in"></dialog>');
  await page.keyboard.press('Escape');
  await page.evaluate(() => addEventListener('keydown', (event) => void (document.title += event.key)));
  await bar(page).getByRole('button', { name: 'Mute' }).press('m');
  await expect(page).toHaveTitle('A site');
});
