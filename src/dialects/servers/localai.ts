/**
 * LocalAI: incomplete GA. Events of its responses have no `event_id`, items are never `done`, the items of answers are never
 * added, and a spoken turn is added with a different id than the one that was committed and transcribed.
 *
 * Source: LocalAI's `core/http/endpoints/openai/realtime*.go` of August 2026 (commit 82c191a). Browsers can only send a key
 * by cookie, because the server's upgrade selects no subprotocol.
 */
import type { Dialect, Translator } from '../../contract/dialect.js';
import type { RealtimeEvent } from '../../contract/options.js';
import { fieldsOf } from '../fields.js';
import type { Fields } from '../fields.js';
import { TolerantReader } from '../tolerant-reader.js';

function localaiTranslator(): Translator {
  const reader = new TolerantReader({ addsNoAnswers: true });
  /** Spoken turns that were committed and not yet added. */
  const committed: string[] = [];
  /** The server's item ids of spoken turns, by the ids with which they were committed and transcribed. */
  const serversId = new Map<unknown, unknown>();

  /** Replaces the id of an added spoken turn with the one of its transcript. */
  const underOneId = (event: RealtimeEvent): RealtimeEvent => {
    const item = fieldsOf(event['item']);
    if (event.type !== 'conversation.item.added' || !isSpoken(item)) return event;
    const id = committed.shift();
    if (id === undefined) return event;
    serversId.set(id, item['id']);
    return { ...event, item: { ...item, id } };
  };

  return {
    inbound: (event) => {
      const cleaned: Fields & { type: string } = { ...event };
      // Placeholders that the server sends literally.
      if (cleaned['previous_item_id'] === 'TODO') delete cleaned['previous_item_id'];
      if (cleaned['event_id'] === 'event_TODO') delete cleaned['event_id'];
      // Before a turn is committed, the server sends an empty id.
      if (cleaned['item_id'] === '') delete cleaned['item_id'];
      const id = cleaned['item_id'];
      // A manual commit is transcribed with yet another id: the first transcript belongs to it.
      if (cleaned.type === 'input_audio_buffer.committed' && typeof id === 'string') committed.push(id);
      return reader.read(underOneId(cleaned));
    },
    outbound: (event) => [serversId.has(event['item_id']) ? { ...event, item_id: serversId.get(event['item_id']) } : event],
  };
}

function isSpoken({ role, content }: Fields): boolean {
  return role === 'user' && Array.isArray(content) && content.some((part) => fieldsOf(part)['type'] === 'input_audio');
}

export const localai: Dialect = {
  name: 'localai',
  translator: localaiTranslator,
  socket: { keyCarrier: 'none', modelWithIntent: true },
  offer: { body: 'json' },
  reportsPlayback: false,
  unsupported: ['output_audio_buffer.clear'],
};
