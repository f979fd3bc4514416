/** The main use case: press, speak, hear your own words in the answer, read both sides, hang up. With real sound both ways. */
import { chromiumLaunch } from '../support/chromium.js';
import { record } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const spoken = await record('talk', [3_000, 'The quick brown fox jumps over the lazy dog.', 60_000]);

test.use({ launchOptions: chromiumLaunch({ wav: spoken.path }), contextOptions: { reducedMotion: 'no-preference' } });

test('a visitor presses, speaks, and hears an answer that contains their own words', async ({ widget, site }) => {
  await widget.open(site, { attributes: { placement: 'bottom-end', heading: 'Ask Ada' } });
  await widget.button(/Ask Ada/).click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  await widget.reaches('user-speaking');
  await widget.reaches('speaking');
  await expect(widget.transcript.getByText('[speech,')).toBeVisible();
  await widget.reaches('listening', 30_000);
  await expect(widget.transcript.getByText(/I heard you/)).toBeVisible();
  await widget.button('End call').click();
  await widget.reaches('disconnected');
  expect(await call.ended).toBe('client-closed');
  await expect(widget.transcript.getByText(/I heard you/)).toBeVisible();
});
