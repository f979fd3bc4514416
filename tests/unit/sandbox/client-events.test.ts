import { describe, expect, it } from 'vitest';
import { connect, expectRequiredFields, sent, start, type } from './harness.js';
import type { Connected } from './harness.js';
import type { Json } from './fake-peers.js';

const user = (text: string, id?: string): Record<string, unknown> => ({
  type: 'message',
  role: 'user',
  ...(id === undefined ? {} : { id }),
  content: [{ type: 'input_text', text }],
});

async function errorAfter(connected: Connected, message: Record<string, unknown> | string): Promise<Json> {
  connected.peer.say(message);
  return (await connected.next('error'))['error'] as Json;
}

describe('invalid messages', () => {
  it('are rejected, and the call continues', async () => {
    const connected = await connect(await start());
    expect(await errorAfter(connected, '{')).toMatchObject({ code: 'invalid_json', type: 'invalid_request_error', event_id: null });
    expect(await errorAfter(connected, '[]')).toMatchObject({ code: 'invalid_json' });
    expect(await errorAfter(connected, '{}')).toMatchObject({ code: 'missing_required_parameter', param: 'type' });
    connected.peer.say(undefined);
    expect((await connected.next('error'))['error']).toMatchObject({ code: 'invalid_json' });
    expect(await errorAfter(connected, { type: 'conversation.foo', event_id: 'e1' })).toMatchObject({
      code: 'invalid_value',
      param: 'type',
      event_id: 'e1',
      message: expect.stringContaining("'response.create'"),
    });
    expect(await errorAfter(connected, { type: 'transcription_session.update', session: {} })).toMatchObject({ code: 'invalid_value' });
    expect(connected.call.state).toBe('open');
    expectRequiredFields(connected.call.events);
  });
});

describe('session.update', () => {
  it.each([
    [{ voice: 'ash' }, 'missing_required_parameter', 'session.type'],
    [{ type: 'realtime', modalities: ['text'] }, 'unknown_parameter', 'session.modalities'],
    [
      { type: 'realtime', audio: { input: { turn_detection: { type: 'psychic_vad' } } } },
      'invalid_value',
      'session.audio.input.turn_detection.type',
    ],
    [
      { type: 'realtime', audio: { input: { turn_detection: { type: 'server_vad', threshold: 2 } } } },
      'decimal_above_max_value',
      'session.audio.input.turn_detection.threshold',
    ],
    [
      { type: 'realtime', audio: { input: { turn_detection: {} } } },
      'missing_required_parameter',
      'session.audio.input.turn_detection.type',
    ],
    [{ type: 'realtime', output_modalities: ['audio', 'text'] }, 'invalid_value', 'session.output_modalities'],
    [{ type: 'realtime', audio: { output: { speed: 9 } } }, 'decimal_above_max_value', 'session.audio.output.speed'],
    [{ type: 'realtime', tools: [{ type: 'function' }] }, 'missing_required_parameter', 'session.tools[0].name'],
    [{ type: 'realtime', tools: [{ type: 'function', name: 'x', strict: true }] }, 'unknown_parameter', 'session.tools[0].strict'],
    [{ type: 'realtime', instructions: 5 }, 'invalid_type', 'session.instructions'],
    [{ type: 'realtime', max_output_tokens: 0 }, 'integer_below_min_value', 'session.max_output_tokens'],
    [{ type: 'transcription' }, 'invalid_session_type', 'session.type'],
  ])('rejects %j', async (session, code, param) => {
    const connected = await connect(await start());
    expect(await errorAfter(connected, { type: 'session.update', event_id: 'u1', session })).toMatchObject({
      code,
      param,
      event_id: 'u1',
      type: 'invalid_request_error',
    });
    expect(sent(connected.call.events)).not.toContain('session.updated');
  });

  it('merges single fields and fills in turn detection defaults', async () => {
    const connected = await connect(await start(), { instructions: 'first', audio: { output: { voice: 'ash' } } });
    connected.say({
      type: 'session.update',
      session: {
        type: 'realtime',
        audio: { input: { turn_detection: { type: 'server_vad', threshold: 0.9 }, noise_reduction: { type: 'near_field' } } },
      },
    });
    const { session } = await connected.next('session.updated');
    expect(session).toMatchObject({
      id: expect.stringMatching(/^sess_/),
      instructions: 'first',
      audio: {
        input: {
          turn_detection: {
            type: 'server_vad',
            threshold: 0.9,
            prefix_padding_ms: 300,
            silence_duration_ms: 500,
            create_response: true,
            interrupt_response: true,
            idle_timeout_ms: null,
          },
          noise_reduction: { type: 'near_field' },
        },
        output: { voice: 'ash', speed: 1 },
      },
    });
  });

  it('cannot change a fixed model, but can set one that is not fixed', async () => {
    const fixed = await connect(await start(), { model: 'gpt-realtime-2.1' });
    expect(
      await errorAfter(fixed, { type: 'session.update', session: { type: 'realtime', model: 'gpt-realtime-2.1-mini' } }),
    ).toMatchObject({ param: 'session.model', code: 'invalid_value' });
    fixed.say({ type: 'session.update', session: { type: 'realtime', model: 'gpt-realtime-2.1' } });
    await fixed.next('session.updated');
    const free = await connect(await start());
    free.say({ type: 'session.update', session: { type: 'realtime', model: 'gpt-realtime-2.1' } });
    expect((await free.next('session.updated'))['session'].model).toBe('gpt-realtime-2.1');
    expect(await errorAfter(free, { type: 'session.update', session: { type: 'realtime', model: 'gpt-realtime-2.1-mini' } })).toMatchObject(
      { param: 'session.model' },
    );
  });

  it('cannot change the voice after the model has produced audio', async () => {
    const connected = await connect(await start());
    connected.say({ type: 'session.update', session: { type: 'realtime', audio: { output: { voice: 'ash' } } } });
    await connected.next('session.updated');
    type(connected, 'hi');
    await connected.next('response.done');
    expect(
      await errorAfter(connected, { type: 'session.update', session: { type: 'realtime', audio: { output: { voice: 'echo' } } } }),
    ).toMatchObject({ code: 'cannot_update_voice' });
    connected.say({ type: 'session.update', session: { type: 'realtime', audio: { output: { voice: 'ash' } } } });
    await connected.next('session.updated');
  });
});

