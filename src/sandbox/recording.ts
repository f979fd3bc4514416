/**
 * What the sandbox measured of one call's media: the level of every received frame, the received audio itself, and
 * counts. Reading side only.
 */
import { levelOf, meanLevel } from './audio-level.js';
import { FRAME_MS, SAMPLE_RATE } from './peer.js';

/** A level at a time. */
export interface LevelSample {
  /** Milliseconds since the epoch. */
  at: number;
  /** Level of 20 ms in dBFS, −100 for digital silence. */
  dbfs: number;
}

/** Frames in both directions. */
export interface FrameCounts {
  /** 20 ms frames of the visitor that arrived. */
  received: number;
  /** Frames that were asked for by the media clock, silence included. */
  sent: number;
  /** Sent frames that carried sound. */
  sounding: number;
}

/** Below this level the sandbox says "silence": what Opus leaves of a muted microphone is far below. */
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

  /** Notes received audio. */
  heard(pcm: Int16Array): void {
    this.frames.received++;
    this.#levels.push({ at: this.#now(), dbfs: levelOf(pcm) });
    this.#audio.push(pcm);
    this.#samples += pcm.length;
    while (this.#samples > this.#keepSamples && this.#audio.length > 1) {
      this.#samples -= this.#audio.shift()?.length ?? 0;
      this.#levels.shift();
    }
  }

  /** Notes a frame that was sent. */
  sent(sounding: boolean): void {
    this.frames.sent++;
    if (sounding) this.frames.sounding++;
  }

  /** Received levels over time, oldest first. */
  get levels(): readonly LevelSample[] {
    return this.#levels;
  }

  /** Mean power since a time (milliseconds since the epoch) in dBFS; −100 when nothing came. */
  level(since = 0): number {
    return meanLevel(this.#levels.filter(({ at }) => at >= since).map(({ dbfs }) => dbfs));
  }

  /**
   * Since when (milliseconds since the epoch) nothing but silence came; `undefined` while sound comes. With no audio at
   * all it is the time of the last sound, or of the first frame.
   */
  get silenceSince(): number | undefined {
    const last = this.#levels.at(-1);
    if (last === undefined || last.dbfs > SILENT_DBFS) return undefined;
    const sounding = this.#levels.findLastIndex(({ dbfs }) => dbfs > SILENT_DBFS);
    return this.#levels[sounding + 1]?.at;
  }

  /** The received audio, 24 kHz mono, from a time on. */
  audio(since = 0): Int16Array {
    const chunks = this.#audio.filter((_, index) => (this.#levels[index]?.at ?? 0) + FRAME_MS > since);
    const joined = new Int16Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let offset = 0;
    for (const chunk of chunks) {
      joined.set(chunk, offset);
      offset += chunk.length;
    }
    return joined;
  }
}
