/**
 * Detects whether spoken words are in a recording, by two passes of normalised cross-correlation: the loudness curve
 * finds where the words could be; then the waveform, piece by piece, confirms that it is those words. Piece by piece,
 * because a jitter buffer may stretch or drop a few milliseconds, which leaves the individual pieces intact.
 *
 * Both recordings are 24 kHz mono.
 */

/** Sample rate of the comparison: telephone quality, which Opus and noise suppression leave recognisable. */
const RATE = 8_000;
/** Samples per piece: 200 ms, so that most pieces lie between two gaps of a busy machine's audio. */
const PIECE = RATE / 5;
/** Maximum distance in samples between a piece and the position given by the loudness or the previous piece. */
const SLACK = RATE / 8;
/** Samples per value of the loudness curve: 10 ms. */
const STEP = RATE / 100;

/**
 * Minimum median over the pieces of a sentence for a match. Measured: the same words after one or two passes of Opus
 * and Chromium’s microphone processing 0.64–0.8; other words in the same voice at most 0.27.
 */
export const SAME_WORDS = 0.4;

/**
 * The same for audio that was transported in real time: a busy machine drops pieces of it at the microphone and at the
 * speaker. Measured with 40 ms missing or added every 60 ms: 0.69.
 */
export const HEARD_LIVE = 0.35;

/** How well words match a recording. */
export interface Match {
  /** Median of the pieces' correlation peaks, 0..1: 1 is the same waveform. */
  readonly score: number;
  /** Start of the words in the recording, in milliseconds. */
  readonly at: number;
}

/** Searches for the words in the recording. */
export function findWords(recording: Int16Array, words: Int16Array): Match {
  const heard = telephone(recording);
  const spoken = telephone(withoutEdges(words));
  if (heard.length < spoken.length) return { score: 0, at: 0 };
  const begin = bestLag(loudness(heard), loudness(spoken)) * STEP;
  const peaks: number[] = [];
  // A jitter buffer that stretches or drops audio shifts everything after it.
  let moved = begin;
  for (let at = 0; at + PIECE <= spoken.length; at += PIECE / 2) {
    const found = peak(heard, spoken.subarray(at, at + PIECE), moved + at);
    peaks.push(found.score);
    if (found.score > SAME_WORDS) moved = found.lag - at;
  }
  peaks.sort((a, b) => a - b);
  return { score: peaks[Math.floor(peaks.length / 2)] ?? 0, at: (begin * 1000) / RATE };
}

/** The highest correlation of a piece near a position, and its position. */
function peak(heard: Float32Array, piece: Float32Array, near: number): { score: number; lag: number } {
  const best = { score: 0, lag: near };
  for (let lag = Math.max(0, near - SLACK); lag <= Math.min(heard.length - piece.length, near + SLACK); lag++) {
    const score = correlation(heard, piece, lag);
    if (score > best.score) Object.assign(best, { score, lag });
  }
  return best;
}

function bestLag(heard: Float32Array, spoken: Float32Array): number {
  let best = -1;
  let at = 0;
  for (let lag = 0; lag + spoken.length <= heard.length; lag++) {
    const value = correlation(centred(heard.subarray(lag, lag + spoken.length)), centred(spoken), 0);
    if (value > best) [best, at] = [value, lag];
  }
  return at;
}

function correlation(heard: Float32Array, piece: Float32Array, lag: number): number {
  let product = 0;
  let heardPower = 0;
  let power = 0;
  for (let index = 0; index < piece.length; index++) {
    const a = heard[lag + index] as number;
    const b = piece[index] as number;
    product += a * b;
    heardPower += a * a;
    power += b * b;
  }
  return heardPower === 0 || power === 0 ? 0 : product / Math.sqrt(heardPower * power);
}

function centred(values: Float32Array): Float32Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

function loudness(samples: Float32Array): Float32Array {
  const curve = new Float32Array(Math.floor(samples.length / STEP));
  for (let index = 0; index < curve.length; index++) {
    let power = 0;
    for (let at = index * STEP; at < (index + 1) * STEP; at++) power += (samples[at] as number) ** 2;
    curve[index] = Math.sqrt(power / STEP);
  }
  return curve;
}

/** 300–3,400 Hz at 8 kHz: the band that microphone processing and codecs preserve. */
function telephone(samples: Int16Array): Float32Array {
  const taps = bandPass(300 / 24_000, 3_400 / 24_000, 121);
  const half = (taps.length - 1) / 2;
  const out = new Float32Array(Math.floor(samples.length / 3));
  for (let index = 0; index < out.length; index++) {
    let sum = 0;
    for (let tap = 0; tap < taps.length; tap++) sum += (samples[index * 3 + tap - half] ?? 0) * (taps[tap] as number);
    out[index] = sum / 32_768;
  }
  return out;
}

function bandPass(low: number, high: number, length: number): Float32Array {
  const half = (length - 1) / 2;
  return Float32Array.from({ length }, (_, index) => {
    const at = index - half;
    const ideal = at === 0 ? 2 * (high - low) : (Math.sin(2 * Math.PI * high * at) - Math.sin(2 * Math.PI * low * at)) / (Math.PI * at);
    return ideal * (0.54 + 0.46 * Math.cos((Math.PI * at) / half));
  });
}

function withoutEdges(samples: Int16Array): Int16Array {
  const loud = (sample: number): boolean => Math.abs(sample) > 300;
  const first = samples.findIndex(loud);
  return first < 0 ? samples.subarray(0, 0) : samples.subarray(first, samples.findLastIndex(loud) + 1);
}

/** Level in dBFS of a segment; −100 for digital silence or an empty one. */
export function level(samples: Int16Array): number {
  if (samples.length === 0) return -100;
  let power = 0;
  for (const sample of samples) power += (sample / 32_768) ** 2;
  return Math.max(-100, 10 * Math.log10(power / samples.length));
}

/** Level in dBFS of one frequency in a segment (Goertzel); a tone of −12 dBFS measures −12. */
export function toneLevel(samples: Int16Array, hertz: number): number {
  const factor = 2 * Math.cos((2 * Math.PI * hertz) / 24_000);
  let before = 0;
  let last = 0;
  for (const sample of samples) [before, last] = [last, sample / 32_768 + factor * last - before];
  const power = last * last + before * before - factor * last * before;
  return Math.max(-100, 10 * Math.log10((2 * power) / samples.length ** 2 || 1e-10));
}