describe('conversation items', () => {
  it('can be inserted, retrieved and deleted', async () => {
    const connected = await connect(await start());
    connected.say({ type: 'conversation.item.create', item: user('b', 'item_b') });
    connected.say({ type: 'conversation.item.create', previous_item_id: 'root', item: user('a', 'item_a') });
    connected.say({
      type: 'conversation.item.create',
      previous_item_id: 'item_b',
      item: { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'c' }] },
    });
    connected.say({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'd' }] },
    });
    expect(connected.call.items.map((item) => item.content?.[0]?.text)).toEqual(['a', 'b', 'c', 'd']);
    const added = connected.peer.received
      .filter((event) => event['type'] === 'conversation.item.added')
      .map((event) => event['previous_item_id']);
    expect(added.slice(0, 3)).toEqual([null, null, 'item_b']);
    connected.say({ type: 'conversation.item.retrieve', item_id: 'item_b' });
    expect((await connected.next('conversation.item.retrieved'))['item']).toMatchObject({
      id: 'item_b',
      object: 'realtime.item',
      status: 'completed',
      content: [{ text: 'b' }],
    });
    connected.say({ type: 'conversation.item.delete', item_id: 'item_b' });
    await connected.next('conversation.item.deleted');
    expect(await errorAfter(connected, { type: 'conversation.item.retrieve', item_id: 'item_b' })).toMatchObject({
      code: 'item_retrieve_invalid_item_id',
    });
    expect(await errorAfter(connected, { type: 'conversation.item.delete', item_id: 'item_b' })).toMatchObject({
      code: 'item_delete_invalid_item_id',
    });
    expectRequiredFields(connected.call.events);
  });

  it.each([
    [{ item: user('x'), previous_item_id: 'nowhere' }, 'item_create_invalid_previous_item_id'],
    [{ item: { type: 'message', role: 'user' } }, 'missing_required_parameter'],
    [{ item: { type: 'message', role: 'user', content: [{ type: 'output_text', text: 'x' }] } }, 'invalid_value'],
    [{ item: { type: 'message', role: 'assistant', content: [{ type: 'output_audio', transcript: 'x' }] } }, 'missing_required_parameter'],
    [{ item: { type: 'poem' } }, 'invalid_value'],
    [{}, 'missing_required_parameter'],
  ])('rejects %j', async (event, code) => {
    const connected = await connect(await start());
    expect(await errorAfter(connected, { type: 'conversation.item.create', ...event })).toMatchObject({ code });
    expect(connected.call.items).toHaveLength(0);
  });

  it('rejects a duplicate id', async () => {
    const connected = await connect(await start());
    connected.say({ type: 'conversation.item.create', item: user('a', 'same') });
    expect(await errorAfter(connected, { type: 'conversation.item.create', item: user('b', 'same') })).toMatchObject({
      code: 'item_create_duplicate_item_id',
    });
  });

  it('can contain images', async () => {
    const connected = await connect(await start());
    connected.say({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }] },
    });
    connected.say({ type: 'response.create' });
    const { response } = await connected.next('response.done');
    expect(response.output[0].content[0].transcript).toBe('You sent me a picture.');
    expect(response.usage.input_token_details.image_tokens).toBeGreaterThan(0);
  });
});

