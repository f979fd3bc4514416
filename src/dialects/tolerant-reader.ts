/**
 * Makes whole GA events of what servers send that nearly speak GA: fills in what they leave out, gives names that were
 * renamed their present ones, and tells of each item once that it was added and once that it is done.
 *
 * Owns: what is common to all servers that are not OpenAI's present one. Does not own: sessions and responses, whose
 * shape is a dialect's own. Remembers the items of one call; made anew for each.
 */
import type { RealtimeEvent } from '../contract/options.js';
import { gaItem, plainPart } from './content-names.js';
import { fieldsOf, isFields } from './fields.js';
import type { Fields } from './fields.js';

/** What a server leaves out, beyond single fields. */
export interface Gaps {
  /** It does not say that the items of its answers were added to the conversation. */
  readonly addsNoAnswers?: boolean;
}

interface Known {
  readonly index: number;
  readonly name: unknown;
  readonly callId: unknown;
}

/** Events of a response that stand at a place in it. */
const PLACED = /^response\.(output_item|content_part|output_text|output_audio|output_audio_transcript|function_call_arguments)\./;
/** Those that stand at a place in an item. */
const WITHIN = /^response\.(content_part|output_text|output_audio|output_audio_transcript)\./;
/** Items that are remembered; a call of hours must not grow without end. */
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

  /** One event of the server as whole GA events. Never throws. */
  read(event: RealtimeEvent): RealtimeEvent[] {
    const type = event.type.replace(/^response\.(text|audio|audio_transcript)\.(?=(delta|done)$)/, 'response.output_$1.');
    const whole: Fields & { type: string } = { ...event, type };
    if (typeof whole['event_id'] !== 'string' || whole['event_id'] === '') whole['event_id'] = `made_${String(++this.#made)}`;
    if (whole['item'] !== undefined) whole['item'] = gaItem(whole['item']);
    if (whole['part'] !== undefined) whole['part'] = plainPart(whole['part']);
    if (PLACED.test(type)) this.#place(whole);
    return this.#once(whole);
  }

  /** Fills in where in the response an event belongs, and which function it is about. */
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

  /** Each item is added once and done once. */
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
        return [event, { type: 'conversation.item.added', event_id: `${String(event['event_id'])}_added`, item: { ...item, status: 'in_progress' } }];
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

/** Nothing of an item is still to come. */
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
