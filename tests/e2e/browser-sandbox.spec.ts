/** Calls with the sandbox inside the page, from a static host under the strict policy with Trusted Types: spoken, typed, with a tool. */
import { chromiumLaunch } from '../support/chromium.js';
import { HEARD_LIVE, findWords } from '../support/sound-match.js';
import { expect, openConnected, test } from './browser-sandbox-fixtures.js';
import { microphone, words } from './hear-words.js';

test.use({ launchOptions: chromiumLaunch({ wav: microphone.path }) });

test('the spoken words reach the sandbox and come back', async ({ page, host, widget, tape }) => {
  await openConnected(page, host);
  await tape.listen();
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  await widget.reaches('speaking');
  await widget.reaches('listening', 40_000);
  await expect
    .poll(async () => findWords(await tape.samples(), words.samples).score, { message: 'the page played the words', timeout: 20_000 })
    .toBeGreaterThan(HEARD_LIVE);
  const heard = await page.evaluate(() => Array.from(window.sandbox.calls[0]?.inputAudio() ?? []));
  expect(findWords(Int16Array.from(heard), words.samples).score, 'the sandbox heard the words').toBeGreaterThan(HEARD_LIVE);
  await expect(widget.transcript.getByText(/This is what you said/)).toBeVisible();
  await expect(widget.transcript.getByText(/\[speech, \d/)).toBeVisible();
});
