/**
 * The sound of a call over a transport of the page's own, where that has none itself: the pieces that it brings are played,
 * the microphone's are handed to it.
 *
 * Owns: the call's `PcmAudio`, opened with the first need; which responses were cut. Does not own: the track of the
 * microphone.
 */
import type { OpenPcmAudio, PcmAudio, PcmPiece } from '../contract/pcm-audio.js';
import type { RealtimeEvent } from '../contract/options.js';

/** Whom the sound tells. */
export interface ForeignSoundSetup {
  readonly openAudio: OpenPcmAudio;
  onTrack(track: MediaStreamTrack): void;
  onCaptured(pcm: ArrayBuffer): void;
  /** What a WebRTC server would say about its sound (`output_audio_buffer.*`). */
  onEvent(event: RealtimeEvent): void;
  onError(reason: unknown): void;
}

/** See the head of the file. */
export class ForeignSound {
  readonly #setup: ForeignSoundSetup;
  readonly #cut = new Set<string>();
  #opening: Promise<PcmAudio | undefined> | undefined;
  #audio: PcmAudio | undefined;
  #sounding: string | undefined;
  #playing: Promise<unknown> = Promise.resolve();
  #released = false;

  constructor(setup: ForeignSoundSetup) {
    this.#setup = setup;
  }

  /** Hands over this microphone from now on. @throws what the browser says when there is no sound */
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

  /** No more pieces of this response, or of the one that sounds, will come. */
  finish(responseId = this.#sounding): void {
    if (this.#sounding === undefined || responseId === undefined || this.#cut.has(responseId)) return;
    this.#do((audio) => audio.finish(responseId));
  }

  /** Silence at once; what still comes of these answers is not played. */
  cut(): void {
    const answers = new Set((this.#audio?.cut() ?? []).map(({ responseId }) => responseId));
    if (this.#sounding !== undefined) answers.add(this.#sounding);
    this.#sounding = undefined;
    // Of those that were cut before nothing comes any more once another one was begun.
    if (answers.size > 0) this.#cut.clear();
    for (const id of answers) {
      this.#cut.add(id);
      this.#setup.onEvent({ type: 'output_audio_buffer.cleared', response_id: id });
    }
  }

  /** False while the browser does not run the sound. */
  get running(): boolean {
    return this.#audio?.running !== false;
  }

  /** Tries to run where the browser refused to before a gesture; call it inside one. */
  resume(): void {
    this.#audio?.resume();
  }

  release(): void {
    this.#released = true;
    this.#audio?.release().catch(() => undefined);
  }

  #do(work: (audio: PcmAudio) => unknown): void {
    // Opened with the first piece; all go one way, so that none overtakes another.
    const opening = this.#open();
    this.#playing = this.#playing
      .then(() => opening)
      .then((audio) => audio && !this.#released && work(audio))
      .catch((reason: unknown) => this.#released || this.#setup.onError(reason));
  }

  #open(): Promise<PcmAudio | undefined> {
    const { openAudio, onTrack, onCaptured, onEvent } = this.#setup;
    this.#opening ??= openAudio({
      onCaptured,
      onStarted: (responseId) => onEvent({ type: 'output_audio_buffer.started', response_id: responseId }),
      onStopped: (responseId) => {
        if (this.#sounding === responseId) this.#sounding = undefined;
        onEvent({ type: 'output_audio_buffer.stopped', response_id: responseId });
      },
    }).then(async (audio) => {
      if (this.#released) {
        await audio.release();
        return undefined;
      }
      onTrack(audio.track);
      this.#audio = audio;
      return audio;
    });
    return this.#opening;
  }
}
