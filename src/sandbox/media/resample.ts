/**
 * Sample rate conversion by windowed sinc.
 *
 * Owns: one pure function. It converts whole recordings, not streams: the sandbox resamples files and synthesised
 * sentences, while live audio already has the right rate from Opus.
 */

/** Zero crossings of the sinc on each side. 16 give about 80 dB of attenuation and a narrow transition band. */
const CROSSINGS = 16;
/** Share of the lower rate's band that passes; the remainder is the transition band. */
const PASS = 0.94;
/** Maximum number of phases cached; rate pairs with more phases (none in use) compute the coefficients each time. */
const MAX_PHASES = 1024;

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Blackman window for x from -1 to 1. */
function window(x: number): number {
  return 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
}

/**
 * Resamples mono PCM.
 *
 * @param samples signed 16-bit at `from` Hz.
 * @returns a new array at `to` Hz with the same duration (rounded to a sample); a copy if the rates are equal.
 * @throws {RangeError} if a rate is not a positive integer.
 */
export function resample(samples: Int16Array, from: number, to: number): Int16Array {
  if (!Number.isInteger(from) || !Number.isInteger(to) || from <= 0 || to <= 0) {
    throw new RangeError(`cannot resample from ${String(from)} to ${String(to)} Hz`);
  }
  if (from === to) {
    return samples.slice();
  }
  const common = greatestCommonDivisor(from, to);
  const phases = to / common;
  const stride = from / common;
  const cutoff = Math.min(1, to / from) * PASS;
  const reach = CROSSINGS / cutoff;
  const taps = 2 * Math.ceil(reach) + 1;
  const half = (taps - 1) / 2;
  const tables = new Map<number, Float64Array>();

  /** The filter for an output sample that lies `phase / phases` after an input sample. */
  const filter = (phase: number): Float64Array => {
    const known = tables.get(phase);
    if (known !== undefined) {
      return known;
    }
    const table = new Float64Array(taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      const distance = tap - half - phase / phases;
      const x = Math.PI * cutoff * distance;
      const value = Math.abs(distance) > reach ? 0 : (x === 0 ? 1 : Math.sin(x) / x) * window(distance / reach);
      table[tap] = value;
      sum += value;
    }
    // Unity gain at 0 Hz in every phase; otherwise the phases would be audible as a tone.
    for (let tap = 0; tap < taps; tap += 1) {
      table[tap] = (table[tap] ?? 0) / sum;
    }
    if (tables.size < MAX_PHASES) {
      tables.set(phase, table);
    }
    return table;
  };

  const length = Math.round((samples.length * to) / from);
  const out = new Int16Array(length);
  let position = 0;
  let phase = 0;
  for (let index = 0; index < length; index += 1) {
    const table = filter(phase);
    let sum = 0;
    const first = Math.max(0, half - position);
    const last = Math.min(taps, samples.length - position + half);
    for (let tap = first; tap < last; tap += 1) {
      sum += (samples[position - half + tap] ?? 0) * (table[tap] ?? 0);
    }
    out[index] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
    phase += stride;
    position += Math.floor(phase / phases);
    phase %= phases;
  }
  return out;
}
