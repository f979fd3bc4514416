/**
 * xAI's voice agent: GA events with `voice` and `turn_detection` at the top level of the session, over WebSocket only, with the key
 * as the only subprotocol. A spoken turn is `completed` several times, each time with the whole text so far.
 *
 * Sources: xAI's documentation of the voice agent and of ephemeral tokens; `@ai-sdk/xai` 5 (`realtime/`).
 */
import type { Dialect, Translator } from '../../contract/dialect.js';
import type { RealtimeEvent } from '../../contract/options.js';
import { fieldsOf, given, isFields, without } from '../fields.js';
import { deepResponse, deepSession } from '../flat-session.js';
import { GrowingTranscripts } from '../growing-transcripts.js';
import { TolerantReader } from '../tolerant-reader.js';

function xaiTranslator(): Translator {
  const reader = new TolerantReader();
  const transcripts = new GrowingTranscripts();
  return {
    inbound: (event) => (event.type === 'ping' ? [] : transcripts.read(deep(event)).flatMap((completed) => reader.read(completed))),
    outbound: (event) => [flat(event)],
  };
}

function deep(event: RealtimeEvent): RealtimeEvent {
  const { session, response } = event;
  return {
    ...event,
    ...(isFields(session) && { session: deepSession(session, 'realtime') }),
    ...(response !== undefined && { response: deepResponse(response) }),
  };
}

function flat(event: RealtimeEvent): RealtimeEvent {
  if (event.type === 'session.update') {
    const { audio, ...session } = without(fieldsOf(event['session']), ['type']);
    const { input, output } = fieldsOf(audio);
    const { turn_detection, ...inputFields } = fieldsOf(input);
    const { voice, ...outputFields } = fieldsOf(output);
    const flatAudio = given({ input: given(inputFields), output: given(outputFields) });
    const atTop = { voice: isFields(voice) ? voice['id'] : voice, turn_detection };
    return { ...event, session: { ...session, ...given(atTop), ...(flatAudio && { audio: flatAudio }) } };
  }
  if (event.type !== 'response.create' || !isFields(event['response'])) return event;
  const { output_modalities, ...response } = event['response'];
  return { ...event, response: { ...response, ...(output_modalities !== undefined && { modalities: output_modalities }) } };
}

export const xai: Dialect = {
  name: 'xai',
  translator: xaiTranslator,
  socket: { keyProtocol: 'xai-client-secret.', protocols: [] },
  offer: false,
  unsupported: ['conversation.item.truncate', 'conversation.item.retrieve', 'output_audio_buffer.clear'],
};
