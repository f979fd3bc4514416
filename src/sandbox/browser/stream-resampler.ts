/**
 * Changes the sample rate of a stream on the audio thread: windowed sinc, one filter per phase, computed once. Keeps the samples
 * that the next block needs.
 */

/** Zero crossings of the sinc on each side. */
const CROSSINGS = 12;
/** Share of the lower rate's band that passes. */
const PASS = 0.92;

/** Converts one stream of mono samples. */
export class StreamResampler {
  readonly #filters: readonly Float32Array[];
  readonly #stride: number;
  readonly #taps: number;
  #kept: Float32Array;
  /** Position of the next output sample, in units of one input sample divided by the number of phases. */
  #next = 0;

  constructor(from: number, to: number) {
    const common = commonDivisor(from, to);
    const phases = to / common;
    this.#stride = from / common;
    const cutoff = Math.min(1, to / from) * PASS;
    this.#taps = 2 * Math.ceil(CROSSINGS / cutoff);
    this.#filters = Array.from({ length: phases }, (_, phase) => filterOf(this.#taps, cutoff, phase / phases));
    this.#kept = new Float32Array(this.#taps - 1);
  }

  /** The output samples that these input samples complete. */
  push(input: Float32Array): Float32Array {
    const samples = new Float32Array(this.#kept.length + input.length);
    samples.set(this.#kept);
    samples.set(input, this.#kept.length);
    const phases = this.#filters.length;
    const output: number[] = [];
    for (; ; this.#next += this.#stride) {
      const first = Math.floor(this.#next / phases);
      if (first + this.#taps > samples.length) break;
      const filter = this.#filters[this.#next % phases] as Float32Array;
      let sum = 0;
      for (let tap = 0; tap < this.#taps; tap++) sum += (samples[first + tap] as number) * (filter[tap] as number);
      output.push(sum);
    }
    const done = Math.min(Math.floor(this.#next / phases), samples.length);
    this.#next -= done * phases;
    this.#kept = samples.slice(done);
    return Float32Array.from(output);
  }
}

/** The filter of an output sample that lies `offset` input samples behind the middle of its window. */
function filterOf(taps: number, cutoff: number, offset: number): Float32Array {
  const weights = Float32Array.from({ length: taps }, (_, tap) => {
    const distance = tap - (taps / 2 - 1) - offset;
    const x = Math.PI * cutoff * distance;
    const place = Math.min(1, Math.abs(distance) / (taps / 2));
    return (x === 0 ? 1 : Math.sin(x) / x) * (0.42 + 0.5 * Math.cos(Math.PI * place) + 0.08 * Math.cos(2 * Math.PI * place));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
