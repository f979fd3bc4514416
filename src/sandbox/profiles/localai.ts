/**
 * LocalAI, based on its source (`core/http/endpoints/openai/realtime*.go`, August 2026): GA event names with gaps.
 * Response events have no `event_id`; there is no `conversation.item.done`, no `rate_limits.updated`, no
 * `output_audio_buffer.*`, and no `conversation.item.added` for answers. Speech is added with a different id than it
 * was committed and transcribed with. Offers are sent as JSON; WebSockets get no subprotocol; there are no ephemeral
 * keys.
 *
 * The sandbox requires no key; LocalAI uses the site's own key, in a header or a cookie. Not imitated: its own events,
 * its pipelines.
 */
import { newId } from '../protocol/ids.js';
import { isRecord } from '../protocol/schema.js';
import { anyModel, gaRules } from './profile.js';
import type { CallWire, Profile } from './profile.js';
import type { WireEvent } from '../protocol/events.js';

const NEVER =
  /^(conversation\.item\.done$|rate_limits\.|output_audio_buffer\.|conversation\.created$|input_audio_buffer\.timeout_triggered$|mcp_|response\.mcp_)/;

const TRANSCRIBED = /^conversation\.item\.input_audio_transcription\.(completed|failed)$/;

function localaiWire(kind: 'webrtc' | 'websocket'): CallWire {
  /** The session's id of a spoken turn, by the id with which it was added on the wire. */
  const added = new Map<string, string>();
  /** Spoken turns, by the session's id, that are added once they are transcribed. */
  const waiting = new Map<string, Record<string, unknown>>();
  let making = false;
  let transcribes = false;
  return {
    outgoing: (event) => {
      if (event.type === 'response.created' || event.type === 'response.done') making = event.type === 'response.created';
      if (NEVER.test(event.type)) return [];
      const item = isRecord(event['item']) ? event['item'] : undefined;
      const translated: WireEvent = { ...event };
      if (transcribes && isRecord(translated['session']))
        translated['session'] = { ...translated['session'], type: 'transcription', object: 'realtime.transcription_session' };
      if (event.type.startsWith('response.') || event.type === 'conversation.item.added') delete translated['event_id'];
      // The literal placeholders that LocalAI sends for ids, here and below.
      else translated['event_id'] = 'event_TODO';
      // WebRTC calls send audio only as media.
      if (kind === 'webrtc' && event.type.startsWith('response.output_audio.')) return [];
      if (event.type === 'conversation.item.added') {
        if (item?.['role'] === 'assistant' || item?.['type'] === 'function_call') return [];
        if (item !== undefined && isSpoken(item)) {
          waiting.set(String(item['id']), item);
          return [];
        }
      }
      if (TRANSCRIBED.test(event.type)) {
        const spoken = waiting.get(String(event['item_id']));
        waiting.delete(String(event['item_id']));
        if (spoken === undefined) return [translated];
        const id = newId('item');
        added.set(id, String(event['item_id']));
        const content = [{ type: 'input_audio', transcript: event['transcript'] ?? '' }];
        return [translated, { type: 'conversation.item.added', item: { ...spoken, id, content } }];
      }
      if (/^input_audio_buffer\.speech_/.test(event.type)) translated['item_id'] = '';
      if (event.type === 'input_audio_buffer.committed') translated['previous_item_id'] = 'TODO';
      return [translated];
    },
    incoming: (event) => {
      const id = typeof event['item_id'] === 'string' ? added.get(event['item_id']) : undefined;
      const meant = id === undefined ? event : { ...event, item_id: id };
      if (event.type === 'session.update' && isRecord(event['session'])) {
        const { type, audio } = event['session'];
        transcribes = type === 'transcription';
        return [transcribes ? { ...event, session: silentSession(audio) } : meant];
      }
      // Accepted and ignored; cancelling an answer stops playback instead.
      if (event.type === 'output_audio_buffer.clear') return [];
      if (event.type !== 'response.cancel') return [meant];
      // Ignored without an active answer.
      return [...(making ? [meant] : []), ...(kind === 'webrtc' ? [{ type: 'output_audio_buffer.clear' }] : [])];
    },
  };
}

/** Session types can change in both directions: a transcription session is a conversation without answers here. */
function silentSession(audio: unknown): Record<string, unknown> {
  const input = isRecord(audio) && isRecord(audio['input']) ? audio['input'] : {};
  const detection = input['turn_detection'] === undefined ? { type: 'server_vad' } : input['turn_detection'];
  return {
    type: 'realtime',
    audio: { input: { ...input, turn_detection: isRecord(detection) ? { ...detection, create_response: false } : detection } },
  };
}

function isSpoken(item: Record<string, unknown>): boolean {
  const content = Array.isArray(item['content']) ? (item['content'] as unknown[]) : [];
  return item['role'] === 'user' && content.some((part) => isRecord(part) && part['type'] === 'input_audio' && part['audio'] === undefined);
}

export const localai: Profile = {
  ...gaRules,
  name: 'localai',
  socket: { selects: false, keys: ['header', 'cookie', 'none'] },
  beta: 'ignored',
  wrongKey: 401,
  calls: { path: '/realtime/calls', body: 'json', hangUp: false },
  keys: undefined,
  namesEvent: false,
  acceptsModel: anyModel,
  // This server always transcribes.
  opening: (model) => ({ type: 'realtime', model: model ?? 'pipeline', audio: { input: { transcription: { model: 'whisper-1' } } } }),
  wire: localaiWire,
};
