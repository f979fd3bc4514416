/**
 * The beta interface, which OpenAI shut down in May 2026 and other servers still use: flat sessions, other names of
 * events and content, SDP at `/realtime?model=`, keys from `/realtime/sessions`. Based on the beta types of `openai`
 * 7.55 and OPE.AI's documentation, according to which a server sends `OpenAI-Beta: realtime=v1` and a browser
 * `openai-beta.realtime-v1`.
 *
 * Guessed: the code for a missing beta header; that `conversation.item.created` is sent once per item, without `done`.
 */
import { ApiError, invalidValue } from '../protocol/api-error.js';
import { isRecord } from '../protocol/schema.js';
import { fromBetaResponse, fromBetaSession, toBetaResponse, toBetaSession } from './beta-session.js';
import { anyModel, gaRules } from './profile.js';
import type { CallWire, Profile } from './profile.js';
import type { WireEvent } from '../protocol/events.js';

const CONTENT_OUT: Readonly<Record<string, string>> = { output_text: 'text', output_audio: 'audio' };
const CONTENT_IN: Readonly<Record<string, string>> = { text: 'output_text', audio: 'output_audio' };

/** Events that the beta interface did not have. */
const LATER =
  /^(conversation\.item\.done$|input_audio_buffer\.timeout_triggered$|mcp_|response\.mcp_|conversation\.item\.input_audio_transcription\.segment$)/;

const CLIENT_EVENTS = [
  'session.update',
  'transcription_session.update',
  'input_audio_buffer.append',
  'input_audio_buffer.commit',
  'input_audio_buffer.clear',
  'output_audio_buffer.clear',
  'conversation.item.create',
  'conversation.item.retrieve',
  'conversation.item.delete',
  'conversation.item.truncate',
  'response.create',
  'response.cancel',
];

/** Renames the content types of an item. */
function withContent(item: unknown, names: Readonly<Record<string, string>>): unknown {
  if (!isRecord(item) || !Array.isArray(item['content'])) return item;
  const content = (item['content'] as unknown[]).map((part) => {
    const type = isRecord(part) ? names[part['type'] as string] : undefined;
    return type === undefined ? part : { ...(part as object), type };
  });
  return { ...item, content };
}

/** Converts an item to the beta interface. */
export const toBetaItem = (item: unknown): unknown => withContent(item, CONTENT_OUT);

/** Translates the events of one call. */
export function betaWire(): CallWire {
  let transcribes = false;
  return {
    outgoing: (event) => {
      if (LATER.test(event.type)) return [];
      if (isRecord(event['session'])) transcribes = event['session']['type'] === 'transcription';
      const type = event.type
        .replace(/^session\./, transcribes ? 'transcription_session.' : 'session.')
        .replace(/^conversation\.item\.added$/, 'conversation.item.created')
        .replace(/^response\.output_(text|audio|audio_transcript)\./, 'response.$1.');
      const translated: WireEvent = { ...event, type };
      if (type === 'response.function_call_arguments.done') delete translated['name'];
      if (translated['item'] !== undefined) translated['item'] = toBetaItem(translated['item']);
      if (isRecord(translated['session'])) translated['session'] = toBetaSession(translated['session']);
      if (isRecord(translated['response'])) translated['response'] = toBetaResponse(translated['response'], toBetaItem);
      return [translated];
    },
    incoming: (event) => {
      if (!CLIENT_EVENTS.includes(event.type)) throw invalidValue('type', event.type, CLIENT_EVENTS);
      switch (event.type) {
        case 'session.update':
          if (transcribes) throw wrongKind('session.update', 'transcription');
          return [{ ...event, session: fromBetaSession(event['session'], 'realtime') }];
        case 'transcription_session.update':
          if (!transcribes) throw wrongKind('transcription_session.update', 'realtime');
          return [{ ...event, type: 'session.update', session: fromBetaSession(event['session'], 'transcription') }];
        case 'conversation.item.create':
          return [{ ...event, item: fromBetaItem(event['item']) }];
        case 'response.create':
          return [event['response'] === undefined ? event : { ...event, response: fromBetaResponse(event['response'], fromBetaItem) }];
        default:
          return [event];
      }
    },
  };
}

/** Converts a client's item to GA. @throws ApiError for content that only GA has */
function fromBetaItem(item: unknown): unknown {
  const content = isRecord(item) && Array.isArray(item['content']) ? (item['content'] as unknown[]) : [];
  for (const [index, part] of content.entries()) {
    const type = isRecord(part) ? part['type'] : undefined;
    if (typeof type === 'string' && type in CONTENT_OUT) {
      throw invalidValue(`item.content[${String(index)}].type`, type, ['input_text', 'input_audio', 'text', 'audio', 'item_reference']);
    }
  }
  return isRecord(item) && item['role'] !== 'assistant' ? item : withContent(item, CONTENT_IN);
}

function wrongKind(event: string, kind: string): ApiError {
  return new ApiError({
    message: `Passing a ${event} event to a ${kind} session is not allowed.`,
    code: 'invalid_session_type',
    param: 'type',
  });
}

export const beta: Profile = {
  ...gaRules,
  name: 'beta',
  beta: 'required',
  calls: { path: '/realtime', body: 'sdp', hangUp: false },
  keys: 'sessions',
  acceptsModel: anyModel,
  wire: betaWire,
};
