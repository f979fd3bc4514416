/**
 * The beta interface: used by OpenAI until May 2026 and still by other servers, such as OPE.AI. Flat sessions, different names of
 * events and content types, SDP at `/realtime?model=`, `transcription_session.update` for transcriptions.
 *
 * Sources: the beta types of `openai` 7.55; OPE.AI's documentation for URLs and the order of subprotocols.
 */
import type { Dialect, Translator } from '../../contract/dialect.js';
import type { RealtimeEvent } from '../../contract/options.js';
import { betaContentTypes } from '../content-types.js';
import { isFields } from '../fields.js';
import { deepResponse, deepSession, flatResponse, flatSession } from '../flat-session.js';
import { TolerantReader } from '../tolerant-reader.js';

/** Translates between GA and the beta. */
export function betaTranslator(): Translator {
  const reader = new TolerantReader();
  return {
    inbound: (event) => reader.read(deepEvent(event)),
    outbound: (event) => [flatEvent(event)],
  };
}

function deepEvent(event: RealtimeEvent): RealtimeEvent {
  const { type, session, response } = event;
  const transcribes = type.startsWith('transcription_session.');
  const translated: Record<string, unknown> & { type: string } = {
    ...event,
    type: transcribes ? type.replace('transcription_', '') : type,
  };
  if (isFields(session)) translated['session'] = deepSession(session, transcribes ? 'transcription' : 'realtime');
  if (response !== undefined) translated['response'] = deepResponse(response);
  return translated;
}

function flatEvent(event: RealtimeEvent): RealtimeEvent {
  switch (event.type) {
    case 'session.update': {
      const { session } = event;
      const transcribes = isFields(session) && session['type'] === 'transcription';
      return { ...event, type: transcribes ? 'transcription_session.update' : event.type, session: flatSession(session) };
    }
    case 'conversation.item.create':
      return { ...event, item: betaContentTypes(event['item']) };
    case 'response.create':
      return event['response'] === undefined ? event : { ...event, response: flatResponse(event['response']) };
    default:
      return event;
  }
}

export const beta: Dialect = {
  name: 'beta',
  translator: betaTranslator,
  socket: { protocolsAfterKey: ['openai-beta.realtime-v1'] },
  offer: { path: '/realtime' },
};
