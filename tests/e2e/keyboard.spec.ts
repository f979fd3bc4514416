/** A full call by keyboard only; the focus follows the visitor's actions, and other events do not move it. */
import type { Locator, Page } from '@playwright/test';
import { chromiumLaunch } from '../support/chromium.js';
import { Dialogue } from '../support/dialogue.js';
import { record } from '../support/spoken.js';
import { arrive } from '../support/states.js';
import { expect, test } from './fixtures.js';

const silence = await record('silence', [2_000]);

test.use({ launchOptions: chromiumLaunch({ wav: silence.path, loop: true }), contextOptions: { reducedMotion: 'reduce' } });
test.describe.configure({ mode: 'parallel' });

const BODY = '<p><a href="#before">Before</a></p>';
const AFTER = `const after = document.createElement('a'); after.href = '#after'; after.textContent = 'After'; document.querySelector('main').append(after);`;

/** The focused element across shadow roots: its accessible name or role. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    if (!element) return '';
    const named = element.getAttribute('aria-label') ?? element.textContent.trim().replace(/\s+/g, ' ');
    const role = { DIALOG: 'dialog', SECTION: 'region' }[element.tagName] ?? element.getAttribute('role') ?? '';
    return element.getAttribute('aria-labelledby') ? role : named;
  });

/** Presses Tab until the focus leaves the widget, and returns every stop. */
async function tabStops(page: Page, key: 'Tab' | 'Shift+Tab', end: string): Promise<string[]> {
  const stops: string[] = [];
  for (let press = 0; press < 20; press++) {
    await page.keyboard.press(key);
    const stop = await focused(page);
    if (stop === end) return stops;
    stops.push(stop);
  }
  throw new Error(`the focus never left the widget: ${stops.join(' → ')}`);
}

const stateWords = (host: Locator): Locator => host.locator('[part="state"]');

test('a full call works by keyboard only', async ({ page, site }) => {
  site.sandbox.script({ replies: [{ items: [{ say: 'A long answer.', tone: { hz: 300, ms: 60_000, dbfs: -40 } }] }] });
  const { host } = await arrive(page, site, 'first visit, floating', { body: BODY });
  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('Before');
  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('Ask AdaStart talking · AI voice agent');
  await page.keyboard.press('Enter');

  const call = await site.sandbox.nextCall({ timeoutMs: 30_000 });
  await expect(stateWords(host)).toHaveText('Listening');
  expect(await focused(page), 'the focus is in the panel').toBe('dialog');

  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('Announce messages');
  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('Minimise');
  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('Mute');
  const mute = host.getByRole('button', { name: 'Mute' });
  await expect(mute).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.press('Space');
  await expect(mute).toHaveAttribute('aria-pressed', 'true');
  await expect(stateWords(host)).toHaveText('Muted');
  await page.keyboard.press('Space');
  await expect(mute).toHaveAttribute('aria-pressed', 'false');

  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('Message');
  await page.keyboard.type('Tell me a story');
  await page.keyboard.press('Enter');
  await call.waitForServerEvent('output_audio_buffer.started', { timeoutMs: 30_000 });
  await expect(stateWords(host)).toHaveText('Speaking');
  expect(await focused(page), 'sending keeps the focus').toBe('Message');

  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  expect(await focused(page)).toBe('Interrupt');
  await page.keyboard.press('Enter');
  await call.waitForClientEvent('output_audio_buffer.clear');
  await expect(stateWords(host)).toHaveText('Interrupted');
  expect(await focused(page)).toBe('Interrupt');

  await page.keyboard.press('Escape');
  await expect(host.getByRole('dialog')).toBeHidden();
  expect(await focused(page), 'the focus returns to the launcher').toMatch(/^Ask Ada On call/);
  expect(call.state, 'the call continues').toBe('open');
  await page.keyboard.press('Enter');
  await expect(host.getByRole('dialog')).toBeVisible();
  await expect.poll(() => focused(page)).toBe('dialog');
  expect(site.sandbox.calls.length, 'no second call').toBe(1);

  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  for (let press = 0; (await focused(page)) !== 'End call'; press++) {
    expect(press, 'End call is reached').toBeLessThan(8);
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await expect(stateWords(host)).toHaveText('Call ended');
  expect(await call.ended).toBe('client-closed');
  expect(await focused(page), 'the button is gone, and the focus stays in the panel').toBe('dialog');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('Call again');
  await page.keyboard.press('Enter');
  await site.sandbox.nextCall({ timeoutMs: 30_000 });
  await expect(stateWords(host)).toHaveText('Listening');
  expect(await focused(page)).toBe('dialog');
});

test('the tab order follows the visual order in both directions and leaves the widget', async ({ page, site }) => {
  await arrive(page, site, 'speaking', { body: BODY, script: AFTER });
  const order = ['Announce messages', 'Minimise', 'Transcript', 'Mute', 'Interrupt', 'End call', 'Message', 'Send'];
  expect(await focused(page)).toBe('dialog');
  expect(await tabStops(page, 'Tab', 'After')).toEqual(order);
  expect(await tabStops(page, 'Shift+Tab', 'Before')).toEqual(order.toReversed());
});

test('the card and the panel that replaces it have a logical tab order', async ({ page, site }) => {
  const { host } = await arrive(page, site, 'first visit, inline', { body: BODY, script: AFTER });
  await host.getByRole('button', { name: 'Start talking' }).waitFor();
  expect(await tabStops(page, 'Tab', 'After')).toEqual(['Before', 'Start talking', 'Type instead']);
  await page.keyboard.press('Shift+Tab');
  expect(await focused(page)).toBe('Type instead');
  await page.keyboard.press('Enter');
  await expect(stateWords(host)).toHaveText('Text only');
  expect(await focused(page), 'the focus is in the panel').toBe('region');
  await page.keyboard.press('Escape');
  await expect(host.getByRole('region', { name: 'Ask Ada' }), 'an inline panel does not close').toBeVisible();
});

test('every tab stop has one focus ring', async ({ page, site }) => {
  await arrive(page, site, 'speaking', { body: BODY, script: AFTER });
  for (let press = 0; press < 7; press++) {
    await page.keyboard.press('Tab');
    const ring = await page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      // The field's focus ring is drawn only by the rounded box around it.
      const box = element instanceof HTMLTextAreaElement ? element.form : element;
      const rings = [element, box].map((one) => (one ? getComputedStyle(one) : undefined));
      const drawn = new Set(rings.filter((one) => one?.outlineStyle === 'solid' && parseFloat(one.outlineWidth) >= 2));
      return { name: element?.getAttribute('part'), count: element === box ? Math.min(1, drawn.size) : drawn.size };
    });
    expect(ring.count, `one focus ring around ${String(ring.name)}`).toBe(1);
  }
});

