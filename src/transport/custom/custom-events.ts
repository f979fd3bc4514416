/**
 * Converts the events of a page's own transport to GA events.
 *
 * Owns: which events of a layer are used. A layer that speaks the Realtime protocol emits every raw event as `*`, and its other
 * events only repeat them; a layer for another service may emit only the interface's own events
 * (`RealtimeTransportEventTypes`), which are then converted to protocol events.
 * Does not own: audio, the connection.
 */
import type { RealtimeEvent } from '../../contract/options.js';
import { toJson } from '../../contract/to-json.js';
import type { CustomLayer } from './custom-layer.js';

type Json = Record<string, unknown>;
type GaEventListener = (event: RealtimeEvent) => void;

/** The GA form of each event of the interface. */
const GA_EVENTS: Readonly<Record<string, (event: Json) => RealtimeEvent>> = {
  turn_started: ({ providerData }) => ({ type: 'response.created', response: { id: idOf(providerData), status: 'in_progress' } }),
  turn_done: ({ response }) => ({
    type: 'response.done',
    response: { id: (response as Json | undefined)?.['id'], status: 'completed', output: [] },
  }),
  audio_transcript_delta: ({ delta, itemId, responseId }) => ({
    type: 'response.output_audio_transcript.delta',
    delta,
    item_id: itemId,
    response_id: responseId,
    content_index: 0,
    output_index: 0,
  }),
  output_text_delta: ({ delta, itemId, responseId }) => ({
    type: 'response.output_text.delta',
    delta,
    item_id: itemId,
    response_id: responseId,
    content_index: 0,
    output_index: 0,
  }),
  function_call: ({ id, callId, name, arguments: args, responseId }) => ({
    type: 'response.output_item.done',
    response_id: responseId,
    output_index: 0,
    item: { id: id ?? callId, type: 'function_call', status: 'completed', call_id: callId, name, arguments: args },
  }),
  item_deleted: ({ itemId }) => ({ type: 'conversation.item.deleted', item_id: itemId }),
  item_update: ({ itemId, previousItemId, ...item }) => ({
    type: item['status'] === 'in_progress' ? 'conversation.item.added' : 'conversation.item.done',
    ...(previousItemId === undefined ? {} : { previous_item_id: previousItemId }),
    item: { ...item, id: itemId },
  }),
  mcp_approval_request: ({ itemId, serverLabel, name, arguments: args }) => ({
    type: 'conversation.item.done',
    item: { id: itemId, type: 'mcp_approval_request', server_label: serverLabel, name, arguments: toJson(args ?? {}) },
  }),
};

/**
 * Listens to a layer.
 * @param onEvent called once with each event, as GA JSON; `onDropped` for values that are not valid events
 * @returns a function that removes the listeners
 */
export function listenToCustomEvents(layer: CustomLayer, onEvent: GaEventListener, onDropped: () => void): () => void {
  const listeners: [string, (...args: never[]) => void][] = [];
  let raw = false;
  listeners.push([
    '*',
    (event: unknown) => {
      if (typeof (event as RealtimeEvent | null)?.type !== 'string') return onDropped();
      raw = true;
      onEvent(event as RealtimeEvent);
    },
  ]);
  for (const [name, words] of Object.entries(GA_EVENTS)) {
    listeners.push([
      name,
      (event: unknown) => {
        // A layer with raw events has already emitted this one.
        if (raw) return;
        // Function calls have their own event; as items they would run twice.
        if (name === 'item_update' && /call/.test(toJson((event as Json | null)?.['type'] ?? ''))) return;
        if (typeof event === 'object' && event !== null) onEvent(words(event as Json));
        else onDropped();
      },
    ]);
  }
  for (const [type, listener] of listeners) layer.on(type, listener);
  return () => {
    for (const [type, listener] of listeners) layer.off(type, listener);
  };
}

const idOf = (providerData: unknown): unknown => {
  const { response, responseId } = (providerData ?? {}) as { response?: Json; responseId?: unknown };
  return response?.['id'] ?? responseId;
};
