/**
 * Tracks whose turn it is, from the server's events.
 *
 * Owns: which response is being generated, which one is playing, whether the visitor speaks.
 * Does not own: the text of turns (`conversation/`), handling an interruption (`answering.ts`).
 *
 * "Speaking" follows `output_audio_buffer.*`: the server generates an answer faster than it plays it, so the end of the response
 * is not the end of its audio. Start and end events apply to the response that they name. An out-of-band response
 * (`conversation_id` is `null`) does not take the turn unless it is played.
 *
 * Events may be lost, or not sent by a server. So any event that implies an end counts as one: the visitor's turn ends with its
 * commit, its item, its transcript or the answer to it; the wait for an answer ends with any event of that answer.
 */
import { refusesAnswer } from '../contract/refuses-answer.js';
import type { RealtimeEvent } from '../contract/options.js';
import type { Activity } from '../contract/states.js';

/** Maximum number of remembered responses. */
const KEPT = 32;

/** The state of a response that has started. */
interface StartedResponse {
  /** It is out of band. */
  readonly aside: boolean;
  done?: true;
  /** It was interrupted: its later events are ignored. */
  cut?: true;
}

/** Tracks the turns of one call. */
export class TurnTracker {
  readonly #started = new Map<string, StartedResponse>();
  #generating: string | undefined;
  #playing: string | undefined;
  /** The id of the item that the visitor is speaking, `''` if the server does not send it. */
  #speech: string | undefined;
  #awaited = false;
  #answersByItself = true;
  #interruptsOnSpeech = true;
  readonly #answers: boolean;

  /** @param answers false if the server only transcribes the visitor */
  constructor(answers = true) {
    this.#answers = answers;
  }

