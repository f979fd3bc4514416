/** Text typed before the call is connected: shown as waiting, sent once and in order, or returned to the field. */
import type { Locator } from '@playwright/test';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';
import type { Widget } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

const waiting = (widget: Widget): Locator => widget.host.getByText('Not sent yet');
const spoken = async (widget: Widget): Promise<string[]> =>
  (await widget.messages()).filter(({ role }) => role === 'user').map(({ text }) => text);

for (const transport of ['webrtc', 'websocket'] as const) {
  test(`${transport}: text typed while connecting is shown as waiting, then sent once and in order`, async ({ widget, site }) => {
    site.sandbox.fault({ at: 'client_secrets', fault: 'delay', ms: 1_500 });
    await widget.open(site, { attributes: { transport } });
    await widget.button('Start talking').click();
    await widget.reaches('connecting');
    await widget.say('First');
    await widget.say('Second');
    await expect(waiting(widget)).toHaveCount(2);
    await expect(widget.host.getByText('Second', { exact: true })).toBeVisible();
    await widget.reaches('connected');
    await expect(widget.transcript.getByText('You wrote: Second')).toBeVisible({ timeout: 30_000 });
    await expect(waiting(widget)).toHaveCount(0);
    await expect(widget.host.getByText('First', { exact: true })).toHaveCount(1);
    expect(await spoken(widget)).toEqual(['First', 'Second']);
  });
}

test('text returns to the field when the attempt fails, before text typed later', async ({ widget, site }) => {
  site.sandbox.fault({ at: 'client_secrets', fault: 'delay', ms: 1_500 });
  site.sandbox.fault({ at: 'calls', fault: 'status', status: 400, times: 1 });
  await widget.open(site, { attributes: { open: true } });
  await widget.say('First');
  await widget.reaches('connecting');
  await widget.say('Second');
  await widget.field.fill('Third');
  await expect(waiting(widget)).toHaveCount(2);
  await widget.reaches('failed');
  await expect(widget.field).toHaveValue('First\nSecond\nThird');
  await expect(waiting(widget)).toHaveCount(0);
  expect(await widget.messages()).toEqual([]);
  await widget.field.press('Enter');
  await widget.reaches('connected');
  await expect(widget.field).toHaveValue('');
  await expect.poll(() => spoken(widget)).toEqual(['First\nSecond\nThird']);
});

test('text returns to the field when the visitor cancels the attempt', async ({ widget, site }) => {
  site.sandbox.fault({ at: 'client_secrets', fault: 'delay', ms: 4_000 });
  await widget.open(site, { attributes: { open: true } });
  await widget.say('Are you there?');
  await widget.button('Cancel').click();
  await expect(widget.field).toHaveValue('Are you there?');
  expect(site.sandbox.calls).toHaveLength(0);
});

test('waiting text is sent in a call started by the page', async ({ widget, site }) => {
  site.sandbox.fault({ at: 'client_secrets', fault: 'delay', ms: 1_000 });
  await widget.open(site, { attributes: { open: true } });
  const connecting = widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.connect());
  await widget.reaches('connecting');
  await widget.say('Hello');
  await connecting;
  await expect.poll(() => spoken(widget)).toEqual(['Hello']);
  expect(site.sandbox.calls, 'one call for both').toHaveLength(1);
});

test('a draft survives minimising the panel', async ({ widget, site }) => {
  await widget.open(site, { attributes: { open: true, placement: 'bottom-end' } });
  await widget.field.fill('Half a sent');
  await widget.button('Minimise').click();
  await expect(widget.field).toHaveCount(0);
  await widget.button(/Talk to us/).click();
  await expect(widget.field).toHaveValue('Half a sent');
});

test('the field counts down before its limit and keeps pasted text', async ({ widget, site }) => {
  await widget.open(site, { attributes: { open: true } });
  await widget.field.fill('a'.repeat(3_601));
  await expect(widget.host.getByText('399 characters left')).toBeVisible();
  await widget.field.fill('a'.repeat(4_001));
  await expect(widget.host.getByText('1 character too many')).toBeVisible();
  await expect(widget.field).toHaveAccessibleDescription('1 character too many');
  await expect(widget.button('Send')).toHaveAttribute('aria-disabled', 'true');
  await widget.field.press('Enter');
  await expect(widget.field).toHaveValue('a'.repeat(4_001));
  await expect(widget.host).toHaveJSProperty('state', 'idle');
});
