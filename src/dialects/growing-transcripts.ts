/**
 * Converts spoken turns whose transcription is `completed` several times, each time with the whole text so far, to GA: deltas
 * while the turn may still grow, and one `completed` when an answer or another turn starts. Later events are passed through.
 */
import type { RealtimeEvent } from '../contract/options.js';
import { fieldsOf } from './fields.js';

const PREFIX = 'conversation.item.input_audio_transcription.';
const COMPLETED = `${PREFIX}completed`;

/** Events that show that the preceding turn has ended. */
const CLOSES: ReadonlySet<string> = new Set(['response.created', 'input_audio_buffer.speech_started', 'response.done']);

interface Growing {
  readonly event: RealtimeEvent;
  readonly text: string;
}

/** See the head of the file; keeps the state of one call. */
export class GrowingTranscripts {
  #open: Growing | undefined;
  #answered: unknown;
  #heard: unknown;

  /** The events that replace this one. */
  read(event: RealtimeEvent): RealtimeEvent[] {
    const { type, item_id: id } = event;
    if (type === 'input_audio_buffer.speech_started' || type === 'input_audio_buffer.committed') this.#heard = id;
    if (CLOSES.has(type)) {
      if (type !== 'input_audio_buffer.speech_started') this.#answered = this.#heard ?? this.#open?.event['item_id'];
      return [...this.#close(), event];
    }
    const { transcript } = event;
    if (type !== COMPLETED || typeof transcript !== 'string') return [event];
    if (this.#open?.event['item_id'] !== id) {
      const closed = this.#close();
      // The answer to this turn has started: the turn no longer grows.
      if (id !== undefined && id === this.#answered) return [...closed, event];
      this.#open = { event, text: transcript };
      return [...closed, ...delta(event, transcript)];
    }
    const before = this.#open?.text ?? '';
    // Changed text, unlike appended text, is sent with the `completed` event.
    const more = transcript.startsWith(before) ? transcript.slice(before.length) : '';
    this.#open = { event, text: more === '' && transcript !== before ? before : transcript };
    return delta(event, more);
  }

  #close(): RealtimeEvent[] {
    const open = this.#open;
    this.#open = undefined;
    return open ? [open.event] : [];
  }
}

function delta(event: RealtimeEvent, text: string): RealtimeEvent[] {
  if (text === '') return [];
  const { item_id, content_index, event_id } = fieldsOf(event);
  return [{ type: `${PREFIX}delta`, event_id, item_id, content_index, delta: text }];
}
