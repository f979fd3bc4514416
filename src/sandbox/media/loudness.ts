/**
 * Measures the loudness of PCM.
 *
 * Owns: the two measures that the sandbox uses, in dBFS: 0 is the largest 16-bit value, silence is `-Infinity`. A
 * full-scale sine has a peak of 0 dBFS and an RMS of -3.01 dBFS.
 */

const FULL_SCALE = 32_768;

/** Level of a linear amplitude between 0 and 1, in dBFS. */
export function decibels(amplitude: number): number {
  return 20 * Math.log10(amplitude);
}

/** Root mean square in dBFS. An empty array counts as silence. */
export function rmsLevel(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) {
    sum += sample * sample;
  }
  return samples.length === 0 ? -Infinity : decibels(Math.sqrt(sum / samples.length) / FULL_SCALE);
}

/** Largest absolute sample in dBFS. An empty array counts as silence. */
export function peakLevel(samples: Int16Array): number {
  let peak = 0;
  for (const sample of samples) {
    peak = Math.max(peak, Math.abs(sample));
  }
  return decibels(peak / FULL_SCALE);
}
