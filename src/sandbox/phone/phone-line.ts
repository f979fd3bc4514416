/**
 * The line between a caller and a session: 20 ms of audio in each direction, fifty times a second, in G.711 quality (8
 * kHz, µ-law) like a telephone network. Owns the caller's audio in both directions; the session sees a `Peer`.
 */
import { decodeAudio, encodeAudio } from '../session/audio-format.js';
import { joinPcm } from '../media/join-pcm.js';
import { sharedFrameClock } from '../media/frame-clock.js';
import { FRAME_MS, FRAME_SAMPLES } from '../media/peer.js';
import type { Peer, PeerEvents } from '../media/peer.js';
import { Recording } from '../media/recording.js';
import type { LevelSample } from '../media/recording.js';
import { SandboxTimeout } from '../clock.js';

const SILENCE = new Int16Array(FRAME_SAMPLES);
/** Frames above this level count as sound. */
const SOUNDING_DBFS = -50;
const G711 = { type: 'audio/pcmu' } as const;

/** Applies the quality of a telephone line to PCM. */
export const overTheLine = (pcm: Int16Array): Int16Array => decodeAudio(encodeAudio(pcm, G711), G711);

/** One line. */
export class PhoneLine implements Peer {
  /** Phone calls have no SDP in the sandbox. */
  readonly answer = '';
  readonly #events: PeerEvents;
  readonly #now: () => number;
  readonly #recording: Recording;
  readonly #watchers = new Set<() => void>();
  /** Frames still to be sent; `done` belongs to the last frame of a sound. */
  #queue: { frame: Int16Array; done?: () => void }[] = [];
  #hangUp: (() => void) | undefined;
  #loss = 0;

  constructor(events: PeerEvents, now: () => number, keepSeconds: number) {
    this.#events = events;
    this.#now = now;
    this.#recording = new Recording(now, keepSeconds);
    this.#hangUp = sharedFrameClock.add(() => {
      this.#tick();
    });
  }

  #tick(): void {
    const { frame, done } = this.#queue.shift() ?? { frame: SILENCE };
    this.#events.onAudio(frame);
    done?.();
    const heard = this.#events.nextFrame();
    // `nextFrame` may have ended the call.
    if (this.#hangUp === undefined) return;
    this.#recording.heard((Math.random() < this.#loss ? undefined : heard) ?? SILENCE);
    for (const watch of [...this.#watchers]) watch();
  }

  /** Queues PCM after the audio already queued; resolves when it was sent or the line was closed. */
  say(pcm: Int16Array): Promise<void> {
    if (this.#hangUp === undefined || pcm.length === 0) return Promise.resolve();
    return new Promise((done) => {
      for (let offset = 0; offset < pcm.length; offset += FRAME_SAMPLES) {
        const frame = pcm.slice(offset, offset + FRAME_SAMPLES);
        const whole = frame.length === FRAME_SAMPLES ? frame : joinPcm([frame, SILENCE.slice(frame.length)]);
        this.#queue.push({ frame: whole, ...(offset + FRAME_SAMPLES >= pcm.length && { done }) });
      }
    });
  }

  /** Levels of the audio that the caller heard. */
  get levels(): readonly LevelSample[] {
    return this.#recording.levels;
  }

  heard(since = 0): Int16Array {
    return overTheLine(this.#recording.audio(since));
  }

  heardLevel(since = 0): number {
    return this.#recording.level(since);
  }

  /** The time of the first frame with sound since `after`. @throws SandboxTimeout */
  waitForSound(after: number, timeoutMs: number): Promise<number> {
    return this.#wait('sound', timeoutMs, () => this.levels.find(({ at, dbfs }) => at >= after && dbfs > SOUNDING_DBFS)?.at);
  }

  /** The start of the first `ms` of silence since `after`. @throws SandboxTimeout */
  waitForSilence(after: number, ms: number, timeoutMs: number): Promise<number> {
    return this.#wait('silence', timeoutMs, () => {
      let quiet = 0;
      const end = this.levels.findIndex(({ at, dbfs }) => {
        quiet = at >= after && dbfs <= SOUNDING_DBFS ? quiet + FRAME_MS : 0;
        return quiet >= ms;
      });
      return this.levels[end - Math.ceil(ms / FRAME_MS) + 1]?.at;
    });
  }

  #wait(what: string, timeoutMs: number, found: () => number | undefined): Promise<number> {
    const past = found();
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#watchers.delete(watch);
        clearTimeout(timer);
      };
      const watch = (): void => {
        const at = found();
        if (at === undefined && this.#hangUp !== undefined) return;
        stop();
        if (at === undefined) reject(new SandboxTimeout(`the line was closed before the caller heard ${what}`, this.#seen()));
        else resolve(at);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new SandboxTimeout(`the caller heard no ${what} within ${String(timeoutMs)} ms`, this.#seen()));
      }, timeoutMs);
      this.#watchers.add(watch);
      watch();
    });
  }

  #seen(): string[] {
    return this.levels.slice(-20).map(({ at, dbfs }) => `${String(at - this.#now())} ms: ${dbfs.toFixed(0)} dBFS`);
  }

  // ---- the `Peer` interface for the session's call: audio only, no events --------------------------------------------

  send(): void {
    // Events go to sidebands.
  }

  closeChannel(): void {
    // A phone call has no data channel.
  }

  setLoss(share: number): void {
    this.#loss = share;
  }

  close(): Promise<void> {
    this.#hangUp?.();
    this.#hangUp = undefined;
    for (const { done } of this.#queue.splice(0)) done?.();
    for (const watch of [...this.#watchers]) watch();
    return Promise.resolve();
  }
}
