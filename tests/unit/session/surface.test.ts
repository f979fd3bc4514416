/** The page's API of a call besides speech: audio, images, histories, muting through the transport, and errors. */
import { describe, expect, it } from 'vitest';
import type { HistoryItem } from '../../../src/contract/call.js';
import { VoiceSession } from '../../../src/session/voice-session.js';
import { fakeEnvironment, settle } from './fake-environment.js';

const OPTIONS = { tokenUrl: '/token', baseUrl: 'https://api.test/v1' };

async function connected() {
  const world = fakeEnvironment();
  const session = new VoiceSession(OPTIONS, world.environment);
  await session.connect();
  const transport = world.transports[0];
  if (!transport) throw new Error('no transport');
  transport.sent.length = 0;
  return { ...world, session, transport };
}

const text = (itemId: string, role: string, words: string): HistoryItem => ({
  itemId,
  type: 'message',
  role,
  content: [{ type: role === 'assistant' ? 'output_text' : 'input_text', text: words }],
});

describe('without a call', () => {
  it.each<[string, (session: VoiceSession) => unknown]>([
    ['sendText', (session) => session.sendText('Hello')],
    ['sendAudio', (session) => session.sendAudio(new Int16Array(2))],
    ['addImage', (session) => session.addImage('data:image/png;base64,AAAA')],
    ['answer', (session) => session.answer()],
    ['resetHistory', (session) => session.resetHistory([])],
    ['sendEvent', (session) => session.sendEvent({ type: 'response.create' })],
    ['updateSessionConfig', (session) => session.updateSessionConfig({})],
  ])('%s is an invalid request before and after the call', async (_, ask) => {
    const { session } = await connected();
    await session.close();
    for (const one of [new VoiceSession(OPTIONS, fakeEnvironment().environment), session]) {
      await expect((async () => ask(one))()).rejects.toMatchObject({ name: 'VoiceAgentError', code: 'invalid_request' });
    }
  });
});

describe('muting', () => {
  it('through the transport mutes the call', async () => {
    const { session, transport, tracks } = await connected();
    const reported: boolean[] = [];
    session.on('mute', (muted) => reported.push(muted));
    transport.mute(true);
    expect(tracks[0]?.enabled).toBe(false);
    expect(session.status).toMatchObject({ microphone: 'muted' });
    expect(transport.muted).toBe(true);
    session.mute(false);
    expect(transport.muted).toBe(false);
    expect(tracks[0]?.enabled).toBe(true);
    expect(reported).toEqual([true, false]);
    await session.close();
  });

  it('before the call also applies to its transport', async () => {
    const world = fakeEnvironment();
    const session = new VoiceSession(OPTIONS, world.environment);
    session.mute(true);
    await session.connect();
    expect(world.transports[0]?.muted).toBe(true);
    await session.close();
  });
});

it('interrupt() of the transport interrupts the call', async () => {
  const { session, transport } = await connected();
  transport.interrupt();
  expect(transport.sent, 'nothing to interrupt').toEqual([]);
  transport.options.bus.emit('server-event', { type: 'response.created', response: { id: 'r' } });
  transport.interrupt();
  expect(transport.sent.map(({ type }) => type)).toEqual(['response.cancel', 'output_audio_buffer.clear']);
  expect(session.status).toMatchObject({ interrupted: true });
  await session.close();
});

