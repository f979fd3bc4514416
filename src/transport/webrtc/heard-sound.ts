/**
 * Detects when the agent is heard over WebRTC if the server does not report it: measures the received track, and emits the same
 * events as servers that do (`output_audio_buffer.*`). A server generates an answer faster than it plays it, so the end of the
 * response is not the end of its audio.
 *
 * A dialect states whether its servers send these events (`reportsPlayback`). Otherwise it is detected: an answer is spoken and no
 * such event arrives. After the server's first such event, only a missing end is measured.
 *
 * Owns: the measurement, from the start of an answer's audio to its end. Does not own: the track, its playback.
 */
import type { RealtimeEvent } from '../../contract/options.js';
import { toJson } from '../../contract/to-json.js';
import { interruptsOnSpeech } from '../shared/inbound-frame.js';
import type { Timers } from '../transport.js';

/** Milliseconds between two measurements, and between two if only a missing end is being detected. */
const PACE = 100;
const SLOW = 500;
/** Milliseconds that a server may take to report playback after the first words of an answer. */
const PATIENCE = 400;
/** Milliseconds of silence that end a complete answer: more than a pause between two sentences. */
const PAUSE = 800;
/** The same while it is still being generated, and if the server reports playback. */
const LONG_PAUSE = 4_000;
/** Milliseconds for which a silent answer in progress is measured. */
const ATTENTION = 60_000;
/** Root mean square above which a track counts as audible: 54 dB below full scale. */
const LOUD = 0.002;
/** Maximum number of remembered response ids. */
const KEPT = 32;

const SPOKEN = /^response\.output_audio(_transcript)?\.(delta|done)$/;
/** Prefix of the `event_id` of locally generated events. */
const OWN = 'heard_';

/** What the measurement needs, and its callbacks. No callback is called after `release()`. */
export interface HeardSoundSetup {
  readonly timers: Timers;
  /** Whether the server sends `output_audio_buffer.*`; `undefined`: unknown. */
  readonly reports: boolean | undefined;
  /** Statistics of the received audio. */
  stats(): Promise<RTCStatsReport | undefined>;
  onEvent(event: RealtimeEvent): void;
}

/** See the head of the file. */
export class HeardSound {
  readonly #setup: HeardSoundSetup;
  #reports: boolean | undefined;
  #interruptsOnSpeech = true;
  /** The latest response that may be played. */
  #latest: string | undefined;
  #playing: string | undefined;
  readonly #generated = new Set<string>();
  readonly #cut = new Set<string>();
  /** The timer of the next measurement; `undefined` while none is needed. */
  #timer: unknown;
  /** Milliseconds of silence so far. */
  #silence = 0;
  /** The totals of the last measurement; a duration of 0 means that the next one only reads them. */
  #energy = 0;
  #duration = 0;
  #eventCount = 0;
  #released = false;

  constructor(setup: HeardSoundSetup) {
    this.#setup = setup;
    this.#reports = setup.reports;
  }

