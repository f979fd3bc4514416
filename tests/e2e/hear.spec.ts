/** What the visitor says reaches the server, and what the server plays reaches the visitor: the same words, by correlation. */
import { chromiumLaunch } from '../support/chromium.js';
import { expect, test } from './fixtures.js';
import { expectWords, microphone } from './hear-words.js';

test.use({ launchOptions: chromiumLaunch({ wav: microphone.path }) });

test('the words go to the server and come back, and no other words do', async ({ widget, site, tape }, testInfo) => {
  await widget.open(site);
  await tape.listen();
  await widget.button('Start talking').click();
  const call = await site.sandbox.nextCall();
  await widget.reaches('speaking');
  await widget.reaches('listening', 30_000);
  const { sent, back } = await expectWords(call, tape, testInfo);
  // The answer first says in its own words what it heard, and then plays the visitor's.
  expect(back.at, 'the words come after the announcement').toBeGreaterThan(sent.at + 2_000);
});