describe('images', () => {
  it('are sent, and answered unless the page waits', async () => {
    const { session, transport } = await connected();
    session.addImage('data:image/png;base64,iVBORw0KGgo=', { triggerResponse: false });
    expect(transport.sent.map(({ type }) => type)).toEqual(['conversation.item.create']);
    session.addImage('data:image/svg+xml;base64,AAAA');
    expect(transport.sent.map(({ type }) => type).slice(1)).toEqual(['conversation.item.create', 'response.create']);
    expect(session.status).toMatchObject({ activity: 'thinking' });
    await session.close();
  });

  it.each([
    'https://page.test/cat.png',
    'data:text/html;base64,AAAA',
    'data:image/png,raw',
    'data:image/png;base64,',
    '',
    undefined,
    7,
    'javascript:alert(1)',
  ])('rejects %s', async (address) => {
    const { session, transport } = await connected();
    expect(() => session.addImage(address as string)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    expect(transport.sent).toEqual([]);
    await session.close();
  });

  it('are shown in the transcript, with and without text', async () => {
    const { session, transport } = await connected();
    const picture = { type: 'input_image', image_url: 'data:image/png;base64,AAAA' };
    const add = (id: string, content: unknown[]) =>
      transport.options.bus.emit('server-event', {
        type: 'conversation.item.added',
        event_id: id,
        item: { id, type: 'message', role: 'user', content },
      });
    add('a', [picture]);
    add('b', [{ type: 'input_text', text: 'Look' }, picture, picture]);
    await session.close();
    expect(session.conversation.messages).toEqual([
      { id: 'a', role: 'user', text: '', status: 'done', via: 'text', images: 1 },
      { id: 'b', role: 'user', text: 'Look', status: 'done', via: 'text', images: 2 },
    ]);
  });
});

describe('histories', () => {
  const reset = async (items: unknown, known: { id: string; role?: string; type?: string; text?: string }[] = []) => {
    const { session, transport } = await connected();
    known.forEach(({ id, role = 'user', type = 'message', text: words = '' }, index) => {
      const item = { id, type, ...(type === 'message' ? { role, content: [{ type: 'input_text', text: words }] } : {}) };
      transport.options.bus.emit('server-event', {
        type: 'conversation.item.added',
        event_id: `e${index}`,
        previous_item_id: known[index - 1]?.id ?? null,
        item,
      });
    });
    try {
      await session.resetHistory(items as HistoryItem[]);
      return transport.sent.at(-1) as unknown as { before: HistoryItem[]; after: HistoryItem[] };
    } finally {
      await session.close();
    }
  };

  it('add missing items, remove surplus ones, and keep equal ones', async () => {
    const { before, after } = await reset(
      [text('keep', 'user', 'Same'), text('new', 'assistant', 'Fresh')],
      [
        { id: 'keep', text: 'Same' },
        { id: 'old', text: 'Gone' },
      ],
    );
    expect(after.map(({ itemId }) => itemId)).toEqual(['keep', 'new']);
    expect(before.map(({ itemId }) => itemId)).toEqual(['keep', 'old']);
    expect(before[0]).toEqual(after[0]);
  });

  it('replace a turn with different text, and keep one without content', async () => {
    const { before, after } = await reset(
      [text('a', 'user', 'Now this'), { itemId: 'b', type: 'message', role: 'user' }],
      [
        { id: 'a', text: 'Once that' },
        { id: 'b', text: 'Stays' },
      ],
    );
    expect(before[0]).not.toEqual(after[0]);
    expect(before[1]).toEqual(after[1]);
  });

  it('send speech as its transcript, and omit speech without one', async () => {
    const { after } = await reset([
      {
        itemId: 'spoken',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_audio', audio: null, transcript: 'I said' }],
      },
      { itemId: 'heard', type: 'message', role: 'user', content: [{ type: 'input_audio', transcript: 'you said' }] },
      { itemId: 'unheard', type: 'message', role: 'user', content: [{ type: 'input_audio', transcript: null }] },
    ]);
    expect(after).toEqual([
      { itemId: 'spoken', type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I said' }] },
      { itemId: 'heard', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'you said' }] },
    ]);
  });

  it('keep or remove tool calls, but never create them', async () => {
    const { before, after } = await reset(
      [
        { itemId: 'call', type: 'function_call' },
        { itemId: 'unknown', type: 'mcp_call' },
      ],
      [
        { id: 'call', type: 'function_call' },
        { id: 'other', type: 'mcp_call' },
      ],
    );
    expect(after).toEqual([{ itemId: 'call', type: 'function_call' }]);
    expect(before.map(({ itemId }) => itemId)).toEqual(['call', 'other']);
  });

  it.each([null, 'items', [null], [{}], [{ itemId: '' }], [text('a', 'user', 'x'), text('a', 'user', 'y')], [text('a', 'robot', 'x')]])(
    'reject %j',
    async (items) => {
      await expect(reset(items)).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );

  it('update the transcript, with items inserted at the beginning', async () => {
    const { session, transport } = await connected();
    const { bus } = transport.options;
    const added = (id: string, previous: string | null) =>
      bus.emit('server-event', {
        type: 'conversation.item.added',
        event_id: `added ${id}`,
        previous_item_id: previous,
        item: { id, type: 'message', role: 'user', content: [{ type: 'input_text', text: id }] },
      });
    added('a', null);
    added('b', 'a');
    // Servers that always send `null` give no information about the order.
    added('c', null);
    bus.emit('sent', { type: 'conversation.item.create', previous_item_id: 'root', item: { id: 'z' } });
    added('z', null);
    bus.emit('server-event', { type: 'conversation.item.deleted', event_id: 'd', item_id: 'b' });
    await settle();
    await session.close();
    expect(session.conversation.messages.map(({ id }) => id)).toEqual(['z', 'a', 'c']);
  });
});
