/**
 * The audio thread's part of a call over WebSocket: one processor captures the microphone as chunks of PCM16 at 24 kHz, another
 * plays such chunks. A separate file, loaded by `addModule()`, so that a strict Content-Security-Policy needs no `blob:`.
 *
 * Owns: the playback queue, the count of played samples. Does not own: which answer a sample belongs to
 * (`pcm-audio.ts`).
 */
import { Resampler } from './resampler.js';

// The globals of `AudioWorkletGlobalScope`, which TypeScript's DOM library lacks.
declare const sampleRate: number;
declare const currentFrame: number;
interface Processor {
  readonly port: MessagePort;
}
interface WorkletScope {
  AudioWorkletProcessor?: new () => Processor;
  registerProcessor?(name: string, processor: new () => Processor): void;
}

/** A page also imports this file, only to check its hash; a page has no processors. */
const { AudioWorkletProcessor = Object as unknown as new () => Processor } = globalThis as WorkletScope;

const RATE = 24_000;
/** Samples of one captured chunk: 80 ms. Each one costs the main thread a message, an event and a network frame. */
const PIECE = 1_920;
/** Samples required to resume playback after an underrun: 40 ms, so that a late chunk causes one gap, not many. */
const REFILL = 960;
/** Samples over which a cut fades out, to avoid a click. */
const FADE = 64;

/** One render quantum without sound. */
const SILENCE = new Float32Array(128);

/** Microphone in, messages out: an `ArrayBuffer` every 80 ms. */
class CaptureProcessor extends AudioWorkletProcessor {
  readonly #resampler = sampleRate === RATE ? undefined : new Resampler(sampleRate, RATE);
  #piece = new Int16Array(PIECE);
  #filled = 0;

  process([input]: Float32Array[][]): boolean {
    // Some browsers (Firefox 140) give no input for a muted track. The server needs the silence to notice the end of a turn.
    const samples = input?.[0] ?? SILENCE;
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

/** A message to the player: chunks, `'mark'` (another answer follows), `'end'` (nothing follows soon: play the rest), `'cut'`. */
type Order = ArrayBuffer[] | 'mark' | 'end' | 'cut';

/**
 * Messages in, audio out. Reports `{cuts, played, frame, flowing}`: the number of cuts, the samples at 24 kHz played since the last
 * cut, the context's frame at that moment, and whether playback continues. Reports only when playback starts or stops, and when
 * an answer starts during playback; in between, the position follows from the time.
 */
class PlayerProcessor extends AudioWorkletProcessor {
  readonly #resampler = sampleRate === RATE ? undefined : new Resampler(RATE, sampleRate);
  readonly #ratio = RATE / sampleRate;
  #queue: Float32Array[] = [];
  #head = 0;
  #waiting = 0;
  #played = 0;
  /** Samples received since the last cut, and the positions in them at which unplayed answers start. */
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

const scope = globalThis as WorkletScope;
scope.registerProcessor?.('voice-agent-capture', CaptureProcessor);
scope.registerProcessor?.('voice-agent-player', PlayerProcessor);
