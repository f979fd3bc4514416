/**
 * The answers of one call: requests them, interrupts them, and reports the resulting activity.
 *
 * Owns: whose turn it is (`turn-tracker.ts`), cutting an answer locally and at the server. Does not own: when a request is sent
 * (`transport/response-requests.ts`), the loudspeaker, the content of answers.
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { RealtimeEvent } from '../contract/options.js';
import type { Speaker } from '../media/speaker.js';
import type { CallContext } from './call-context.js';
import { TurnTracker } from './turn-tracker.js';

/** For logs: the server refused a request for a response twice. */
const UNANSWERED = 'The server refused to answer twice: another response was in progress.';

/** See the head of the file. */
export class Answering {
  readonly turns: TurnTracker;
  readonly #call: CallContext;
  readonly #speaker: Speaker;

  constructor(call: CallContext, speaker: Speaker) {
    this.#call = call;
    this.#speaker = speaker;
    this.turns = new TurnTracker(!call.transcribes);
    const { bus } = call.setup;
    bus.on('tool-start', () => this.expect());
    bus.on('awaited', (awaited) => this.expect(awaited));
    bus.on('interrupt', () => this.interrupt());
    bus.on('refused', (cause) => bus.emit('error', new VoiceAgentError('server_error', { message: UNANSWERED, cause })));
  }

  /** Requests an answer. @throws VoiceAgentError `invalid_request` */
  request(response?: Readonly<Record<string, unknown>>): void {
    this.#call.transport?.requestResponse(response);
    // An out-of-band response does not count as an answer to the visitor.
    if (response?.['conversation'] !== 'none') this.expect();
  }

  /** Notes that an answer was requested, or that none will follow. */
  expect(awaited = true): void {
    this.turns.expect(awaited);
    this.reportActivity();
  }

  /** Silences the answer of a live call locally at once, then notifies the server. Has no effect without an answer. */
  interrupt(): void {
    const { transport, live, setup } = this.#call;
    if (!live || !transport || !this.turns.hasAnswer) return;
    const { cancellable } = this.turns;
    this.#cut();
    setup.bus.emit('change', { type: 'interrupted' });
    this.reportActivity();
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
    const speaker = this.#speaker;
    const speaksOver = event.type === 'input_audio_buffer.speech_started' && this.turns.hasAnswer && this.turns.interruptsOnSpeech;
    if (speaksOver) this.#cut();
    else if (speaker.isCut && this.turns.isNewSound(event)) speaker.open();
    this.turns.apply(event);
  }

  /** Reports whose turn it is. */
  reportActivity(): void {
    this.#call.setup.bus.emit('change', { type: 'activity', activity: this.turns.activity });
  }

  #cut(): void {
    this.#speaker.cut();
    this.turns.cut();
  }
}
