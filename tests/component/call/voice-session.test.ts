import { afterEach, expect, test, vi } from 'vitest';
import type { CallOptions } from '../../../src/contract/options.js';
import { VoiceSession } from '../../../src/session/index.js';
import { FakeServer, type ServerSetup } from './fake-server.js';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of open.splice(0)) await end();
});

function start(setup: ServerSetup = {}, options: CallOptions = {}) {
  const server = new FakeServer(setup);
  const session = new VoiceSession({ tokenUrl: '/token', baseUrl: 'https://voice.test/v1', ...options }, server.environment);
  const phases: string[] = [];
  const errors: unknown[] = [];
  session.on('status', (status) => {
    const phase = status.state === 'connecting' ? status.phase : status.state;
    // A phase that takes long is reported again, as slow.
    if (phases.at(-1) !== phase) phases.push(phase);
  });
  session.on('error', (error) => errors.push(error));
  open.push(
    () => session.close(),
    () => server.close(),
  );
  return { server, session, phases, errors };
}

const liveTracks = (server: FakeServer): number =>
  server.streams.flatMap((stream) => stream.getTracks()).filter((track) => track.readyState === 'live').length;

test('a call connects, is heard at the other end, and releases everything', async () => {
  const { server, session, phases } = start();
  await session.connect();
  expect(phases).toEqual(['authorizing', 'negotiating', 'configuring', 'connected']);
  expect(session.status).toMatchObject({ activity: 'listening', microphone: 'live', soundBlocked: false });
  expect(session.callId).toBe('rtc_1');
  const settings = server.peer.received[0];
  expect(settings).toMatchObject({ type: 'session.update' });
  expect(settings?.['session']).toEqual({ type: 'realtime' });
  await vi.waitFor(async () => {
    const stats = await server.peer.connection.getStats();
    const inbound = [...stats.values()].find((entry) => entry.type === 'inbound-rtp') as { totalAudioEnergy?: number };
    expect(inbound.totalAudioEnergy).toBeGreaterThan(0);
  }, 5_000);
  await vi.waitFor(() => expect(session.levels().output).toBeGreaterThan(0.3), 3_000);
  expect(liveTracks(server)).toBe(1);
  await session.close('user');
  expect(session.status).toMatchObject({ state: 'disconnected', reason: 'user' });
  expect(liveTracks(server)).toBe(0);
  expect(session.transport).toBeUndefined();
  await vi.waitFor(() => expect(server.peer.channel?.readyState).toBe('closed'));
});

test('muted before the call: the first sample is silence, and unmuting is heard', async () => {
  const { server, session } = start();
  session.mute(true);
  await session.connect();
  expect(session.status).toMatchObject({ microphone: 'muted' });
  expect(server.streams[0]?.getAudioTracks()[0]?.enabled).toBe(false);
  session.mute(false);
  expect(session.status).toMatchObject({ microphone: 'live' });
  expect(server.streams[0]?.getAudioTracks()[0]?.enabled).toBe(true);
});

test('without a granted permission, the browser prompts after the key arrived, and the offer waits for the choice', async () => {
  const { server, session, phases } = start({ permission: 'prompt', microphoneDelay: 100 });
  const connecting = session.connect();
  await vi.waitFor(() => expect(phases.at(-1)).toBe('microphone'));
  expect(server.paths()).toEqual(['/token']);
  await connecting;
  expect(phases).toEqual(['authorizing', 'microphone', 'negotiating', 'configuring', 'connected']);
});

test('a text-only call opens no microphone and shows both sides', async () => {
  const { server, session } = start();
  await session.connect({ microphone: false });
  expect(session.status).toMatchObject({ microphone: 'unavailable' });
  expect(server.streams).toEqual([]);
  session.sendText('hello');
  const item = (await server.peer.next('conversation.item.create'))['item'] as { id: string };
  await server.peer.next('response.create');
  server.peer.send({ type: 'response.created', response: { id: 'r1', status: 'in_progress', output: [] } });
  server.peer.send({
    type: 'response.output_item.added',
    response_id: 'r1',
    output_index: 0,
    item: { id: 'a1', type: 'message', role: 'assistant', content: [] },
  });
  server.peer.send({
    type: 'response.output_audio_transcript.delta',
    response_id: 'r1',
    item_id: 'a1',
    output_index: 0,
    content_index: 0,
    delta: 'Hi!',
  });
  server.peer.send({ type: 'output_audio_buffer.started', response_id: 'r1' });
  await vi.waitFor(() => expect(session.status).toMatchObject({ activity: 'speaking' }));
  await vi.waitFor(() =>
    expect(session.conversation.messages).toMatchObject([
      { id: item.id, role: 'user', text: 'hello', via: 'text' },
      { role: 'assistant', text: 'Hi!', status: 'streaming' },
    ]),
  );
});

