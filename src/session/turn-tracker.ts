/**
 * Who has the turn, from the server's events.
 *
 * Owns: which response is being made, which one is sounding, whether the visitor speaks.
 * Does not own: the text of turns (`conversation/`), what is done about an interruption (`live-call.ts`).
 *
 * "Speaking" follows `output_audio_buffer.*`: the server makes an answer faster than it plays it, so the end of making
 * says nothing about the sound.
 */
import type { RealtimeEvent } from '../contract/options.js';
import type { Activity } from '../contract/states.js';

/** Follows one call. */
export class TurnTracker {
  #making: string | undefined;
  #sounding: string | undefined;
  #userSpeaks = false;
  #awaited = false;
  #answersByItself = true;
  #yields = true;
  readonly #cut = new Set<string>();
  readonly #answers: boolean;

  /** @param answers false: the server only writes down what the visitor says */
  constructor(answers = true) {
    this.#answers = answers;
  }

  get activity(): Activity {
    if (this.#userSpeaks) return 'user-speaking';
    if (this.#sounding !== undefined) return 'speaking';
    return this.#making !== undefined || this.#awaited ? 'thinking' : 'listening';
  }

  /** True while the server makes an answer: it can be cancelled. */
  get answering(): boolean {
    return this.#making !== undefined;
  }

  /** True while there is an answer to interrupt, made or sounding. */
  get hasAnswer(): boolean {
    return this.#making !== undefined || this.#sounding !== undefined;
  }

  /** True when the server stops an answer by itself as soon as the visitor speaks. */
  get yields(): boolean {
    return this.#yields;
  }

  /** Notes that an answer was asked for by the page, or that none is to come. */
  expect(answer = true): void {
    this.#awaited = answer;
  }

  /** Notes that the running answer was cut: it is over here, whatever the server still says about it. */
  cut(): void {
    this.#cut.clear();
    for (const id of [this.#making, this.#sounding]) if (id) this.#cut.add(id);
    this.#making = undefined;
    this.#sounding = undefined;
    this.#awaited = false;
  }

  /** True for an event with which an answer begins to sound that was not cut. */
  isNewSound({ type, response_id: id }: RealtimeEvent): boolean {
    return (type === 'output_audio_buffer.started' || type === 'response.output_audio_transcript.delta') && !this.#cut.has(id as string);
  }

  /** Works in one event. */
  apply(event: RealtimeEvent): void {
    switch (event.type) {
      case 'session.updated':
      case 'session.created':
        this.#answersByItself = detects(event, 'create_response');
        this.#yields = detects(event, 'interrupt_response');
        break;
      case 'input_audio_buffer.speech_started':
        this.#userSpeaks = true;
        this.#awaited = false;
        break;
      case 'input_audio_buffer.speech_stopped':
        this.#userSpeaks = false;
        this.#awaited = this.#answers && this.#answersByItself;
        break;
      case 'input_audio_buffer.cleared':
        this.#userSpeaks = false;
        break;
      case 'response.created':
        this.#making = responseId(event) ?? '';
        this.#awaited = false;
        break;
      case 'response.done':
        this.#making = undefined;
        break;
      case 'output_audio_buffer.started':
        if (!this.#cut.has(responseId(event) ?? '')) this.#sounding = responseId(event) ?? '';
        break;
      case 'output_audio_buffer.stopped':
      case 'output_audio_buffer.cleared':
        this.#sounding = undefined;
        break;
      case 'error':
        this.#awaited = false;
        break;
    }
  }
}

/** The response that an event is about. */
export function responseId(event: RealtimeEvent): string | undefined {
  const id = event['response_id'] ?? (event['response'] as { id?: unknown } | null | undefined)?.id;
  return typeof id === 'string' ? id : undefined;
}

/** What turn detection does by itself: everything that its settings do not switch off, nothing when it is off. */
function detects(event: RealtimeEvent, what: 'create_response' | 'interrupt_response'): boolean {
  const session = event['session'] as { audio?: { input?: { turn_detection?: Record<string, unknown> | null } } } | null;
  const detection = session?.audio?.input?.turn_detection;
  return detection === undefined || (detection !== null && detection[what] !== false);
}
