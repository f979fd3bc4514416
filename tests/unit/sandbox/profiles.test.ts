/** The events that the sandbox sends when it imitates another server, checked against that server's published types. */
import { describe, expect, it } from 'vitest';
import type { ProfileName, RecordedEvent } from '../../../src/sandbox/index.js';
import published from '../../support/realtime-events.json' with { type: 'json' };
import { OFFER, SocketClient, post, silence, start, tone } from './harness.js';
import type { FakePeer, Json } from './fake-peers.js';

const KEY = 'openai-insecure-api-key.sk-sandbox';
const BETA_SERVER: Readonly<Record<string, readonly string[]>> = published.beta.server;
const base64 = (pcm: Int16Array): string => Buffer.from(pcm.buffer).toString('base64');
const PROTOCOLS: Partial<Record<ProfileName, string[]>> = {
  beta: ['realtime', KEY, 'openai-beta.realtime-v1'],
  xai: ['xai-client-secret.sk-sandbox'],
};
const QUERY: Partial<Record<ProfileName, string>> = { speaches: '?model=m&api_key=sk-sandbox' };

async function socket(profile: ProfileName, query = QUERY[profile] ?? '?model=m') {
  const { sandbox } = await start({ profile, transcribe: () => Promise.resolve('some words') });
  const client = new SocketClient(`${sandbox.url}/realtime${query}`, PROTOCOLS[profile] ?? []);
  await client.opened;
  return { sandbox, client, call: await sandbox.nextCall() };
}

function speakTo(client: SocketClient): void {
  for (const part of [silence(300), tone(700), silence(900)]) client.say({ type: 'input_audio_buffer.append', audio: base64(part) });
}

const sentBy = (events: readonly RecordedEvent[]): Json[] =>
  events.filter(({ direction }) => direction === 'out').map(({ event }) => event);
const typesOf = (events: readonly RecordedEvent[]): Set<string> => new Set(sentBy(events).map((event) => String(event['type'])));

/** Calls over WebRTC as this server expects it. */
async function dial(profile: ProfileName): Promise<{ peer: FakePeer; response: Response; events: () => readonly RecordedEvent[] }> {
  const { sandbox, peers } = await start({ profile });
  const response =
    profile === 'localai'
      ? await post(sandbox, '/realtime/calls', { sdp: OFFER, model: 'pipeline' })
      : profile === 'hf'
        ? await post(sandbox, '/realtime/calls', OFFER, 'any key', { 'content-type': 'application/sdp' })
        : await post(sandbox, '/realtime?model=m', OFFER, 'sk-sandbox', { 'content-type': 'application/sdp' });
  const call = await sandbox.nextCall();
  const peer = peers[0] ?? expect.fail('no peer');
  peer.open();
  return { peer, response, events: () => call.events };
}

