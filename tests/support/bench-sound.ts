/** Sound files for the fake microphone, in a temporary folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSpeech, synthesize } from '../../src/sandbox/media/speech.js';
import { writeWav } from '../../src/sandbox/media/wav.js';
import { SAMPLE_RATE } from '../../src/sandbox/media/peer.js';

/** Passes `run` the path of a WAV file of these samples (24 kHz), and removes the file afterwards. */
export async function withWav<T>(samples: Int16Array, run: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'voice-agent-bench-'));
  try {
    const path = join(folder, 'microphone.wav');
    writeFileSync(path, writeWav(samples));
    return await run(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A quiet room; without it the fake microphone beeps, which the server detects as speech. */
export const quiet = (seconds: number): Int16Array => new Int16Array(seconds * SAMPLE_RATE);

/** A sentence between two silences. */
export async function spoken(text: string, before: number, after: number): Promise<Int16Array> {
  const speech = createSpeech();
  try {
    const words = await synthesize(text, speech);
    const samples = new Int16Array(words.length + (before + after) * SAMPLE_RATE);
    samples.set(words, before * SAMPLE_RATE);
    return samples;
  } finally {
    await speech.close();
  }
}
