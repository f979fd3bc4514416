/**
 * Details that a transcriber reports in addition to a turn's text, kept until the element's events for that turn have included them:
 * log probabilities (only if requested in the session's `include`) and speakers (diarizing transcribers).
 * The text itself belongs to the conversation. Servers may send anything, so the shapes are validated.
 *
 * Source: `logprobs` of the GA events `conversation.item.input_audio_transcription.delta` and `.completed`, and `.segment`.
 */
import type { LogProbability, TranscriptionDetails, TranscriptSegment } from '../contract/events.js';
import type { RealtimeEvent } from '../contract/options.js';

const TRANSCRIPTION = 'conversation.item.input_audio_transcription.';
/** Maximum number of stored turns; only turns without an event yet are stored. */
const MOST = 64;
const NONE: TranscriptionDetails = Object.freeze({ logprobs: null, segments: null });

/** The details of one call's turns. */
export class TranscriptionDetailsStore {
  readonly #turns = new Map<unknown, TranscriptionDetails>();

  /** Processes a server event. */
  note(event: RealtimeEvent): void {
    if (!event.type.startsWith(TRANSCRIPTION)) return;
    const { item_id: id, logprobs } = event;
    const known = this.of(id);
    if (Array.isArray(logprobs)) {
      const whole = event.type.endsWith('.completed');
      this.#keep(id, { ...known, logprobs: [...(whole ? [] : (known.logprobs ?? [])), ...logprobs.filter(isLogProbability)] });
    } else if (event.type.endsWith('.segment')) {
      const { speaker, start, end, text } = event;
      const segment = { speaker, start, end, text };
      if (isSegment(segment)) this.#keep(id, { ...known, segments: [...(known.segments ?? []), segment] });
    }
  }

  /** The details of a turn so far. */
  of(id: unknown): TranscriptionDetails {
    return this.#turns.get(id) ?? NONE;
  }

  /** Returns the details and removes them. */
  take(id: unknown): TranscriptionDetails {
    const details = this.of(id);
    this.#turns.delete(id);
    return details;
  }

  #keep(id: unknown, details: TranscriptionDetails): void {
    this.#turns.set(id, Object.freeze(details));
    if (this.#turns.size > MOST) for (const oldest of [...this.#turns.keys()].slice(0, 1)) this.#turns.delete(oldest);
  }
}

const isLogProbability = (value: unknown): value is LogProbability => {
  const { token, logprob } = (value ?? {}) as Partial<LogProbability>;
  return typeof token === 'string' && typeof logprob === 'number';
};

const isSegment = (value: Record<keyof TranscriptSegment, unknown>): value is TranscriptSegment & typeof value =>
  typeof value.text === 'string' && typeof value.speaker === 'string' && typeof value.start === 'number' && typeof value.end === 'number';
