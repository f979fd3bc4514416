/**
 * The audio thread's part of a call with the sandbox in a page: passes on what the visitor says in frames of 20 ms at 24 kHz, and
 * plays the frames of the answer. A separate file, so that a strict Content-Security-Policy needs no `blob:`.
 *
 * The audio device is the clock: for each frame that is passed on, the main thread returns the next frame of the answer. Audio
 * threads keep their pace in a hidden page, where timers run only once per second.
 */
import { StreamResampler } from './stream-resampler.js';

// The globals of `AudioWorkletGlobalScope`, which TypeScript's DOM library lacks.
declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

const RATE = 24_000;
const FRAME = 480;
/** Seconds of an answer that must have arrived before it is played: the main thread may be late by that much. */
const RESERVE = 0.06;
/** One render quantum without sound. */
const SILENCE = new Float32Array(128);

/** A message: a frame of the answer, `'end'` (no frame follows soon: play the rest), `'close'`. */
type LineMessage = ArrayBuffer | 'end' | 'close';

class LineProcessor extends AudioWorkletProcessor {
  readonly #toCall = new StreamResampler(sampleRate, RATE);
  readonly #toDevice = new StreamResampler(RATE, sampleRate);
  #frame = new Int16Array(FRAME);
  #filled = 0;
  #queue: Float32Array[] = [];
  /** Samples of the first block that were played. */
  #head = 0;
  #waiting = 0;
  #playing = false;
  #ended = false;
  #closed = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<LineMessage>) => {
      if (data === 'close') this.#closed = true;
      else if (data === 'end') this.#ended = true;
      else this.#append(new Int16Array(data));
    };
  }

  process([input]: Float32Array[][], [output]: Float32Array[][]): boolean {
    // Before the visitor's track arrives, and in Firefox while it is muted, there is no input.
    for (const sample of this.#toCall.push(input?.[0] ?? SILENCE)) {
      this.#frame[this.#filled++] = Math.max(-1, Math.min(1, sample)) * 32_767;
      if (this.#filled < FRAME) continue;
      this.port.postMessage(this.#frame.buffer, [this.#frame.buffer]);
      this.#frame = new Int16Array(FRAME);
      this.#filled = 0;
    }
    if (output?.[0] !== undefined) this.#play(output[0]);
    return !this.#closed;
  }

  #append(pcm: Int16Array): void {
    const samples = this.#toDevice.push(Float32Array.from(pcm, (sample) => sample / 32_768));
    this.#ended = false;
    this.#waiting += samples.length;
    if (samples.length > 0) this.#queue.push(samples);
  }

  #play(output: Float32Array): void {
    this.#playing = this.#waiting > 0 && (this.#playing || this.#ended || this.#waiting >= RESERVE * sampleRate);
    if (!this.#playing) return;
    let index = 0;
    for (let block = this.#queue[0]; block !== undefined && index < output.length; block = this.#queue[0]) {
      const part = block.subarray(this.#head, this.#head + output.length - index);
      output.set(part, index);
      index += part.length;
      this.#head += part.length;
      if (this.#head < block.length) break;
      this.#queue.shift();
      this.#head = 0;
    }
    this.#waiting -= index;
  }
}

registerProcessor('voice-agent-sandbox-line', LineProcessor);
