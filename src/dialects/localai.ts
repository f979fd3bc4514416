/**
 * LocalAI: GA with gaps. Its responses' events have no `event_id`, items are never `done`, the items of answers never
 * added, and what the visitor said is added under another id than the one that was committed and transcribed.
 *
 * Source: LocalAI's `core/http/endpoints/openai/realtime*.go` of August 2026 (commit 82c191a). A browser carries its key by
 * cookie or not at all, because its upgrade selects no subprotocol.
 */
import type { Dialect, Translator } from '../contract/dialect.js';
import type { RealtimeEvent } from '../contract/options.js';
import { fieldsOf } from './fields.js';
import type { Fields } from './fields.js';
import { TolerantReader } from './tolerant-reader.js';

function localaiTranslator(): Translator {
  const reader = new TolerantReader({ addsNoAnswers: true });
  /** Spoken turns that were committed and not yet added. */
  const committed: string[] = [];
  /** The server's id of a spoken turn by the one that it was committed and transcribed under. */
  const serversId = new Map<unknown, unknown>();

  /** A spoken turn keeps the id under which its words came. */
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
      const told: Fields & { type: string } = { ...event };
      // Its own words for what it does not know yet ("TODO" is what the server sends).
      if (told['previous_item_id'] === 'TODO') delete told['previous_item_id'];
      if (told['event_id'] === 'event_TODO') delete told['event_id'];
      // Before a turn is committed it has no id here.
      if (told['item_id'] === '') delete told['item_id'];
      const id = told['item_id'];
      // A commit by hand is transcribed under yet another id: the first words belong to it.
      if (told.type === 'input_audio_buffer.committed' && typeof id === 'string') committed.push(id);
      return reader.read(underOneId(told));
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
