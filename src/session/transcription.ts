/**
 * The client's part of a call that only transcribes the visitor.
 *
 * Owns: setting a transcriber if neither page nor key did, ending turns if the server does not detect them (a commit after each
 * pause measured here), and waiting for the last turn's text at hang-up.
 * Does not own: the text (`conversation/`), the microphone, the first settings (`transcription-settings.ts`).
 * Loaded on the first such call.
 */
import type { CallOptions, RealtimeEvent } from '../contract/options.js';
import type { Timers } from '../transport/transport.js';
import { choosesTurns, DEFAULT_TRANSCRIBER } from './transcription-settings.js';

export { transcriptionSettings } from './transcription-settings.js';

/** Milliseconds between two readings of the microphone's level. */
const PACE = 50;
/** How much louder than the room a voice must be, on the meter's scale of 0..1 (46 dB): to start a turn, and to continue it. */
const RISES = 0.24;
const HOLDS = 0.14;
/** Consecutive loud readings that start a turn: a click or a knock is shorter. */
const BEGINS = 2;
/** Milliseconds of silence that end a turn: a little more than between two words, as in the servers' own detection. */
const PAUSE = 700;
/** Milliseconds that a hang-up waits for the text of the last turn. */
const PATIENCE = 1_500;

/** Dependencies and callbacks of a transcription. No callback is called after `release()`. */
export interface TranscriptionSetup {
  readonly options: CallOptions;
  readonly timers: Timers;
  /** Sends to the server; must not throw. */
  send(event: RealtimeEvent): void;
  /** The microphone's current level, 0..1. */
  level(): number;
  /** The visitor started or stopped speaking, detected locally; only if the server does not report it. */
  onSpeech(speaks: boolean): void;
}

interface Settings {
  readonly audio?: { readonly input?: { readonly transcription?: unknown; readonly turn_detection?: unknown } };
}

/** See the head of the file. */
export class Transcription {
  readonly #setup: TranscriptionSetup;
  /** Turns whose text has not arrived. */
  readonly #awaited = new Set<unknown>();
  #named = false;
  #listening = false;
  #timer: unknown;
  #room = 1;
  #loud = 0;
  #quiet = 0;
  /** The visitor speaks, as detected by the server or locally. */
  #speaks = false;
  #finished: (() => void) | undefined;
  #released = false;

  constructor(setup: TranscriptionSetup) {
    this.#setup = setup;
  }

  /** Processes one server event. */
  apply(event: RealtimeEvent): void {
    switch (event.type) {
      case 'session.updated':
        return this.#configure(event['session'] as Settings | null | undefined);
      case 'input_audio_buffer.speech_started':
        this.#speaks = true;
        return;
      case 'input_audio_buffer.committed':
        this.#speaks &&= this.#listening;
        this.#awaited.delete(undefined);
        this.#awaited.add(event['item_id']);
        return;
      case 'conversation.item.input_audio_transcription.completed':
      case 'conversation.item.input_audio_transcription.failed':
        this.#awaited.delete(event['item_id']);
        return this.#settle();
    }
  }

  /** Ends the current turn; resolves when its text has arrived, at the latest after 1.5 s. */
  finish(): Promise<void> {
    if (this.#released || (!this.#speaks && this.#awaited.size === 0)) return Promise.resolve();
    if (this.#speaks) this.#commit();
    return new Promise((resolve) => {
      const { timers } = this.#setup;
      const timer = timers.setTimeout(() => this.#finished?.(), PATIENCE);
      this.#finished = () => {
        timers.clearTimeout(timer);
        this.#finished = undefined;
        resolve();
      };
    });
  }

  /** Stops at once, without a commit. */
  release(): void {
    this.#released = true;
    this.#setup.timers.clearTimeout(this.#timer);
    this.#finished?.();
  }

  #configure(session: Settings | null | undefined): void {
    const input = session?.audio?.input;
    if (!input || this.#released) return;
    if ((input.transcription === null || input.transcription === undefined) && !this.#named) {
      this.#named = true;
      const audio = { input: { transcription: { model: DEFAULT_TRANSCRIBER } } };
      this.#setup.send({ type: 'session.update', session: { type: 'transcription', audio } });
    }
    const listen = input.turn_detection === null && !choosesTurns(this.#setup.options);
    if (listen === this.#listening) return;
    this.#listening = listen;
    if (listen) this.#look();
    else this.#setup.timers.clearTimeout(this.#timer);
  }

  #look(): void {
    this.#timer = this.#setup.timers.setTimeout(() => {
      this.#hear(this.#setup.level());
      if (!this.#released && this.#listening) this.#look();
    }, PACE);
  }

  /** Detects speech. The room's noise is the level that readings keep falling back to. */
  #hear(level: number): void {
    this.#room += (level - this.#room) * (level < this.#room ? 0.5 : 0.002);
    const over = level - this.#room;
    this.#loud = over > RISES ? this.#loud + 1 : 0;
    this.#quiet = over > HOLDS ? 0 : this.#quiet + PACE;
    if (!this.#speaks && this.#loud >= BEGINS) {
      this.#speaks = true;
      this.#setup.onSpeech(true);
    } else if (this.#speaks && this.#quiet >= PAUSE) this.#commit();
  }

  #commit(): void {
    this.#speaks = false;
    // `undefined` stands for this turn until the server sends its item id.
    this.#awaited.add(undefined);
    this.#setup.send({ type: 'input_audio_buffer.commit' });
    if (this.#listening) this.#setup.onSpeech(false);
  }

  #settle(): void {
    if (this.#awaited.size === 0) this.#finished?.();
  }
}
