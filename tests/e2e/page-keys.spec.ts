/** Key and editing events inside the widget are hidden from the page's shortcuts unless the page opts in. */
import type { Page } from '@playwright/test';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }), permissions: ['clipboard-read', 'clipboard-write'] });

const TYPES = ['keydown', 'keypress', 'keyup', 'beforeinput', 'input', 'copy', 'cut', 'paste'];

/** Page listeners that record each event's type and, if present, its key. */
const script = `
window.seen = [];
for (const type of ${JSON.stringify(TYPES)}) addEventListener(type, (event) => window.seen.push([type, event.key].filter(Boolean).join(' ')));`;

/** Events that the page received since the last call. */
const seen = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const list = (window as unknown as { seen: string[] }).seen;
    return list.splice(0);
  });

test('Enter and Space on the launcher do not reach the page', async ({ page, widget, site }) => {
  await widget.open(site, { script });
  await widget.button('Start talking').focus();
  await page.keyboard.press('x');
  await page.keyboard.press('Enter');
  await expect(widget.button('End call')).toBeVisible();
  expect(await seen(page)).toEqual([]);
});

test('in the panel, letters, editing and button keys stay inside, and Tab and Esc reach the page', async ({ page, widget, site }) => {
  await widget.open(site, { script, attributes: { placement: 'bottom-end' } });
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  const { field } = widget;
  await field.click();
  await page.keyboard.type('f / s');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+c');
  await page.keyboard.press('Control+x');
  await page.keyboard.press('Control+v');
  await expect(field).toHaveValue('f / s');
  expect(await seen(page)).toEqual([]);

  await page.keyboard.press('Shift+Tab');
  await expect(field).not.toBeFocused();
  expect(await seen(page)).toContain('keydown Tab');

  await widget.button('Interrupt').or(widget.button('End call')).first().focus();
  await page.keyboard.press('k');
  expect(await seen(page)).toEqual([]);

  await page.keyboard.press('Escape');
  await expect(widget.host).toHaveJSProperty('open', false);
  expect(
    await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.state),
    'Esc minimises the panel, and the call continues',
  ).toBe('connected');
});

test('Esc reaches the page if the widget does not use it', async ({ page, widget, site }) => {
  await widget.open(site, { script, attributes: { placement: 'inline' } });
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  await widget.field.click();
  await page.keyboard.press('Escape');
  expect(await seen(page)).toEqual(['keydown Escape', 'keyup Escape']);
});

test('key-events="page" lets all keys through, also when set later', async ({ page, widget, site }) => {
  await widget.open(site, { script });
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  await widget.field.click();
  await page.keyboard.press('a');
  expect(await seen(page)).toEqual([]);
  await widget.host.evaluate((agent) => agent.setAttribute('key-events', 'page'));
  await page.keyboard.press('a');
  expect(await seen(page)).toEqual(['keydown a', 'keypress a', 'beforeinput', 'input', 'keyup a']);
});
