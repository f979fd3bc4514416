/** What a page does to the element around a running call: whatever it is, the visitor can mute and end the call. */
import type { Locator, Page } from '@playwright/test';
import { NOTHING } from '../support/census.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';
import type { Widget } from './fixtures.js';
import type { Site } from '../support/site.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

type Agent = HTMLElementTagNameMap['voice-agent'];

/** Puts the element into the element of the page with the id `in`. */
const script = `
const home = document.querySelector('#in');
home.append(document.querySelector('voice-agent'));
home.showModal?.();
if (home.popover) home.showPopover();`;

const bar = (page: Page): Locator => page.locator('voice-agent-call-bar');
const microphone = (widget: Widget): Promise<unknown> =>
  widget.host.evaluate((agent: Agent) => agent.session?.status.state === 'connected' && agent.session.status.microphone);

/** A box that takes its width from its content would say nothing about being hidden. */
const wide = (style = ''): string => `#in { inline-size: 450px } ${style}`;

async function callIn(widget: Widget, site: Site, markup: string, more: { placement?: string; style?: string } = {}): Promise<void> {
  await widget.open(site, {
    attributes: { placement: more.placement ?? 'inline', heading: 'Ask Ada', theme: 'dark' },
    body: markup,
    script,
    style: wide(more.style),
  });
  await widget.button(/Start talking|Ask Ada/).first().click();
  await widget.reaches('connected');
  await expect(widget.button('End call')).toBeVisible();
  // The first look at the controls has seen them.
  await widget.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50))));
}

/** Ways to hide the element, and how each is taken back. */
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
  'it is hidden itself': {
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
  'its accordion is collapsed to no height': {
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
  test(`${what}: a bar floats with Mute and End, the microphone is muted, and both are taken back`, async ({ page, widget, site }) => {
    await callIn(widget, site, markup, style ? { style } : {});
    await expect(bar(page)).toHaveCount(0);
    await page.evaluate(hide);
    await expect(bar(page)).toBeVisible();
    await expect.poll(() => microphone(widget)).toBe('muted');
    const region = page.getByRole('region', { name: 'Ask Ada' }).last();
    await expect(region.getByRole('button', { name: 'Mute' })).toHaveAttribute('aria-pressed', 'true');
    await expect(region.getByText('Out of sight, so your microphone is muted').last()).toBeVisible();
    await expect(region.getByRole('status')).toHaveText('Out of sight, so your microphone is muted');

    await page.evaluate(show);
    await expect(bar(page)).toHaveCount(0);
    await expect.poll(() => microphone(widget)).toBe('live');
  });
}

test('the bar unmutes, mutes and ends the call', async ({ page, widget, site, census }) => {
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
  expect(await census.settled()).toEqual(NOTHING);
});

test('what the visitor chose at the bar stays when the widget is shown again', async ({ page, widget, site }) => {
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

test('a modal dialog of the page over an inline call: the bar is in it and can be pressed, the microphone stays live', async ({ page, widget, site }) => {
  await callIn(widget, site, '<div id="in"></div><dialog id="other"><button>Save</button></dialog>');
  await page.evaluate(() => document.querySelector<HTMLDialogElement>('#other')?.showModal());
  await expect(page.locator('#other voice-agent-call-bar')).toBeVisible();
  expect(await microphone(widget)).toBe('live');
  await test.step('a second modal dialog opens over it', async () => {
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

test('a modal dialog in a shadow tree is found, too', async ({ page, widget, site }) => {
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

test('an overlay of the page covers the inline panel: the bar floats over it', async ({ page, widget, site }) => {
  await callIn(widget, site, '<div id="in"></div><div id="overlay"></div>', { style: '#overlay.on { position: fixed; inset: 0; z-index: 2147483647; background: #0008 }' });
  await page.evaluate(() => document.querySelector('#overlay')?.classList.add('on'));
  await expect(bar(page)).toBeVisible();
  expect(await microphone(widget)).toBe('live');
  await bar(page).getByRole('button', { name: 'End call' }).click();
  await widget.reaches('disconnected');
});

test('scrolled out of view is not out of reach: no bar', async ({ page, widget, site }) => {
  await callIn(widget, site, '<div id="scroller"><div id="in"></div><p class="long">Text</p></div><p class="long">Text</p>', {
    style: '#scroller { overflow: auto; height: 700px } .long { height: 3000px }',
  });
  for (const scroll of [() => document.querySelector('#scroller')?.scrollTo(0, 2000), () => scrollTo(0, 3000)]) {
    await page.evaluate(scroll);
    // Two looks later.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 2_500)));
    await expect(bar(page)).toHaveCount(0);
    expect(await microphone(widget)).toBe('live');
  }
});

test('a floating widget whose ancestor is hidden: the bar stands in the same corner', async ({ page, widget, site }) => {
  await callIn(widget, site, '<section id="in"></section>', { placement: 'top-start', style: '.off { display: none }' });
  await page.evaluate(() => document.querySelector('#in')?.classList.add('off'));
  await expect(bar(page)).toBeVisible();
  const box = await bar(page).boundingBox();
  expect(box?.x).toBeLessThan(50);
  expect(box?.y).toBeLessThan(50);
});

test('minimised, the launcher is the way to the controls: no bar; hidden with it, the bar floats', async ({ page, widget, site }) => {
  await callIn(widget, site, '<section id="in"></section>', { placement: 'bottom-end', style: '.off { display: none }' });
  await widget.button('Minimise').click();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1_500)));
  await expect(bar(page)).toHaveCount(0);
  await page.evaluate(() => document.querySelector('#in')?.classList.add('off'));
  await expect(bar(page)).toBeVisible();
});

test('connect() by the page opens an inline panel', async ({ widget, site }) => {
  await widget.open(site);
  await widget.host.evaluate((agent: Agent) => agent.connect());
  await expect(widget.button('End call')).toBeVisible();
});

test('connect() of an element that the page keeps hidden: the bar floats, the microphone is as the page wants it', async ({ page, widget, site }) => {
  await widget.open(site, { attributes: { hidden: true } });
  await widget.host.evaluate((agent: Agent) => agent.connect());
  await expect(bar(page)).toBeVisible();
  expect(await microphone(widget)).toBe('live');
});

test('a page with controls of its own hides the bar by CSS', async ({ page, widget, site }) => {
  await widget.open(site, { attributes: { hidden: true }, style: 'voice-agent-call-bar { display: none }' });
  await widget.host.evaluate((agent: Agent) => agent.connect());
  await expect(bar(page)).toHaveCount(1);
  await expect(bar(page)).toBeHidden();
});

test('the bar takes the theme and the colours of the element along', async ({ page, widget, site }) => {
  await callIn(widget, site, '<dialog id="in"></dialog>', { style: 'voice-agent { --voice-agent-surface-color: rgb(1, 2, 3) }' });
  await page.keyboard.press('Escape');
  await expect(bar(page)).toHaveCSS('background-color', 'rgb(1, 2, 3)');
  await expect(bar(page)).toHaveCSS('color-scheme', 'dark');
});

test('keys that are pressed in the bar do not reach the page', async ({ page, widget, site }) => {
  await callIn(widget, site, '<dialog id="in"></dialog>');
  await page.keyboard.press('Escape');
  await page.evaluate(() => addEventListener('keydown', (event) => void (document.title += event.key)));
  await bar(page).getByRole('button', { name: 'Mute' }).press('m');
  await expect(page).toHaveTitle('A site');
});
