/** Sample events of both interfaces: every published type with every required field, and some with relevant content. */
import * as fc from 'fast-check';
import type { RealtimeEvent } from '../../../src/contract/options.js';
import published from '../../support/realtime-events.json' with { type: 'json' };

type Required = Readonly<Record<string, readonly string[]>>;

export const GA_CLIENT: Required = published.ga.client;
export const GA_SERVER: Required = published.ga.server;
export const BETA_CLIENT: Required = published.beta.client;
export const BETA_SERVER: Required = published.beta.server;

const SAMPLES: Readonly<Record<string, unknown>> = {
  event_id: 'event_1',
  item_id: 'item_1',
  response_id: 'resp_1',
  output_index: 0,
  content_index: 0,
  call_id: 'call_1',
  delta: 'a word',
  transcript: 'words',
  text: 'words',
  arguments: '{}',
  audio: 'AAAA',
  audio_start_ms: 0,
  audio_end_ms: 10,
  part: { type: 'audio', transcript: '' },
  item: { id: 'item_1', type: 'message', role: 'assistant', status: 'in_progress', content: [{ type: 'audio', transcript: 'words' }] },
  response: { id: 'resp_1', status: 'completed', modalities: ['text', 'audio'], voice: 'ash', output_audio_format: 'pcm16', output: [] },
  session: {
    id: 'sess_1',
    modalities: ['text', 'audio'],
    voice: 'ash',
    input_audio_format: 'pcm16',
    turn_detection: { type: 'server_vad' },
  },
  conversation: { id: 'conv_1' },
  error: { type: 'invalid_request_error', message: 'no' },
  rate_limits: [],
  usage: { type: 'duration', seconds: 1 },
};

/** An event of a published type with its required fields. */
export function sample(types: Required, type: string, more: Record<string, unknown> = {}): RealtimeEvent {
  const fields = (types[type] ?? []).map((name) => [name, SAMPLES[name] ?? 'something'] as const);
  return { type, ...Object.fromEntries(fields), ...more };
}

/** The fields that the published types require and an event lacks. */
export const lacks = (types: Required, event: RealtimeEvent): string[] =>
  (types[event.type] ?? ['(no such event)']).filter((name) => event[name] === undefined);

/** GA sessions with the fields that the beta also has. */
export const sharedSession = fc.record(
  {
    instructions: fc.string(),
    output_modalities: fc.constantFrom(['audio'], ['text']),
    max_output_tokens: fc.oneof(fc.constant('inf'), fc.integer({ min: 1, max: 4_096 })),
    tool_choice: fc.constantFrom('auto', 'none', 'required'),
    tools: fc.array(fc.record({ type: fc.constant('function'), name: fc.string(), parameters: fc.object() })),
    tracing: fc.constantFrom('auto', null),
    audio: fc.record(
      {
        input: fc.record(
          {
            format: fc.constantFrom({ type: 'audio/pcm', rate: 24_000 }, { type: 'audio/pcmu' }, { type: 'audio/pcma' }),
            transcription: fc.constantFrom(null, { model: 'whisper-1' }, { model: 'gpt-4o-transcribe', language: 'de', prompt: 'names' }),
            noise_reduction: fc.constantFrom(null, { type: 'near_field' }),
            turn_detection: fc.constantFrom(null, { type: 'server_vad', threshold: 0.4 }, { type: 'semantic_vad', eagerness: 'low' }),
          },
          { requiredKeys: ['format'] },
        ),
        output: fc.record(
          {
            voice: fc.constantFrom('ash', 'af_heart'),
            speed: fc.double({ min: 0.25, max: 1.5, noNaN: true }),
            format: fc.constant({ type: 'audio/pcm', rate: 24_000 }),
          },
          { requiredKeys: ['voice'] },
        ),
      },
      { requiredKeys: ['input'] },
    ),
  },
  { requiredKeys: [] },
);

/** Arbitrary content for event types that are read. */
export const hostileEvent = (types: readonly string[]): fc.Arbitrary<RealtimeEvent> =>
  fc
    .tuple(
      fc.oneof(fc.constantFrom(...types), fc.string()),
      fc.dictionary(
        fc.constantFrom(
          'event_id',
          'item_id',
          'response_id',
          'item',
          'part',
          'response',
          'session',
          'output_index',
          'content_index',
          'delta',
          'transcript',
          'error',
          'name',
          '__proto__',
          'constructor',
        ),
        fc.oneof(fc.anything({ withNullPrototype: true, maxDepth: 3 }), fc.constantFrom(...Object.values(SAMPLES))),
      ),
    )
    .map(([type, fields]) => ({ ...fields, type }));
