/** Leaving the page and returning with the back button: the call has ended, and the transcript is still there. */
import { NOTHING } from '../support/resource-probe.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
// The test tool disables the back/forward cache by default; visitors have it enabled.
test.use({
  launchOptions: { ...chromiumLaunch({ wav: room.path, loop: true }), ignoreDefaultArgs: ['--disable-back-forward-cache'] },
});

declare global {
  interface Window {
    restored?: boolean;
  }
}

test('leaving the page ends the call, and returning restores the page', async ({ page, widget, site, resources }) => {
  await widget.open(site, { script: `addEventListener('pageshow', (event) => { if (event.persisted) window.restored = true; });` });
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  await widget.say('Remember me');
  await expect(widget.transcript.getByText('You wrote: Remember me')).toBeVisible();

  await page.goto(site.page({ attributes: false, body: '<p>Another page.</p>' }));
  expect(await call.ended).toBe('client-closed');

  // A page from the cache does not load again.
  await page.goBack({ waitUntil: 'commit' });
  expect(await page.evaluate(() => window.restored), 'restored from the back/forward cache').toBe(true);
  await widget.reaches('disconnected');
  expect(await resources.settled()).toEqual(NOTHING);
  await expect(widget.transcript.getByText('You wrote: Remember me')).toBeVisible();
  await widget.button('Call again').click();
  await widget.reaches('connected');
  expect(site.sandbox.calls).toHaveLength(2);
});