  /** Processes one server event. */
  apply(event: RealtimeEvent): void {
    const { type, response_id: id, event_id: own } = event;
    const { id: made, conversation_id: conversation, output } = (event['response'] ?? {}) as Readonly<Record<string, unknown>>;
    if (type === 'session.created' || type === 'session.updated') this.#interruptsOnSpeech = interruptsOnSpeech(event);
    else if (type === 'input_audio_buffer.speech_started' && this.#interruptsOnSpeech) this.cut();
    // Its audio may arrive before its transcript.
    else if (type === 'response.created' && this.#reports === false && conversation !== null) this.#expect(made);
    else if (type === 'response.done') this.#finish(made, output);
    else if (SPOKEN.test(type)) this.#expect(id);
    else if (type.startsWith('output_audio_buffer.') && !String(own).startsWith(OWN)) this.#follow(type, id);
  }

  /** Call when the answer was silenced. */
  cut(): void {
    for (const id of [this.#latest, this.#playing]) if (id !== undefined) remember(this.#cut, id);
    this.#stop();
    this.#latest = undefined;
    this.#end('cleared');
  }

  release(): void {
    this.#released = true;
    this.#stop();
  }

  /** Handles the server's own playback events. */
  #follow(type: string, id: unknown): void {
    if (!this.#reports) this.#stop();
    this.#reports = true;
    if (typeof id !== 'string' || this.#cut.has(id)) return;
    if (type.endsWith('started')) {
      this.#playing = id;
      this.#schedule(SLOW);
    } else if (id === this.#playing) {
      this.#playing = undefined;
      this.#stop();
    }
  }

  #expect(id: unknown): void {
    if (typeof id !== 'string' || this.#cut.has(id) || this.#reports) return;
    if (this.#playing !== undefined && id !== this.#playing && this.#generated.has(this.#playing)) {
      // Consecutive answers without a pause.
      this.#end('stopped');
      this.#begin(id);
    }
    this.#latest = id;
    if (this.#timer === undefined) this.#schedule(this.#reports === undefined ? PATIENCE : PACE);
  }

  #finish(id: unknown, output: unknown): void {
    if (typeof id !== 'string') return;
    remember(this.#generated, id);
    // If the server has reported no playback by now, it will not.
    if (!this.#reports && (id === this.#latest || /"(output_)?audio"/.test(toJson(output ?? '')))) {
      this.#expect(id);
      this.#schedule(0);
    }
  }

  #schedule(wait: number): void {
    const { timers } = this.#setup;
    if (this.#timer === undefined) this.#silence = this.#duration = 0;
    timers.clearTimeout(this.#timer);
    this.#timer = timers.setTimeout(() => void this.#measure(), wait);
  }

  #stop(): void {
    this.#setup.timers.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #measure(): Promise<void> {
    const timer = this.#timer;
    const loud = this.#isLoud(await this.#setup.stats().catch(() => undefined));
    if (this.#released || timer !== this.#timer) return;
    const pace = this.#reports ? SLOW : PACE;
    this.#silence = loud ? 0 : this.#silence + pace;
    const made = this.#generated.has(this.#playing ?? this.#latest ?? '');
    if (loud && this.#playing === undefined && this.#latest !== undefined && !this.#reports) this.#begin(this.#latest);
    else if (this.#silence >= (made && !this.#reports ? PAUSE : LONG_PAUSE) && (made || !this.#reports)) this.#end('stopped');
    // While an answer is in progress, its audio may continue after any pause.
    if (this.#playing !== undefined || this.#silence < (made ? LONG_PAUSE : ATTENTION)) this.#schedule(pace);
    else this.#stop();
  }

  /** Whether the track was audible since the last measurement. Without such statistics: true while the answer is in progress. */
  #isLoud(stats: RTCStatsReport | undefined): boolean {
    let loud = !this.#generated.has(this.#playing ?? this.#latest ?? '');
    stats?.forEach(({ type, kind, totalAudioEnergy: energy, totalSamplesDuration: duration }: Record<string, unknown>) => {
      if (type !== 'inbound-rtp' || kind !== 'audio' || typeof energy !== 'number' || typeof duration !== 'number') return;
      loud = this.#duration > 0 && Math.sqrt((energy - this.#energy) / (duration - this.#duration)) > LOUD;
      this.#energy = energy;
      this.#duration = duration;
    });
    return loud;
  }

  #begin(id: string): void {
    this.#playing = id;
    this.#emit('started', id);
  }

  #end(how: 'stopped' | 'cleared'): void {
    const id = this.#playing;
    this.#playing = undefined;
    // A server that reports playback also reports a cut.
    if (id !== undefined && !(this.#reports && how === 'cleared')) this.#emit(how, id);
  }

  #emit(what: 'started' | 'stopped' | 'cleared', id: string): void {
    this.#setup.onEvent({ type: `output_audio_buffer.${what}`, event_id: `${OWN}${++this.#eventCount}`, response_id: id });
  }
}

function remember(set: Set<string>, id: string): void {
  set.add(id);
  if (set.size > KEPT) set.delete(set.values().next().value as string);
}