describe('beta', () => {
  it('sends events that match the beta types, for a spoken turn, a typed turn and a function call', async () => {
    const { sandbox, client, call } = await socket('beta');
    const flat = (await client.next('session.created'))['session'];
    expect(flat).toMatchObject({
      modalities: ['text', 'audio'],
      input_audio_format: 'pcm16',
      output_audio_format: 'pcm16',
      voice: 'marin',
      max_response_output_tokens: 'inf',
    });
    expect(flat).not.toHaveProperty('type');
    expect(flat).not.toHaveProperty('audio');
    client.say({
      type: 'session.update',
      session: { voice: 'custom-voice', input_audio_transcription: { model: 'whisper-1' }, temperature: 0.7 },
    });
    expect((await client.next('session.updated'))['session']).toMatchObject({
      voice: 'custom-voice',
      input_audio_transcription: { model: 'whisper-1' },
    });
    speakTo(client);
    await client.next('response.done');
    sandbox.script({ replies: [{ items: [{ text: 'Written.' }, { call: 'f', arguments: { a: 1 } }] }] });
    client.say({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'before' }] },
    });
    client.say({ type: 'response.create', response: { modalities: ['text'] } });
    const { response } = await client.next('response.done');
    expect(response).toMatchObject({ modalities: ['text'], output: [{ content: [{ type: 'text', text: 'Written.' }] }, { name: 'f' }] });

    for (const event of sentBy(call.events)) {
      const fields = BETA_SERVER[event['type'] as string];
      expect(fields, `${String(event['type'])} is an event of the beta`).toBeDefined();
      for (const field of fields ?? []) expect(event, `${String(event['type'])} carries ${field}`).toHaveProperty(field, expect.anything());
    }
    const done = sentBy(call.events).find((event) => event['type'] === 'response.function_call_arguments.done');
    expect(done).not.toHaveProperty('name');
    expect([...typesOf(call.events)]).toEqual(
      expect.arrayContaining([
        'conversation.item.created',
        'response.audio.delta',
        'response.audio_transcript.done',
        'response.text.delta',
      ]),
    );
  });

  it.each<[Record<string, unknown>, string, string]>([
    [{ type: 'session.update', session: { type: 'realtime', instructions: 'x' } }, 'unknown_parameter', 'session.type'],
    [{ type: 'session.update', session: { audio: { output: { voice: 'ash' } } } }, 'unknown_parameter', 'session.audio'],
    [{ type: 'session.update', session: { modalities: ['audio'] } }, 'invalid_value', 'session.modalities'],
    [{ type: 'session.update', session: { input_audio_format: 'pcm' } }, 'invalid_value', 'session.input_audio_format'],
    [{ type: 'session.update', session: { temperature: 2 } }, 'invalid_value', 'session.temperature'],
    [{ type: 'transcription_session.update', session: {} }, 'invalid_session_type', 'type'],
    [{ type: 'response.create', response: { output_modalities: ['text'] } }, 'unknown_parameter', 'response.output_modalities'],
    [
      { type: 'conversation.item.create', item: { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'x' }] } },
      'invalid_value',
      'item.content[0].type',
    ],
    [{ type: 'session.begin' }, 'invalid_value', 'type'],
  ])('rejects GA-only input: %j', async (event, code, param) => {
    const { client } = await socket('beta');
    client.say({ ...event, event_id: 'mine' });
    expect((await client.next('error'))['error']).toMatchObject({ code, param, event_id: 'mine' });
  });

  it('uses its own events for transcription', async () => {
    const { client } = await socket('beta', '?intent=transcription');
    expect((await client.next('transcription_session.created'))['session']).toMatchObject({
      input_audio_format: 'pcm16',
      input_audio_transcription: null,
    });
    client.say({ type: 'session.update', session: {} });
    expect((await client.next('error'))['error']).toMatchObject({ code: 'invalid_session_type' });
    client.say({ type: 'transcription_session.update', session: { input_audio_transcription: { model: 'whisper-1', language: 'de' } } });
    expect((await client.next('transcription_session.updated'))['session']).toMatchObject({
      input_audio_transcription: { model: 'whisper-1', language: 'de' },
    });
    speakTo(client);
    expect((await client.next('conversation.item.input_audio_transcription.completed'))['transcript']).toBe('some words');
  });

  it('mints keys with flat sessions at its own paths', async () => {
    const { sandbox } = await start({ profile: 'beta' });
    const answer = (await (
      await post(sandbox, '/realtime/sessions', {
        model: 'm',
        voice: 'ash',
        client_secret: { expires_after: { anchor: 'created_at', seconds: 30 } },
      })
    ).json()) as Json;
    expect(answer).toMatchObject({
      model: 'm',
      voice: 'ash',
      modalities: ['text', 'audio'],
      client_secret: { value: expect.stringMatching(/^ek_/) as string },
    });
    const transcription = (await (
      await post(sandbox, '/realtime/transcription_sessions', { input_audio_transcription: { model: 'whisper-1' } })
    ).json()) as Json;
    expect(transcription).toMatchObject({
      input_audio_transcription: { model: 'whisper-1' },
      client_secret: { value: expect.any(String) as string },
    });
    expect((await post(sandbox, '/realtime/sessions', { session: {} })).status).toBe(400);
    expect((await post(sandbox, '/realtime/sessions', {}, String(answer['client_secret'].value))).status).toBe(401);
    expect((await post(sandbox, '/realtime/client_secrets', {})).status).toBe(404);
    expect((await post(sandbox, '/realtime/calls', OFFER, 'sk-sandbox', { 'content-type': 'application/sdp' })).status).toBe(404);
  });

  it('accepts offers at /realtime?model=', async () => {
    const { response, peer } = await dial('beta');
    expect([response.status, response.headers.get('location')]).toEqual([201, null]);
    expect(peer.types).toEqual(['session.created']);
  });
});

