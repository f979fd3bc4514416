/** The WebSocket transport until it is connected: the first events, and all ways to fail. */
import { describe, expect, test, vi } from 'vitest';
import type { Dialect } from '../../../src/contract/dialect.js';
import { ScriptedAudio, ScriptedSocket } from './scripted-socket.js';
import type { ScriptedTime } from './scripted-socket.js';
import { CREATED, UPDATED, answer, call, delta, dialled, done } from './websocket-call.js';

describe('connecting', () => {
  test('sends one session.update with the page’s settings, none of the SDK’s, and is connected when it is confirmed', async () => {
    const { transport, tracks, asked, events, sounds, time } = call();
    let connected = false;
    const connecting = transport.connect().then(() => (connected = true));
    const socket = await dialled();
    expect(socket.url).toBe('wss://voice.test/v1/realtime?model=test');
    expect(socket.protocols).toEqual(['realtime', 'openai-insecure-api-key.ek_1']);
    socket.open();
    socket.say(CREATED);
    await vi.waitFor(() => expect(asked).toEqual(['configuring']), { timeout: 10_000 });
    expect(connected).toBe(false);
    socket.say(UPDATED);
    await connecting;
    expect(socket.sent).toEqual([
      { type: 'session.update', event_id: 'voice_agent_configure', session: { type: 'realtime', instructions: 'Be brief.' } },
    ]);
    expect(transport.status).toBe('connected');
    expect(tracks).toEqual([sounds[0]?.track]);
    expect(events.map(({ event }) => event.type)).toEqual(['session.created', 'session.updated']);
    expect(time.pending).toBe(0);
  });

  test('offers no subprotocol if there is none', async () => {
    const { transport } = call({
      socketAddress: () => Promise.resolve({ url: new URL('wss://voice.test/v1/realtime?api_key=ek_1'), protocols: [] }),
    });
    transport.connect().catch(() => undefined);
    expect((await dialled()).protocols).toEqual([]);
  });

  test('keeps audio that arrives before playback is ready, including its end', async () => {
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
      what: 'does not confirm the settings',
      code: 'channel_timeout',
      fail: (socket, time) => {
        socket.open();
        socket.say(CREATED);
        time.advance(4_900);
      },
    },
    {
      what: 'rejects the settings',
      code: 'session_rejected',
      message: /Invalid voice/,
      fail: (socket) => {
        socket.open();
        socket.say(CREATED);
        socket.say({
          type: 'error',
          error: { type: 'invalid_request_error', message: 'Invalid voice', event_id: 'voice_agent_configure' },
        });
      },
    },
    {
      what: 'confirms an audio format other than PCM',
      code: 'session_rejected',
      message: /audio\/pcmu.*audio\/pcm/,
      fail: (socket) => {
        socket.open();
        socket.say({ ...CREATED, session: { type: 'realtime', audio: { output: { format: { type: 'audio/pcmu' } } } } });
        socket.say({ ...UPDATED, session: { type: 'realtime', audio: { input: null, output: { format: { type: 'audio/pcmu' } } } } });
      },
    },
    {
      what: 'rejects the key',
      code: 'sdp_rejected',
      message: /^(?!.*ek_secret).*Incorrect API key/,
      fail: (socket) => {
        socket.open();
        socket.say({
          type: 'error',
          error: {
            type: 'invalid_request_error',
            code: 'invalid_api_key',
            message: 'Incorrect API key provided: ek_secret123.',
            event_id: null,
          },
        });
        socket.end(3000, 'invalid_request_error.invalid_api_key');
      },
    },
    {
      what: 'disconnects before the settings are confirmed',
      code: 'connection_lost',
      fail: (socket) => {
        socket.open();
        socket.say(CREATED);
        socket.end(1006);
      },
    },
  ];
  for (const { what, code, message = /./, fail } of FAILURES) {
    test(`a server that ${what} fails with ${code}`, async () => {
      const { transport, ends, sounds, time } = call();
      const refused = expect(transport.connect()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
      const socket = await dialled();
      fail(socket, time);
      await refused;
      expect(transport.status).toBe('disconnected');
      expect(socket.readyState).toBeGreaterThanOrEqual(2);
      expect(sounds[0]?.released).toBe(1);
      expect(time.pending).toBe(0);
      // A failed attempt is only reported by `connect()`.
      expect(ends).toEqual([]);
    });
  }

  test('a key that is not valid in a subprotocol is rejected without being quoted', async () => {
    vi.stubGlobal(
      'WebSocket',
      class {
        constructor() {
          throw new DOMException('The subprotocol "ek_/secret" is invalid.', 'SyntaxError');
        }
      },
    );
    const failure: unknown = await call()
      .transport.connect()
      .catch((reason: unknown) => reason);
    expect(failure).toMatchObject({ code: 'token_malformed' });
    expect(JSON.stringify([String(failure), (failure as Error).cause])).not.toContain('secret');
  });

  test('a blocked WebSocket URL fails with network', async () => {
    vi.stubGlobal(
      'WebSocket',
      class {
        constructor() {
          throw new DOMException('insecure', 'SecurityError');
        }
      },
    );
    await expect(call().transport.connect()).rejects.toMatchObject({ code: 'network' });
  });

  test('a failure to open audio fails the call and closes the socket', async () => {
    const { transport } = call({ openAudio: () => Promise.reject(new Error('no audio thread')) });
    await expect(transport.connect()).rejects.toMatchObject({ code: 'connection_lost' });
    expect(ScriptedSocket.made.every(({ readyState }) => readyState >= 2)).toBe(true);
  });

  test('aborting at any point rejects with aborted and leaves nothing open', async () => {
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
      const { transport, ends, sounds, time } = call(late ? { socketAddress: () => key.then(() => address) } : {});
      const refused = expect(transport.connect(), when).rejects.toMatchObject({ code: 'aborted' });
      await reach(dialled);
      transport.release();
      give();
      await refused;
      await vi.waitFor(() => expect(sounds[0]?.released, when).toBe(1), { timeout: 10_000 });
      expect(
        ScriptedSocket.made.filter(({ readyState }) => readyState < 2),
        when,
      ).toEqual([]);
      if (late) expect(ScriptedSocket.made, when).toEqual([]);
      expect([time.pending, ends], when).toEqual([0, []]);
    }
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

  test('translates both directions; a server that never confirms settings is connected once they are sent', async () => {
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
