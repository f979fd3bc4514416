/** The history that a new server receives after a loss, and the transcript. */
import { describe, expect, test, vi } from 'vitest';
import { connected, seconds } from './breakable-call.js';
import { brokered, placed as answered } from './fake-broker.js';
import type { FakeTransport } from './fake-environment.js';

/** A finished turn of the server's conversation. */
function turn(transport: FakeTransport, id: string, role: 'user' | 'assistant', text: string, previous: string | null): void {
  const content = [{ type: role === 'user' ? 'input_text' : 'output_text', text }];
  const item = { id, type: 'message', role, status: 'completed', content };
  transport.options.bus.emit('server-event', {
    type: 'conversation.item.added',
    event_id: `added_${id}_${transport.sent.length}`,
    previous_item_id: previous,
    item,
  });
}

const created = (transport: FakeTransport): Record<string, unknown>[] =>
  transport.sent.filter(({ type }) => type === 'conversation.item.create').map(({ item }) => item as Record<string, unknown>);

describe('the history', () => {
  test('is sent to the new server first, with the same ids, as text, and the transcript stays unchanged', async () => {
    const { session, lose, time, last, transports } = await connected();
    const first = last();
    turn(first, 'u1', 'user', 'What is the time?', null);
    first.options.bus.emit('server-event', { type: 'response.created', event_id: 'e1', response: { id: 'r1' } });
    first.options.bus.emit('server-event', { type: 'output_audio_buffer.started', event_id: 'e2', response_id: 'r1' });
    first.options.bus.emit('server-event', {
      type: 'response.output_audio_transcript.done',
      event_id: 'e3',
      response_id: 'r1',
      item_id: 'a1',
      output_index: 0,
      content_index: 0,
      transcript: 'Noon.',
    });
    first.options.bus.emit('server-event', {
      type: 'response.done',
      event_id: 'e4',
      response: { id: 'r1', status: 'completed', output: [] },
    });
    first.options.bus.emit('server-event', { type: 'output_audio_buffer.stopped', event_id: 'e5', response_id: 'r1' });
    lose();
    const before = session.conversation.messages;
    expect(before.map(({ text }) => text)).toEqual(['What is the time?', 'Noon.']);
    const seen: unknown[] = [];
    session.on('message', (message) => seen.push(message));
    const stop = session.on('status', ({ state }) => {
      if (state !== 'connected') return;
      stop();
      session.sendText('And now?');
    });
    await time.advance(seconds(2));
    const second = last();
    expect(transports).toHaveLength(2);
    const texts = created(second).map(({ id, role, content }) => [id, role, content]);
    expect(texts.slice(0, 2)).toEqual([
      ['u1', 'user', [{ type: 'input_text', text: 'What is the time?' }]],
      ['a1', 'assistant', [{ type: 'output_text', text: 'Noon.' }]],
    ]);
    expect(texts[2]?.[2]).toEqual([{ type: 'input_text', text: 'And now?' }]);
    // The server echoes the history, and continues.
    turn(second, 'u1', 'user', 'What is the time?', null);
    turn(second, 'a1', 'assistant', 'Noon.', 'u1');
    turn(second, created(second)[2]?.['id'] as string, 'user', 'And now?', 'a1');
    turn(second, 'a2', 'assistant', 'Later.', created(second)[2]?.['id'] as string);
    await session.close();
    expect(session.conversation.messages.map(({ text }) => text)).toEqual(['What is the time?', 'Noon.', 'And now?', 'Later.']);
    expect(session.conversation.messages.slice(0, 2)).toEqual(before);
    expect(seen).toHaveLength(2);
  });

  test('contains only the heard part of a cut answer', async () => {
    const { session, lose, time, last } = await connected();
    const { bus } = last().options;
    bus.emit('server-event', { type: 'response.created', event_id: 'e1', response: { id: 'r1' } });
    bus.emit('server-event', {
      type: 'response.output_audio_transcript.delta',
      event_id: 'e2',
      response_id: 'r1',
      item_id: 'a1',
      output_index: 0,
      content_index: 0,
      delta: 'One two three four five six seven eight nine ten.',
    });
    bus.emit('server-event', { type: 'conversation.item.truncated', event_id: 'e3', item_id: 'a1', content_index: 0, audio_end_ms: 1_000 });
    lose();
    const [{ text = '' } = {}] = session.conversation.messages;
    expect(text.length).toBeLessThan(30);
    await time.advance(seconds(2));
    expect(created(last())).toMatchObject([{ id: 'a1', content: [{ type: 'output_text', text: expect.stringContaining(text) }] }]);
    expect(JSON.stringify(created(last()))).not.toContain('nine');
  });

  test('contains tool calls with their results, and a lost result for a tool that ran during the loss', async () => {
    let signal: AbortSignal | undefined;
    const lookUp = { name: 'look_up', execute: () => 'found it' };
    const slow = {
      name: 'slow',
      execute: (_: never, context: { signal: AbortSignal }) =>
        new Promise((_resolve, reject) => (signal = context.signal).addEventListener('abort', () => reject(new Error('over')))),
    };
    const { lose, time, last } = await connected({}, { tools: [lookUp, slow] });
    const { bus } = last().options;
    const call = (id: string, name: string): void => {
      bus.emit('server-event', { type: 'response.created', event_id: `c${id}`, response: { id: `r${id}` } });
      const item = { id, type: 'function_call', call_id: `call_${id}`, name, arguments: '{}', status: 'completed' };
      bus.emit('server-event', { type: 'response.output_item.done', event_id: `i${id}`, response_id: `r${id}`, output_index: 0, item });
      bus.emit('server-event', {
        type: 'response.done',
        event_id: `d${id}`,
        response: { id: `r${id}`, status: 'completed', output: [item] },
      });
    };
    call('f1', 'look_up');
    await vi.waitFor(() => expect(created(last())).toHaveLength(1));
    bus.emit('server-event', {
      type: 'conversation.item.added',
      event_id: 'o1',
      previous_item_id: 'f1',
      item: { ...created(last())[0], id: 'o1' },
    });
    call('f2', 'slow');
    await vi.waitFor(() => expect(signal).toBeDefined());
    lose();
    expect(signal?.aborted).toBe(true);
    await time.advance(seconds(2));
    expect(created(last())).toEqual([
      { id: 'f1', type: 'function_call', call_id: 'call_f1', name: 'look_up', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_f1', output: 'found it' },
      { id: 'f2', type: 'function_call', call_id: 'call_f2', name: 'slow', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_f2', output: expect.stringContaining('error') },
    ]);
    // The visitor still waits for its outcome.
    expect(last().sent.at(-1)).toMatchObject({ type: 'response.create' });
  });

  test('of a brokered call contains only the tool calls that the page answered or runs', async () => {
    let placed = 0;
    const { session, lose, time, last } = brokered(
      { place: () => Promise.resolve(answered(`call_${++placed}`)) },
      {
        tools: [{ name: 'look_up', execute: () => 'found it' }],
        sessionConfig: { tools: ['raw', 'find_order'].map((name) => ({ type: 'function', name })) },
      },
    );
    await session.connect({ reconnect: true });
    const { bus } = last().options;
    const called = (id: string, name: string): void => {
      bus.emit('server-event', { type: 'response.created', event_id: `c${id}`, response: { id: `r${id}` } });
      const item = { id, type: 'function_call', call_id: `call_${id}`, name, arguments: '{}', status: 'completed' };
      bus.emit('server-event', { type: 'response.output_item.done', event_id: `i${id}`, response_id: `r${id}`, output_index: 0, item });
      bus.emit('server-event', {
        type: 'response.done',
        event_id: `d${id}`,
        response: { id: `r${id}`, status: 'completed', output: [item] },
      });
    };
    const output = (id: string, text: string): object => ({ type: 'function_call_output', call_id: `call_${id}`, output: text });
    called('f1', 'look_up');
    await vi.waitFor(() => expect(created(last())).toHaveLength(1));
    // A function that the page answers itself, and one that the server runs.
    called('f2', 'raw');
    session.sendEvent({ type: 'conversation.item.create', item: output('f2', 'by hand') });
    called('f3', 'find_order');
    for (const [id, text] of [
      ['f1', 'found it'],
      ['f2', 'by hand'],
      ['f3', 'unpaid'],
    ] as const) {
      bus.emit('server-event', {
        type: 'conversation.item.added',
        event_id: `o${id}`,
        previous_item_id: id,
        item: { ...output(id, text), id: `o${id}` },
      });
    }
    lose();
    await time.advance(seconds(5));
    expect(placed).toBe(2);
    expect(created(last())).toEqual([
      { id: 'f1', type: 'function_call', call_id: 'call_f1', name: 'look_up', arguments: '{}' },
      output('f1', 'found it'),
      { id: 'f2', type: 'function_call', call_id: 'call_f2', name: 'raw', arguments: '{}' },
      output('f2', 'by hand'),
    ]);
  });

  test('is followed by a request for an awaited answer, but not for one that was playing', async () => {
    for (const speaks of [false, true]) {
      const { session, lose, time, last } = await connected();
      session.sendText('Well?');
      last().options.bus.emit('server-event', { type: 'response.created', event_id: 'e1', response: { id: 'r1' } });
      if (speaks) last().options.bus.emit('server-event', { type: 'output_audio_buffer.started', event_id: 'e2', response_id: 'r1' });
      lose();
      await time.advance(seconds(2));
      expect(last().sent.some(({ type }) => type === 'response.create')).toBe(!speaks);
      expect(created(last())).toMatchObject([{ content: [{ text: 'Well?' }] }]);
    }
  });

  test('excludes earlier calls, and is sent completely after a second loss', async () => {
    const { session, lose, time, last } = await connected();
    turn(last(), 'u1', 'user', 'The first call.', null);
    await session.close();
    await session.connect({ reconnect: true });
    turn(last(), 'u2', 'user', 'The second call.', null);
    lose();
    await time.advance(seconds(2));
    turn(last(), 'u3', 'user', 'After the loss.', 'u2');
    lose();
    await time.advance(seconds(4));
    expect(created(last()).map(({ id }) => id)).toEqual(['u2', 'u3']);
    expect(session.conversation.messages.map(({ id }) => id)).toEqual(['u1', 'u2', 'u3']);
  });

  test('contains only the latest part of a long call', async () => {
    const { lose, time, last } = await connected();
    for (let index = 0; index < 30; index++) turn(last(), `u${index}`, 'user', 'x'.repeat(1_000), index ? `u${index - 1}` : null);
    lose();
    await time.advance(seconds(2));
    expect(created(last()).map(({ id }) => id)).toEqual(Array.from({ length: 24 }, (_, index) => `u${index + 6}`));
  });

  test('is not sent in transcription mode', async () => {
    const { lose, time, last, session } = await connected({}, { mode: 'transcription' });
    turn(last(), 'u1', 'user', 'Dictated.', null);
    lose();
    await time.advance(seconds(2));
    expect(session.status.state).toBe('connected');
    expect(created(last())).toEqual([]);
  });

  test('omits a failed turn, which keeps its place in the transcript', async () => {
    const { session, lose, time, last } = await connected();
    turn(last(), 'u1', 'user', 'First.', null);
    session.sendText('Refused.');
    last().options.bus.emit('server-event', { type: 'error', event_id: 'x', error: { code: 'bad', event_id: created(last())[0]?.['id'] } });
    lose();
    await time.advance(seconds(2));
    expect(created(last()).map(({ id }) => id)).toEqual(['u1']);
    turn(last(), 'u1', 'user', 'First.', null);
    turn(last(), 'u2', 'user', 'Second.', 'u1');
    await session.close();
    expect(session.conversation.messages.map(({ text }) => text)).toEqual(['First.', 'Refused.', 'Second.']);
  });
});
