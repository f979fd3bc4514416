/** The end of a call over WebSocket: it is reported once, and nothing is heard afterwards. */
import { describe, expect, test } from 'vitest';
import { answer, delta, live } from './websocket-call.js';

describe('the end', () => {
  const ENDS: readonly [number, string, unknown][] = [
    [1000, '', 'server'],
    [1001, 'Your session hit the maximum duration of 60 minutes.', { code: 'session_expired' }],
    [1001, 'going away', { code: 'connection_lost' }],
    [1006, '', { code: 'connection_lost' }],
    [1011, 'internal error', { code: 'connection_lost' }],
  ];
  for (const [code, reason, end] of ENDS) {
    test(`is reported once when closed with ${code} ${reason}`, async () => {
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

  test('a change to an audio format other than PCM ends the call; PCM and unspecified formats continue', async () => {
    const { socket, audio, ends } = await live();
    const updated = (input: object | null, output?: object) => ({
      type: 'session.updated',
      session: { type: 'realtime', audio: { input, output } },
    });
    for (const event of [updated(null), updated({}), updated({ format: null }, { format: { type: 'audio/pcm', rate: 24_000 } })])
      socket.say(event);
    expect(ends).toEqual([]);
    socket.say(updated({ format: { type: 'audio/pcma' } }, {}));
    socket.say(delta('r1'));
    expect(ends).toEqual([expect.objectContaining({ code: 'session_rejected', message: expect.stringContaining('audio/pcma') as string })]);
    expect(audio.played).toEqual([]);
    expect([audio.released, socket.readyState]).toEqual([1, 2]);
  });

  test('release() silences immediately and ignores later events', async () => {
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

  test('is reported when the page closes the transport', async () => {
    const { transport, ends } = await live();
    transport.close();
    expect(ends).toEqual(['page']);
  });
});
