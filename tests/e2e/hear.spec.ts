/** The visitor's words reach the server, and the server's audio reaches the visitor, verified by correlation. */
import { chromiumLaunch } from '../support/chromium.js';
import { expect, test } from './fixtures.js';
import { expectWords, microphone } from './hear-words.js';

test.use({ launchOptions: chromiumLaunch({ wav: microphone.path }) });

test('the spoken words reach the server and come back, and no others', async ({ widget, site, tape }, testInfo) => {
  await widget.open(site);
  await tape.listen();
  await widget.button('Start talking').click();
  const call = await site.sandbox.nextCall();
  await widget.reaches('speaking');
  await widget.reaches('listening', 30_000);
  const { sent, back } = await expectWords(call, tape, testInfo);
  // The answer first announces what was heard, and then plays the visitor's audio.
  expect(back.at, 'the words follow the announcement').toBeGreaterThan(sent.at + 2_000);
});
