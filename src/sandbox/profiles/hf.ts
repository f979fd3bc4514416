/**
 * Hugging Face's speech-to-speech, based on its source (`src/speech_to_speech/api/openai_realtime`, August 2026): GA
 * with fewer events. Speech is neither committed nor added; after `speech_stopped` comes its transcript. Only client
 * items are confirmed, with `conversation.item.created`; of an answer's items only function calls are announced. Errors
 * have their code in `type`. There is no `output_audio_buffer.*`, although `output_audio_buffer.clear` is accepted over
 * WebRTC; `response.cancel` also clears and never fails. Truncating is ignored. There are no keys and no transcription
 * sessions.
 *
 * Not imitated: the server confirms items that arrive during an answer only after it; the sandbox confirms them
 * immediately.
 */
import { ApiError } from '../protocol/api-error.js';
import { isRecord } from '../protocol/schema.js';
import { anyModel, gaRules } from './profile.js';
import type { CallWire, Profile } from './profile.js';
import type { WireEvent } from '../protocol/events.js';

const NEVER =
  /^(conversation\.(created$|item\.(done|truncated|deleted|retrieved)$)|input_audio_buffer\.(committed|cleared|timeout_triggered)$|(output_audio_buffer|rate_limits|response\.content_part|response\.mcp_call\w*)\.|response\.function_call_arguments\.delta$|mcp_)/;
const CLIENT_EVENTS = [
  'session.update',
  'input_audio_buffer.append',
  'input_audio_buffer.commit',
  'output_audio_buffer.clear',
  'conversation.item.create',
  'conversation.item.truncate',
  'response.create',
  'response.cancel',
];

function hfWire(kind: 'webrtc' | 'websocket'): CallWire {
  let making = false;
  const wrongWay = kind === 'webrtc' ? 'input_audio_buffer.append' : 'output_audio_buffer.clear';
  return {
    outgoing: (event) => {
      if (event.type === 'response.created' || event.type === 'response.done') making = event.type === 'response.created';
      if (NEVER.test(event.type) || (kind === 'webrtc' && event.type === 'response.output_audio.delta')) return [];
      const item = isRecord(event['item']) ? event['item'] : {};
      if (event.type === 'conversation.item.added') return isClients(item) ? [{ ...event, type: 'conversation.item.created' }] : [];
      if (event.type.startsWith('response.output_item.') && item['type'] !== 'function_call') return [];
      return [event.type === 'error' ? typedError(event) : event];
    },
    incoming: (event) => {
      if (!CLIENT_EVENTS.includes(event.type)) throw refusal('unknown_or_invalid_event', `Unknown or invalid event: ${event.type}`);
      if (event.type === wrongWay) throw refusal('invalid_event_for_transport', `${event.type} is not supported on this transport.`);
      if (event.type === 'conversation.item.truncate') return [];
      if (event.type === 'session.update' && isRecord(event['session']) && event['session']['type'] === 'transcription') {
        throw refusal('invalid_session_type', "Only 'realtime' session type is supported; transcription sessions are not.");
      }
      if (event.type !== 'response.cancel') return [event];
      return [...(making ? [{ type: event.type }] : []), ...(kind === 'webrtc' ? [{ type: 'output_audio_buffer.clear' }] : [])];
    },
  };
}

const refusal = (code: string, message: string): ApiError => new ApiError({ type: code, code: null, message });

/** Whether the client added the item itself. */
function isClients({ type, role, content }: Record<string, unknown>): boolean {
  if (type === 'function_call_output') return true;
  const parts = Array.isArray(content) ? (content as unknown[]) : [];
  return type === 'message' && role !== 'assistant' && !parts.some((part) => isRecord(part) && part['type'] === 'input_audio');
}

function typedError(event: WireEvent): WireEvent {
  const { type, code, message, event_id } = isRecord(event['error']) ? event['error'] : {};
  return { ...event, error: { type: code ?? type, message, ...(typeof event_id === 'string' && { event_id }) } };
}

export const hf: Profile = {
  ...gaRules,
  name: 'hf',
  socket: { selects: true, keys: ['none'] },
  beta: 'ignored',
  calls: { path: '/realtime/calls', body: 'sdp', hangUp: false },
  keys: undefined,
  acceptsModel: anyModel,
  // This server always transcribes.
  opening: (model) => ({ type: 'realtime', model: model ?? 'pipeline', audio: { input: { transcription: { model: 'whisper-1' } } } }),
  wire: hfWire,
};
