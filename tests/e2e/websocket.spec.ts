/** A call over WebSocket: heard both ways, muted, interrupted, with the true position told to the server. */
import { writeWav } from '../../src/sandbox/media/wav.js';
import { chromiumLaunch } from '../support/chromium.js';
import { SAME_WORDS, findWords } from '../support/sound-match.js';
import { record } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const words = await record('hear-words', ['The quick brown fox jumps over the lazy dog.']);
const others = await record('hear-others', ['She sells sea shells by the sea shore.']);
const microphone = await record('hear-microphone', [3_000, 'The quick brown fox jumps over the lazy dog.', 60_000]);

test.use({ launchOptions: chromiumLaunch({ wav: microphone.path }) });

test('the words go to the server and come back, and no other words do', async ({ widget, site, tape }, testInfo) => {
  await widget.open(site, { attributes: { transport: 'websocket' } });
  await tape.listen();
  await widget.button('Start talking').click();
  const call = await site.sandbox.nextCall();
  expect(call.kind).toBe('websocket');
  await widget.reaches('speaking');
  await widget.reaches('listening', 30_000);

  await testInfo.attach('at the server', { body: Buffer.from(writeWav(call.inputAudio(), 24_000)), contentType: 'audio/wav' });
  const sent = findWords(call.inputAudio(), words.samples);
  const returned = await tape.samples();
  await testInfo.attach('in the page', { body: Buffer.from(writeWav(returned, 24_000)), contentType: 'audio/wav' });
  const back = findWords(returned, words.samples);
  expect(sent.score, 'the server heard the words').toBeGreaterThan(SAME_WORDS);
  expect(back.score, 'the page played the words').toBeGreaterThan(SAME_WORDS);
  expect(findWords(call.inputAudio(), others.samples).score, 'other words').toBeLessThan(SAME_WORDS);
  expect(findWords(returned, others.samples).score, 'other words').toBeLessThan(SAME_WORDS);
});
