/** A live call: what is sent, what ends it, and what is reported to the page. */
import { describe, expect, test, vi } from 'vitest';
import type { CallOptions } from '../../../src/contract/options.js';
import { NOTHING, settle } from './fake-environment.js';
import type { FakeTransport } from './fake-environment.js';
import { start } from './observed-session.js';

describe('a live call', () => {
  async function live(options: CallOptions = {}) {
    const fake = start({}, options);
    await fake.session.connect();
    const [transport] = fake.transports as [FakeTransport];
    const emit = (type: string, more = {}) => transport.options.bus.emit('server-event', { type, ...more });
    return { ...fake, transport, emit };
  }

  test('sends only the options that are set, and requests the greeting', async () => {
    const { transport } = await live({ greeting: 'Hello!' });
    expect(transport.options.session).toEqual({ type: 'realtime' });
    expect(transport.sent).toEqual([
      { type: 'response.create', response: { instructions: expect.stringContaining('"Hello!"') as string } },
    ]);
  });

  test('reports recoverable errors without ending the call, but not races with the server', async () => {
    const { session, emit, errors } = await live();
    emit('error', { error: { code: 'response_cancel_not_active', message: 'x' } });
    emit('error', { error: { code: 'conversation_already_has_active_response' } });
    expect(errors).toEqual([]);
    emit('error', { error: { code: 'invalid_value', message: 'Bad item' } });
    emit('error', {});
    expect(errors).toMatchObject([{ code: 'server_error', message: 'Bad item' }]);
    expect(session.status.state).toBe('connected');
  });

  test.each([
    ['session_expired', 'session_expired'],
    ['insufficient_quota', 'server_error'],
  ])('ends on %s', async (code, expected) => {
    const { session, emit, errors, left } = await live();
    emit('error', { error: { code } });
    await settle();
    expect(session.status).toMatchObject({ state: 'failed', error: { code: expected } });
    expect(errors).toHaveLength(1);
    expect(left()).toEqual(NOTHING);
  });

  test('reports a failed answer', async () => {
    const { emit, errors } = await live();
    emit('response.done', {
      response: { id: 'r', status: 'failed', status_details: { error: { code: 'rate_limit_exceeded', message: 'slow down' } } },
    });
    expect(errors).toMatchObject([{ code: 'server_error', message: 'slow down' }]);
  });

  test('ends when the server hangs up, the connection breaks, or the page closes the transport', async () => {
    const hungUp = await live();
    hungUp.transport.options.bus.emit('disconnected', 'server');
    expect(hungUp.session.status).toMatchObject({ state: 'disconnected', reason: 'server' });
    expect(hungUp.left()).toEqual(NOTHING);
    expect(hungUp.errors).toEqual([]);
    const closed = await live();
    closed.transport.options.bus.emit('disconnected', 'page');
    expect(closed.session.status).toMatchObject({ state: 'disconnected', reason: 'page' });
  });

  test('shows a stall until packets resume', async () => {
    const { session, transport } = await live();
    const before = session.status;
    transport.options.bus.emit('stalled', true);
    expect(session.status).toEqual({ state: 'reconnecting', attempt: 0 });
    transport.options.bus.emit('stalled', false);
    expect(session.status).toEqual(before);
  });

  test('interrupts the agent before it sends text', async () => {
    const { session, transport, emit } = await live();
    emit('response.created', { response: { id: 'r1' } });
    emit('output_audio_buffer.started', { response_id: 'r1' });
    session.sendText('stop');
    expect(transport.sent.map(({ type }) => type)).toEqual([
      'response.cancel',
      'output_audio_buffer.clear',
      'conversation.item.create',
      'response.create',
    ]);
    expect(session.status).toMatchObject({ activity: 'thinking' });
  });

  test('cancels the answer in progress and a playing out-of-band response by id when interrupted', async () => {
    const { session, transport, emit } = await live();
    emit('response.created', { response: { id: 'r1', conversation_id: 'conv' } });
    emit('response.created', { response: { id: 'aside', conversation_id: null } });
    session.interrupt();
    expect(transport.sent).toEqual([{ type: 'response.cancel', response_id: 'r1' }, { type: 'output_audio_buffer.clear' }]);
    emit('output_audio_buffer.started', { response_id: 'aside' });
    session.interrupt();
    expect(transport.sent.slice(2)).toEqual([{ type: 'response.cancel', response_id: 'aside' }, { type: 'output_audio_buffer.clear' }]);
  });

  test.each([
    ['error.code', { type: 'error', error: { code: 'conversation_already_has_active_response', message: 'Busy.' } }],
    ['error.type', { type: 'error', error: { type: 'conversation_already_has_active_response', message: 'Busy.' } }],
    ['a flat message', { type: 'error', message: 'Conversation already has an active response in progress: r1.' }],
  ])('keeps waiting without an error for a refused request that is retried: %s', async (_, { type, ...fields }) => {
    const { session, emit, errors } = await live();
    session.sendText('Hello?');
    emit(type, fields);
    expect(session.status).toMatchObject({ activity: 'thinking' });
    expect(errors).toEqual([]);
  });

  test('reports a request that is refused twice, and stops waiting', async () => {
    const { session, transport, errors } = await live();
    session.sendText('Hello?');
    transport.options.bus.emit('awaited', false);
    transport.options.bus.emit('refused', { type: 'error', error: { code: 'conversation_already_has_active_response' } });
    expect(session.status).toMatchObject({ state: 'connected', activity: 'listening' });
    expect(errors).toMatchObject([
      { code: 'server_error', recoverable: true, cause: { error: { code: 'conversation_already_has_active_response' } } },
    ]);
  });

  test('does not wait for an out-of-band answer that the page requests', async () => {
    const { session, transport } = await live();
    session.answer({ conversation: 'none', output_modalities: ['text'] });
    expect(transport.sent).toHaveLength(1);
    expect(session.status).toMatchObject({ activity: 'listening' });
  });

  test('cuts playback locally when the visitor speaks, without waiting for the server', async () => {
    const { emit, transport, session } = await live();
    const voice = { enabled: true } as MediaStreamTrack;
    transport.options.bus.emit('track', voice);
    emit('response.created', { response: { id: 'r1' } });
    emit('output_audio_buffer.started', { response_id: 'r1' });
    emit('input_audio_buffer.speech_started', { item_id: 'u1' });
    expect(voice.enabled).toBe(false);
    expect(session.status).toMatchObject({ activity: 'user-speaking' });
    expect(transport.sent).toEqual([]);
  });

  test('ignores an interruption while there is no answer', async () => {
    const { session, transport } = await live();
    session.interrupt();
    expect(transport.sent).toEqual([]);
  });

  test('rejects sending without a call', () => {
    const { session } = start();
    for (const send of [() => session.sendText('x'), () => session.sendEvent({ type: 'x' }), () => session.updateSessionConfig({})]) {
      expect(send).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    }
    expect(() => session.interrupt()).not.toThrow();
  });

  test('leaves tools that the page answers itself to the page', async () => {
    const execute = vi.fn();
    const { emit, transport } = await live({
      tools: [{ name: 'ours', execute }],
      sessionConfig: { tools: [{ type: 'function', name: 'theirs' }] },
    });
    emit('response.created', { event_id: 'e1', response: { id: 'r1' } });
    for (const name of ['ours', 'theirs']) {
      const item = { id: name, type: 'function_call', call_id: name, name, arguments: '{}', status: 'completed' };
      emit('response.output_item.done', { event_id: name, response_id: 'r1', output_index: 0, item });
    }
    await vi.waitFor(() => expect(transport.sent.some(({ type }) => type === 'response.create')).toBe(true), { timeout: 10_000 });
    expect(execute).toHaveBeenCalledTimes(1);
    expect(transport.sent.filter(({ type }) => type === 'conversation.item.create')).toHaveLength(1);
  });

  test('is not affected by a listener that throws', async () => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { session, emit, errors } = await live();
    session.on('server-event', () => {
      throw new Error('page bug');
    });
    emit('error', { error: { code: 'x' } });
    expect(errors).toHaveLength(1);
    expect(reported).toHaveBeenCalled();
    reported.mockRestore();
  });
});
