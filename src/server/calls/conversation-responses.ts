/**
 * Which responses of a call belong to its conversation and which are out of band (`response.create` with `conversation: "none"`),
 * and whether one of the conversation is in progress. Receives each event before all other parts of the call.
 *
 * Source: `conversation_id` of the response resource (`openai` 7.55: an ID like `conv_1234`; `null` for `none`).
 */
import type { RealtimeEvent } from './sideband.js';

/** Maximum number of remembered responses. */
const MAX_KNOWN = 256;

/** See the head of the file. */
export class ConversationResponses {
  readonly #active = new Set<string>();
  readonly #outOfBand = new Set<string>();
  /** The API sends conversation IDs: a response without one is out of band. */
  #namesConversation = false;
  /** A response may be in progress whose start was missed. */
  #mayBeActive: boolean;

  /** @param missed whether events before now were missed */
  constructor(missed: boolean) {
    this.#mayBeActive = missed;
  }

  /** Whether a response of the conversation is known to be in progress. */
  get active(): boolean {
    return this.#active.size > 0;
  }

  /** Whether a response of the conversation is in progress, or may be because its start was missed. */
  get mayBeActive(): boolean {
    return this.active || this.#mayBeActive;
  }

  handleEvent({ type, response }: RealtimeEvent): void {
    if (type !== 'response.created' && type !== 'response.done') return;
    const { id, conversation_id: conversation } = (response ?? {}) as { id?: unknown; conversation_id?: unknown };
    this.#namesConversation ||= typeof conversation === 'string';
    if (conversation === null || (typeof conversation !== 'string' && this.#namesConversation)) this.#remember(String(id));
    if (this.isOutOfBand(id)) return;
    // A conversation has one response at a time, so a missed one has ended.
    this.#mayBeActive = false;
    if (type === 'response.created') this.#active.add(String(id));
    else this.#active.delete(String(id));
  }

  isOutOfBand(response: unknown): boolean {
    return this.#outOfBand.has(String(response));
  }

  /** Events were missed, for example while the sideband was detached. */
  eventsMissed(): void {
    this.#active.clear();
    this.#mayBeActive = true;
  }

  #remember(id: string): void {
    this.#outOfBand.add(id);
    if (this.#outOfBand.size > MAX_KNOWN) this.#outOfBand.delete(this.#outOfBand.values().next().value as string);
  }
}
