/**
 * speaches: the beta with gaps, and envelopes on the data channel. It cannot cancel, truncate or retrieve, so that an
 * interruption is one of the page alone: what the server still makes is not heard, and stays in its memory.
 *
 * Source: speaches' `src/speaches/realtime` and `routers/realtime_*.py` of March 2026 (commit 870e1e1).
 */
import type { Dialect, EnvelopeReader, Translator } from '../contract/dialect.js';
import type { RealtimeEvent, TransportName } from '../contract/options.js';
import { betaTranslator } from './beta.js';
import { fieldsOf, isFields, without } from './fields.js';
import type { Fields } from './fields.js';

/** Turn detection is taken whole or not at all; these are the server's own values. */
const TURN_DETECTION = { type: 'server_vad', threshold: 0.9, prefix_padding_ms: 0, silence_duration_ms: 550, create_response: true };

function speachesTranslator(over: TransportName): Translator {
  const beta = betaTranslator(over, { tellsNoSound: true });
  return {
    inbound: (event) => (isRemark(event) ? [] : beta.inbound(inProgress(event))),
    outbound: (event) => beta.outbound(event).map(taken),
  };
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
  if (event.type === 'session.update') {
    const { turn_detection: detection, ...session } = without(fieldsOf(event['session']), ['input_audio_format', 'output_audio_format']);
    const whole = isFields(detection) && detection['type'] === 'server_vad' ? { ...TURN_DETECTION, ...detection } : detection;
    return { ...event, session: { ...session, ...(whole !== undefined && { turn_detection: whole }) } };
  }
  if (event.type !== 'response.create' || !isFields(event['response'])) return event;
  return { ...event, response: without(event['response'], ['output_audio_format']) };
}

/** `full_message`: base64 of an event's JSON. `partial_message`: a piece of that base64, `fragment_index` of `total_fragments`. */
function envelopeReader(): EnvelopeReader {
  const pieces = new Map<string, (string | undefined)[]>();
  return {
    read: (frame) => {
      const { type, id, data, fragment_index: index, total_fragments: total } = parsed(frame);
      if (typeof data !== 'string' || typeof id !== 'string') return undefined;
      if (type === 'full_message') return textOf(data);
      if (type !== 'partial_message' || !isPlace(index, total)) return undefined;
      const known = pieces.get(id) ?? new Array<string | undefined>(total as number).fill(undefined);
      if (known.length !== total) return undefined;
      known[index] = data;
      pieces.set(id, known);
      if (known.includes(undefined)) {
        forgetOldest(pieces);
        return undefined;
      }
      pieces.delete(id);
      return textOf(known.join(''));
    },
  };
}

/** Most pieces of one message: far more than the longest event that is read has. */
const MOST_PIECES = 1_000;
/** Messages that may be incomplete at a time; the channel delivers in order, so that one would do. */
const MOST_OPEN = 8;

const isPlace = (index: unknown, total: unknown): index is number =>
  Number.isInteger(index) && Number.isInteger(total) && (total as number) <= MOST_PIECES && (index as number) >= 0 && (index as number) < (total as number);

function forgetOldest(pieces: Map<string, unknown>): void {
  if (pieces.size <= MOST_OPEN) return;
  for (const id of pieces.keys()) {
    pieces.delete(id);
    return;
  }
}

function parsed(frame: string): Fields {
  try {
    return fieldsOf(JSON.parse(frame));
  } catch {
    return {};
  }
}

function textOf(base64: string): string | undefined {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

export const speaches: Dialect = {
  name: 'speaches',
  translator: speachesTranslator,
  socket: { keyCarrier: 'query', keyParameter: 'api_key', modelWithIntent: true },
  offer: { path: '/realtime', envelope: envelopeReader },
  unsupported: ['response.cancel', 'conversation.item.truncate', 'conversation.item.retrieve', 'output_audio_buffer.clear'],
};
