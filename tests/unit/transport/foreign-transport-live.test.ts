/** Transports of the page's own: a layer from scratch in a live call, held to its word in every direction. */
import { describe, expect, it, vi } from 'vitest';
import { settle } from '../session/fake-environment.js';
import { call, Layer, pcm, Sound, types } from './page-layer.js';

describe('a live call', () => {
  it('tells each raw event once, and nothing twice by the interface’s own events', async () => {
    const layer = new Layer();
    const { transport, events } = call(layer);
    await transport.connect();
    layer.tell('*', { type: 'response.created', event_id: 'e', response: { id: 'r' } });
    layer.tell('turn_started', { type: 'response_started', providerData: { response: { id: 'r' } } });
    layer.tell('*', { type: 'response.output_audio_transcript.delta', delta: 'Hi', item_id: 'i', response_id: 'r' });
    layer.tell('audio_transcript_delta', { delta: 'Hi', itemId: 'i', responseId: 'r' });
    layer.tell('*', 'no event');
    layer.tell('*', null);
    expect(types(events)).toEqual(['response.created', 'response.output_audio_transcript.delta']);
    expect(transport.dropped).toBe(2);
  });

  it('puts a layer without raw events into the protocol’s words', async () => {
    const layer = new Layer();
    const { transport, events, sounds } = call(layer);
    await transport.connect();
    layer.tell('turn_started', { type: 'response_started', providerData: { response: { id: 'r' } } });
    layer.tell('item_update', { itemId: 'u', type: 'message', role: 'user', status: 'completed', content: [{ type: 'input_text', text: 'Hello' }] });
    layer.tell('audio_transcript_delta', { delta: 'Hi', itemId: 'i', responseId: 'r' });
    layer.tell('audio', { data: pcm(10), responseId: 'r' });
    layer.tell('function_call', { callId: 'c', name: 'f', arguments: '{}', responseId: 'r' });
    layer.tell('item_update', { itemId: 'c', type: 'function_call', status: 'in_progress', name: 'f', arguments: '{}', output: null });
    layer.tell('turn_done', { response: { id: 'r', output: [], usage: {} } });
    layer.tell('item_deleted', { itemId: 'u' });
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

  it('plays its sound in order, from the first piece on, and tells when it sounds', async () => {
    const layer = new Layer();
    const { transport, events, sounds, setups } = call(layer);
    await transport.connect();
    expect(sounds, 'no sound before there is any').toHaveLength(0);
    layer.tell('*', { type: 'response.output_audio.delta', item_id: 'item', content_index: 1, response_id: 'r', delta: '' });
    layer.tell('audio', { data: pcm(3), responseId: 'r' });
    layer.tell('audio', { data: new Uint8Array(pcm(2)), responseId: 'r' });
    layer.tell('*', { type: 'response.done', response: { id: 'r' } });
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

  it('interrupt: silence, the layer is told, nothing late is played', async () => {
    const layer = new Layer();
    const { transport, events, sounds } = call(layer);
    await transport.connect();
    layer.tell('audio', { data: pcm(3), responseId: 'r' });
    await settle();
    transport.interrupt();
    layer.tell('audio', { data: pcm(3), responseId: 'r' });
    await settle();
    expect(layer.asked.filter(([name]) => name === 'interrupt')).toHaveLength(1);
    expect(sounds[0]?.played).toHaveLength(1);
    expect(types(events)).toEqual(['own output_audio_buffer.cleared']);
    layer.tell('audio', { data: pcm(3), responseId: 'next' });
    await settle();
    expect(sounds[0]?.played).toHaveLength(2);
  });

  it('hands the microphone to a layer without one of its own; one that refuses is told of once', async () => {
    const layer = new Layer();
    const { transport, events, sounds, setups } = call(layer);
    const track = {} as MediaStreamTrack;
    await Promise.all([transport.connect(), transport.useMicrophone(track)]);
    expect(sounds[0]?.captured).toBe(track);
    setups[0]?.onCaptured(pcm(4));
    expect(layer.asked.at(-1)).toEqual(['sendAudio', pcm(4), {}]);
    layer.sendAudio = () => { throw new Error('full'); };
    setups[0]?.onCaptured(pcm(4));
    setups[0]?.onCaptured(pcm(4));
    expect(events).toEqual([[{ type: 'error', error: { message: 'full' } }, true]]);
    expect(transport.muted).toBe(false);
    transport.mute(true);
    expect(transport.muted).toBe(true);
    expect(layer.asked.some(([name]) => name === 'mute'), 'its null says that it cannot').toBe(false);
  });

  it('leaves the microphone to a layer with one of its own, and mutes that', async () => {
    const layer = new Layer({ muted: false });
    const { transport, sounds } = call(layer);
    await Promise.all([transport.connect(), transport.useMicrophone({} as MediaStreamTrack)]);
    expect(sounds).toHaveLength(0);
    transport.mute(true);
    expect(layer.muted).toBe(true);
    expect(transport.muted).toBe(true);
  });

  it('a call by text alone mutes the layer’s own microphone', async () => {
    const layer = new Layer({ muted: false });
    const { transport } = call(layer, {}, { receiveOnly: true });
    await transport.connect();
    expect(layer.asked.filter(([name]) => name !== 'connect')).toEqual([['mute', true], ['mute', true]]);
  });

  it('asks for one answer at a time where the layer has no requestResponse()', async () => {
    const layer = new Layer();
    const { transport } = call(layer);
    await transport.connect();
    transport.requestResponse();
    transport.requestResponse();
    transport.requestResponse();
    transport.requestResponse({ instructions: 'x' });
    const asked = () => layer.asked.filter(([name]) => name === 'sendEvent').map(([, event]) => event);
    expect(asked()).toEqual([{ type: 'response.create' }]);
    layer.tell('*', { type: 'response.created', response: { id: 'r' } });
    layer.tell('*', { type: 'response.done', response: { id: 'r' } });
    expect(asked()).toHaveLength(2);
    layer.tell('*', { type: 'response.done', response: { id: 's' } });
    layer.tell('*', { type: 'response.done', response: { id: 't' } });
    expect(asked()).toEqual([{ type: 'response.create' }, { type: 'response.create' }, { type: 'response.create', response: { instructions: 'x' } }]);
  });

  it('leaves it to a layer that has', async () => {
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
  ])('asks again for an answer that the server refused, of a layer %s', async (_, asks) => {
    const requestResponse = vi.fn();
    const layer = new Layer(asks ? { requestResponse } : {});
    const { transport } = call(layer);
    await transport.connect();
    const asked = () => (asks ? requestResponse.mock.calls.length : layer.asked.filter(([name]) => name === 'sendEvent').length);
    transport.requestResponse();
    layer.tell('*', { type: 'response.created', response: { id: 'r' } });
    layer.tell('*', { type: 'error', error: { code: 'conversation_already_has_active_response', message: 'Busy: r.' } });
    expect(asked()).toBe(1);
    layer.tell('*', { type: 'response.done', response: { id: 'r' } });
    expect(asked()).toBe(2);
  });

  it('asks itself for the answer to a tool that the layer could not ask for', async () => {
    const layer = new Layer();
    const refused: unknown[] = [];
    const { transport } = call(layer, {}, { onRefused: (cause) => refused.push(cause) });
    await transport.connect();
    const refusal = { type: 'error', error: { type: 'conversation_already_has_active_response', message: 'Busy.' } };
    layer.tell('*', { type: 'response.created', response: { id: 'r' } });
    transport.sendFunctionCallOutput({ type: 'function_call', callId: 'c', name: 'n', arguments: '{}', responseId: 'r' }, 'out');
    layer.tell('*', refusal);
    layer.tell('*', { type: 'response.done', response: { id: 'r' } });
    expect(layer.asked.at(-1)).toEqual(['sendEvent', { type: 'response.create' }]);
    layer.tell('*', { type: 'response.created', response: { id: 's' } });
    layer.tell('*', refusal);
    expect(refused).toEqual([refusal]);
  });

  it('hands on every member, and types what it throws', async () => {
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
      'connect', 'sendMessage', 'addImage', 'sendAudio', 'updateSessionConfig', 'sendEvent', 'sendFunctionCallOutput', 'resetHistory', 'sendMcpResponse',
    ]);
    layer.sendEvent = () => { throw new Error('socket gone'); };
    expect(() => transport.sendEvent({ type: 'x' })).toThrow(expect.objectContaining({ code: 'invalid_request', message: 'socket gone' }));
  });

  it.each([
    ['a quiet end is the server’s', [], 'server'],
    ['an end after an error is a loss', [['error', { type: 'error', error: new Error('reset') }]], { code: 'connection_lost' }],
  ] as const)('%s', async (_, before, expected) => {
    const layer = new Layer();
    const { transport, ends } = call(layer);
    await transport.connect();
    await transport.useMicrophone({} as MediaStreamTrack);
    for (const [type, event] of before) layer.tell(type, event);
    layer.tell('connection_change', 'disconnected');
    layer.tell('disconnected');
    expect(ends).toHaveLength(1);
    expect(ends[0]).toEqual(typeof expected === 'string' ? expected : expect.objectContaining(expected));
    expect(layer.heard).toBe(0);
    expect(Sound.open).toBe(0);
  });

  it('errors of the server come once, by the raw event; the layer’s own are told', async () => {
    const layer = new Layer();
    const { transport, events } = call(layer);
    await transport.connect();
    const problem = { type: 'error', event_id: 'e', error: { message: 'bad' } };
    layer.tell('*', problem);
    layer.tell('error', { type: 'error', error: problem });
    layer.tell('error', { type: 'error', error: new Error('mine sk-secret') });
    expect(events).toEqual([[problem, false], [{ type: 'error', error: { message: 'mine …' } }, true]]);
  });

  it('close() by the page ends the call once; a layer that cannot close disturbs nobody', async () => {
    const layer = new Layer();
    layer.close = () => { throw new Error('cannot'); };
    const { transport, ends, events } = call(layer);
    await transport.connect();
    transport.close();
    transport.close();
    transport.release();
    layer.tell('*', { type: 'late' });
    expect(ends).toEqual(['page']);
    expect(events).toEqual([]);
  });
});
