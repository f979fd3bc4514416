/** Loudness of PCM in dBFS, with a floor because JSON cannot represent minus infinity. */
import { rmsLevel } from './loudness.js';

/** The level reported for digital silence. */
export const SILENCE_DBFS = -100;

/** Root-mean-square level of PCM in dBFS, no lower than `SILENCE_DBFS`. */
export function levelOf(pcm: Int16Array): number {
  return Math.max(SILENCE_DBFS, rmsLevel(pcm));
}

/** Mean power of several levels, in dBFS. */
export function meanLevel(levels: readonly number[]): number {
  if (levels.length === 0) return SILENCE_DBFS;
  const power = levels.reduce((sum, level) => sum + 10 ** (level / 10), 0) / levels.length;
  return Math.max(SILENCE_DBFS, 10 * Math.log10(power));
}
