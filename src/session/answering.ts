/**
 * The answers of one call: they are asked for, interrupted, and their activity is shown.
 *
 * Owns: whose turn it is (`turn-tracker.ts`), the cut of an answer here and at the server. Does not own: when a request is sent
 * (`transport/response-requests.ts`), the loudspeaker, what is said.
 */
import type { RealtimeEvent } from '../contract/options.js';
import type { Speaker } from '../media/speaker.js';
import type { Transport } from '../transport/transport.js';
import type { CallEvent } from './transition.js';
import { TurnTracker } from './turn-tracker.js';

/** What the answers need of their call. */
export interface AnsweringSetup {
  readonly speaker: Speaker;
  /** False: the server only writes down what the visitor says. */
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

  /** Asks for an answer. @throws VoiceAgentError `invalid_request` */
  request(response?: Readonly<Record<string, unknown>>): void {
    this.#setup.transport()?.requestResponse(response);
    // One out of band is not the visitor's.
    if (response?.['conversation'] !== 'none') this.expect();
  }

  /** Notes that an answer was asked for, or that none is to come. */
  expect(awaited = true): void {
    this.turns.expect(awaited);
    this.show();
  }

  /** Silences the answer here at once, then notifies the server. Has no effect while there is no answer. */
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
      // The channel is closing: the answer is silent here, and the end of the call follows.
    }
  }

  /** Works in one event. */
  receive(event: RealtimeEvent): void {
    const { speaker } = this.#setup;
    const speaksOver = event.type === 'input_audio_buffer.speech_started' && this.turns.hasAnswer && this.turns.yields;
    if (speaksOver) this.#cut();
    else if (speaker.isCut && this.turns.isNewSound(event)) speaker.open();
    this.turns.apply(event);
  }

  /** Shows whose turn it is. */
  show(): void {
    this.#setup.change({ type: 'activity', activity: this.turns.activity });
  }

  #cut(): void {
    this.#setup.speaker.cut();
    this.turns.cut();
  }
}