test('interrupting silences the page immediately, notifies the server, and does not affect the next answer', async () => {
  const { server, session } = start();
  await session.connect();
  server.peer.send({ type: 'response.created', response: { id: 'r1', status: 'in_progress', output: [] } });
  server.peer.send({ type: 'output_audio_buffer.started', response_id: 'r1' });
  await vi.waitFor(() => expect(session.status).toMatchObject({ activity: 'speaking' }));
  await vi.waitFor(() => expect(session.levels().output).toBeGreaterThan(0.3), 3_000);
  const cancelled = server.peer.next('response.cancel');
  const cleared = server.peer.next('output_audio_buffer.clear');
  session.interrupt();
  expect(session.status).toMatchObject({ activity: 'listening', interrupted: true });
  await vi.waitFor(() => expect(session.levels().output).toBe(0), { timeout: 100, interval: 2 });
  await Promise.all([cancelled, cleared]);
  server.peer.send({ type: 'output_audio_buffer.started', response_id: 'r1' });
  server.peer.send({ type: 'response.done', response: { id: 'r1', status: 'cancelled', output: [] } });
  server.peer.send({ type: 'response.created', response: { id: 'r2', status: 'in_progress', output: [] } });
  await vi.waitFor(() => expect(session.status).toMatchObject({ activity: 'thinking', interrupted: false }));
  expect(session.levels().output).toBe(0);
  server.peer.send({ type: 'output_audio_buffer.started', response_id: 'r2' });
  await vi.waitFor(() => expect(session.levels().output).toBeGreaterThan(0.3), 3_000);
});

test('a tool runs and its output is followed by one response request', async () => {
  const execute = vi.fn(() => ({ degrees: 21 }));
  const { server, session } = start({}, { tools: [{ name: 'weather', execute }] });
  await session.connect();
  expect(server.peer.received[0]?.['session']).toMatchObject({ tools: [{ type: 'function', name: 'weather' }] });
  const item = { id: 'f1', type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{"city":"Bonn"}', status: 'completed' };
  server.peer.send({ type: 'response.created', response: { id: 'r1', status: 'in_progress', output: [] } });
  server.peer.send({
    type: 'response.output_item.added',
    response_id: 'r1',
    output_index: 0,
    item: { ...item, arguments: '', status: 'in_progress' },
  });
  server.peer.send({
    type: 'response.function_call_arguments.done',
    response_id: 'r1',
    item_id: 'f1',
    output_index: 0,
    call_id: 'c1',
    name: 'weather',
    arguments: item.arguments,
  });
  const output = server.peer.next('conversation.item.create');
  const asked = server.peer.next('response.create');
  server.peer.send({ type: 'response.output_item.done', response_id: 'r1', output_index: 0, item });
  expect(await output).toMatchObject({ item: { type: 'function_call_output', call_id: 'c1', output: '{"degrees":21}' } });
  expect(execute).toHaveBeenCalledWith({ city: 'Bonn' }, expect.anything());
  server.peer.send({ type: 'response.done', response: { id: 'r1', status: 'completed', output: [item] } });
  await asked;
});

test('a rejected configuration is reported as one error', async () => {
  const { session, errors, server } = start({ peer: { configuration: 'refuse' } });
  await expect(session.connect()).rejects.toMatchObject({ code: 'session_rejected' });
  expect(errors).toHaveLength(1);
  expect(session.status).toMatchObject({ state: 'failed', error: { code: 'session_rejected' } });
  expect(liveTracks(server)).toBe(0);
});

test('a broken channel is a lost connection; the session reconnects and keeps the transcript', async () => {
  const { server, session, errors } = start();
  await session.connect();
  session.sendText('before');
  server.peer.channel?.close();
  await vi.waitFor(() => expect(session.status).toMatchObject({ state: 'failed', error: { code: 'connection_lost' } }));
  expect(errors).toHaveLength(1);
  expect(liveTracks(server)).toBe(0);
  await session.connect();
  expect(session.status.state).toBe('connected');
  expect(session.conversation.messages[0]).toMatchObject({ text: 'before' });
});

test('a call aborted while the offer is in flight is hung up when its answer arrives', async () => {
  const { server, session } = start({ answerDelay: 100 });
  const connecting = session.connect();
  connecting.catch(() => undefined);
  await vi.waitFor(() => expect(server.paths()).toContain('/v1/realtime/calls'));
  await session.close('user');
  await expect(connecting).rejects.toMatchObject({ code: 'aborted' });
  expect(session.status).toMatchObject({ state: 'disconnected', reason: 'user', duration: 0 });
  await vi.waitFor(() => expect(server.paths()).toContain('/v1/realtime/calls/rtc_1/hangup'));
  expect(liveTracks(server)).toBe(0);
});

test('the newest call of a page gets the microphone; the earlier one ends', async () => {
  const first = start();
  const second = start();
  await first.session.connect();
  await second.session.connect();
  expect(first.session.status).toMatchObject({ state: 'disconnected', reason: 'page' });
  expect(liveTracks(first.server)).toBe(0);
  expect(second.session.status.state).toBe('connected');
});
