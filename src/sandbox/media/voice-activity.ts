/**
 * Voice activity detection on 20 ms frames.
 *
 * Owns: the decision, and the input's timeline in milliseconds. Does not own timers or events: it is a pure state
 * machine. `push` takes a frame, `tick` takes the time, and both return what changed.
 *
 * It compares energy with an adaptive noise floor. It is not a model of speech: a beep or a slammed door that lasts 60
 * ms counts as a voice. Tests rely on that, because a tone must be able to start a turn.
 *
 * Meaning of `threshold` (0 to 1, default 0.5, the Realtime API's range): a frame's score is 0 at 3 dB above the noise
 * floor and 1 at 21 dB above it, linear in between, so 0.5 requires 12 dB above the noise. In addition, a frame must be
 * louder than `-62 + 28 × threshold` dBFS (0.5: -48 dBFS). Higher values require a louder voice, as with the API.
 */

import { FRAME_MS } from './peer.js';
import { rmsLevel } from './audio-level.js';
import { NoiseFloor } from './noise-floor.js';

/** Ends a turn after a fixed silence. */
export interface ServerVad {
  readonly type: 'server_vad';
  /** 0 to 1, see above. Default 0.5. */
  readonly threshold?: number | undefined;
  /** Audio before the detection that counts as speech, in milliseconds. Default 300. */
  readonly prefix_padding_ms?: number | undefined;
  /** Silence that ends a turn, in milliseconds. Default 500. */
  readonly silence_duration_ms?: number | undefined;
}

/** Ends a turn after a silence that depends on the utterance; here, on its length and on how its level ends. */
export interface SemanticVad {
  readonly type: 'semantic_vad';
  /** `auto` (default) is the same as `medium`. */
  readonly eagerness?: 'low' | 'medium' | 'high' | 'auto' | undefined;
}

/** The session's `turn_detection`; if it is null, no detector is needed. */
export type VoiceActivitySettings = ServerVad | SemanticVad;

/** What changed. Times are milliseconds of input since the detector was created. */
export type VoiceChange =
  | {
      readonly type: 'start';
      /** Start of the speech, earlier than its detection by the prefix padding; never below 0. */
      readonly audioStartMs: number;
    }
  | {
      readonly type: 'stop';
      /** End of the turn; includes the silence that ended it. */
      readonly audioEndMs: number;
    };

/** Voiced frames, out of the last `ONSET_WINDOW`, that start a turn: 60 ms, more than a click, less than a syllable. */
const ONSET_FRAMES = 3;
const ONSET_WINDOW = 4;
/** How far the score of an ongoing voice may drop before it counts as silent. */
const HYSTERESIS = 0.15;
/** Milliseconds without a frame before missing input counts as silence: jitter is shorter, a pause is longer. */
const GAP_GRACE_MS = 100;

/** Semantic pauses in milliseconds: tolerated after a long, firm utterance, and the maximum. */
const EAGERNESS = {
  high: { base: 350, limit: 2000 },
  medium: { base: 600, limit: 4000 },
  low: { base: 1200, limit: 8000 },
} as const;
/** An utterance with less voiced audio than this (in milliseconds) may be incomplete: "so …", "could you …". */
const SHORT_MS = 800;
/** An ending softer than the whole utterance by more than the first value trails off; completely so 12 dB below that. */
const SOFT_DB = 6;
const SOFT_RANGE_DB = 12;
/** Weight of the latest frame in the level of the ending: a time constant of about 200 ms. */
const ENDING_WEIGHT = 0.1;

/** Detects speech of one microphone. */
export class VoiceActivity {
  #settings: VoiceActivitySettings;
  readonly #floor = new NoiseFloor();
  #inputMs = 0;
  #speaking = false;
  /** One entry per frame, newest last: whether it was voiced. */
  #recent: boolean[] = [];
  #silentMs = 0;
  #voicedMs = 0;
  #voicedSum = 0;
  #ending = 0;
  #framesSinceTick = 0;
  #accountedTo: number | undefined;
  #inGap = false;

  constructor(settings: VoiceActivitySettings) {
    this.#settings = settings;
  }

  /** True between a start and its stop. */
  get speaking(): boolean {
    return this.#speaking;
  }

  /** Milliseconds of input so far, including time in which frames were missing. */
  get inputMs(): number {
    return this.#inputMs;
  }

  /** Applies new settings; a turn in progress continues and ends with them. */
  configure(settings: VoiceActivitySettings): void {
    this.#settings = settings;
  }

