/** A second call of the same widget: the divider in the transcript, and clearing the conversation. */
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

const ANEW = 'New call. The agent can’t see the messages above.';

test('a new call is separated by a divider, and "New conversation" clears everything', async ({ widget, site }) => {
  await widget.open(site);
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  await widget.say('First call');
  await expect(widget.transcript.getByText('You wrote: First call')).toBeVisible();
  await expect(widget.host.getByText(ANEW)).toHaveCount(0);
  await widget.button('End call').click();
  await widget.reaches('disconnected');

  await widget.button('Call again').click();
  await widget.reaches('connected');
  await expect(widget.host.getByText(ANEW)).toBeVisible();
  await widget.say('Second call');
  await expect(widget.transcript.getByText('You wrote: Second call')).toBeVisible();
  const rows = await widget.transcript.locator('p').allTextContents();
  expect(rows.indexOf(ANEW)).toBe(2);
  expect(rows).toHaveLength(5);
  // The divider is not a message.
  expect(await widget.messages()).toHaveLength(4);
  await widget.button('End call').click();
  await widget.reaches('disconnected');

  await widget.button('New conversation').click();
  await expect.poll(() => widget.messages()).toEqual([]);
  await expect(widget.host.getByText(ANEW)).toHaveCount(0);
  await expect(widget.button('New conversation')).toHaveCount(0);
  await widget.button('Call again').click();
  await widget.reaches('connected');
  await expect(widget.host.getByText(ANEW)).toHaveCount(0);
});

test('a reconnected call shows no divider', async ({ widget, site }) => {
  await widget.open(site, { attributes: { reconnect: true } });
  await widget.button('Type instead').click();
  const call = await site.sandbox.nextCall();
  await widget.reaches('connected');
  await widget.say('Hello');
  await expect(widget.transcript.getByText('You wrote: Hello')).toBeVisible();
  call.closeChannel();
  await widget.reaches('reconnecting');
  await widget.reaches('connected');
  await widget.say('Still there?');
  await expect(widget.transcript.getByText('You wrote: Still there?')).toBeVisible();
  await expect(widget.host.getByText(ANEW)).toHaveCount(0);
});
