/**
 * Completes the events of servers that nearly implement GA: fills in missing fields, replaces outdated names, and emits for each
 * item exactly one `added` and one `done` event.
 *
 * Owns: the corrections that all dialects share. Does not own: sessions and responses, whose shape depends on the dialect. Keeps
 * the items of one call.
 */
import type { RealtimeEvent } from '../contract/options.js';
import { gaContentTypes, partContentType } from './content-types.js';
import { fieldsOf, isFields } from './fields.js';
import type { Fields } from './fields.js';

/** Events that a server does not send. */
export interface Gaps {
  /** It sends no `conversation.item.added` for the items of its answers. */
  readonly addsNoAnswers?: boolean;
}

interface Known {
  readonly index: number;
  readonly name: unknown;
  readonly callId: unknown;
}

/** Events with a position in a response. */
const PLACED = /^response\.(output_item|content_part|output_text|output_audio|output_audio_transcript|function_call_arguments)\./;
/** Events with a position in an item. */
const WITHIN = /^response\.(content_part|output_text|output_audio|output_audio_transcript)\./;
/** Maximum number of remembered items, so that memory does not grow during long calls. */
const KEPT = 1_000;

/** See the head of the file. */
export class TolerantReader {
  readonly #gaps: Gaps;
  readonly #items = new Map<unknown, Known>();
  readonly #added = new Set<unknown>();
  readonly #done = new Set<unknown>();
  readonly #lengths = new Map<unknown, number>();
  #made = 0;

  constructor(gaps: Gaps = {}) {
    this.#gaps = gaps;
  }

  /** Converts one server event to complete GA events. Never throws. */
  read(event: RealtimeEvent): RealtimeEvent[] {
    const type = event.type.replace(/^response\.(text|audio|audio_transcript)\.(?=(delta|done)$)/, 'response.output_$1.');
    const whole: Fields & { type: string } = { ...event, type };
    if (typeof whole['event_id'] !== 'string' || whole['event_id'] === '') whole['event_id'] = `made_${String(++this.#made)}`;
    if (whole['item'] !== undefined) whole['item'] = gaContentTypes(whole['item']);
    if (whole['part'] !== undefined) whole['part'] = partContentType(whole['part']);
    if (PLACED.test(type)) this.#place(whole);
    return this.#once(whole);
  }

  /** Fills in the position of an event in its response, and the function that it belongs to. */
  #place(event: Fields & { type: string }): void {
    const item = fieldsOf(event['item']);
    const id = event['item_id'] ?? item['id'];
    const known = this.#items.get(id);
    const response = event['response_id'];
    if (!Number.isInteger(event['output_index'])) {
      event['output_index'] = known?.index ?? (event.type === 'response.output_item.added' ? (this.#lengths.get(response) ?? 0) : 0);
    }
    if (WITHIN.test(event.type) && !Number.isInteger(event['content_index'])) event['content_index'] = 0;
    if (event.type === 'response.output_item.added') {
      const index = event['output_index'] as number;
      remember(this.#lengths, response, index + 1);
      remember(this.#items, id, { index, name: item['name'], callId: item['call_id'] });
    } else if (event.type.startsWith('response.function_call_arguments.') && known) {
      if (event.type.endsWith('.done')) event['name'] ??= known.name;
      event['call_id'] ??= known.callId;
    }
  }

  /** Emits one `added` and one `done` event per item. */
  #once(event: Fields & { type: string }): RealtimeEvent[] {
    const item = fieldsOf(event['item']);
    const { id } = item;
    if (event.type === 'conversation.item.deleted') {
      this.#added.delete(event['item_id']);
      this.#done.delete(event['item_id']);
    }
    if (typeof id !== 'string') return [event];
    switch (event.type) {
      case 'conversation.item.created':
      case 'conversation.item.added': {
        if (this.#added.has(id)) return [];
        keep(this.#added, id);
        const added = { ...event, type: 'conversation.item.added' };
        return isComplete(item) ? [added, ...this.#finish(event)] : [added];
      }
      case 'conversation.item.done':
        return this.#done.has(id) ? [] : this.#finish(event);
      case 'response.output_item.added':
        if (!this.#gaps.addsNoAnswers || this.#added.has(id)) return [event];
        keep(this.#added, id);
        return [
          event,
          { type: 'conversation.item.added', event_id: `${String(event['event_id'])}_added`, item: { ...item, status: 'in_progress' } },
        ];
      case 'response.output_item.done':
        return this.#added.has(id) && !this.#done.has(id) ? [...this.#finish(event), event] : [event];
      default:
        return [event];
    }
  }

  #finish({ event_id: eventId, previous_item_id: previous, item }: Fields): RealtimeEvent[] {
    keep(this.#done, fieldsOf(item)['id']);
    const place = previous === undefined ? {} : { previous_item_id: previous };
    return [{ type: 'conversation.item.done', event_id: `${String(eventId)}_done`, ...place, item }];
  }
}

/** Whether an item is complete. */
function isComplete(item: Fields): boolean {
  const { status, role, type } = item;
  if (status === 'in_progress' || status === 'incomplete') return false;
  return status === 'completed' || (role !== 'assistant' && type !== 'function_call' && isFields(item));
}

function remember<Value>(map: Map<unknown, Value>, key: unknown, value: Value): void {
  map.set(key, value);
  if (map.size > KEPT) map.delete(map.keys().next().value);
}

function keep(set: Set<unknown>, key: unknown): void {
  set.add(key);
  if (set.size > KEPT) set.delete(set.values().next().value);
}
