/**
 * Shared setup of the WebSocket transport tests: a call with a scripted server and audio, up to each stage, and the
 * usual server events. Sockets are scripted in all tests of a file that imports this, and all calls are released afterwards.
 */
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { CallBus } from '../../../src/contract/call-bus.js';
import type { RealtimeEvent } from '../../../src/contract/options.js';
import { createTransport } from '../../../src/transport/websocket/index.js';
import type { Transport, TransportOptions } from '../../../src/transport/transport.js';
import { ScriptedAudio, ScriptedSocket, ScriptedTime } from './scripted-socket.js';

beforeEach(() => {
  ScriptedSocket.made.length = 0;
  vi.stubGlobal('WebSocket', ScriptedSocket);
});
const open: Transport[] = [];
afterEach(() => {
  for (const transport of open.splice(0)) transport.release();
  vi.unstubAllGlobals();
});

export const CREATED: RealtimeEvent = { type: 'session.created', session: { type: 'realtime', model: 'test' } };
export const UPDATED: RealtimeEvent = { type: 'session.updated', session: { type: 'realtime', model: 'test' } };

/** Creates a call that is not started, with recorders for everything it reports. */
export function call(overrides: Partial<TransportOptions> = {}) {
  const events: { event: RealtimeEvent; own: boolean }[] = [];
  const ends: unknown[] = [];
  const stalls: boolean[] = [];
  const tracks: MediaStreamTrack[] = [];
  const asked: string[] = [];
  const sounds: ScriptedAudio[] = [];
  const time = new ScriptedTime();
  const voice = { muted: false };
  const bus = new CallBus();
  bus.on('mute', (muted) => asked.push(`mute ${muted}`));
  bus.on('interrupt', () => asked.push('interrupt'));
  bus.on('track', (track) => tracks.push(track));
  bus.on('phase', (phase) => asked.push(phase));
  bus.on('server-event', (event) => events.push({ event, own: false }));
  bus.on('local-event', (event) => events.push({ event, own: true }));
  bus.on('stalled', (stalled) => stalls.push(stalled));
  bus.on('disconnected', (end) => ends.push(end));
  const transport: Transport = createTransport({
    call: {},
    dialect: undefined,
    session: { type: 'realtime', instructions: 'Be brief.' },
    receiveOnly: false,
    url: undefined,
    timers: time,
    socketAddress: () =>
      Promise.resolve({ url: new URL('wss://voice.test/v1/realtime?model=test'), protocols: ['realtime', 'openai-insecure-api-key.ek_1'] }),
    exchange: () => Promise.reject(new Error('no offers here')),
    key: () => Promise.reject(new Error('no key here')),
    openAudio: async (setup) => {
      sounds.push(new ScriptedAudio(setup));
      return sounds.at(-1) as ScriptedAudio;
    },
    isMuted: () => voice.muted,
    bus,
    ...overrides,
  });
  open.push(transport);
  const own = () => events.filter((one) => one.own).map(({ event }) => `${event.type} ${String(event['response_id'])}`);
  return { transport, events, ends, stalls, tracks, asked, sounds, time, voice, own };
}

/** Waits for the call's socket. */
export async function dialled(): Promise<ScriptedSocket> {
  await vi.waitFor(() => expect(ScriptedSocket.made).toHaveLength(1), { timeout: 10_000 });
  // The SDK adds its listeners by the next task.
  await new Promise((resolve) => setTimeout(resolve));
  return ScriptedSocket.made[0] as ScriptedSocket;
}

/** Creates a call with confirmed settings; events sent until then are cleared. */
export async function live(overrides: Partial<TransportOptions> = {}) {
  const made = call(overrides);
  const connecting = made.transport.connect();
  const socket = await dialled();
  socket.open();
  socket.say(CREATED);
  socket.say(UPDATED);
  await connecting;
  socket.sent.length = 0;
  return { ...made, socket, audio: made.sounds[0] as ScriptedAudio };
}

/** The server events of a voice response. */
export const answer = (id: string): RealtimeEvent => ({ type: 'response.created', response: { id, status: 'in_progress', output: [] } });
export const done = (id: string, status = 'completed'): RealtimeEvent => ({ type: 'response.done', response: { id, status, output: [] } });
export const delta = (responseId: string, itemId = 'i1', text = 'AAAAAA=='): RealtimeEvent => ({
  type: 'response.output_audio.delta',
  response_id: responseId,
  item_id: itemId,
  output_index: 0,
  content_index: 0,
  delta: text,
});