describe('localai', () => {
  it('omits the events that LocalAI omits, and gives a spoken turn two ids', async () => {
    const { client, call } = await socket('localai');
    await client.next('session.created');
    speakTo(client);
    const { item_id: turn } = await client.next('input_audio_buffer.committed');
    expect((await client.next('conversation.item.input_audio_transcription.completed'))['item_id']).toBe(turn);
    const { item } = await client.next('conversation.item.added');
    expect(item).toMatchObject({ role: 'user', content: [{ transcript: 'some words' }] });
    expect(item.id).not.toBe(turn);
    await client.next('response.done');
    const events = sentBy(call.events);
    expect(events.filter((event) => String(event['type']).startsWith('response.')).every((event) => event['event_id'] === undefined)).toBe(
      true,
    );
    for (const missing of ['conversation.item.done', 'rate_limits.updated']) expect(typesOf(call.events)).not.toContain(missing);
    client.say({ type: 'conversation.item.delete', item_id: item.id });
    await client.next('conversation.item.deleted');
    expect(call.items.map(({ id }) => id)).not.toContain(turn);
  });

  it('does not include the event_id of a rejected event', async () => {
    const { client } = await socket('localai');
    client.say({ type: 'session.update', event_id: 'mine', session: { type: 'realtime', audio: 'loud' } });
    expect((await client.next('error'))['error'].event_id).toBeNull();
  });

  it('accepts and returns JSON, and stops playback when an answer is cancelled', async () => {
    const { response, peer, events } = await dial('localai');
    const answer = (await response.json()) as Json;
    expect([response.status, Object.keys(answer)]).toEqual([201, ['sdp', 'session_id']]);
    expect(answer['sdp']).toMatch(/^v=0/);
    peer.say({ type: 'response.create' });
    await expect.poll(() => peer.types).toContain('response.output_audio_transcript.delta');
    await expect.poll(() => peer.play(20)[0]).toBeDefined();
    peer.say({ type: 'response.cancel' });
    expect(peer.play(20)).toEqual([undefined]);
    expect([...typesOf(events())].some((type) => type.startsWith('output_audio_buffer') || type === 'response.output_audio.delta')).toBe(
      false,
    );
  });

  it.each([[{ model: 'm' }], [{ sdp: OFFER }], ['no json']])('rejects an incomplete offer: %j', async (body) => {
    const { sandbox } = await start({ profile: 'localai' });
    expect((await post(sandbox, '/realtime/calls', body)).status).toBe(400);
  });
});

describe('hf', () => {
  it('confirms only client items, and transcribes speech without a commit', async () => {
    const { sandbox, client, call } = await socket('hf');
    await client.next('session.created');
    speakTo(client);
    const { item_id: turn } = await client.next('input_audio_buffer.speech_stopped');
    expect((await client.next('conversation.item.input_audio_transcription.completed'))['item_id']).toBe(turn);
    await client.next('response.done');
    sandbox.script({ replies: [{ items: [{ call: 'f', arguments: {} }] }] });
    client.say({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
    });
    expect((await client.next('conversation.item.created'))['item']).toMatchObject({ role: 'user' });
    client.say({ type: 'response.create' });
    expect((await client.next('response.output_item.added'))['item']).toMatchObject({ type: 'function_call' });
    await client.next('response.done');
    for (const missing of [
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'response.content_part.added',
      'rate_limits.updated',
    ]) {
      expect(typesOf(call.events)).not.toContain(missing);
    }
  });

  it('puts error codes in the type field, and rejects unknown events', async () => {
    const { client } = await socket('hf');
    await client.next('session.created');
    for (const [event, type] of [
      [{ type: 'conversation.item.retrieve', item_id: 'x' }, 'unknown_or_invalid_event'],
      [{ type: 'output_audio_buffer.clear' }, 'invalid_event_for_transport'],
      [{ type: 'session.update', session: { type: 'transcription' } }, 'invalid_session_type'],
    ] as const) {
      client.say({ ...event, event_id: 'mine' });
      const { error } = await client.next('error');
      expect(error).toMatchObject({ type, event_id: 'mine' });
      expect(error).not.toHaveProperty('code');
    }
    client.say({ type: 'response.create' });
    client.say({ type: 'response.create' });
    expect((await client.next('error'))['error']).toMatchObject({ type: 'conversation_already_has_active_response' });
    client.say({ type: 'response.cancel' });
    client.say({ type: 'response.cancel' });
    client.say({ type: 'conversation.item.truncate', item_id: 'x', content_index: 0, audio_end_ms: 1 });
    client.say({ type: 'session.update', session: { type: 'realtime', instructions: 'Be brief.' } });
    expect((await client.next('session.updated'))['session'], 'the update is accepted').toMatchObject({ instructions: 'Be brief.' });
  });

  it('accepts any key or none, stops playback when an answer is cancelled, and never reports playback', async () => {
    const { response, peer, events } = await dial('hf');
    expect(response.status).toBe(201);
    peer.say({ type: 'response.create' });
    await expect.poll(() => peer.types).toContain('response.output_audio_transcript.delta');
    await expect.poll(() => peer.play(20)[0]).toBeDefined();
    peer.say({ type: 'response.cancel' });
    expect(peer.play(20)).toEqual([undefined]);
    expect([...typesOf(events())].some((type) => type.startsWith('output_audio_buffer') || type === 'response.output_audio.delta')).toBe(
      false,
    );
  });
});

