/**
 * speaches: incomplete beta, and envelopes on the data channel (`speaches-envelope-reader.ts`). It cannot cancel, truncate or retrieve, so
 * an interruption is local: the rest of the answer is neither heard nor shown, but stays in the server's conversation.
 *
 * Source: speaches' `src/speaches/realtime` and `routers/realtime_*.py` of March 2026 (commit 870e1e1).
 */
import type { Dialect, Translator } from '../../contract/dialect.js';
import type { RealtimeEvent } from '../../contract/options.js';
import { betaTranslator } from './beta.js';
import { fieldsOf, isFields, without } from '../fields.js';
import type { Fields } from '../fields.js';
import { speachesEnvelopeReader } from '../speaches-envelope-reader.js';

/** The server accepts turn detection only with all fields; these are its defaults. */
const TURN_DETECTION = { type: 'server_vad', threshold: 0.9, prefix_padding_ms: 0, silence_duration_ms: 550, create_response: true };

function speachesTranslator(): Translator {
  const beta = betaTranslator();
  let activeResponse: string | undefined;
  const interrupted = new Set<unknown>();
  return {
    inbound: (event) => {
      if (isRemark(event)) return [];
      const { type, response_id: id, response } = event;
      if (interrupted.has(id) && type !== 'response.output_item.done') return [];
      const { id: about } = fieldsOf(response);
      if (type === 'response.created') {
        // The answer to a new turn stops the previous one without an event.
        const stopped =
          activeResponse === undefined
            ? []
            : beta.inbound(cutShort({ type: 'response.done', response: { id: activeResponse, output: [] } }));
        activeResponse = typeof about === 'string' ? about : undefined;
        return [...stopped, ...beta.inbound(inProgress(event))];
      }
      if (type === 'response.done' && about === activeResponse) activeResponse = undefined;
      return beta.inbound(interrupted.has(id ?? about) ? cutShort(event) : inProgress(event));
    },
    outbound: (event) => {
      if (event.type !== 'response.cancel') return beta.outbound(event).map(accepted);
      interrupted.add(event['response_id'] ?? activeResponse);
      return [];
    },
  };
}

/** Marks an answer that the server finished after the page had interrupted it as cut, without new content. */
function cutShort(event: RealtimeEvent): RealtimeEvent {
  const { item, response } = event;
  if (item !== undefined) return { ...event, item: { ...fieldsOf(item), status: 'incomplete', content: [] } };
  return { ...event, response: { ...fieldsOf(response), status: 'cancelled', output: [] } };
}

/**
 * Whether an error only reports that a field which this dialect must send is not supported. The server sends it without the client's
 * `event_id`, and confirms the settings anyway.
 */
function isRemark({ type, error }: RealtimeEvent): boolean {
  const { message } = fieldsOf(error);
  return type === 'error' && typeof message === 'string' && message.startsWith('Specifying `session.turn_detection.prefix_padding_ms`');
}

/** Replaces the status `incomplete`, which this server uses for items in progress. */
function inProgress(event: RealtimeEvent): RealtimeEvent {
  const { type, response, item } = event;
  if (type === 'response.created' && isFields(response)) return { ...event, response: { ...response, status: 'in_progress' } };
  if (!/\.(added|created)$/.test(type) || fieldsOf(item)['status'] !== 'incomplete') return event;
  return { ...event, item: { ...(item as Fields), status: 'in_progress' } };
}

function accepted(event: RealtimeEvent): RealtimeEvent {
  // It has only one session type: a transcription is a session without automatic responses.
  const transcribes = event.type === 'transcription_session.update';
  if (transcribes || event.type === 'session.update') {
    const { turn_detection: detection, ...session } = without(fieldsOf(event['session']), [
      'input_audio_format',
      'output_audio_format',
      'include',
    ]);
    const whole =
      isFields(detection) && detection['type'] === 'server_vad'
        ? { ...TURN_DETECTION, ...detection, ...(transcribes && { create_response: false }) }
        : detection;
    return { ...event, type: 'session.update', session: { ...session, ...(whole !== undefined && { turn_detection: whole }) } };
  }
  if (event.type !== 'response.create' || !isFields(event['response'])) return event;
  return { ...event, response: without(event['response'], ['output_audio_format']) };
}

export const speaches: Dialect = {
  name: 'speaches',
  translator: speachesTranslator,
  socket: { keyCarrier: 'query', keyParameter: 'api_key', modelWithIntent: true },
  offer: { path: '/realtime', envelope: speachesEnvelopeReader },
  reportsPlayback: false,
  unsupported: ['conversation.item.truncate', 'conversation.item.retrieve', 'output_audio_buffer.clear'],
};
