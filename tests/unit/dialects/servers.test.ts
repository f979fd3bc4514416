/** The dialects of other servers, and their robustness against arbitrary events. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIALECT_NAMES, type Dialect, type DialectName } from '../../../src/contract/dialect.js';
import type { RealtimeEvent, TransportName } from '../../../src/contract/options.js';
import { loadDialect } from '../../../src/dialects/index.js';
import { offerRules } from '../../../src/session/offer-exchange.js';
import { callAddress, keyCarrier, socketAddress } from '../../../src/session/call-address.js';
import { BETA_SERVER, GA_CLIENT, GA_SERVER, hostileEvent, lacks, sample } from './events.js';

const NAMES = DIALECT_NAMES.filter((name) => name !== 'ga');

async function reader(name: Exclude<DialectName, 'ga'>, over: TransportName = 'websocket') {
  const translator = (await loadDialect(name)).translator?.(over) ?? expect.fail(`${name} translates`);
  return {
    hears: (...events: RealtimeEvent[]): RealtimeEvent[] => events.flatMap((event) => [...translator.inbound(event)]),
    says: (event: RealtimeEvent): RealtimeEvent | undefined => translator.outbound(event)[0],
  };
}

const types = (events: readonly RealtimeEvent[]): string[] => events.map(({ type }) => type);
const address = (dialect: Dialect, options: Parameters<typeof callAddress>[0]): string[] => {
  const url = callAddress({ transport: 'websocket', ...options }, 'https://page.example', dialect);
  const { url: dialled, protocols } = socketAddress(url, 'KEY', keyCarrier(options, dialect), dialect);
  return [dialled.href, ...protocols];
};

describe('every dialect', () => {
  it('loads by its name, and unknown names are rejected', async () => {
    for (const name of NAMES) expect((await loadDialect(name)).name).toBe(name);
    await expect(loadDialect('toString' as 'beta')).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('Available: ga, azure, beta') as string,
    });
  });

  it.each(NAMES)('%s never throws for arbitrary events of a server or a page', async (name) => {
    const dialect = await loadDialect(name);
    for (const over of ['webrtc', 'websocket'] as const) {
      const translator = dialect.translator?.(over);
      if (!translator) return;
      fc.assert(
        fc.property(
          fc.array(hostileEvent([...Object.keys(BETA_SERVER), ...Object.keys(GA_SERVER), 'ping']), { maxLength: 6 }),
          (events) => {
            for (const event of events) for (const translated of translator.inbound(event)) expect(typeof translated.type).toBe('string');
          },
        ),
      );
      fc.assert(fc.property(hostileEvent(Object.keys(GA_CLIENT)), (event) => void translator.outbound(event)));
    }
  });

  it.each(NAMES)('%s keeps complete GA events complete', async (name) => {
    const translator = (await loadDialect(name)).translator?.('websocket');
    for (const type of Object.keys(GA_SERVER)) {
      for (const translated of translator?.inbound(sample(GA_SERVER, type)) ?? [])
        expect(lacks(GA_SERVER, translated), translated.type).toEqual([]);
    }
  });
});

describe('LocalAI', () => {
  it('connects without a subprotocol and a key, over WebRTC with JSON', async () => {
    const dialect = await loadDialect('localai');
    expect(address(dialect, { baseUrl: 'http://localhost:8080/v1', model: 'pipeline' })).toEqual([
      'ws://localhost:8080/v1/realtime?model=pipeline',
    ]);
    expect(address(dialect, { baseUrl: 'http://localhost:8080/v1', model: 'pipeline', mode: 'transcription' })).toEqual([
      'ws://localhost:8080/v1/realtime?intent=transcription&model=pipeline',
    ]);
    expect(offerRules(dialect, 'pipeline')).toEqual({ json: { model: 'pipeline' }, hangsUp: false });
  });

  const answer = {
    id: 'a',
    type: 'message',
    role: 'assistant',
    status: 'in_progress',
    content: [{ type: 'output_audio', transcript: 'Hi.' }],
  };
  const turn: RealtimeEvent[] = [
    { type: 'response.created', response: { id: 'r', status: 'in_progress' } },
    { type: 'response.output_item.added', response_id: 'r', output_index: 0, item: answer },
    { type: 'response.output_audio_transcript.delta', response_id: 'r', item_id: 'a', output_index: 0, content_index: 0, delta: 'Hi.' },
    { type: 'response.output_item.done', response_id: 'r', output_index: 0, item: { ...answer, status: 'completed' } },
    { type: 'response.done', response: { id: 'r', status: 'completed', output: [] } },
  ];

  it('completes answers with added and done events and event ids', async () => {
    const { hears } = await reader('localai');
    const events = hears(...turn);
    expect(types(events)).toEqual([
      'response.created',
      'response.output_item.added',
      'conversation.item.added',
      'response.output_audio_transcript.delta',
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
    ]);
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(events.length);
    for (const event of events) expect(lacks(GA_SERVER, event), event.type).toEqual([]);
  });

  it('does not report playback, which is measured; the dialect generates no such events', async () => {
    expect((await loadDialect('localai')).reportsPlayback).toBe(false);
    expect(types((await reader('localai', 'webrtc')).hears(...turn)).some((type) => type.startsWith('output_audio_buffer'))).toBe(false);
  });

  it("keeps one id for a spoken turn, and uses the server's own id towards the server", async () => {
    const { hears, says } = await reader('localai');
    const spoken = {
      id: 'server',
      type: 'message',
      role: 'user',
      status: 'completed',
      content: [{ type: 'input_audio', transcript: 'hello' }],
    };
    // Placeholders that LocalAI sends literally.
    const events = hears(
      { type: 'input_audio_buffer.committed', event_id: 'event_TODO', item_id: 'turn', previous_item_id: 'TODO' },
      {
        type: 'conversation.item.input_audio_transcription.completed',
        event_id: 'event_TODO',
        item_id: 'turn',
        content_index: 0,
        transcript: 'hello',
      },
      { type: 'conversation.item.added', item: spoken },
    );
    expect(events[0]).not.toHaveProperty('previous_item_id');
    expect(events.slice(2).map(({ type, item }) => [type, (item as { id: string }).id])).toEqual([
      ['conversation.item.added', 'turn'],
      ['conversation.item.done', 'turn'],
    ]);
    expect(says({ type: 'conversation.item.delete', item_id: 'turn' })).toEqual({ type: 'conversation.item.delete', item_id: 'server' });
    expect(says({ type: 'conversation.item.delete', item_id: 'other' })).toMatchObject({ item_id: 'other' });
  });
});

describe('speaches', () => {
  it('connects with the key in the query, over WebRTC at /realtime', async () => {
    const dialect = await loadDialect('speaches');
    expect(address(dialect, { baseUrl: 'http://localhost:8000/v1', model: 'llama' })).toEqual([
      'ws://localhost:8000/v1/realtime?model=llama&api_key=KEY',
    ]);
    expect(callAddress({ baseUrl: 'http://localhost:8000/v1', model: 'llama' }, 'https://page.example', dialect).href).toBe(
      'http://localhost:8000/v1/realtime?model=llama',
    );
    expect(offerRules(dialect, 'llama')).toEqual({ hangsUp: false });
  });

  it('reads whole envelopes, and fragments in any order, but nothing else', async () => {
    const { offer } = await loadDialect('speaches');
    const envelope = (offer && offer.envelope?.()) || expect.fail('speaches has envelopes');
    const whole = JSON.stringify({ type: 'error', error: { message: 'Grüße 🎧' } });
    const data = Buffer.from(whole).toString('base64');
    expect(envelope.read(JSON.stringify({ id: 'e', type: 'full_message', data }))).toBe(whole);
    const piece = (index: number, total = 3): string =>
      JSON.stringify({
        id: 'p',
        type: 'partial_message',
        data: data.slice(index * 30, index === 2 ? undefined : index * 30 + 30),
        fragment_index: index,
        total_fragments: total,
      });
    expect([piece(2), piece(0), piece(0), piece(1)].map((frame) => envelope.read(frame))).toEqual([undefined, undefined, undefined, whole]);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc
            .record({
              id: fc.string(),
              type: fc.constantFrom('full_message', 'partial_message'),
              data: fc.string(),
              fragment_index: fc.anything(),
              total_fragments: fc.oneof(fc.integer(), fc.anything()),
            })
            .map((frame) => JSON.stringify(frame)),
        ),
        (frame) => void envelope.read(frame),
      ),
    );
  });

  it('sends complete turn detection, and no formats', async () => {
    const { says, hears } = await reader('speaches');
    const audio = {
      input: { format: { type: 'audio/pcm', rate: 24_000 }, turn_detection: { type: 'server_vad', silence_duration_ms: 300 } },
      output: { voice: 'af_heart' },
    };
    expect(says({ type: 'session.update', session: { type: 'realtime', audio } })?.['session']).toEqual({
      voice: 'af_heart',
      turn_detection: { type: 'server_vad', threshold: 0.9, prefix_padding_ms: 0, silence_duration_ms: 300, create_response: true },
    });
    const remark = {
      type: 'error',
      error: {
        type: 'invalid_request_error',
        message: 'Specifying `session.turn_detection.prefix_padding_ms` is not supported. The server either …',
      },
    };
    expect(hears(remark)).toEqual([]);
    expect(hears({ type: 'error', error: { message: 'Specifying `response.input` is not supported.' } })).toHaveLength(1);
  });

  it('ends an interrupted answer for the page, whatever the server still sends', async () => {
    const { hears, says } = await reader('speaches');
    const item = { id: 'a', type: 'message', role: 'assistant', status: 'incomplete', content: [] };
    const delta = { type: 'response.audio_transcript.delta', event_id: 'e', response_id: 'r', item_id: 'a', delta: 'word ' };
    const whole = { ...item, status: 'completed', content: [{ type: 'audio', transcript: 'word word' }] };
    hears(
      { type: 'response.created', event_id: 'e', response: { id: 'r', status: 'incomplete' } },
      { type: 'response.output_item.added', event_id: 'e', response_id: 'r', item },
      delta,
    );
    expect(says({ type: 'response.cancel' })).toBeUndefined();
    const after = hears(
      delta,
      { type: 'response.output_item.done', event_id: 'e', response_id: 'r', item: whole },
      { type: 'response.done', event_id: 'e', response: { id: 'r', status: 'completed', output: [whole] } },
    );
    expect(after).toMatchObject([
      { type: 'response.output_item.done', item: { status: 'incomplete', content: [] } },
      { type: 'response.done', response: { status: 'cancelled', output: [] } },
    ]);
  });

  it('ends an answer that was replaced by another one', async () => {
    const { hears } = await reader('speaches');
    const created = (id: string): RealtimeEvent => ({ type: 'response.created', event_id: id, response: { id, status: 'incomplete' } });
    expect(hears(created('r'), created('s')).map(({ type, response }) => [type, (response as { id: string }).id])).toEqual([
      ['response.created', 'r'],
      ['response.done', 'r'],
      ['response.created', 's'],
    ]);
  });

  it('marks unfinished items as in progress', async () => {
    const { hears } = await reader('speaches');
    const [created] = hears({
      type: 'response.created',
      event_id: 'e',
      response: { id: 'r', status: 'incomplete', modalities: ['audio', 'text'], output: [] },
    });
    expect(created).toMatchObject({ response: { status: 'in_progress', output_modalities: ['audio'] } });
    const item = { id: 'a', type: 'message', role: 'assistant', status: 'incomplete', content: [] };
    expect(types(hears({ type: 'conversation.item.created', event_id: 'e', item }))).toEqual(['conversation.item.added']);
    const done = { type: 'response.done', event_id: 'e', response: { id: 'r', status: 'incomplete' } };
    expect(hears(done)[0]).toMatchObject({ response: { status: 'incomplete' } });
  });
});

describe('xAI', () => {
  it('connects only over WebSocket, with the key as the only subprotocol', async () => {
    const dialect = await loadDialect('xai');
    expect(address(dialect, { baseUrl: 'https://api.x.ai/v1', model: 'grok-voice-latest' })).toEqual([
      'wss://api.x.ai/v1/realtime?model=grok-voice-latest',
      'xai-client-secret.KEY',
    ]);
    expect(dialect.offer).toBe(false);
  });

  it('moves voice and turn detection to the top level, in both directions', async () => {
    const { says, hears } = await reader('xai');
    const session = {
      type: 'realtime',
      instructions: 'x',
      audio: { input: { format: { type: 'audio/pcm', rate: 24_000 }, turn_detection: null }, output: { voice: 'Ara' } },
    };
    const flat = {
      instructions: 'x',
      voice: 'Ara',
      turn_detection: null,
      audio: { input: { format: { type: 'audio/pcm', rate: 24_000 } } },
    };
    expect(says({ type: 'session.update', session })?.['session']).toEqual(flat);
    expect(hears({ type: 'session.updated', event_id: 'e', session: flat })[0]?.['session']).toEqual(session);
    expect(says({ type: 'response.create', response: { output_modalities: ['text'] } })?.['response']).toEqual({ modalities: ['text'] });
  });

  it('drops pings, and renames text answers to GA', async () => {
    const { hears } = await reader('xai');
    expect(hears({ type: 'ping', timestamp: 1 })).toEqual([]);
    expect(hears({ type: 'response.text.delta', response_id: 'r', item_id: 'a', delta: 'x' })[0]).toMatchObject({
      type: 'response.output_text.delta',
      content_index: 0,
      output_index: 0,
    });
  });

  it('converts a growing transcription to deltas and completes it once', async () => {
    const { hears } = await reader('xai');
    const completed = (transcript: string, id = 'u'): RealtimeEvent => ({
      type: 'conversation.item.input_audio_transcription.completed',
      event_id: transcript,
      item_id: id,
      content_index: 0,
      transcript,
    });
    const translated = hears(
      { type: 'input_audio_buffer.committed', event_id: 'c', item_id: 'u' },
      completed('what'),
      completed('what is'),
      completed('what is'),
      completed('What is the time?'),
      { type: 'response.created', event_id: 'r', response: { id: 'r' } },
      completed('What is the time?'),
      { type: 'input_audio_buffer.speech_started', event_id: 's', item_id: 'v', audio_start_ms: 1 },
      completed('and', 'v'),
      { type: 'response.created', event_id: 'r2', response: { id: 'r2' } },
    );
    expect(translated.map(({ type, delta, transcript }) => [type.split('.').at(-1), delta ?? transcript])).toEqual([
      ['committed', undefined],
      ['delta', 'what'],
      ['delta', ' is'],
      ['completed', 'What is the time?'],
      ['created', undefined],
      ['completed', 'What is the time?'],
      ['speech_started', undefined],
      ['delta', 'and'],
      ['completed', 'and'],
      ['created', undefined],
    ]);
  });
});

describe('Azure', () => {
  it('is GA over WebRTC', async () => {
    const dialect = await loadDialect('azure');
    expect(
      callAddress({ baseUrl: 'https://res.openai.azure.com/openai/v1', model: 'my-deployment' }, 'https://page.example', dialect).href,
    ).toBe('https://res.openai.azure.com/openai/v1/realtime/calls?model=my-deployment');
    expect([dialect.socket, dialect.translator]).toEqual([false, undefined]);
    expect(offerRules(dialect, 'm')).toEqual({ hangsUp: true });
  });
});

describe('Hugging Face speech-to-speech', () => {
  it('connects without a key, over WebRTC with SDP, and is not hung up with the URL of OpenAI', async () => {
    const dialect = await loadDialect('hf');
    expect(address(dialect, { baseUrl: 'http://localhost:8765/v1' })).toEqual(['ws://localhost:8765/v1/realtime']);
    expect(callAddress({ baseUrl: 'http://localhost:8765/v1' }, 'https://page.example', dialect).href).toBe(
      'http://localhost:8765/v1/realtime/calls',
    );
    expect(offerRules(dialect, undefined)).toEqual({ hangsUp: false });
    expect(dialect).toMatchObject({
      reportsPlayback: false,
      unsupported: expect.arrayContaining(['conversation.item.retrieve']) as string[],
    });
  });

  it('accepts item events with their old name', async () => {
    const { hears } = await reader('hf');
    const item = { id: 'u', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] };
    expect(types(hears({ type: 'conversation.item.created', event_id: 'e', item }))).toEqual([
      'conversation.item.added',
      'conversation.item.done',
    ]);
  });
});
