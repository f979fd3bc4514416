/**
 * The answers of one call: requests them, interrupts them, and reports the resulting activity.
 *
 * Owns: whose turn it is (`turn-tracker.ts`), cutting an answer locally and at the server. Does not own: when a request is sent
 * (`transport/response-requests.ts`), the loudspeaker, the content of answers.
 */
import type { RealtimeEvent } from '../contract/options.js';
import type { Speaker } from '../media/speaker.js';
import type { Transport } from '../transport/transport.js';
import type { CallEvent } from './transition.js';
import { TurnTracker } from './turn-tracker.js';

/** Dependencies of `Answering`. */
export interface AnsweringSetup {
  readonly speaker: Speaker;
  /** False if the server only transcribes the visitor. */
  readonly answers: boolean;
  transport(): Transport | undefined;
  change(event: CallEvent): void;
}

/** See the head of the file. */
export class Answering {
  readonly turns: TurnTracker;
  readonly #setup: AnsweringSetup;

  constructor(setup: AnsweringSetup) {
    this.#setup = setup;
    this.turns = new TurnTracker(setup.answers);
  }

  /** Requests an answer. @throws VoiceAgentError `invalid_request` */
  request(response?: Readonly<Record<string, unknown>>): void {
    this.#setup.transport()?.requestResponse(response);
    // An out-of-band response does not count as an answer to the visitor.
    if (response?.['conversation'] !== 'none') this.expect();
  }

  /** Notes that an answer was requested, or that none will follow. */
  expect(awaited = true): void {
    this.turns.expect(awaited);
    this.show();
  }

  /** Silences the answer locally at once, then notifies the server. Has no effect while there is no answer. */
  interrupt(): void {
    const transport = this.#setup.transport();
    if (!transport || !this.turns.hasAnswer) return;
    const { cancellable } = this.turns;
    this.#cut();
    this.#setup.change({ type: 'interrupted' });
    this.show();
    try {
      if (transport.stopAnswer) return transport.stopAnswer();
      for (const id of cancellable) transport.sendEvent({ type: 'response.cancel', ...(id ? { response_id: id } : {}) });
      transport.sendEvent({ type: 'output_audio_buffer.clear' });
    } catch {
      // The channel is closing: the answer is already silent locally, and the end of the call follows.
    }
  }

  /** Processes one event. */
  receive(event: RealtimeEvent): void {
    const { speaker } = this.#setup;
    const speaksOver = event.type === 'input_audio_buffer.speech_started' && this.turns.hasAnswer && this.turns.yields;
    if (speaksOver) this.#cut();
    else if (speaker.isCut && this.turns.isNewSound(event)) speaker.open();
    this.turns.apply(event);
  }

  /** Reports whose turn it is. */
  show(): void {
    this.#setup.change({ type: 'activity', activity: this.turns.activity });
  }

  #cut(): void {
    this.#setup.speaker.cut();
    this.turns.cut();
  }
}
