/** A visitor who leaves the page and comes back with the back button: the call has ended, the transcript is there. */
import { NOTHING } from '../support/census.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
// The test tool switches the back/forward cache off by default; visitors have it on.
test.use({
  launchOptions: { ...chromiumLaunch({ wav: room.path, loop: true }), ignoreDefaultArgs: ['--disable-back-forward-cache'] },
});

declare global {
  interface Window {
    restored?: boolean;
  }
}

test('leaving ends the call; coming back finds the page as it was', async ({ page, widget, site, census }) => {
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
  expect(await census.settled()).toEqual(NOTHING);
  await expect(widget.transcript.getByText('You wrote: Remember me')).toBeVisible();
  await widget.button('Call again').click();
  await widget.reaches('connected');
  expect(site.sandbox.calls).toHaveLength(2);
});
