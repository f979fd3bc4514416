/**
 * The audio thread's side of a call over WebSocket: one processor turns a microphone into pieces of PCM16 at 24 kHz, one
 * plays such pieces. A file of its own, loaded by `addModule()`, so that a strict Content-Security-Policy needs no `blob:`.
 *
 * Owns: the queue of what is to be played, the count of what was. Does not own: which answer a sample belongs to
 * (`pcm-audio.ts`).
 */
import { Resampler } from './resampler.js';

// What the audio thread's global scope has; TypeScript's library does not know it.
declare const sampleRate: number;
declare const currentFrame: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

const RATE = 24_000;
/** Samples of one captured piece: 80 ms. Each costs the main thread a message, an event and a frame on the wire. */
const PIECE = 1_920;
/** Samples that must be there before play goes on after it ran dry: 40 ms, so that a late piece makes one gap, not many. */
const REFILL = 960;
/** Samples over which a cut falls silent, so that it does not click. */
const FADE = 64;

/** Microphone in, messages out: an `ArrayBuffer` every 80 ms. */
class CaptureProcessor extends AudioWorkletProcessor {
  readonly #resampler = sampleRate === RATE ? undefined : new Resampler(sampleRate, RATE);
  #piece = new Int16Array(PIECE);
  #filled = 0;

  process([input]: Float32Array[][]): boolean {
    const samples = input?.[0];
    // Nothing is connected while the microphone is being exchanged.
    if (!samples) return true;
    for (const sample of this.#resampler?.push(samples) ?? samples) {
      this.#piece[this.#filled++] = Math.max(-1, Math.min(1, sample)) * 32_767;
      if (this.#filled < PIECE) continue;
      this.port.postMessage(this.#piece.buffer, [this.#piece.buffer]);
      this.#piece = new Int16Array(PIECE);
      this.#filled = 0;
    }
    return true;
  }
}

/** What the player is told: pieces, `'mark'` (what follows is another answer), `'end'` (nothing follows soon: play what there is), `'cut'`. */
type Order = ArrayBuffer[] | 'mark' | 'end' | 'cut';

/**
 * Messages in, sound out. Reports `{cuts, played, frame, flowing}`: samples of 24 kHz that were played since the last cut,
 * the context's frame at which that was so, and whether more is being played. Only when sound begins or ends, and when an
 * answer begins in the midst of it; in between time tells.
 */
class PlayerProcessor extends AudioWorkletProcessor {
  readonly #resampler = sampleRate === RATE ? undefined : new Resampler(RATE, sampleRate);
  readonly #ratio = RATE / sampleRate;
  #queue: Float32Array[] = [];
  #head = 0;
  #waiting = 0;
  #played = 0;
  /** Samples that came since the last cut, and where among them answers begin that have not sounded. */
  #come = 0;
  #marks: number[] = [];
  #cuts = 0;
  #flowing = false;
  #ended = false;
  #tail: Float32Array | undefined;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<Order>) => {
      if (data === 'cut') this.#cut();
      else if (data === 'end') this.#ended = true;
      else if (data === 'mark') this.#marks.push(this.#come);
      else for (const pcm of data) this.#append(pcm);
    };
  }

  process(_inputs: unknown, [output]: Float32Array[][]): boolean {
    const samples = output?.[0];
    if (!samples) return true;
    if (this.#tail) {
      samples.set(this.#tail);
      this.#tail = undefined;
      return true;
    }
    const before = this.#flowing;
    this.#flowing = this.#waiting > 0 && (before || this.#ended || this.#waiting * this.#ratio >= REFILL);
    if (!this.#flowing) return true;
    let index = 0;
    for (let piece = this.#queue[0]; piece && index < samples.length; piece = this.#queue[0]) {
      const part = piece.subarray(this.#head, this.#head + samples.length - index);
      samples.set(part, index);
      index += part.length;
      this.#head += part.length;
      if (this.#head < piece.length) break;
      this.#queue.shift();
      this.#head = 0;
    }
    this.#waiting -= index;
    this.#played += index * this.#ratio;
    this.#flowing = this.#waiting > 0;
    const begins = this.#played > (this.#marks[0] ?? Infinity);
    if (begins) this.#marks.shift();
    if (!before || !this.#flowing || begins) {
      this.port.postMessage({ cuts: this.#cuts, played: this.#played, frame: currentFrame + index, flowing: this.#flowing });
    }
    return true;
  }

  #append(pcm: ArrayBuffer): void {
    const samples = Float32Array.from(new Int16Array(pcm), (sample) => sample / 32_768);
    this.#come += samples.length;
    const piece = this.#resampler?.push(samples) ?? samples;
    this.#ended = false;
    if (piece.length === 0) return;
    this.#queue.push(piece);
    this.#waiting += piece.length;
  }

  #cut(): void {
    if (this.#flowing) {
      const rest = this.#queue[0]?.slice(this.#head, this.#head + FADE);
      this.#tail = rest?.map((sample, index) => sample * (1 - index / rest.length));
    }
    this.#queue = [];
    this.#marks = [];
    this.#head = this.#waiting = this.#played = this.#come = 0;
    this.#flowing = this.#ended = false;
    this.#cuts++;
  }
}

registerProcessor('voice-agent-capture', CaptureProcessor);
registerProcessor('voice-agent-player', PlayerProcessor);
