/**
 * Plays answers whose audio arrives in events, and reports to the server how much was heard when one is cut.
 * A WebRTC server reports its playback (`output_audio_buffer.*`); here the same events are generated locally, so that the call
 * sees one protocol.
 *
 * Owns: the audio of one call, the answers that were cut (their later audio is dropped). Does not own: the queue and the count of
 * played samples (`media/pcm-audio.ts`), when an answer is cut.
 */
import type { CallBus } from '../../contract/call-bus.js';
import type { RealtimeEvent } from '../../contract/options.js';
import type { OpenPcmAudio, PcmAudio } from '../../contract/pcm-audio.js';
import { VoiceAgentError } from '../../contract/errors.js';
import { fromBase64 } from './base64.js';

/** Dependencies and callbacks of `AnswerSound`. No callback is called after `release()`. */
export interface AnswerSoundSetup {
  readonly openAudio: OpenPcmAudio;
  /** Receives `track`, and `local-event`: playback events, as a WebRTC server would send them. */
  readonly bus: Pick<CallBus, 'emit'>;
  /** False before the session is confirmed: playback is not reported then. */
  isLive(): boolean;
  onCaptured(pcm: ArrayBuffer): void;
  send(event: RealtimeEvent): void;
  /** An audio delta was not valid base64. */
  onDropped(): void;
}

/** See the head of the file. */
export class AnswerSound {
  readonly #setup: AnswerSoundSetup;
  #opening: Promise<PcmAudio> | undefined;
  #audio: PcmAudio | undefined;
  #waiting: RealtimeEvent[] = [];
  /** Responses in progress. */
  readonly #generating = new Set<string>();
  #playing: string | undefined;
  #released = false;
  readonly #cut = new Set<string>();

  constructor(setup: AnswerSoundSetup) {
    this.#setup = setup;
  }

  /** Opens the audio once. @throws VoiceAgentError `aborted` if released in the meantime; errors of `openAudio` */
  open(): Promise<PcmAudio> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** Processes one server event. */
  apply(event: RealtimeEvent): void {
    const { type } = event;
    const id = idOf(event['response']);
    if (type === 'response.created' && id !== undefined) this.#begin(id, event);
    else if (type === 'response.done' && id !== undefined) this.#generating.delete(id);
    if (type !== 'response.output_audio.delta' && type !== 'response.done') return;
    if (this.#audio) this.#sound(this.#audio, event);
    else if (!this.#released) this.#waiting.push(event);
  }

  /**
   * Silences the answer locally at once and reports to the server how much of each item was heard. False if there was none.
   */
  cut(): boolean {
    const heard = this.#audio?.cut() ?? [];
    const cut = new Set(heard.map(({ responseId }) => responseId));
    // Its received audio was played to the end, and more would follow.
    if (this.#playing !== undefined) cut.add(this.#playing);
    this.#playing = undefined;
    this.#waiting = [];
    const any = cut.size > 0 || this.#generating.size > 0;
    for (const id of this.#generating) this.#cut.add(id);
    for (const id of cut) {
      this.#cut.add(id);
      this.#report('cleared', id);
    }
    for (const { itemId, contentIndex, milliseconds } of heard) {
      this.#setup.send({
        type: 'conversation.item.truncate',
        item_id: itemId,
        content_index: contentIndex,
        audio_end_ms: Math.floor(milliseconds),
      });
    }
    return any;
  }

  /** False while the browser does not run the audio. */
  get running(): boolean {
    return this.#audio?.running !== false;
  }

  /** Tries to start audio that the browser blocked before a user gesture. */
  resume(): void {
    this.#audio?.resume();
  }

  release(): void {
    this.#released = true;
    this.#waiting = [];
    void this.#audio?.release();
  }

  #report(what: 'started' | 'stopped' | 'cleared', id: string): void {
    const { bus, isLive } = this.#setup;
    if (isLive()) bus.emit('local-event', { type: `output_audio_buffer.${what}`, response_id: id });
  }

  #begin(id: string, { response }: RealtimeEvent): void {
    if ((response as { conversation_id?: unknown }).conversation_id !== null) {
      // The end of the previous response was lost; without this it would never count as finished.
      for (const before of this.#generating) this.#audio?.finish(before);
      this.#generating.clear();
    }
    this.#generating.add(id);
  }

  async #open(): Promise<PcmAudio> {
    const audio = await this.#setup.openAudio({
      onCaptured: this.#setup.onCaptured,
      onStarted: (id) => {
        this.#playing = id;
        this.#report('started', id);
      },
      onStopped: (id) => {
        if (this.#playing === id) this.#playing = undefined;
        this.#report('stopped', id);
      },
    });
    if (this.#released) {
      void audio.release();
      throw new VoiceAgentError('aborted');
    }
    this.#audio = audio;
    this.#setup.bus.emit('track', audio.track);
    // Plays events that arrived before the audio was open.
    for (const event of this.#waiting.splice(0)) this.#sound(audio, event);
    return audio;
  }

  #sound(audio: PcmAudio, event: RealtimeEvent): void {
    const { type, response_id: responseId, item_id: itemId, content_index: index, delta } = event;
    if (type === 'response.done') return audio.finish(idOf(event['response']) ?? '');
    if (typeof responseId !== 'string' || typeof itemId !== 'string' || typeof delta !== 'string' || this.#cut.has(responseId)) return;
    const pcm = fromBase64(delta);
    if (pcm) audio.play({ responseId, itemId, contentIndex: typeof index === 'number' ? index : 0, pcm });
    else this.#setup.onDropped();
  }
}

function idOf(response: unknown): string | undefined {
  const { id } = (response ?? {}) as { id?: unknown };
  return typeof id === 'string' ? id : undefined;
}
