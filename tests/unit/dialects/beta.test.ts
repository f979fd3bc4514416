/** The beta dialect: every published event in both directions, and the differences between GA and the beta. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RealtimeEvent } from '../../../src/contract/options.js';
import { beta } from '../../../src/dialects/servers/beta.js';
import { flatSession } from '../../../src/dialects/flat-session.js';
import { callAddress, socketAddress } from '../../../src/session/call-address.js';
import { BETA_CLIENT, BETA_SERVER, GA_CLIENT, GA_SERVER, lacks, sample, sharedSession } from './events.js';

const translator = () => beta.translator?.('webrtc') ?? expect.fail('beta translates');
const inbound = (...events: RealtimeEvent[]): RealtimeEvent[] => {
  const { inbound: read } = translator();
  return events.flatMap((event) => [...read(event)]);
};
const outbound = (event: RealtimeEvent): RealtimeEvent => translator().outbound(event)[0] ?? expect.fail('nothing was sent');

describe('URLs', () => {
  it('match the documentation, with subprotocols in the same order', () => {
    const base = 'https://api-platform.ope.ai/v1';
    const options = { baseUrl: base, model: 'opeai/AudioLLM/Voice2', transport: 'websocket' as const };
    const url = callAddress(options, 'https://page.example', beta);
    expect(url.href).toBe('wss://api-platform.ope.ai/v1/realtime?model=opeai%2FAudioLLM%2FVoice2');
    expect(socketAddress(url, 'KEY', 'subprotocol', beta).protocols).toEqual([
      'realtime',
      'openai-insecure-api-key.KEY',
      'openai-beta.realtime-v1',
    ]);
    expect(callAddress({ baseUrl: base, model: 'm' }, 'https://page.example', beta).href).toBe(`${base}/realtime?model=m`);
    expect(callAddress({ ...options, mode: 'transcription' }, 'https://page.example', beta).href).toBe(
      'wss://api-platform.ope.ai/v1/realtime?intent=transcription',
    );
  });
});

describe('server events', () => {
  it.each(Object.keys(BETA_SERVER))('%s becomes complete GA events', (type) => {
    // GA requires the function's name, which the beta only sends with the item.
    const item = { id: 'item_1', type: 'function_call', name: 'get_weather', call_id: 'call_1', arguments: '{}' };
    const added = sample(BETA_SERVER, 'response.output_item.added', { item });
    const events = inbound(...(type === 'response.function_call_arguments.done' ? [added] : []), sample(BETA_SERVER, type));
    expect(events.length).toBeGreaterThan(0);
    for (const event of events) expect(lacks(GA_SERVER, event), event.type).toEqual([]);
    expect(JSON.stringify(events)).not.toMatch(/"modalities"|"(input|output)_audio_format"|max_response_output_tokens/);
  });

  it('adds an item once and completes it once: at once if it is complete, otherwise with the answer', () => {
    const user = { id: 'u', type: 'message', role: 'user', status: 'completed', content: [{ type: 'input_text', text: 'hello' }] };
    const answer = { id: 'a', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
    const whole = { ...answer, status: 'completed', content: [{ type: 'audio', transcript: 'Hello.' }] };
    const events = inbound(
      { type: 'conversation.item.created', event_id: 'e1', item: user },
      { type: 'response.output_item.added', event_id: 'e2', response_id: 'r', output_index: 0, item: answer },
      { type: 'conversation.item.created', event_id: 'e3', previous_item_id: 'u', item: answer },
      { type: 'response.output_item.done', event_id: 'e4', response_id: 'r', output_index: 0, item: whole },
      { type: 'conversation.item.created', event_id: 'e5', item: user },
    );
    expect(events.map(({ type, item }) => [type, (item as { id: string }).id])).toEqual([
      ['conversation.item.added', 'u'],
      ['conversation.item.done', 'u'],
      ['response.output_item.added', 'a'],
      ['conversation.item.added', 'a'],
      ['conversation.item.done', 'a'],
      ['response.output_item.done', 'a'],
    ]);
    expect(events[4]).toMatchObject({ item: { content: [{ type: 'output_audio', transcript: 'Hello.' }] } });
    expect(events[3]).toMatchObject({ previous_item_id: 'u' });
  });

  it('does not add an out-of-band answer to the conversation', () => {
    const item = { id: 'a', type: 'message', role: 'assistant', status: 'completed', content: [] };
    const done = { type: 'response.output_item.done', event_id: 'e', response_id: 'r', output_index: 0, item };
    expect(inbound({ ...done, type: 'response.output_item.added' }, done).map(({ type }) => type)).toEqual([
      'response.output_item.added',
      'response.output_item.done',
    ]);
  });

  it('takes the name of a called function from its item', () => {
    const item = { id: 'f', type: 'function_call', status: 'in_progress', name: 'get_weather', call_id: 'call_9', arguments: '' };
    const done = {
      type: 'response.function_call_arguments.done',
      event_id: 'e',
      response_id: 'r',
      item_id: 'f',
      output_index: 0,
      arguments: '{"city":"Oslo"}',
    };
    expect(inbound({ type: 'response.output_item.added', response_id: 'r', output_index: 0, item }, done).at(-1)).toEqual({
      ...done,
      name: 'get_weather',
      call_id: 'call_9',
    });
  });

  it('maps a transcription session to a session of that type', () => {
    const session = {
      id: 's',
      input_audio_format: 'pcm16',
      input_audio_transcription: { model: 'whisper-1' },
      turn_detection: null,
      include: null,
    };
    expect(inbound({ type: 'transcription_session.updated', event_id: 'e', session })).toEqual([
      {
        type: 'session.updated',
        event_id: 'e',
        session: {
          id: 's',
          type: 'transcription',
          include: null,
          audio: { input: { format: { type: 'audio/pcm', rate: 24_000 }, transcription: { model: 'whisper-1' }, turn_detection: null } },
        },
      },
    ]);
  });
});

describe('client events', () => {
  it.each(Object.keys(GA_CLIENT))('%s becomes an event that the beta supports', (type) => {
    const said = outbound(sample(GA_CLIENT, type, { event_id: 'mine' }));
    expect(lacks(BETA_CLIENT, said)).toEqual([]);
    expect(said['event_id']).toBe('mine');
  });

  it('flattens settings and removes fields that only exist in GA', () => {
    const session = {
      type: 'realtime',
      instructions: 'Be brief.',
      output_modalities: ['audio'],
      max_output_tokens: 400,
      temperature: 0.7,
      truncation: 'auto',
      prompt: null,
      include: ['item.input_audio_transcription.logprobs'],
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24_000 },
          transcription: { model: 'gpt-transcribe', languages: ['de'] },
          noise_reduction: { type: 'far_field', strength: 1 },
          turn_detection: { type: 'server_vad', idle_timeout_ms: 5_000 },
        },
        output: { voice: { id: 'voice_1' }, speed: 1.2 },
      },
    };
    expect(outbound({ type: 'session.update', event_id: 'e', session })).toEqual({
      type: 'session.update',
      event_id: 'e',
      session: {
        instructions: 'Be brief.',
        temperature: 0.7,
        voice: 'voice_1',
        speed: 1.2,
        modalities: ['text', 'audio'],
        max_response_output_tokens: 400,
        input_audio_format: 'pcm16',
        input_audio_transcription: { model: 'whisper-1', language: 'de' },
        input_audio_noise_reduction: { type: 'far_field' },
        turn_detection: { type: 'server_vad' },
      },
    });
  });

  it('configures a transcription with its own event', () => {
    const audio = { input: { transcription: { model: 'gpt-4o-transcribe', language: 'de' }, turn_detection: null } };
    expect(
      outbound({ type: 'session.update', session: { type: 'transcription', audio, include: ['item.input_audio_transcription.logprobs'] } }),
    ).toEqual({
      type: 'transcription_session.update',
      session: {
        input_audio_transcription: { model: 'gpt-4o-transcribe', language: 'de' },
        turn_detection: null,
        include: ['item.input_audio_transcription.logprobs'],
      },
    });
  });

  it('flattens and renames the settings of a requested answer', () => {
    const input = [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello.' }] }];
    const response = {
      instructions: 'Greet.',
      output_modalities: ['text'],
      audio: { output: { voice: 'ash' } },
      max_output_tokens: 'inf',
      input,
      metadata: { a: 'b' },
    };
    expect(outbound({ type: 'response.create', response })['response']).toEqual({
      instructions: 'Greet.',
      modalities: ['text'],
      voice: 'ash',
      max_response_output_tokens: 'inf',
      input: [{ type: 'message', role: 'assistant', content: [{ type: 'text', text: 'Hello.' }] }],
      metadata: { a: 'b' },
    });
  });

  it('renames content only in items of the agent', () => {
    const content = [{ type: 'output_text', text: 'Hello.' }];
    expect(outbound({ type: 'conversation.item.create', item: { type: 'message', role: 'assistant', content } })['item']).toMatchObject({
      content: [{ type: 'text' }],
    });
    const typed = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] };
    expect(outbound({ type: 'conversation.item.create', item: typed })['item']).toEqual(typed);
  });
});

describe('round trips', () => {
  it('preserve a session', () => {
    fc.assert(
      fc.property(sharedSession, (settings) => {
        const session = { type: 'realtime', ...settings };
        const [translated] = inbound({ type: 'session.updated', event_id: 'e', session: flatSession(session) });
        expect(translated?.['session']).toEqual(session);
      }),
    );
  });

  it('do not mutate sent events', () => {
    fc.assert(
      fc.property(sharedSession, (settings) => {
        const event = { type: 'session.update', session: { type: 'realtime', ...settings } };
        const before = structuredClone(event);
        outbound(event);
        expect(event).toEqual(before);
      }),
    );
  });
});