test('call events keep the focus and the typed text', async ({ page, site }) => {
  const { host } = await arrive(page, site, 'listening');
  const call = site.sandbox.calls[0];
  if (!call) throw new Error('no call');
  const dialogue = new Dialogue(call);
  const field = host.getByRole('textbox', { name: 'Message' });
  await field.focus();
  await page.keyboard.type('Half a sen');
  await page.evaluate(() => {
    window.stolen = [];
    for (const moment of ['focusin', 'focusout']) document.addEventListener(moment, (event) => window.stolen.push(event.type));
  });
  const held = async (moment: string): Promise<void> => {
    expect(await focused(page), moment).toBe('Message');
    await expect(field, moment).toHaveValue('Half a sen');
  };

  dialogue.userSays('Something spoken meanwhile.');
  await expect(host.getByText('Something spoken meanwhile.')).toBeVisible();
  await held('a visitor turn');
  const answer = dialogue.agentBegins('The answer to');
  await expect(stateWords(host)).toHaveText('Speaking');
  await held('an answer');
  dialogue.agentEnds(answer, 'The answer to it.');
  await expect(host.getByRole('log').getByText('The answer to it.')).toBeVisible();
  await held('the end of the answer');
  dialogue.complain();
  await expect(host.getByRole('alert')).toContainText('Something went wrong');
  await held('an error');
  await host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.mute());
  await expect(stateWords(host)).toHaveText('Muted');
  await held('muting by the page');
  call.closeChannel();
  await expect(stateWords(host)).toHaveText('The connection was lost');
  await held('a lost connection');
  expect(await page.evaluate(() => window.stolen)).toEqual([]);
});

test('Enter in an input method confirms the composition and sends nothing', async ({ page, site }) => {
  const { host } = await arrive(page, site, 'listening');
  const field = host.getByRole('textbox', { name: 'Message' });
  await field.focus();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
  await expect(field).toHaveValue('にほん');
  // Chromium sends key code 229 for every key during a composition.
  await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 });
  await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 });
  await expect(field).toHaveValue('にほん');
  await cdp.send('Input.insertText', { text: '日本' });
  await expect(field).toHaveValue('日本');
  expect(await host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.messages.length)).toBe(0);
  await page.keyboard.press('Enter');
  await expect(field).toHaveValue('');
  await expect(host.getByRole('log').getByText('日本')).toBeVisible();
});

declare global {
  interface Window {
    stolen: string[];
  }
}
