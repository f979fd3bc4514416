/**
 * xAI's voice agent, based on its documentation and `@ai-sdk/xai` 5: GA event names, with `voice` and `turn_detection`
 * at the top level of the session and text output under the beta name (`response.text.*`). WebSocket only; browsers
 * send the key as `xai-client-secret.<key>`, the only subprotocol. A transcription is `completed` repeatedly with all
 * words so far, and `ping` events arrive in between (reported by users). Truncating is ignored. Minting accepts only
 * `expires_after.seconds`.
 *
 * Guessed: how a wrong key is rejected; that `conversation.item.done` and `rate_limits.updated` are never sent.
 */
import { isRecord } from '../protocol/schema.js';
import { anyModel, gaRules } from './profile.js';
import type { CallWire, Profile } from './profile.js';
import type { WireEvent } from '../protocol/events.js';

const NEVER = /^(conversation\.item\.done$|rate_limits\.|conversation\.item\.truncated$|input_audio_buffer\.timeout_triggered$)/;
const COMPLETED = 'conversation.item.input_audio_transcription.completed';
const DELTA = 'conversation.item.input_audio_transcription.delta';

function xaiWire(): CallWire {
  const transcripts = new Map<unknown, string>();
  return {
    outgoing: (event) => {
      if (NEVER.test(event.type)) return [];
      const translated: WireEvent = { ...event, type: event.type.replace(/^response\.output_text\./, 'response.text.') };
      if (event.type === DELTA) {
        const text = (transcripts.get(event['item_id']) ?? '') + (event['delta'] as string);
        transcripts.set(event['item_id'], text);
        return [{ type: COMPLETED, event_id: event['event_id'], item_id: event['item_id'], content_index: 0, transcript: text.trim() }];
      }
      if (isRecord(translated['session'])) translated['session'] = toXai(translated['session']);
      const sent = [translated];
      if (event.type === 'session.created' || event.type === 'response.created') {
        sent.push({ type: 'ping', event_id: `${String(event['event_id'])}_ping`, timestamp: 0 });
      }
      return sent;
    },
    incoming: (event) => {
      if (event.type === 'conversation.item.truncate' || event.type === 'output_audio_buffer.clear') return [];
      return [event.type === 'session.update' ? { ...event, session: fromXai(event['session']) } : event];
    },
  };
}

function toXai(session: Record<string, unknown>): Record<string, unknown> {
  const { audio, ...rest } = session;
  delete rest['type'];
  const { input, output } = (audio ?? {}) as { input?: Record<string, unknown>; output?: Record<string, unknown> };
  const voice = output?.['voice'];
  return {
    ...rest,
    voice: isRecord(voice) ? voice['id'] : voice,
    turn_detection: input?.['turn_detection'] ?? null,
    audio: { input: { format: input?.['format'], transcription: input?.['transcription'] }, output: { format: output?.['format'] } },
  };
}

/** Keeps the fields that the server knows and ignores others. */
function fromXai(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const { instructions, tools, voice, turn_detection, audio } = value;
  const { input, output } = (isRecord(audio) ? audio : {}) as { input?: Record<string, unknown>; output?: Record<string, unknown> };
  return {
    type: 'realtime',
    ...(instructions !== undefined && { instructions }),
    ...(tools !== undefined && { tools }),
    audio: {
      input: {
        ...(input?.['format'] !== undefined && { format: input['format'] }),
        ...(input?.['transcription'] !== undefined && { transcription: input['transcription'] }),
        ...(turn_detection !== undefined && { turn_detection }),
      },
      output: {
        ...(output?.['format'] !== undefined && { format: output['format'] }),
        ...(typeof voice === 'string' && { voice: { id: voice } }),
      },
    },
  };
}

const KEY_PROTOCOL = 'xai-client-secret.';

export const xai: Profile = {
  ...gaRules,
  name: 'xai',
  keyProtocol: KEY_PROTOCOL,
  selects: (offered) => [...offered].find((one) => one.startsWith(KEY_PROTOCOL)),
  beta: 'ignored',
  wrongKey: 401,
  calls: undefined,
  acceptsModel: anyModel,
  wire: xaiWire,
};
