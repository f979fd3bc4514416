/** A page's own transport: a layer written from scratch in a live call. */
import { describe, expect, it, vi } from 'vitest';
import { settle } from '../session/fake-environment.js';
import { call, Layer, pcm, Sound, types } from './page-layer.js';

describe('a live call', () => {
  it('emits each raw event once, and not again for the interface’s own events', async () => {
    const layer = new Layer();
    const { transport, events } = call(layer);
    await transport.connect();
    layer.dispatch('*', { type: 'response.created', event_id: 'e', response: { id: 'r' } });
    layer.dispatch('turn_started', { type: 'response_started', providerData: { response: { id: 'r' } } });
    layer.dispatch('*', { type: 'response.output_audio_transcript.delta', delta: 'Hi', item_id: 'i', response_id: 'r' });
    layer.dispatch('audio_transcript_delta', { delta: 'Hi', itemId: 'i', responseId: 'r' });
    layer.dispatch('*', 'no event');
    layer.dispatch('*', null);
    expect(types(events)).toEqual(['response.created', 'response.output_audio_transcript.delta']);
    expect(transport.dropped).toBe(2);
  });

  it('converts the events of a layer without raw events', async () => {
    const layer = new Layer();
    const { transport, events, sounds } = call(layer);
    await transport.connect();
    layer.dispatch('turn_started', { type: 'response_started', providerData: { response: { id: 'r' } } });
    layer.dispatch('item_update', {
      itemId: 'u',
      type: 'message',
      role: 'user',
      status: 'completed',
      content: [{ type: 'input_text', text: 'Hello' }],
    });
    layer.dispatch('audio_transcript_delta', { delta: 'Hi', itemId: 'i', responseId: 'r' });
    layer.dispatch('audio', { data: pcm(10), responseId: 'r' });
    layer.dispatch('function_call', { callId: 'c', name: 'f', arguments: '{}', responseId: 'r' });
    layer.dispatch('item_update', { itemId: 'c', type: 'function_call', status: 'in_progress', name: 'f', arguments: '{}', output: null });
    layer.dispatch('turn_done', { response: { id: 'r', output: [], usage: {} } });
    layer.dispatch('item_deleted', { itemId: 'u' });
    await settle();
    expect(events.map(([event]) => event)).toMatchObject([
      { type: 'response.created', response: { id: 'r' } },
      { type: 'conversation.item.done', item: { id: 'u', role: 'user', content: [{ text: 'Hello' }] } },
      { type: 'response.output_audio_transcript.delta', delta: 'Hi', item_id: 'i', response_id: 'r' },
      { type: 'response.output_item.done', item: { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' } },
      { type: 'response.done', response: { id: 'r', status: 'completed' } },
      { type: 'conversation.item.deleted', item_id: 'u' },
    ]);
    expect(sounds[0]?.finished).toEqual(['r']);
  });

  it('plays the layer’s audio in order from the first chunk, and reports playback', async () => {
    const layer = new Layer();
    const { transport, events, sounds, setups } = call(layer);
    await transport.connect();
    expect(sounds, 'no playback before audio arrives').toHaveLength(0);
    layer.dispatch('*', { type: 'response.output_audio.delta', item_id: 'item', content_index: 1, response_id: 'r', delta: '' });
    layer.dispatch('audio', { data: pcm(3), responseId: 'r' });
    layer.dispatch('audio', { data: new Uint8Array(pcm(2)), responseId: 'r' });
    layer.dispatch('*', { type: 'response.done', response: { id: 'r' } });
    await settle();
    expect(sounds[0]?.played).toEqual([
      { responseId: 'r', itemId: 'item', contentIndex: 1, pcm: pcm(3) },
      { responseId: 'r', itemId: 'item', contentIndex: 1, pcm: pcm(2) },
    ]);
    expect(sounds[0]?.finished).toEqual(['r']);
    setups[0]?.onStarted('r');
    setups[0]?.onStopped('r');
    expect(types(events).slice(-2)).toEqual(['own output_audio_buffer.started', 'own output_audio_buffer.stopped']);
  });

  it('interrupt() silences playback, notifies the layer, and drops late audio', async () => {
    const layer = new Layer();
    const { transport, events, sounds } = call(layer);
    await transport.connect();
    layer.dispatch('audio', { data: pcm(3), responseId: 'r' });
    await settle();
    transport.interrupt();
    layer.dispatch('audio', { data: pcm(3), responseId: 'r' });
    await settle();
    expect(layer.asked.filter(([name]) => name === 'interrupt')).toHaveLength(1);
    expect(sounds[0]?.played).toHaveLength(1);
    expect(types(events)).toEqual(['own output_audio_buffer.cleared']);
    layer.dispatch('audio', { data: pcm(3), responseId: 'next' });
    await settle();
    expect(sounds[0]?.played).toHaveLength(2);
  });

  it('passes the microphone to a layer without its own, and reports a failing layer once', async () => {
    const layer = new Layer();
    const { transport, events, sounds, setups } = call(layer);
    const track = {} as MediaStreamTrack;
    await Promise.all([transport.connect(), transport.useMicrophone(track)]);
    expect(sounds[0]?.captured).toBe(track);
    setups[0]?.onCaptured(pcm(4));
    expect(layer.asked.at(-1)).toEqual(['sendAudio', pcm(4), {}]);
    layer.sendAudio = () => {
      throw new Error('full');
    };
    setups[0]?.onCaptured(pcm(4));
    setups[0]?.onCaptured(pcm(4));
    expect(events).toEqual([[{ type: 'error', error: { message: 'full' } }, true]]);
    expect(transport.muted).toBe(false);
    transport.mute(true);
    expect(transport.muted).toBe(true);
    expect(
      layer.asked.some(([name]) => name === 'mute'),
      'a layer whose `muted` is null is not muted',
    ).toBe(false);
  });

  it('leaves the microphone to a layer with its own, and mutes that', async () => {
    const layer = new Layer({ muted: false });
    const { transport, sounds } = call(layer);
    await Promise.all([transport.connect(), transport.useMicrophone({} as MediaStreamTrack)]);
    expect(sounds).toHaveLength(0);
    transport.mute(true);
    expect(layer.muted).toBe(true);
    expect(transport.muted).toBe(true);
  });

  it('mutes the layer’s own microphone in a text-only call', async () => {
    const layer = new Layer({ muted: false });
    const { transport } = call(layer, {}, { receiveOnly: true });
    await transport.connect();
    expect(layer.asked.filter(([name]) => name !== 'connect')).toEqual([
      ['mute', true],
      ['mute', true],
    ]);
  });

  it('requests one answer at a time if the layer has no requestResponse()', async () => {
    const layer = new Layer();
    const { transport } = call(layer);
    await transport.connect();
    transport.requestResponse();
    transport.requestResponse();
    transport.requestResponse();
    transport.requestResponse({ instructions: 'x' });
    const asked = () => layer.asked.filter(([name]) => name === 'sendEvent').map(([, event]) => event);
    expect(asked()).toEqual([{ type: 'response.create' }]);
    layer.dispatch('*', { type: 'response.created', response: { id: 'r' } });
    layer.dispatch('*', { type: 'response.done', response: { id: 'r' } });
    expect(asked()).toHaveLength(2);
    layer.dispatch('*', { type: 'response.done', response: { id: 's' } });
    layer.dispatch('*', { type: 'response.done', response: { id: 't' } });
    expect(asked()).toEqual([
      { type: 'response.create' },
      { type: 'response.create' },
      { type: 'response.create', response: { instructions: 'x' } },
    ]);
  });

  it('leaves requests to a layer with requestResponse()', async () => {
    const requestResponse = vi.fn();
    const { transport } = call(new Layer({ requestResponse }));
    await transport.connect();
    transport.requestResponse();
    transport.requestResponse({ instructions: 'x' });
    expect(requestResponse.mock.calls).toEqual([[undefined], [{ instructions: 'x' }]]);
  });

  it.each([
    ['with requestResponse()', true],
    ['without', false],
  ])('retries a refused response request with a layer %s', async (_, asks) => {
    const requestResponse = vi.fn();
    const layer = new Layer(asks ? { requestResponse } : {});
    const { transport } = call(layer);
    await transport.connect();
    const asked = () => (asks ? requestResponse.mock.calls.length : layer.asked.filter(([name]) => name === 'sendEvent').length);
    transport.requestResponse();
    layer.dispatch('*', { type: 'response.created', response: { id: 'r' } });
    layer.dispatch('*', { type: 'error', error: { code: 'conversation_already_has_active_response', message: 'Busy: r.' } });
    expect(asked()).toBe(1);
    layer.dispatch('*', { type: 'response.done', response: { id: 'r' } });
    expect(asked()).toBe(2);
  });

  it('requests the answer to a tool itself if the layer’s request was refused', async () => {
    const layer = new Layer();
    const refused: unknown[] = [];
    const { transport, bus } = call(layer);
    bus.on('refused', (cause) => refused.push(cause));
    await transport.connect();
    const refusal = { type: 'error', error: { type: 'conversation_already_has_active_response', message: 'Busy.' } };
    layer.dispatch('*', { type: 'response.created', response: { id: 'r' } });
    transport.sendFunctionCallOutput({ type: 'function_call', callId: 'c', name: 'n', arguments: '{}', responseId: 'r' }, 'out');
    layer.dispatch('*', refusal);
    layer.dispatch('*', { type: 'response.done', response: { id: 'r' } });
    expect(layer.asked.at(-1)).toEqual(['sendEvent', { type: 'response.create' }]);
    layer.dispatch('*', { type: 'response.created', response: { id: 's' } });
    layer.dispatch('*', refusal);
    expect(refused).toEqual([refusal]);
  });

  it('forwards every member, and converts thrown errors', async () => {
    const layer = new Layer();
    const { transport } = call(layer);
    expect(() => transport.sendMessage('too early', {})).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    await transport.connect();
    transport.sendMessage('Hello', { a: 1 }, { triggerResponse: false });
    transport.addImage('data:image/png;base64,AA==');
    transport.sendAudio(pcm(1), { commit: true });
    transport.updateSessionConfig({ voice: 'cedar' });
    transport.sendEvent({ type: 'x' });
    transport.sendFunctionCallOutput({ type: 'function_call', callId: 'c', name: 'n', arguments: '{}', responseId: 'r' }, 'out');
    transport.resetHistory([], []);
    transport.sendMcpResponse({ itemId: 'm', type: 'mcp_approval_request', serverLabel: 's', name: 'n', arguments: {} }, true);
    expect(layer.asked.map(([name]) => name)).toEqual([
      'connect',
      'sendMessage',
      'addImage',
      'sendAudio',
      'updateSessionConfig',
      'sendEvent',
      'sendFunctionCallOutput',
      'resetHistory',
      'sendMcpResponse',
    ]);
    layer.sendEvent = () => {
      throw new Error('socket gone');
    };
    expect(() => transport.sendEvent({ type: 'x' })).toThrow(expect.objectContaining({ code: 'invalid_request', message: 'socket gone' }));
  });

  it.each([
    ['an end without an error is by the server', [], 'server'],
    ['an end after an error is a loss', [['error', { type: 'error', error: new Error('reset') }]], { code: 'connection_lost' }],
  ] as const)('%s', async (_, before, expected) => {
    const layer = new Layer();
    const { transport, ends } = call(layer);
    await transport.connect();
    await transport.useMicrophone({} as MediaStreamTrack);
    for (const [type, event] of before) layer.dispatch(type, event);
    layer.dispatch('connection_change', 'disconnected');
    layer.dispatch('disconnected');
    expect(ends).toHaveLength(1);
    expect(ends[0]).toEqual(typeof expected === 'string' ? expected : expect.objectContaining(expected));
    expect(layer.listenerCount).toBe(0);
    expect(Sound.open).toBe(0);
  });

  it('reports server errors once, by the raw event, and the layer’s own errors', async () => {
    const layer = new Layer();
    const { transport, events } = call(layer);
    await transport.connect();
    const problem = { type: 'error', event_id: 'e', error: { message: 'bad' } };
    layer.dispatch('*', problem);
    layer.dispatch('error', { type: 'error', error: problem });
    layer.dispatch('error', { type: 'error', error: new Error('mine sk-secret') });
    expect(events).toEqual([
      [problem, false],
      [{ type: 'error', error: { message: 'mine …' } }, true],
    ]);
  });

  it('ends the call once when the page calls close(), also if the layer’s close() fails', async () => {
    const layer = new Layer();
    layer.close = () => {
      throw new Error('cannot');
    };
    const { transport, ends, events } = call(layer);
    await transport.connect();
    transport.close();
    transport.close();
    transport.release();
    layer.dispatch('*', { type: 'late' });
    expect(ends).toEqual(['page']);
    expect(events).toEqual([]);
  });
});