  /** Discards a turn in progress, as `input_audio_buffer.clear` does. Time and noise floor are kept. */
  reset(): void {
    this.#speaking = false;
    this.#recent = [];
    this.#silentMs = 0;
  }

  /** Processes one frame of 20 ms. */
  push(frame: Int16Array): VoiceChange | undefined {
    this.#framesSinceTick += 1;
    this.#inGap = false;
    const level = rmsLevel(frame);
    this.#floor.push(level);
    return this.#step(level);
  }

  /**
   * Advances the time, so that silence also passes while no frames arrive: a browser without a microphone track, or
   * whose track was removed, sends nothing at all. Call it about as often as frames would arrive (every 20 to 100 ms).
   *
   * @param nowMs monotonic milliseconds of any origin.
   */
  tick(nowMs: number): VoiceChange | undefined {
    const arrived = this.#framesSinceTick > 0;
    this.#framesSinceTick = 0;
    if (this.#accountedTo === undefined || arrived) {
      this.#accountedTo = nowMs;
      return undefined;
    }
    if (!this.#inGap && nowMs - this.#accountedTo < GAP_GRACE_MS) {
      return undefined;
    }
    this.#inGap = true;
    let change: VoiceChange | undefined;
    while (nowMs - this.#accountedTo >= FRAME_MS) {
      this.#accountedTo += FRAME_MS;
      // Missing frames do not update the noise floor. Silence can only stop a turn, so at most one change occurs.
      change = this.#step(-Infinity) ?? change;
    }
    return change;
  }

  #step(level: number): VoiceChange | undefined {
    this.#inputMs += FRAME_MS;
    const voiced = this.#voiced(level);
    if (this.#speaking) {
      return this.#whileSpeaking(voiced, level);
    }
    this.#recent.push(voiced);
    if (this.#recent.length > ONSET_WINDOW) {
      this.#recent.shift();
    }
    if (this.#recent.filter(Boolean).length < ONSET_FRAMES) {
      return undefined;
    }
    const first = (this.#recent.length - this.#recent.indexOf(true)) * FRAME_MS;
    this.#speaking = true;
    this.#recent = [];
    this.#silentMs = 0;
    this.#voicedMs = ONSET_FRAMES * FRAME_MS;
    this.#voicedSum = level * ONSET_FRAMES;
    this.#ending = level;
    return { type: 'start', audioStartMs: Math.max(0, this.#inputMs - first - this.#prefixMs) };
  }

  #whileSpeaking(voiced: boolean, level: number): VoiceChange | undefined {
    if (voiced) {
      this.#silentMs = 0;
      this.#voicedMs += FRAME_MS;
      this.#voicedSum += level;
      this.#ending += (level - this.#ending) * ENDING_WEIGHT;
      return undefined;
    }
    this.#silentMs += FRAME_MS;
    if (this.#silentMs < this.#toleranceMs()) {
      return undefined;
    }
    this.#speaking = false;
    return { type: 'stop', audioEndMs: this.#inputMs };
  }

  #voiced(level: number): boolean {
    const threshold = this.#threshold;
    const score = (level - this.#floor.level - 3) / 18;
    const loud = level >= -62 + 28 * threshold;
    return this.#speaking
      ? score >= Math.max(0.05, threshold - HYSTERESIS) && level >= -62 + 28 * (threshold - HYSTERESIS)
      : score >= threshold && loud;
  }

  get #threshold(): number {
    const value = this.#settings.type === 'server_vad' ? (this.#settings.threshold ?? 0.5) : 0.5;
    return Math.min(1, Math.max(0, value));
  }

  get #prefixMs(): number {
    return this.#settings.type === 'server_vad' ? (this.#settings.prefix_padding_ms ?? 300) : 300;
  }

  /** Silence in milliseconds that ends the current turn. */
  #toleranceMs(): number {
    if (this.#settings.type === 'server_vad') {
      return this.#settings.silence_duration_ms ?? 500;
    }
    const eagerness = this.#settings.eagerness ?? 'auto';
    const { base, limit } = EAGERNESS[eagerness === 'auto' ? 'medium' : eagerness];
    const short = Math.max(0, 1 - this.#voicedMs / SHORT_MS);
    const mean = this.#voicedSum / (this.#voicedMs / FRAME_MS);
    const soft = Math.min(1, Math.max(0, (mean - this.#ending - SOFT_DB) / SOFT_RANGE_DB));
    return Math.min(limit, base * (1 + short + soft));
  }
}
