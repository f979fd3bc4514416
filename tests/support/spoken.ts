/** Spoken microphones: WAV files that Chromium plays into `getUserMedia`, made by the sandbox's own synthesiser. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createSpeech, synthesize } from '../../src/sandbox/media/speech.js';
import { writeWav } from '../../src/sandbox/media/wav.js';

const FOLDER = fileURLToPath(new URL('../../test-results/voices/', import.meta.url));
const RATE = 24_000;

/** A stretch of the recording: words, or a pause in milliseconds. */
export type Stretch = string | number;

/** A recording on disk and in memory. */
export interface Recording {
  /** Absolute path of the WAV. */
  readonly path: string;
  /** 24 kHz mono samples. */
  readonly samples: Int16Array;
}

/** Speaks the stretches one after the other, for example `record('hello', [800, 'Hello there.', 3000])`. */
export async function record(name: string, stretches: readonly Stretch[]): Promise<Recording> {
  const speech = createSpeech();
  const parts: Int16Array[] = [];
  try {
    for (const stretch of stretches) {
      parts.push(typeof stretch === 'number' ? new Int16Array((stretch * RATE) / 1000) : await synthesize(stretch, speech));
    }
  } finally {
    await speech.close();
  }
  const samples = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  mkdirSync(FOLDER, { recursive: true });
  const path = `${FOLDER}${name}-${process.pid}.wav`;
  writeFileSync(path, writeWav(samples, RATE));
  return { path, samples };
}
