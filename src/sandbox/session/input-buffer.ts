/**
 * The input audio buffer of one session: the visitor's audio since the last commit, and the turns in it. Owns the audio
 * and its clock (`audio_start_ms` and `audio_end_ms` count from the start of the session); `media/voice-activity.ts`
 * decides what is speech. Sends nothing; its owner turns the callbacks into events.
 */
import { audioLevel, meanLevel } from '../media/audio-level.js';
import { joinPcm } from '../media/join-pcm.js';
import { VoiceActivity } from '../media/voice-activity.js';
import type { VoiceChange } from '../media/voice-activity.js';
import { FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE } from '../media/peer.js';
import type { TurnDetection } from './session-config.js';

/** The audio of one turn. */
export interface CapturedTurn {
  /** All committed audio, including the prefix and trailing silence. */
  pcm: Int16Array;
  /** Milliseconds from the first to the last frame that contains speech. */
  speechMs: number;
  /** Level of the speech without pauses, in dBFS. */
  dbfs: number;
}

/** Called when the detector decides; both times are milliseconds of audio since the session began. */
export interface InputEvents {
  onSpeechStarted(audioStartMs: number): void;
  onSpeechStopped(audioEndMs: number, turn: CapturedTurn): void;
}

interface Frame {
  /** Start of the frame in milliseconds since the session began. */
  at: number;
  pcm: Int16Array;
}

/** Audio kept during silence in addition to the prefix: the detector needs it to confirm speech. */
const ONSET_MS = 200;
/** Frames this far below the loudest one contain no speech. */
const VOICE_RANGE_DB = 30;
const QUIETEST_VOICE_DBFS = -62;

/** The buffer of one session. */
export class InputBuffer {
  readonly #events: InputEvents;
  #detection: TurnDetection | null = null;
  #activity: VoiceActivity | undefined;
  /** How far the detector's clock is behind the session's, because detection can be enabled later. */
  #offsetMs = 0;
  #positionMs = 0;
  #frames: Frame[] = [];
  #rest: Int16Array = new Int16Array(0);

  constructor(events: InputEvents) {
    this.#events = events;
  }

  /** True while a turn is open. */
  get speaking(): boolean {
    return this.#activity?.speaking ?? false;
  }

  /** Milliseconds of audio since the session began. */
  get positionMs(): number {
    return this.#positionMs;
  }

  /** Milliseconds of audio that a commit would take. */
  get bufferedMs(): number {
    return this.#frames.length * FRAME_MS + (this.#rest.length * 1000) / SAMPLE_RATE;
  }

  /** Sets turn detection; `null` leaves turns to the client. A turn in progress continues with the new settings. */
  detect(detection: TurnDetection | null): void {
    this.#detection = detection;
    if (detection === null) {
      this.#activity = undefined;
    } else if (this.#activity === undefined) {
      this.#activity = new VoiceActivity(detection);
      this.#offsetMs = this.#positionMs;
    } else {
      this.#activity.configure(detection);
    }
  }

  /** Writes audio of any length. */
  write(pcm: Int16Array): void {
    const all = this.#rest.length === 0 ? pcm : joinPcm([this.#rest, pcm]);
    let offset = 0;
    for (; offset + FRAME_SAMPLES <= all.length; offset += FRAME_SAMPLES) {
      this.#writeFrame(all.slice(offset, offset + FRAME_SAMPLES));
    }
    this.#rest = all.slice(offset);
  }

  #writeFrame(pcm: Int16Array): void {
    this.#frames.push({ at: this.#positionMs, pcm });
    this.#positionMs += FRAME_MS;
    this.#applyChange(this.#activity?.push(pcm));
  }

  /** Advances the clock, so that a turn also ends if the client stops sending; `nowMs` is monotonic. */
  tick(nowMs: number): void {
    if (this.#activity === undefined) return;
    const change = this.#activity.tick(nowMs);
    this.#positionMs = Math.max(this.#positionMs, this.#offsetMs + this.#activity.inputMs);
    this.#applyChange(change);
  }

  #applyChange(change: VoiceChange | undefined): void {
    if (change?.type === 'start') {
      const audioStartMs = this.#offsetMs + change.audioStartMs;
      this.#frames = this.#frames.filter(({ at }) => at >= audioStartMs);
      this.#events.onSpeechStarted(this.#frames[0]?.at ?? audioStartMs);
    } else if (change?.type === 'stop') {
      this.#events.onSpeechStopped(this.#offsetMs + change.audioEndMs, this.#take());
    } else if (this.#detection !== null && !this.speaking) {
      const prefix = this.#detection.type === 'server_vad' ? this.#detection.prefix_padding_ms : 300;
      const most = Math.ceil((prefix + ONSET_MS) / FRAME_MS);
      if (this.#frames.length > most) this.#frames.splice(0, this.#frames.length - most);
    }
  }

  /** Takes all audio, as a client's commit does; ends a turn in progress. */
  commit(): CapturedTurn {
    this.#activity?.reset();
    if (this.#rest.length > 0) this.#frames.push({ at: this.#positionMs, pcm: this.#rest });
    this.#rest = new Int16Array(0);
    return this.#take();
  }

  /** Discards all audio. */
  clear(): void {
    this.#activity?.reset();
    this.#frames = [];
    this.#rest = new Int16Array(0);
  }

  #take(): CapturedTurn {
    const frames = this.#frames;
    this.#frames = [];
    const levels = frames.map(({ pcm }) => audioLevel(pcm));
    const floor = Math.max(QUIETEST_VOICE_DBFS, Math.max(...levels, -200) - VOICE_RANGE_DB);
    const voiced = levels.filter((level) => level >= floor);
    const first = levels.findIndex((level) => level >= floor);
    const last = levels.findLastIndex((level) => level >= floor);
    return {
      pcm: joinPcm(frames.map(({ pcm }) => pcm)),
      speechMs: first < 0 ? 0 : (last - first + 1) * FRAME_MS,
      dbfs: meanLevel(voiced),
    };
  }
}
