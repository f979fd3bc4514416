/**
 * speaches, based on its source (`src/speaches/realtime`, `routers/realtime_*.py`, March 2026): the beta interface with
 * gaps. Data channel events are sent in envelopes with base64 of their JSON: `full_message` up to 900 characters,
 * `partial_message` pieces of 800 above that. No subprotocol is selected; the key is a query parameter or a header.
 * Cancelling and truncating return `server_error`, retrieving items and clearing the output are unknown events.
 * Responses in progress are `incomplete`. A transcription session has its model in the URL.
 */
import { ApiError, invalidValue } from '../protocol/api-error.js';
import { toBase64 } from '../protocol/base64.js';
import { isRecord } from '../protocol/schema.js';
import { betaWire } from './beta.js';
import { anyModel, gaRules } from './profile.js';
import type { CallWire, Profile, ReportError } from './profile.js';
import type { WireEvent } from '../protocol/events.js';

/** Characters of a message that is sent in one envelope, and of the base64 in each piece of a longer one. */
const FULL = 900;
const PIECE = 800;

const NEVER =
  /^(output_audio_buffer\.|conversation\.item\.retrieved$|conversation\.item\.input_audio_transcription\.delta$|transcription_session\.|rate_limits\.)/;
const CLIENT_EVENTS = [
  'session.update',
  'input_audio_buffer.append',
  'input_audio_buffer.commit',
  'input_audio_buffer.clear',
  'conversation.item.create',
  'conversation.item.truncate',
  'conversation.item.delete',
  'response.create',
  'response.cancel',
];
const NOT_IMPLEMENTED = new Set(['response.cancel', 'conversation.item.truncate']);
const TURN_DETECTION = ['create_response', 'prefix_padding_ms', 'silence_duration_ms', 'threshold'];

function speachesWire(kind: 'webrtc' | 'websocket'): CallWire {
  const wire = betaWire();
  return {
    outgoing: (event) =>
      wire.outgoing(event).flatMap((translated) => {
        if (NEVER.test(translated.type) || (kind === 'webrtc' && translated.type === 'response.audio.delta')) return [];
        return [differently(translated)];
      }),
    incoming: (event, reportError) => {
      if (!CLIENT_EVENTS.includes(event.type)) throw invalidValue('type', event.type, CLIENT_EVENTS);
      if (NOT_IMPLEMENTED.has(event.type)) {
        throw new ApiError({ type: 'server_error', message: `Handling of the '${event.type}' event is not implemented.` });
      }
      if (event.type !== 'session.update' || !isRecord(event['session'])) return wire.incoming(event, reportError);
      return wire.incoming({ ...event, session: takenSession(event['session'], reportError) }, reportError);
    },
  };
}

function differently(event: WireEvent): WireEvent {
  const response = event['response'];
  if (isRecord(response)) {
    const { id, object, output, modalities, status } = response;
    return { ...event, response: { id, object, output, modalities, status: status === 'in_progress' ? 'incomplete' : status } };
  }
  const item = event['item'];
  return isRecord(item) && item['status'] === 'in_progress' ? { ...event, item: { ...item, status: 'incomplete' } } : event;
}

/** The fields its models accept: no `null`s, turn detection only if complete; formats and padding are reported as unsupported. */
function takenSession(session: Record<string, unknown>, reportError: ReportError): Record<string, unknown> {
  const { turn_detection: detection, ...rest } = session;
  for (const name of ['input_audio_format', 'output_audio_format']) {
    if (rest[name] !== undefined) reportError(notSupported(name));
    delete rest[name];
  }
  for (const [name, value] of Object.entries(session))
    if (value === null) throw invalidValue(`session.${name}`, value, ['anything but null']);
  if (!isRecord(detection)) return rest;
  const whole = TURN_DETECTION.every((name) => detection[name] !== undefined) && detection['type'] === 'server_vad';
  if (whole) reportError(notSupported('turn_detection.prefix_padding_ms'));
  return whole ? { ...rest, turn_detection: Object.fromEntries(['type', ...TURN_DETECTION].map((name) => [name, detection[name]])) } : rest;
}

const notSupported = (field: string): ApiError =>
  new ApiError({
    message: `Specifying \`session.${field}\` is not supported. The server either does not support this field or it is not configurable.`,
  });

/** Wraps one message in envelopes. */
function enveloped(text: string, id: string): string[] {
  const data = toBase64(new TextEncoder().encode(text));
  if (text.length <= FULL) return [JSON.stringify({ id, type: 'full_message', data })];
  const pieces = data.match(new RegExp(`.{1,${String(PIECE)}}`, 'g')) ?? [];
  return pieces.map((piece, index) =>
    JSON.stringify({ id, type: 'partial_message', data: piece, fragment_index: index, total_fragments: pieces.length }),
  );
}

export const speaches: Profile = {
  ...gaRules,
  name: 'speaches',
  socket: { selects: false, keys: ['query', 'header'] },
  beta: 'ignored',
  wrongKey: 403,
  calls: { path: '/realtime', body: 'sdp', hangUp: false },
  keys: undefined,
  acceptsModel: anyModel,
  opening: (model, intent) => {
    if (model === null) throw new ApiError({ message: 'Field required: model', param: 'model' });
    if (intent !== 'transcription')
      return { type: 'realtime', model, audio: { input: { transcription: { model: 'Systran/faster-distil-whisper-small.en' } } } };
    // A transcription session is a conversation without answers.
    return {
      type: 'realtime',
      model: 'gpt-4o-realtime-preview',
      audio: { input: { transcription: { model }, turn_detection: { type: 'server_vad', create_response: false } } },
    };
  },
  frames: enveloped,
  wire: speachesWire,
};
