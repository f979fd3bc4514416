/**
 * Measurements of one call's media: the level of every received frame, the received audio, and frame counts. For tests
 * only.
 */
import { audioLevel, meanLevel } from './audio-level.js';
import { joinPcm } from './join-pcm.js';
import { FRAME_MS, SAMPLE_RATE } from './peer.js';

/** A level at a point in time. */
export interface LevelSample {
  /** Milliseconds since the epoch. */
  at: number;
  /** Level of a 20 ms frame in dBFS, −100 for digital silence. */
  dbfs: number;
}

/** Frame counts in both directions. */
export interface FrameCounts {
  /** 20 ms frames received from the visitor. */
  received: number;
  /** Frames requested by the media clock, including silence. */
  sent: number;
  /** Sent frames that contained audio. */
  sounding: number;
}

/** Audio below this level counts as silence: the residue of a muted microphone after Opus is far below it. */
const SILENT_DBFS = -70;

/** The measurements of one call. */
export class Recording {
  readonly frames: FrameCounts = { received: 0, sent: 0, sounding: 0 };
  readonly #now: () => number;
  readonly #keepSamples: number;
  #levels: LevelSample[] = [];
  #audio: Int16Array[] = [];
  #samples = 0;

  /** Keeps the last `keepSeconds` of audio and levels. */
  constructor(now: () => number, keepSeconds: number) {
    this.#now = now;
    this.#keepSamples = keepSeconds * SAMPLE_RATE;
  }

  /** Records received audio. */
  heard(pcm: Int16Array): void {
    this.frames.received++;
    this.#levels.push({ at: this.#now(), dbfs: audioLevel(pcm) });
    this.#audio.push(pcm);
    this.#samples += pcm.length;
    while (this.#samples > this.#keepSamples && this.#audio.length > 1) {
      this.#samples -= this.#audio.shift()?.length ?? 0;
      this.#levels.shift();
    }
  }

  /** Records a sent frame. */
  sent(sounding: boolean): void {
    this.frames.sent++;
    if (sounding) this.frames.sounding++;
  }

  /** Received levels over time, oldest first. */
  get levels(): readonly LevelSample[] {
    return this.#levels;
  }

  /** Mean power since a time (milliseconds since the epoch) in dBFS; −100 if no audio was received. */
  level(since = 0): number {
    return meanLevel(this.#levels.filter(({ at }) => at >= since).map(({ dbfs }) => dbfs));
  }

  /**
   * Start of the current silence (milliseconds since the epoch), `undefined` during sound. If no sound was received at
   * all, this is the time of the first frame.
   */
  get silenceSince(): number | undefined {
    const last = this.#levels.at(-1);
    if (last === undefined || last.dbfs > SILENT_DBFS) return undefined;
    const sounding = this.#levels.findLastIndex(({ dbfs }) => dbfs > SILENT_DBFS);
    return this.#levels[sounding + 1]?.at;
  }

  /** The audio received since a time, 24 kHz mono. */
  audio(since = 0): Int16Array {
    return joinPcm(this.#audio.filter((_, index) => (this.#levels[index]?.at ?? 0) + FRAME_MS > since));
  }
}
