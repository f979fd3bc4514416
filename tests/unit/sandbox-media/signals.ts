/** Test signals at 24 kHz, and functions that recognise them. */

import { FRAME_SAMPLES, SAMPLE_RATE } from '../../../src/sandbox/media/peer.js';

/** A sine. `level` is its peak from 0 to 32767. */
export function sine(hz: number, ms: number, level = 8000, rate: number = SAMPLE_RATE): Int16Array {
  const samples = new Int16Array(Math.round((rate * ms) / 1000));
  for (const index of samples.keys()) {
    samples[index] = Math.round(level * Math.sin((2 * Math.PI * hz * index) / rate));
  }
  return samples;
}

/** White noise from a fixed seed. */
export function noise(ms: number, level: number, seed = 1): Int16Array {
  const samples = new Int16Array((SAMPLE_RATE * ms) / 1000);
  let state = seed;
  for (const index of samples.keys()) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    samples[index] = Math.round(((state / 0x1_00_00_00_00) * 2 - 1) * level);
  }
  return samples;
}

/** Concatenates signals. */
export function joined(...parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Sum of two signals; the longer one determines the length. */
export function mixed(a: Int16Array, b: Int16Array): Int16Array {
  const all = new Int16Array(Math.max(a.length, b.length));
  for (const index of all.keys()) {
    all[index] = (a[index] ?? 0) + (b[index] ?? 0);
  }
  return all;
}

/** Complete frames of 20 ms. */
export function framesOf(samples: Int16Array): Int16Array[] {
  return Array.from({ length: Math.floor(samples.length / FRAME_SAMPLES) }, (_, index) =>
    samples.subarray(index * FRAME_SAMPLES, (index + 1) * FRAME_SAMPLES),
  );
}

/** Amplitude of one frequency in a signal (Goertzel), on the scale of `sine`'s level. */
export function amplitude(samples: Int16Array, hz: number, rate: number = SAMPLE_RATE): number {
  let real = 0;
  let imaginary = 0;
  for (const [index, sample] of samples.entries()) {
    const angle = (2 * Math.PI * hz * index) / rate;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  }
  return (2 * Math.hypot(real, imaginary)) / samples.length;
}
