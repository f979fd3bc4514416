/**
 * The spoken turn of the blocks' tests. The sandbox's default agent repeats what it heard, so words that come back have arrived
 * at both sides.
 */
import { fileURLToPath } from 'node:url';
import { HEARD_LIVE, findWords } from '../sound-match.js';
import { record } from '../spoken.js';

const SENTENCE = 'The quick brown fox jumps over the lazy dog.';

const words = await record('seeds-words', [SENTENCE]);

/** The sentence with silence after it, long enough for any turn detection. */
export const spokenTurn = await record('seeds-turn', [300, SENTENCE, 3_000]);

/** A microphone in which the sentence is spoken three seconds after it opens. */
export const spokenMicrophone = await record('seeds-microphone', [3_000, SENTENCE, 60_000]);

/** How well the sentence fits into this sound, 0..1, above `SAME_WORDS` it is there: 24 kHz mono, samples or their bytes in base64. */
export function sentenceIn(sound: Int16Array | string): number {
  return findWords(typeof sound === 'string' ? samplesOf(sound) : sound, words.samples).score;
}

/** Whether the sentence is in sound that was played or spoken in real time. */
export const holdsSentence = (sound: Int16Array): boolean => sentenceIn(sound) > HEARD_LIVE;

function samplesOf(base64: string): Int16Array {
  const bytes = Buffer.from(base64, 'base64');
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** Source code for a program in Node: `recording()` is the spoken turn's samples. */
export const RECORDING = `
import { readFileSync } from 'node:fs';
import { pcmFromWav } from ${JSON.stringify(fileURLToPath(new URL('../../../src/sandbox/media/wav.ts', import.meta.url)))};
const recording = () => pcmFromWav(readFileSync(${JSON.stringify(spokenTurn.path)}));
`;
