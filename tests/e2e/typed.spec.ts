/** Typed turns: during a voice call, before the call is connected, and without a microphone. */
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
// `ask`: the test grants the permission.
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true, permission: 'ask' }) });

test('typed turns in a voice call are answered by voice and in writing', async ({ context, widget, site, tape }) => {
  await context.grantPermissions(['microphone']);
  await widget.open(site);
  await tape.listen();
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  await widget.say('Good morning');
  await widget.reaches('speaking');
  await tape.sound();
  await expect(widget.transcript.getByText('You wrote: Good morning')).toBeVisible();
  await widget.reaches('listening');
  await widget.say('Good night');
  await expect(widget.transcript.getByText('You wrote: Good night')).toBeVisible();
  expect((await widget.messages()).map(({ role, text, via }) => [role, text, via])).toEqual([
    ['user', 'Good morning', 'text'],
    ['assistant', 'You wrote: Good morning', 'voice'],
    ['user', 'Good night', 'text'],
    ['assistant', 'You wrote: Good night', 'voice'],
  ]);
  const call = await site.sandbox.nextCall();
  expect(call.frames.received, 'the microphone was live, too').toBeGreaterThan(0);
});

test('a text-only call never requests the microphone, and the answer is spoken', async ({ widget, site, tape, resources }) => {
  await widget.open(site);
  await tape.listen();
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  await expect(widget.button('No mic')).toHaveAttribute('aria-disabled', 'true');
  await widget.say('Nobody hears me');
  await widget.reaches('speaking');
  await tape.sound();
  await expect(widget.transcript.getByText('You wrote: Nobody hears me')).toBeVisible();
  expect(await resources.asked()).toMatchObject({ microphone: 0, permission: 0 });
  const call = await site.sandbox.nextCall();
  expect(call.frames.received, 'frames from a microphone').toBe(0);
});

test('a denied microphone is explained, and typing works', async ({ widget, site, tape, fired }) => {
  await widget.open(site);
  await tape.listen();
  await widget.button('Start talking').click();
  await widget.reaches('failed');
  await expect(widget.alert).toContainText('The microphone is blocked');
  expect(await fired.of('voice-agent-error')).toMatchObject([{ error: { code: 'mic_denied' } }]);
  expect(site.sandbox.calls, 'no call was made for it').toHaveLength(0);

  await widget.button('Type instead').click();
  await widget.reaches('connected');
  await expect(widget.alert).toBeEmpty();
  await widget.say('Hello by keyboard');
  await tape.sound();
  await expect(widget.transcript.getByText('You wrote: Hello by keyboard')).toBeVisible();
  expect(await fired.of('voice-agent-error')).toHaveLength(1);
});

test('text typed while connecting is sent in order once the call is connected', async ({ context, widget, site }) => {
  await context.grantPermissions(['microphone']);
  const held = site.sandbox.fault({ at: 'calls', fault: 'delay', ms: 1_500 });
  await widget.open(site);
  await widget.button('Start talking').click();
  await widget.reaches('connecting');
  await widget.say('First');
  await widget.say('Second');
  await expect(widget.field).toHaveValue('');
  await widget.reaches('connected');
  await expect(widget.transcript.getByText('You wrote: Second')).toBeVisible();
  const said = (await widget.messages()).filter(({ role }) => role === 'user');
  expect(said.map(({ text }) => text)).toEqual(['First', 'Second']);
  expect(site.sandbox.calls, 'one call, not two').toHaveLength(1);
  expect(held.hits).toBe(1);
});

test('typing without a call starts a text-only call and sends the text', async ({ widget, site, resources }) => {
  await widget.open(site, { attributes: { open: true } });
  await widget.say('Anybody there?');
  await expect(widget.transcript.getByText('You wrote: Anybody there?')).toBeVisible({ timeout: 30_000 });
  expect(await resources.asked()).toMatchObject({ microphone: 0 });
  const said = (await widget.messages()).filter(({ role }) => role === 'user');
  expect(said.map(({ text }) => text)).toEqual(['Anybody there?']);
});