  get activity(): Activity {
    if (this.#speech !== undefined) return 'user-speaking';
    if (this.#playing !== undefined) return 'speaking';
    return this.#generating !== undefined || this.#awaited ? 'thinking' : 'listening';
  }

  /** The ids of responses that an interruption must cancel at the server; `''` for one without an id. */
  get cancellable(): readonly string[] {
    const sounding = this.#playing === undefined ? undefined : this.#started.get(this.#playing);
    const ids = [this.#generating, sounding && !sounding.done ? this.#playing : undefined];
    return [...new Set(ids.filter((id) => id !== undefined))];
  }

  /** True while there is an answer to interrupt, being generated or played. */
  get hasAnswer(): boolean {
    return this.#generating !== undefined || this.#playing !== undefined;
  }

  /** True if the server stops an answer on its own when the visitor speaks. */
  get interruptsOnSpeech(): boolean {
    return this.#interruptsOnSpeech;
  }

  /** Notes that an answer was requested, or that none will follow. */
  expect(answer = true): void {
    this.#awaited = answer;
  }

  /** Notes that the current answer was cut; later server events about it are ignored. */
  cut(): void {
    for (const id of [this.#generating, this.#playing]) if (id !== undefined) this.#remember(id).cut = true;
    this.#generating = undefined;
    this.#playing = undefined;
    this.#awaited = false;
  }

  /** True for an event that starts the playback of an answer that was not cut. */
  isNewSound({ type, response_id: id }: RealtimeEvent): boolean {
    return (
      (type === 'output_audio_buffer.started' || type === 'response.output_audio_transcript.delta') && !this.#started.get(id as string)?.cut
    );
  }

  /** Processes one event. */
  apply(event: RealtimeEvent): void {
    const id = responseId(event);
    const item = event['item_id'] ?? (event['item'] as { id?: unknown } | null | undefined)?.id;
    switch (event.type) {
      case 'session.updated':
      case 'session.created':
        this.#answersByItself = detects(event, 'create_response');
        this.#interruptsOnSpeech = detects(event, 'interrupt_response');
        return;
      case 'input_audio_buffer.speech_started':
        this.#speech = typeof item === 'string' ? item : '';
        this.#awaited = false;
        return;
      case 'input_audio_buffer.speech_stopped':
        return this.#stopSpeech();
      case 'input_audio_buffer.committed':
        // The commit of an earlier turn may arrive late.
        if (this.#speech === '' || this.#speech === item) this.#stopSpeech();
        return;
      case 'conversation.item.added':
      case 'conversation.item.created':
      case 'conversation.item.done':
      case 'conversation.item.input_audio_transcription.completed':
      case 'conversation.item.input_audio_transcription.failed':
        if (this.#speech !== undefined && this.#speech === item) this.#stopSpeech();
        return;
      case 'input_audio_buffer.cleared':
        this.#speech = undefined;
        return;
      case 'response.created':
        return this.#begin(id ?? '', event);
      case 'response.done':
        return this.#end(id);
      case 'output_audio_buffer.started':
        return this.#sound(id ?? '');
      case 'output_audio_buffer.stopped':
      case 'output_audio_buffer.cleared':
        if (id === undefined || id === this.#playing) this.#playing = undefined;
        // The buffer drains after the end of the response: that end was lost, or the response continues shortly.
        if (id !== undefined && id === this.#generating) this.#generating = undefined;
        return;
      case 'error':
        // A request that was refused because of a running answer is retried.
        if (!refusesAnswer(event)) this.#awaited = false;
        return;
      default:
        if (id !== undefined && event.type.startsWith('response.')) this.#continueResponse(id);
    }
  }

  #stopSpeech(): void {
    this.#speech = undefined;
    // A server that continues its answer while the visitor speaks may not give another one.
    if (this.#generating === undefined) this.#awaited = this.#answers && this.#answersByItself;
  }

  #begin(id: string, event: RealtimeEvent): void {
    const aside = (event['response'] as { conversation_id?: unknown } | null | undefined)?.conversation_id === null;
    this.#started.delete(id);
    this.#remember(id, aside);
    if (!aside) this.#startResponse(id);
  }

  #end(id: string | undefined): void {
    const known = id === undefined ? undefined : this.#started.get(id);
    if (known) known.done = true;
    if (id === undefined || id === this.#generating || this.#generating === '') this.#generating = undefined;
    // The awaited answer, of which no other event has arrived.
    else if (!known && this.#generating === undefined) this.#awaited = false;
  }

  #sound(id: string): void {
    const known = this.#started.get(id);
    if (known?.cut) return;
    this.#playing = id;
    this.#speech = undefined;
    if (!known) this.#awaited = false;
  }

  /** Handles an event of a response in progress. */
  #continueResponse(id: string): void {
    const known = this.#started.get(id);
    if (id === this.#generating || known?.aside || known?.done || known?.cut) return;
    // Its start was lost, or it continues beside a newer one.
    this.#remember(id);
    this.#startResponse(id);
  }

  #startResponse(id: string): void {
    // A requested answer does not imply that the visitor has stopped speaking.
    if (!this.#awaited) this.#speech = undefined;
    this.#generating = id;
    this.#awaited = false;
  }

  #remember(id: string, aside = false): StartedResponse {
    const begun = this.#started.get(id) ?? { aside };
    this.#started.set(id, begun);
    if (this.#started.size > KEPT) this.#started.delete(this.#started.keys().next().value as string);
    return begun;
  }
}

/** The id of the response that an event belongs to. */
export function responseId(event: RealtimeEvent): string | undefined {
  const id = event['response_id'] ?? (event['response'] as { id?: unknown } | null | undefined)?.id;
  return typeof id === 'string' ? id : undefined;
}

/** Whether turn detection does this automatically: yes, unless its settings disable it or it is off. */
function detects(event: RealtimeEvent, what: 'create_response' | 'interrupt_response'): boolean {
  const session = event['session'] as { audio?: { input?: { turn_detection?: Record<string, unknown> | null } } } | null;
  const detection = session?.audio?.input?.turn_detection;
  return detection === undefined || (detection !== null && detection[what] !== false);
}
