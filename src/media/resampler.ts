/**
 * Changes the sample rate of a stream of samples: a polyphase filter with a windowed sinc and a cutoff below the lower Nyquist
 * frequency. Keeps the samples that the next chunk needs. Used on the audio thread: computes its filter once.
 */

/** Zero crossings of the sinc on either side: a stopband attenuation of about 60 dB. */
const REACH = 16;
/** Share of the lower Nyquist frequency that passes. */
const PASS = 0.94;

/** Converts one stream; see `push()`. */
export class Resampler {
  readonly #step: number;
  readonly #phases: readonly Float32Array[];
  readonly #taps: number;
  /** Earlier samples that the filter still needs. */
  #history: Float32Array;
  /** Position of the next output sample: index in the history in units of 1/phases. */
  #at: number;

  constructor(from: number, to: number) {
    const divisor = gcd(from, to);
    const phases = to / divisor;
    this.#step = from / divisor;
    const cutoff = (Math.min(from, to) / from) * PASS;
    const half = Math.ceil(REACH / cutoff);
    this.#taps = half * 2;
    this.#phases = Array.from({ length: phases }, (_, phase) => filter(half, cutoff, phase / phases));
    this.#history = new Float32Array(this.#taps - 1);
    this.#at = 0;
  }

  /** The next output samples, as many as these input samples allow. */
  push(input: Float32Array): Float32Array {
    const phases = this.#phases.length;
    const taps = this.#taps;
    const samples = new Float32Array(this.#history.length + input.length);
    samples.set(this.#history);
    samples.set(input, this.#history.length);
    const last = samples.length - taps;
    const output = new Float32Array(Math.max(0, Math.floor((last * phases - this.#at) / this.#step) + 1));
    let at = this.#at;
    for (let index = 0; index < output.length; index++, at += this.#step) {
      const start = Math.floor(at / phases);
      const weights = this.#phases[at % phases] as Float32Array;
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) sum += (samples[start + tap] as number) * (weights[tap] as number);
      output[index] = sum;
    }
    const done = Math.min(Math.floor(at / phases), samples.length);
    this.#history = samples.slice(done);
    this.#at = at - done * phases;
    return output;
  }
}

/** The weights for an output sample at `offset` (0..1) behind the middle of its window. */
function filter(half: number, cutoff: number, offset: number): Float32Array {
  const weights = new Float32Array(half * 2);
  let sum = 0;
  for (let tap = 0; tap < weights.length; tap++) {
    const x = tap - (half - 1) - offset;
    const angle = Math.PI * cutoff * x;
    const sinc = x === 0 ? 1 : Math.sin(angle) / angle;
    const place = (x + half) / (half * 2);
    // Blackman window.
    const window = place <= 0 || place >= 1 ? 0 : 0.42 - 0.5 * Math.cos(2 * Math.PI * place) + 0.08 * Math.cos(4 * Math.PI * place);
    weights[tap] = sinc * window;
    sum += weights[tap] as number;
  }
  return weights.map((weight) => weight / sum);
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
