/** Recorded microphones: WAV files that Chromium plays into `getUserMedia`, created with the sandbox's synthesiser. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createSpeech, synthesize } from '../../src/sandbox/media/speech.js';
import { pcmFromWav, writeWav } from '../../src/sandbox/media/wav.js';

const FOLDER = fileURLToPath(new URL('../../test-results/voices/', import.meta.url));
const RATE = 24_000;

/** A segment of a recording: words, a pause in milliseconds, or a hum too soft to be detected as a voice. */
export type Stretch = string | number | { readonly hum: number };

/** The hum's peak, −64 dBFS, so low that gain control does not raise it to a voice, and its frequency. */
const HUM = 20;
const HUM_HZ = 220;

/** A recording on disk and in memory. */
export interface Recording {
  /** Absolute path of the WAV. */
  readonly path: string;
  /** 24 kHz mono samples. */
  readonly samples: Int16Array;
}

/**
 * Records the segments in sequence, for example `record('hello', [800, 'Hello there.', 3000])`. Created once: the file
 * name identifies the content.
 */
export async function record(name: string, stretches: readonly Stretch[]): Promise<Recording> {
  mkdirSync(FOLDER, { recursive: true });
  const content = createHash('sha256').update(JSON.stringify(stretches)).digest('hex').slice(0, 8);
  const path = `${FOLDER}${name}-${content}.wav`;
  if (!existsSync(path)) {
    // Several processes may record at once: each writes its own file and renames it when complete.
    const draft = `${path}.${String(process.pid)}`;
    writeFileSync(draft, writeWav(await speak(stretches), RATE));
    renameSync(draft, path);
  }
  return { path, samples: pcmFromWav(readFileSync(path)) };
}

async function speak(stretches: readonly Stretch[]): Promise<Int16Array> {
  const speech = createSpeech();
  const parts: Int16Array[] = [];
  try {
    for (const stretch of stretches) {
      if (typeof stretch === 'string') parts.push(await synthesize(stretch, speech));
      else if (typeof stretch === 'number') parts.push(new Int16Array((stretch * RATE) / 1000));
      else
        parts.push(
          Int16Array.from({ length: (stretch.hum * RATE) / 1000 }, (_, index) => HUM * Math.sin((2 * Math.PI * HUM_HZ * index) / RATE)),
        );
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
  return samples;
}

/** A microphone in a humming room, so that a live microphone differs from a muted one without speech. */
export const hummingRoom = (): Promise<Recording> => record('humming-room', [{ hum: 2_000 }]);

/** A microphone in a silent room, for `chromiumLaunch({ wav, loop: true })`; Chromium's own would beep. */
export const silentRoom = (): Promise<Recording> => record('silent-room', [2_000]);