describe('conversation.item.truncate', () => {
  it('cuts the audio and removes the transcript', async () => {
    const connected = await connect(await start());
    type(connected, 'some words');
    const { response } = await connected.next('response.done');
    const item_id = response.output[0].id as string;
    expect(
      await errorAfter(connected, { type: 'conversation.item.truncate', item_id, content_index: 0, audio_end_ms: 60_000 }),
    ).toMatchObject({ message: expect.stringMatching(/^Audio content of \d+ms is already shorter than 60000ms$/) });
    connected.say({ type: 'conversation.item.truncate', item_id, content_index: 0, audio_end_ms: 200 });
    expect(await connected.next('conversation.item.truncated')).toMatchObject({ item_id, content_index: 0, audio_end_ms: 200 });
    connected.say({ type: 'conversation.item.retrieve', item_id });
    expect((await connected.next('conversation.item.retrieved'))['item'].content).toEqual([{ type: 'output_audio' }]);
  });

  it('is rejected for items without model audio', async () => {
    const connected = await connect(await start());
    connected.say({ type: 'conversation.item.create', item: user('a', 'item_a') });
    const truncate = { type: 'conversation.item.truncate', content_index: 0, audio_end_ms: 1 };
    expect(await errorAfter(connected, { ...truncate, item_id: 'item_a' })).toMatchObject({ code: 'unsupported_content_type' });
    expect(await errorAfter(connected, { ...truncate, item_id: 'none' })).toMatchObject({ code: 'item_truncate_invalid_item_id' });
    expect(await errorAfter(connected, { ...truncate, item_id: 'item_a', content_index: 1 })).toMatchObject({ param: 'content_index' });
    expect(await errorAfter(connected, { type: 'conversation.item.truncate', item_id: 'item_a' })).toMatchObject({
      code: 'missing_required_parameter',
    });
  });
});

describe('response.create', () => {
  it('is rejected while a response is active', async () => {
    const connected = await connect(await start({ thinkMs: 10_000 }));
    connected.say({ type: 'response.create' });
    const { response } = await connected.next('response.created');
    expect(await errorAfter(connected, { type: 'response.create', event_id: 'r2' })).toMatchObject({
      code: 'conversation_already_has_active_response',
      message: `Conversation already has an active response in progress: ${String(response.id)}. Wait until the response is finished before creating a new one.`,
      event_id: 'r2',
    });
  });

  it('is rejected with unknown parameters', async () => {
    const connected = await connect(await start());
    expect(await errorAfter(connected, { type: 'response.create', response: { modalities: ['text'] } })).toMatchObject({
      code: 'unknown_parameter',
      param: 'response.modalities',
    });
    expect(
      await errorAfter(connected, { type: 'response.create', response: { input: [{ type: 'item_reference', id: 'none' }] } }),
    ).toMatchObject({ code: 'item_retrieve_invalid_item_id' });
    expect(sent(connected.call.events)).not.toContain('response.created');
  });

  it('greets in an empty conversation, with the text quoted in the instructions if there is any', async () => {
    const connected = await connect(await start());
    connected.say({ type: 'response.create' });
    expect((await connected.next('response.done'))['response'].output[0].content[0].transcript).toMatch(/^Hello, this is the sandbox/);
    const other = await connect(await start());
    other.say({ type: 'response.create', response: { instructions: 'Greet the visitor with exactly "Welcome to Ada’s bakery!"' } });
    expect((await other.next('response.done'))['response'].output[0].content[0].transcript).toBe('Welcome to Ada’s bakery!');
  });
});
