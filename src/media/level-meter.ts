/**
 * Levels of both voices, for a meter.
 *
 * Owns: one AudioContext with an analyser per voice, created for a call and closed with it. Allocates nothing per reading.
 * Does not own: the tracks.
 */
import type { Levels } from '../contract/call.js';

/** Samples per reading: 21 ms at 48 kHz, a little more than a display frame. */
const WINDOW = 1024;
/** Level that reads as 0, in decibels relative to full scale: the noise of a quiet room. */
const FLOOR_DB = -58;
/** Level that reads as 1: a loud voice near the microphone. */
const CEILING_DB = -12;

/** Measures two voices; see `read()`. */
export class LevelMeter {
  readonly #context = new AudioContext({ latencyHint: 'playback' });
  readonly #samples = new Float32Array(WINDOW);
  readonly #levels = { input: 0, output: 0 };
  readonly #track: () => MediaStreamTrack | undefined;
  #heard: MediaStreamTrack | undefined;
  #input: AnalyserNode | undefined;
  readonly #output: AnalyserNode | undefined;

  /** @param input the visitor's track, which may change  @param output the agent's track */
  constructor(input: () => MediaStreamTrack | undefined, output: MediaStreamTrack | undefined) {
    this.#track = input;
    this.#output = this.#analyse(output);
    this.#context.onstatechange = () => this.wake();
    this.wake();
  }

  /** Resumes a suspended context; before a user gesture the browser may refuse, and the meter stays at zero. */
  wake(): void {
    if (this.#context.state === 'suspended') this.#context.resume().catch(() => undefined);
  }

  /** The current levels, 0..1 (linear in decibels). Returns the same object every time. */
  read(): Levels {
    const track = this.#track();
    if (track !== this.#heard) this.#input = this.#analyse((this.#heard = track));
    this.#levels.input = this.#loudness(this.#input);
    this.#levels.output = this.#loudness(this.#output);
    return this.#levels;
  }

  /** Frees the audio thread. */
  async release(): Promise<void> {
    await this.#context.close();
  }

  #analyse(track: MediaStreamTrack | undefined): AnalyserNode | undefined {
    if (!track) return undefined;
    const analyser = new AnalyserNode(this.#context, { fftSize: WINDOW });
    new MediaStreamAudioSourceNode(this.#context, { mediaStream: new MediaStream([track]) }).connect(analyser);
    return analyser;
  }

  #loudness(analyser: AnalyserNode | undefined): number {
    if (!analyser) return 0;
    analyser.getFloatTimeDomainData(this.#samples);
    let power = 0;
    for (let index = 0; index < WINDOW; index++) {
      const sample = this.#samples[index] as number;
      power += sample * sample;
    }
    const decibels = 10 * Math.log10(power / WINDOW);
    return Math.min(1, Math.max(0, (decibels - FLOOR_DB) / (CEILING_DB - FLOOR_DB)));
  }
}
