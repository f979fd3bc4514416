/** The page "Talk to it now" from a static host's sub-folder: one click to a reply that is heard, with files only. */
import { chromiumLaunch } from '../support/chromium.js';
import { HEARD_LIVE, findWords } from '../support/sound-match.js';
import { speakByRule } from '../../src/sandbox/voice/speak-by-rule.js';
import { expect, test } from './browser-sandbox-fixtures.js';
import { words } from './hear-words.js';
import { record } from '../support/spoken.js';

/** The figure that the page promises, in milliseconds: from the opened page to a reply that is heard. */
const PROMISED = 30_000;

/** The visitor speaks after the greeting. */
const microphone = await record('talk-page', [15_000, 'The quick brown fox jumps over the lazy dog.', 60_000]);
test.use({ launchOptions: chromiumLaunch({ wav: microphone.path, permission: 'ask' }) });

test('a visitor hears a reply after one click and the permission', async ({ context, page, host, widget, tape }, testInfo) => {
  await context.grantPermissions(['microphone']);
  const opened = Date.now();
  await page.goto(`${host.url}talk/`);
  await expect(widget.button('Start talking')).toBeEnabled();
  await tape.listen();
  await widget.button('Start talking').click();
  await tape.sound();
  const heard = Date.now() - opened;
  testInfo.annotations.push({ type: 'opened to heard, ms', description: String(heard) });
  expect(heard).toBeLessThan(PROMISED);

  const greeting = await speakByRule('Say something, and I will play your own words back to you.');
  await expect
    .poll(async () => findWords(await tape.samples(), greeting).score, { message: 'the greeting is heard', timeout: 30_000 })
    .toBeGreaterThan(HEARD_LIVE);
  await expect(widget.transcript.getByText('Say something, and I will play your own words back')).toBeVisible();
});

test('it calls a function of the page, and the visitor’s words come back', async ({ context, page, host, widget, tape }) => {
  await context.grantPermissions(['microphone']);
  await page.goto(`${host.url}talk/`);
  await expect(widget.button('Start talking')).toBeEnabled();
  await tape.listen();
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  await expect
    .poll(async () => findWords(await tape.samples(), words.samples).score, { message: 'the words come back', timeout: 60_000 })
    .toBeGreaterThan(HEARD_LIVE);
  await widget.say('Please call get_time');
  await expect(widget.transcript.getByText(/get time answered: time \d/)).toBeVisible();
  await widget.button('End call').click();
  await widget.reaches('disconnected');
});
