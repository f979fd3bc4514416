/** A sentence spoken into the microphone, and checks that exactly these words arrive on both sides. */
import type { TestInfo } from '@playwright/test';
import type { SandboxCall } from '../../src/sandbox/index.js';
import { writeWav } from '../../src/sandbox/media/wav.js';
import { HEARD_LIVE, findWords } from '../support/sound-match.js';
import type { Match } from '../support/sound-match.js';
import type { Tape } from '../support/sound-tape.js';
import { record } from '../support/spoken.js';
import { expect } from './fixtures.js';

const SENTENCE = 'The quick brown fox jumps over the lazy dog.';

/** The sentence without surrounding silence. */
export const words = await record('hear-words', [SENTENCE]);
const others = await record('hear-others', ['She sells sea shells by the sea shore.']);
/** Microphone input with the sentence three seconds after it opens. */
export const microphone = await record('hear-microphone', [3_000, SENTENCE, 60_000]);

/** Expects that the server heard the words, the page played them, and no other words match better. Returns both positions. */
export async function expectWords(
  call: SandboxCall,
  tape: Tape,
  testInfo: TestInfo,
): Promise<{ readonly sent: Match; readonly back: Match }> {
  await testInfo.attach('at the server', { body: Buffer.from(writeWav(call.inputAudio(), 24_000)), contentType: 'audio/wav' });
  const sent = findWords(call.inputAudio(), words.samples);
  await expect
    .poll(async () => findWords(await tape.samples(), words.samples).score, 'the page played the words')
    .toBeGreaterThan(HEARD_LIVE);
  const returned = await tape.samples();
  await testInfo.attach('in the page', { body: Buffer.from(writeWav(returned, 24_000)), contentType: 'audio/wav' });
  const back = findWords(returned, words.samples);
  expect(sent.score, 'the server heard the words').toBeGreaterThan(HEARD_LIVE);
  expect(findWords(call.inputAudio(), others.samples).score, 'other words match less at the server').toBeLessThan(sent.score);
  expect(findWords(returned, others.samples).score, 'other words match less in the page').toBeLessThan(back.score);
  return { sent, back };
}
