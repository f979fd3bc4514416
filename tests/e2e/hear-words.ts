/** A sentence that somebody says into the microphone, and whether it is these words that arrive on both sides. */
import type { TestInfo } from '@playwright/test';
import type { SandboxCall } from '../../src/sandbox/index.js';
import { writeWav } from '../../src/sandbox/media/wav.js';
import { SAME_WORDS, findWords } from '../support/sound-match.js';
import type { Match } from '../support/sound-match.js';
import type { Tape } from '../support/sound-tape.js';
import { record } from '../support/spoken.js';
import { expect } from './fixtures.js';

const SENTENCE = 'The quick brown fox jumps over the lazy dog.';

/** The sentence alone. */
export const words = await record('hear-words', [SENTENCE]);
const others = await record('hear-others', ['She sells sea shells by the sea shore.']);
/** A microphone into which somebody says it three seconds after it opens. */
export const microphone = await record('hear-microphone', [3_000, SENTENCE, 60_000]);

/** The server heard the words, the page played them, and no other words are there; where they are on both sides. */
export async function expectWords(call: SandboxCall, tape: Tape, testInfo: TestInfo): Promise<{ readonly sent: Match; readonly back: Match }> {
  await testInfo.attach('at the server', { body: Buffer.from(writeWav(call.inputAudio(), 24_000)), contentType: 'audio/wav' });
  const sent = findWords(call.inputAudio(), words.samples);
  const returned = await tape.samples();
  await testInfo.attach('in the page', { body: Buffer.from(writeWav(returned, 24_000)), contentType: 'audio/wav' });
  const back = findWords(returned, words.samples);
  expect(sent.score, 'the server heard the words').toBeGreaterThan(SAME_WORDS);
  expect(back.score, 'the page played the words').toBeGreaterThan(SAME_WORDS);
  expect(findWords(call.inputAudio(), others.samples).score, 'other words').toBeLessThan(SAME_WORDS);
  expect(findWords(returned, others.samples).score, 'other words').toBeLessThan(SAME_WORDS);
  return { sent, back };
}
