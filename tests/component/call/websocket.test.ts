/** The WebSocket transport against a scripted server and sound: every way in, every way out, and what is said in between. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Dialect } from '../../../src/contract/dialect.js';
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

const CREATED: RealtimeEvent = { type: 'session.created', session: { type: 'realtime', model: 'test' } };
const UPDATED: RealtimeEvent = { type: 'session.updated', session: { type: 'realtime', model: 'test' } };

function call(overrides: Partial<TransportOptions> = {}) {
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
    onStalled: (stalled) => stalls.push(stalled),
    onEnd: (end) => ends.push(end),
    ...overrides,
  });
  open.push(transport);
  const own = () => events.filter((one) => one.own).map(({ event }) => `${event.type} ${String(event['response_id'])}`);
  return { transport, events, ends, stalls, tracks, asked, sounds, time, voice, own };
}

/** The socket of the newest call, once it was dialled. */
async function dialled(): Promise<ScriptedSocket> {
  await vi.waitFor(() => expect(ScriptedSocket.made).toHaveLength(1));
  // The SDK has put its listeners on by the next task.
  await new Promise((resolve) => setTimeout(resolve));
  return ScriptedSocket.made[0] as ScriptedSocket;
}

async function live(overrides: Partial<TransportOptions> = {}) {
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

const answer = (id: string): RealtimeEvent => ({ type: 'response.created', response: { id, status: 'in_progress', output: [] } });
const done = (id: string, status = 'completed'): RealtimeEvent => ({ type: 'response.done', response: { id, status, output: [] } });
const delta = (responseId: string, itemId = 'i1', text = 'AAAAAA=='): RealtimeEvent => ({
  type: 'response.output_audio.delta',
  response_id: responseId,
  item_id: itemId,
  output_index: 0,
  content_index: 0,
  delta: text,
});

describe('connecting', () => {
  test('one session.update with the page’s own settings, nothing of the SDK’s; connected when it is confirmed', async () => {
    const { transport, tracks, asked, events, sounds, time } = call();
    let connected = false;
    const connecting = transport.connect().then(() => (connected = true));
    const socket = await dialled();
    expect(socket.url).toBe('wss://voice.test/v1/realtime?model=test');
    expect(socket.protocols).toEqual(['realtime', 'openai-insecure-api-key.ek_1']);
    socket.open();
    socket.say(CREATED);
    await vi.waitFor(() => expect(asked).toEqual(['configuring']));
    expect(connected).toBe(false);
    socket.say(UPDATED);
    await connecting;
    expect(socket.sent).toEqual([{ type: 'session.update', event_id: 'voice_agent_configure', session: { type: 'realtime', instructions: 'Be brief.' } }]);
    expect(transport.status).toBe('connected');
    expect(tracks).toEqual([sounds[0]?.track]);
    expect(events.map(({ event }) => event.type)).toEqual(['session.created', 'session.updated']);
    expect(time.pending).toBe(0);
  });

  test('no subprotocol is offered where there is none', async () => {
    const { transport } = call({ dial: () => Promise.resolve({ url: new URL('wss://voice.test/v1/realtime?api_key=ek_1'), protocols: [] }) });
    transport.connect().catch(() => undefined);
    expect((await dialled()).protocols).toEqual([]);
  });

  test('sound that comes before there is anything to play it with is kept, with its end', async () => {
    let give: (audio: ScriptedAudio) => void = () => undefined;
    const sound = new Promise<ScriptedAudio>((resolve) => (give = resolve));
    const { transport } = call({ openAudio: () => sound });
    const connecting = transport.connect();
    const socket = await dialled();
    socket.open();
    for (const event of [CREATED, UPDATED, answer('r1'), delta('r1'), done('r1')]) socket.say(event);
    const audio = new ScriptedAudio({ onCaptured: () => undefined, onStarted: () => undefined, onStopped: () => undefined });
    give(audio);
    await connecting;
    expect(audio.played.map(({ responseId, pcm }) => [responseId, pcm.byteLength])).toEqual([['r1', 4]]);
    expect(audio.finished).toEqual(['r1']);
  });

  const FAILURES: readonly { what: string; code: string; message?: RegExp; fail(socket: ScriptedSocket, time: ScriptedTime): void }[] = [
    { what: 'never opens', code: 'network', fail: (_, time) => time.advance(15_000) },
    { what: 'fails in the handshake', code: 'network', fail: (socket) => socket.end(1006) },
    {
      what: 'does not answer the settings',
      code: 'channel_timeout',
      fail: (socket, time) => {
        socket.open();
        socket.say(CREATED);
        time.advance(4_900);
      },
    },
    {
      what: 'refuses the settings',
      code: 'session_rejected',
      message: /Invalid voice/,
      fail: (socket) => {
        socket.open();
        socket.say(CREATED);
        socket.say({ type: 'error', error: { type: 'invalid_request_error', message: 'Invalid voice', event_id: 'voice_agent_configure' } });
      },
    },
    {
      what: 'refuses the key',
      code: 'sdp_rejected',
      message: /^(?!.*ek_secret).*Incorrect API key/,
      fail: (socket) => {
        socket.open();
        socket.say({ type: 'error', error: { type: 'invalid_request_error', code: 'invalid_api_key', message: 'Incorrect API key provided: ek_secret123.', event_id: null } });
        socket.end(3000, 'invalid_request_error.invalid_api_key');
      },
    },
    {
      what: 'breaks before the settings are confirmed',
      code: 'connection_lost',
      fail: (socket) => {
        socket.open();
        socket.say(CREATED);
        socket.end(1006);
      },
    },
  ];
  for (const { what, code, message = /./, fail } of FAILURES) {
    test(`a server that ${what}: ${code}`, async () => {
      const { transport, ends, sounds, time } = call();
      const refused = expect(transport.connect()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
      const socket = await dialled();
      fail(socket, time);
      await refused;
      expect(transport.status).toBe('disconnected');
      expect(socket.readyState).toBeGreaterThanOrEqual(2);
      expect(sounds[0]?.released).toBe(1);
      expect(time.pending).toBe(0);
      // A failed attempt is told once, by `connect()`.
      expect(ends).toEqual([]);
    });
  }

  test('a key that no subprotocol can carry is refused without being quoted', async () => {
    vi.stubGlobal('WebSocket', class {
      constructor() {
        throw new DOMException('The subprotocol "ek_/secret" is invalid.', 'SyntaxError');
      }
    });
    const failure: unknown = await call().transport.connect().catch((reason: unknown) => reason);
    expect(failure).toMatchObject({ code: 'token_malformed' });
    expect(JSON.stringify([String(failure), (failure as Error).cause])).not.toContain('secret');
  });

  test('a page that may not open the address: network', async () => {
    vi.stubGlobal('WebSocket', class {
      constructor() {
        throw new DOMException('insecure', 'SecurityError');
      }
    });
    await expect(call().transport.connect()).rejects.toMatchObject({ code: 'network' });
  });

  test('sound that cannot be opened fails the call and closes the socket', async () => {
    const { transport } = call({ openAudio: () => Promise.reject(new Error('no audio thread')) });
    await expect(transport.connect()).rejects.toMatchObject({ code: 'connection_lost' });
    expect(ScriptedSocket.made.every(({ readyState }) => readyState >= 2)).toBe(true);
  });

  test('given up at any point: aborted, and nothing stays open', async () => {
    const points: readonly [string, (socket: () => Promise<ScriptedSocket>) => Promise<unknown>][] = [
      ['before the key is there', async () => undefined],
      ['while the socket opens', (socket) => socket()],
      ['while the settings travel', async (socket) => (await socket()).open()],
    ];
    for (const [when, reach] of points) {
      ScriptedSocket.made.length = 0;
      const late = when.startsWith('before');
      let give: () => void = () => undefined;
      const key = new Promise<void>((resolve) => (give = resolve));
      const address = { url: new URL('wss://voice.test/'), protocols: [] };
      const { transport, ends, sounds, time } = call(late ? { dial: () => key.then(() => address) } : {});
      const refused = expect(transport.connect(), when).rejects.toMatchObject({ code: 'aborted' });
      await reach(dialled);
      transport.release();
      give();
      await refused;
      await vi.waitFor(() => expect(sounds[0]?.released, when).toBe(1));
      expect(ScriptedSocket.made.filter(({ readyState }) => readyState < 2), when).toEqual([]);
      if (late) expect(ScriptedSocket.made, when).toEqual([]);
      expect([time.pending, ends], when).toEqual([0, []]);
    }
  });
});

describe('the agent’s voice', () => {
  test('what the sound tells is told as a server would, as an event of our own', async () => {
    const { socket, audio, own } = await live();
    socket.say(answer('r1'));
    socket.say(delta('r1'));
    socket.say(delta('r1'));
    expect(audio.played).toHaveLength(2);
    audio.setup.onStarted('r1');
    socket.say(done('r1'));
    expect(audio.finished).toEqual(['r1']);
    audio.setup.onStopped('r1');
    expect(own()).toEqual(['output_audio_buffer.started r1', 'output_audio_buffer.stopped r1']);
  });

  test('clear is done here and never sent: truncated at what was heard, in whole milliseconds, and nothing comes late', async () => {
    const { transport, socket, audio, own } = await live();
    socket.say(answer('r1'));
    socket.say(delta('r1'));
    audio.setup.onStarted('r1');
    audio.heard = [
      { responseId: 'r1', itemId: 'i1', contentIndex: 0, milliseconds: 1_234.9 },
      { responseId: 'r1', itemId: 'i2', contentIndex: 1, milliseconds: 0 },
    ];
    transport.sendEvent({ type: 'response.cancel' });
    transport.sendEvent({ type: 'output_audio_buffer.clear' });
    expect(socket.sent).toEqual([
      { type: 'response.cancel' },
      { type: 'conversation.item.truncate', item_id: 'i1', content_index: 0, audio_end_ms: 1_234 },
      { type: 'conversation.item.truncate', item_id: 'i2', content_index: 1, audio_end_ms: 0 },
    ]);
    expect(own()).toEqual(['output_audio_buffer.started r1', 'output_audio_buffer.cleared r1']);
    const known = audio.played.length;
    socket.say(delta('r1'));
    socket.say(done('r1', 'cancelled'));
    expect(audio.played).toHaveLength(known);
    audio.heard = [];
    socket.say(answer('r2'));
    socket.say(delta('r2', 'i3'));
    expect(audio.played.at(-1)?.responseId).toBe('r2');
  });

  test('an answer that has sounded to the last sample that came is over, too, when it is cut', async () => {
    const { transport, socket, audio, own } = await live();
    socket.say(answer('r1'));
    socket.say(delta('r1'));
    audio.setup.onStarted('r1');
    transport.sendEvent({ type: 'output_audio_buffer.clear' });
    expect(own()).toEqual(['output_audio_buffer.started r1', 'output_audio_buffer.cleared r1']);
    expect(socket.types()).toEqual([]);
  });

  test('the visitor’s voice cuts where the session yields, and nowhere else', async () => {
    const { socket, audio } = await live();
    const speech = { type: 'input_audio_buffer.speech_started', item_id: 'u1', audio_start_ms: 0 };
    const setting = (interrupt_response: boolean): RealtimeEvent => ({
      type: 'session.updated',
      session: { type: 'realtime', audio: { input: { turn_detection: { type: 'server_vad', interrupt_response } } } },
    });
    socket.say(setting(false));
    socket.say(answer('r1'));
    socket.say(delta('r1'));
    socket.say(speech);
    expect(audio.cuts).toBe(0);
    socket.say(setting(true));
    audio.heard = [{ responseId: 'r1', itemId: 'i1', contentIndex: 0, milliseconds: 20 }];
    socket.say(speech);
    expect(audio.cuts).toBe(1);
    // The server cancels by itself, and the SDK's own cut by the clock never happens.
    expect(socket.types()).toEqual(['conversation.item.truncate']);
  });

  test('pages that play the SDK’s audio events themselves hear of the sound and of its end', async () => {
    const { transport, socket, audio } = await live();
    const heard = vi.fn();
    const interrupted = vi.fn();
    transport.on('audio', heard);
    transport.on('audio_interrupted', interrupted);
    transport.sendEvent({ type: 'output_audio_buffer.clear' });
    expect(interrupted, 'nothing to interrupt').not.toHaveBeenCalled();
    socket.say(answer('r1'));
    socket.say(delta('r1'));
    expect(heard).toHaveBeenCalledWith(expect.objectContaining({ responseId: 'r1' }));
    audio.heard = [{ responseId: 'r1', itemId: 'i1', contentIndex: 0, milliseconds: 5 }];
    socket.say({ type: 'input_audio_buffer.speech_started', item_id: 'u1', audio_start_ms: 0 });
    expect(interrupted).toHaveBeenCalledTimes(1);
    expect(socket.types()).toEqual(['conversation.item.truncate']);
  });

  test('what is no base64 is dropped and counted', async () => {
    const { transport, socket, audio } = await live();
    socket.say(answer('r1'));
    socket.say(delta('r1', 'i1', '!'));
    socket.sayRaw('no json');
    socket.sayRaw(new ArrayBuffer(4));
    expect(audio.played).toEqual([]);
    expect(transport.dropped).toBe(3);
    expect(transport.status).toBe('connected');
  });
});

describe('the visitor’s voice', () => {
  const piece = () => new Uint8Array(960).fill(7).buffer;

  test('pieces are appended; muted ones are as long and silent', async () => {
    const { socket, audio, voice, transport } = await live();
    audio.setup.onCaptured(piece());
    voice.muted = true;
    audio.setup.onCaptured(piece());
    expect(transport.muted).toBe(true);
    const [spoken, silent] = socket.sent.map((event) => atob(String(event['audio'])));
    expect(socket.types()).toEqual(['input_audio_buffer.append', 'input_audio_buffer.append']);
    expect(spoken).toBe('\x07'.repeat(960));
    expect(silent).toBe('\0'.repeat(960));
  });

  test('not a sample leaves before the settings are confirmed', async () => {
    const { transport, sounds } = call();
    transport.connect().catch(() => undefined);
    const socket = await dialled();
    socket.open();
    socket.say(CREATED);
    await vi.waitFor(() => expect(sounds).toHaveLength(1));
    sounds[0]?.setup.onCaptured(piece());
    expect(socket.types()).toEqual(['session.update']);
  });

  test('mute() and interrupt() of the transport are the call’s to do', async () => {
    const { transport, asked } = await live();
    transport.mute(true);
    transport.interrupt();
    expect(asked.slice(-2)).toEqual(['mute true', 'interrupt']);
  });

  test('sendAudio with commit, and not before the call is live', async () => {
    const before = call();
    expect(() => before.transport.sendAudio(piece())).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    const { transport, socket } = await live();
    transport.sendAudio(piece(), { commit: true });
    expect(socket.types()).toEqual(['input_audio_buffer.append', 'input_audio_buffer.commit']);
  });

  test('a network that takes too little: late pieces are dropped, the visitor is told, and again when it flows', async () => {
    const { transport, socket, audio, stalls, time, ends } = await live();
    socket.bufferedAmount = 300_000;
    audio.setup.onCaptured(piece());
    expect(socket.sent).toEqual([]);
    expect(transport.dropped).toBe(1);
    expect(stalls, 'not at once').toEqual([]);
    time.advance(1_000);
    expect(stalls).toEqual([true]);
    // Bytes leave, however slowly: the call is not lost.
    for (let left = 290_000; left > 200_000; left -= 30_000) {
      socket.bufferedAmount = left;
      time.advance(20_000);
    }
    expect(ends).toEqual([]);
    socket.bufferedAmount = 0;
    audio.setup.onCaptured(piece());
    expect(stalls).toEqual([true, false]);
    expect(socket.types()).toEqual(['input_audio_buffer.append']);
    expect(time.pending).toBe(0);
  });

  test('a network that takes nothing any more is a lost connection', async () => {
    const { transport, socket, audio, time, ends } = await live();
    socket.bufferedAmount = 140_000;
    audio.setup.onCaptured(piece());
    time.advance(1_000);
    time.advance(20_000);
    expect(ends).toEqual([expect.objectContaining({ code: 'connection_lost' })]);
    expect(transport.status).toBe('disconnected');
    expect(time.pending).toBe(0);
  });

  test('what has drained while no microphone spoke is no loss', async () => {
    const { socket, audio, time, ends, stalls } = await live();
    socket.bufferedAmount = 140_000;
    audio.setup.onCaptured(piece());
    time.advance(1_000);
    socket.bufferedAmount = 0;
    time.advance(60_000);
    expect(stalls).toEqual([true, false]);
    expect(ends).toEqual([]);
  });
});

describe('the end', () => {
  const ENDS: readonly [number, string, unknown][] = [
    [1000, '', 'server'],
    [1001, 'Your session hit the maximum duration of 60 minutes.', { code: 'session_expired' }],
    [1001, 'going away', { code: 'connection_lost' }],
    [1006, '', { code: 'connection_lost' }],
    [1011, 'internal error', { code: 'connection_lost' }],
  ];
  for (const [code, reason, end] of ENDS) {
    test(`closed with ${code} ${reason}: told once`, async () => {
      const { transport, socket, audio, ends } = await live();
      socket.end(code, reason);
      expect(ends).toHaveLength(1);
      expect(ends[0]).toEqual(typeof end === 'string' ? end : expect.objectContaining(end as object));
      expect(transport.status).toBe('disconnected');
      expect(audio.released).toBe(1);
      expect(() => transport.sendEvent({ type: 'response.create' })).toThrow(expect.objectContaining({ code: 'invalid_request' }));
      await expect(transport.connect()).rejects.toMatchObject({ code: 'invalid_request' });
    });
  }

  test('released: silent, at once, and deaf to what still comes', async () => {
    const { transport, socket, audio, events, ends } = await live();
    transport.release();
    expect(socket.readyState).toBe(2);
    const known = events.length;
    socket.say(answer('r1'));
    socket.end(1000);
    audio.setup.onCaptured(new ArrayBuffer(960));
    audio.setup.onStarted('r1');
    expect([events.length, ends, socket.sent, audio.released]).toEqual([known, [], [], 1]);
  });

  test('closed by the page through the transport: its owner is told', async () => {
    const { transport, ends } = await live();
    transport.close();
    expect(ends).toEqual(['page']);
  });
});

describe('a dialect', () => {
  const words: Dialect = {
    name: 'words',
    confirmsSettings: false,
    unsupported: ['conversation.item.retrieve'],
    translator: () => ({
      inbound: (event) => (event.type === 'both' ? [answer('r1'), delta('r1')] : [event]),
      outbound: (event) => (event.type === 'twice' ? [{ type: 'one' }, { type: 'two' }] : [event]),
    }),
  };

  test('is spoken both ways, and a server that never confirms settings is connected when they are sent', async () => {
    const { transport, sounds } = call({ dialect: words });
    const connecting = transport.connect();
    const socket = await dialled();
    socket.open();
    await connecting;
    expect(socket.types()).toEqual(['session.update']);
    socket.say({ type: 'both' });
    expect(sounds[0]?.played).toHaveLength(1);
    transport.sendEvent({ type: 'twice' });
    transport.sendEvent({ type: 'conversation.item.retrieve', item_id: 'i1' });
    expect(socket.types()).toEqual(['session.update', 'one', 'two']);
  });
});
