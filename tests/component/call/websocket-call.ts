/**
 * What the tests of the WebSocket transport share: a call with a scripted server and sound, up to each point of its way, and the
 * server's usual events. Sockets are scripted in every test of a file that imports this, and every call is released after it.
 */
import { afterEach, beforeEach, expect, vi } from 'vitest';
import type { RealtimeEvent } from '../../../src/contract/options.js';
import { createTransport } from '../../../src/transport/websocket.js';
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

/** A call that has not begun, and all that it tells. */
export function call(overrides: Partial<TransportOptions> = {}) {
  const events: { event: RealtimeEvent; own: boolean }[] = [];
  const ends: unknown[] = [];
  const stalls: boolean[] = [];
  const tracks: MediaStreamTrack[] = [];
  const asked: string[] = [];
  const sounds: ScriptedAudio[] = [];
  const time = new ScriptedTime();
  const voice = { muted: false };
  const transport: Transport = createTransport({
    call: {},
    dialect: undefined,
    session: { type: 'realtime', instructions: 'Be brief.' },
    receiveOnly: false,
    url: undefined,
    timers: time,
    dial: () => Promise.resolve({ url: new URL('wss://voice.test/v1/realtime?model=test'), protocols: ['realtime', 'openai-insecure-api-key.ek_1'] }),
    exchange: () => Promise.reject(new Error('no offers here')),
    key: () => Promise.reject(new Error('no key here')),
    openAudio: async (setup) => {
      sounds.push(new ScriptedAudio(setup));
      return sounds.at(-1) as ScriptedAudio;
    },
    approve: () => Promise.resolve(false),
    isMuted: () => voice.muted,
    onMute: (muted) => asked.push(`mute ${muted}`),
    onInterrupt: () => asked.push('interrupt'),
    onSent: () => undefined,
    onTrack: (track) => tracks.push(track),
    onConfiguring: () => asked.push('configuring'),
    onEvent: (event, own = false) => events.push({ event, own }),
    onAwaited: () => undefined,
    onRefused: () => undefined,
    onStalled: (stalled) => stalls.push(stalled),
    onEnd: (end) => ends.push(end),
    ...overrides,
  });
  open.push(transport);
  const own = () => events.filter((one) => one.own).map(({ event }) => `${event.type} ${String(event['response_id'])}`);
  return { transport, events, ends, stalls, tracks, asked, sounds, time, voice, own };
}

/** The socket of the newest call, once it was dialled. */
export async function dialled(): Promise<ScriptedSocket> {
  await vi.waitFor(() => expect(ScriptedSocket.made).toHaveLength(1), { timeout: 10_000 });
  // The SDK has put its listeners on by the next task.
  await new Promise((resolve) => setTimeout(resolve));
  return ScriptedSocket.made[0] as ScriptedSocket;
}

/** A call up to the confirmed settings; what was sent until then is forgotten. */
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

/** The server's events of an answer with sound. */
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
