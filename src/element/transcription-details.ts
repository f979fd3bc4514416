/**
 * What a transcriber tells of a turn besides its text, kept until the element's events about that turn have carried it:
 * log probabilities (only when the session's `include` asks for them) and who spoke (diarising transcribers).
 * Owns no text: that is the conversation's. Servers may send anything, so the shapes are checked.
 *
 * Source: `logprobs` of the GA events `conversation.item.input_audio_transcription.delta` and `.completed`, and `.segment`.
 */
import type { LogProbability, TranscriptionDetails, TranscriptSegment } from '../contract/events.js';
import type { RealtimeEvent } from '../contract/options.js';

const TRANSCRIPTION = 'conversation.item.input_audio_transcription.';
/** Turns that are remembered; only those of which no event came yet. */
const MOST = 64;
const NONE: TranscriptionDetails = Object.freeze({ logprobs: null, segments: null });

/** The details of one call's turns. */
export class TranscriptionMemory {
  readonly #turns = new Map<unknown, TranscriptionDetails>();

  /** Works in an event of the server. */
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

  /** What is known of a turn by now. */
  of(id: unknown): TranscriptionDetails {
    return this.#turns.get(id) ?? NONE;
  }

  /** The same, for the last time. */
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
