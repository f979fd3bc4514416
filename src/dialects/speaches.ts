/**
 * speaches: the beta with gaps, and envelopes on the data channel (`speaches-envelope.ts`). It cannot cancel, truncate or
 * retrieve, so that an interruption is one of the page alone: what the server still makes is neither heard nor shown, and
 * stays in its memory.
 *
 * Source: speaches' `src/speaches/realtime` and `routers/realtime_*.py` of March 2026 (commit 870e1e1).
 */
import type { Dialect, Translator } from '../contract/dialect.js';
import type { RealtimeEvent } from '../contract/options.js';
import { betaTranslator } from './beta.js';
import { fieldsOf, isFields, without } from './fields.js';
import type { Fields } from './fields.js';
import { envelopeReader } from './speaches-envelope.js';

/** Turn detection is taken whole or not at all; these are the server's own values. */
const TURN_DETECTION = { type: 'server_vad', threshold: 0.9, prefix_padding_ms: 0, silence_duration_ms: 550, create_response: true };

function speachesTranslator(): Translator {
  const beta = betaTranslator();
  let making: string | undefined;
  const cut = new Set<unknown>();
  return {
    inbound: (event) => {
      if (isRemark(event)) return [];
      const { type, response_id: id, response } = event;
      if (cut.has(id) && type !== 'response.output_item.done') return [];
      const { id: about } = fieldsOf(response);
      if (type === 'response.created') {
        // Its answer to a new turn stops the one before without a word.
        const stopped = making === undefined ? [] : beta.inbound(cutShort({ type: 'response.done', response: { id: making, output: [] } }));
        making = typeof about === 'string' ? about : undefined;
        return [...stopped, ...beta.inbound(inProgress(event))];
      }
      if (type === 'response.done' && about === making) making = undefined;
      return beta.inbound(cut.has(id ?? about) ? cutShort(event) : inProgress(event));
    },
    outbound: (event) => {
      if (event.type !== 'response.cancel') return beta.outbound(event).map(taken);
      cut.add(event['response_id'] ?? making);
      return [];
    },
  };
}

/** What the server finished although the page had stopped it: over, with nothing more in it than was told until then. */
function cutShort(event: RealtimeEvent): RealtimeEvent {
  const { item, response } = event;
  if (item !== undefined) return { ...event, item: { ...fieldsOf(item), status: 'incomplete', content: [] } };
  return { ...event, response: { ...fieldsOf(response), status: 'cancelled', output: [] } };
}

/**
 * It says of a field that it took without effect that the field is not supported, as an error without the client's
 * `event_id`; the settings are confirmed all the same. The fields are ones that this dialect had to send.
 */
function isRemark({ type, error }: RealtimeEvent): boolean {
  const { message } = fieldsOf(error);
  return type === 'error' && typeof message === 'string' && message.startsWith('Specifying `session.turn_detection.prefix_padding_ms`');
}

/** What is being made it calls `incomplete`, which elsewhere means cut short. */
function inProgress(event: RealtimeEvent): RealtimeEvent {
  const { type, response, item } = event;
  if (type === 'response.created' && isFields(response)) return { ...event, response: { ...response, status: 'in_progress' } };
  if (!/\.(added|created)$/.test(type) || fieldsOf(item)['status'] !== 'incomplete') return event;
  return { ...event, item: { ...(item as Fields), status: 'in_progress' } };
}

function taken(event: RealtimeEvent): RealtimeEvent {
  // It knows one kind of session: a transcription is one that never answers.
  const transcribes = event.type === 'transcription_session.update';
  if (transcribes || event.type === 'session.update') {
    const { turn_detection: detection, ...session } = without(fieldsOf(event['session']), ['input_audio_format', 'output_audio_format', 'include']);
    const whole = isFields(detection) && detection['type'] === 'server_vad' ? { ...TURN_DETECTION, ...detection, ...(transcribes && { create_response: false }) } : detection;
    return { ...event, type: 'session.update', session: { ...session, ...(whole !== undefined && { turn_detection: whole }) } };
  }
  if (event.type !== 'response.create' || !isFields(event['response'])) return event;
  return { ...event, response: without(event['response'], ['output_audio_format']) };
}

export const speaches: Dialect = {
  name: 'speaches',
  translator: speachesTranslator,
  socket: { keyCarrier: 'query', keyParameter: 'api_key', modelWithIntent: true },
  offer: { path: '/realtime', envelope: envelopeReader },
  reportsPlayback: false,
  unsupported: ['conversation.item.truncate', 'conversation.item.retrieve', 'output_audio_buffer.clear'],
};