describe('speaches', () => {
  it('wraps data channel events in envelopes and splits long ones', async () => {
    const { peer } = await dial('speaches');
    const text = 'ä'.repeat(700);
    peer.say({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] } });
    peer.say({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] } });
    const whole = peer.received.find((frame) => frame['type'] === 'full_message') ?? expect.fail('no whole one');
    expect(JSON.parse(Buffer.from(whole['data'] as string, 'base64').toString())).toMatchObject({
      type: 'session.created',
      session: { modalities: ['text', 'audio'] },
    });
    const pieces = peer.received.filter((frame) => frame['type'] === 'partial_message');
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.map((frame) => [frame['fragment_index'], frame['total_fragments']])).toEqual(
      pieces.map((_, index) => [index, pieces.length]),
    );
    expect(pieces.every(({ data }) => (data as string).length <= 800)).toBe(true);
    const joined = Buffer.from(pieces.map(({ data }) => data as string).join(''), 'base64').toString();
    expect(JSON.parse(joined)).toMatchObject({ type: 'conversation.item.created', item: { content: [{ text }] } });
  });

  it('cannot cancel, truncate or retrieve, and rejects null', async () => {
    const { client, call } = await socket('speaches');
    await client.next('session.created');
    client.say({ type: 'response.cancel', event_id: 'mine' });
    expect((await client.next('error'))['error']).toMatchObject({ type: 'server_error', event_id: 'mine' });
    client.say({ type: 'conversation.item.retrieve', item_id: 'x' });
    expect((await client.next('error'))['error']).toMatchObject({ type: 'invalid_request_error' });
    client.say({ type: 'session.update', session: { turn_detection: null } });
    await client.next('error');
    expect(typesOf(call.events)).not.toContain('session.updated');
  });

  it('accepts turn detection with an error event, and confirms it', async () => {
    const { client } = await socket('speaches');
    const whole = { type: 'server_vad', threshold: 0.9, prefix_padding_ms: 0, silence_duration_ms: 300, create_response: true };
    client.say({ type: 'session.update', event_id: 'mine', session: { turn_detection: whole } });
    expect((await client.next('error'))['error']).toMatchObject({
      event_id: null,
      message: expect.stringContaining('prefix_padding_ms') as string,
    });
    expect((await client.next('session.updated'))['session'].turn_detection).toMatchObject({ silence_duration_ms: 300 });
    client.say({ type: 'session.update', session: { turn_detection: { type: 'server_vad', threshold: 0.1 } } });
    expect((await client.next('session.updated'))['session'].turn_detection, 'incomplete turn detection is ignored').toMatchObject({
      threshold: 0.9,
    });
  });

  it('transcribes in a conversation without answers', async () => {
    const { client, call } = await socket('speaches', '?intent=transcription&model=whisper&api_key=sk-sandbox');
    expect((await client.next('session.created'))['session']).toMatchObject({
      input_audio_transcription: { model: 'whisper' },
      turn_detection: { create_response: false },
    });
    speakTo(client);
    await client.next('conversation.item.input_audio_transcription.completed');
    expect(typesOf(call.events)).not.toContain('response.created');
  });
});

describe('xai', () => {
  it('has top-level settings, sends pings, and completes a transcription repeatedly', async () => {
    const { sandbox, client, call } = await socket('xai');
    sandbox.script({ transcripts: [{ text: 'one two', deltas: ['one', ' two'] }] });
    expect((await client.next('session.created'))['session']).toMatchObject({ voice: 'marin', turn_detection: { type: 'server_vad' } });
    client.say({
      type: 'session.update',
      session: { voice: 'Ara', audio: { input: { transcription: { model: 'x' } }, output: { voice: 'ignored' } } },
    });
    expect((await client.next('session.updated'))['session']).toMatchObject({ voice: 'Ara' });
    speakTo(client);
    await client.next('response.done');
    const completed = sentBy(call.events).filter((event) => String(event['type']).endsWith('transcription.completed'));
    expect(completed.map((event) => event['transcript'])).toEqual(['one', 'one two', 'one two']);
    expect(typesOf(call.events)).toContain('ping');
    expect(typesOf(call.events)).not.toContain('conversation.item.done');
  });

  it('does not support WebRTC calls', async () => {
    const { sandbox } = await start({ profile: 'xai' });
    expect((await post(sandbox, '/realtime/calls', OFFER, 'sk-sandbox', { 'content-type': 'application/sdp' })).status).toBe(404);
  });
});
