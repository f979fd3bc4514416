/**
 * The audio of a call over a page's own transport that has none itself: plays the chunks that it delivers, and passes it the
 * microphone's.
 *
 * Owns: the call's `PcmAudio`, opened on first use; which responses were cut. Does not own: the microphone's track.
 */
import type { CallBus } from '../../contract/call-bus.js';
import type { OpenPcmAudio, PcmAudio, PcmPiece } from '../../contract/pcm-audio.js';

/** Dependencies and callbacks of `CustomSound`. Nothing is reported after `release()`. */
export interface CustomSoundSetup {
  readonly openAudio: OpenPcmAudio;
  /** Receives `track`, and `local-event`: playback events, as a WebRTC server would send them. */
  readonly bus: Pick<CallBus, 'emit'>;
  onCaptured(pcm: ArrayBuffer): void;
  onError(reason: unknown): void;
}

/** See the head of the file. */
export class CustomSound {
  readonly #setup: CustomSoundSetup;
  readonly #cut = new Set<string>();
  #opening: Promise<PcmAudio | undefined> | undefined;
  #audio: PcmAudio | undefined;
  #sounding: string | undefined;
  #playing: Promise<unknown> = Promise.resolve();
  #released = false;

  constructor(setup: CustomSoundSetup) {
    this.#setup = setup;
  }

  /** Captures this microphone track. @throws the browser's error if audio is not available */
  async capture(track: MediaStreamTrack | null): Promise<void> {
    if (track) await (await this.#open())?.capture(track);
    else await this.#audio?.capture(null);
  }

  play(piece: PcmPiece): void {
    const { responseId } = piece;
    if (this.#released || this.#cut.has(responseId)) return;
    this.#sounding = responseId;
    this.#do((audio) => this.#cut.has(responseId) || audio.play(piece));
  }

  /** Marks this response, or the one being played, as complete. */
  finish(responseId = this.#sounding): void {
    if (this.#sounding === undefined || responseId === undefined || this.#cut.has(responseId)) return;
    this.#do((audio) => audio.finish(responseId));
  }

  /** Silences playback at once; later audio of these answers is not played. */
  cut(): void {
    const answers = new Set((this.#audio?.cut() ?? []).map(({ responseId }) => responseId));
    if (this.#sounding !== undefined) answers.add(this.#sounding);
    this.#sounding = undefined;
    // Answers that were cut earlier send no more audio once another one has started.
    if (answers.size > 0) this.#cut.clear();
    for (const id of answers) {
      this.#cut.add(id);
      this.#report('cleared', id);
    }
  }

  /** False while the browser does not run the audio. */
  get running(): boolean {
    return this.#audio?.running !== false;
  }

  /** Tries to start audio that the browser blocked before a user gesture; call it inside one. */
  resume(): void {
    this.#audio?.resume();
  }

  release(): void {
    this.#released = true;
    this.#audio?.release().catch(() => undefined);
  }

  #report(what: 'started' | 'stopped' | 'cleared', id: string): void {
    if (!this.#released) this.#setup.bus.emit('local-event', { type: `output_audio_buffer.${what}`, response_id: id });
  }

  #do(work: (audio: PcmAudio) => unknown): void {
    // Opened with the first chunk; jobs are chained, so that they stay in order.
    const opening = this.#open();
    this.#playing = this.#playing
      .then(() => opening)
      .then((audio) => audio && !this.#released && work(audio))
      .catch((reason: unknown) => this.#released || this.#setup.onError(reason));
  }

  #open(): Promise<PcmAudio | undefined> {
    const { openAudio, bus, onCaptured } = this.#setup;
    this.#opening ??= openAudio({
      onCaptured,
      onStarted: (responseId) => this.#report('started', responseId),
      onStopped: (responseId) => {
        if (this.#sounding === responseId) this.#sounding = undefined;
        this.#report('stopped', responseId);
      },
    }).then(async (audio) => {
      if (this.#released) {
        await audio.release();
        return undefined;
      }
      bus.emit('track', audio.track);
      this.#audio = audio;
      return audio;
    });
    return this.#opening;
  }
}
