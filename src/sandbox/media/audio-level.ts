/**
 * Levels of PCM in dBFS: 0 is the largest 16-bit value. A full-scale sine has a peak of 0 dBFS and an RMS of -3.01 dBFS.
 * Digital silence is `-Infinity`, or `SILENCE_DBFS` where the level is reported as JSON.
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

/** The level reported for digital silence. */
export const SILENCE_DBFS = -100;

/** Root-mean-square level of PCM in dBFS, no lower than `SILENCE_DBFS`. */
export function audioLevel(pcm: Int16Array): number {
  return Math.max(SILENCE_DBFS, rmsLevel(pcm));
}

/** Mean power of several levels, in dBFS. */
export function meanLevel(levels: readonly number[]): number {
  if (levels.length === 0) return SILENCE_DBFS;
  const power = levels.reduce((sum, level) => sum + 10 ** (level / 10), 0) / levels.length;
  return Math.max(SILENCE_DBFS, 10 * Math.log10(power));
}
