/** The steps of a call until it is live: their order and time limits. */
import { describe, expect, test, vi } from 'vitest';
import { answerResponse, deferred, fakeStream, keyResponse, NOTHING, settle } from './fake-environment.js';
import { CALLS, MINT, start } from './observed-session.js';

describe('order of the steps', () => {
  test('with permission, key, microphone and code load in parallel, and the offer follows the key', async () => {
    const [key, microphone] = [deferred<Response>(), deferred<MediaStream>()];
    const { session, paths, transports } = start({ token: () => key.promise, microphone: () => microphone.promise });
    const connecting = session.connect();
    expect(paths()).toEqual([MINT]);
    await settle();
    expect(transports).toHaveLength(1);
    key.resolve(keyResponse());
    await vi.waitFor(() => expect(paths()).toEqual([MINT, CALLS]), { timeout: 10_000 });
    await settle();
    expect(session.status.state).toBe('connecting');
    const { track, stream } = fakeStream();
    microphone.resolve(stream);
    await connecting;
    expect(transports[0]?.microphone).toBe(track);
  });

  test('without permission, the prompt follows the key, and the offer follows the prompt', async () => {
    const [key, microphone] = [deferred<Response>(), deferred<MediaStream>()];
    const ask = vi.fn(() => microphone.promise);
    const { session, paths, states } = start({ permission: 'prompt', token: () => key.promise, microphone: ask });
    const connecting = session.connect();
    await settle();
    expect(ask).not.toHaveBeenCalled();
    key.resolve(keyResponse());
    await vi.waitFor(() => expect(ask).toHaveBeenCalled(), { timeout: 10_000 });
    expect(paths()).toEqual([MINT]);
    expect(states).toEqual(['authorizing', 'microphone']);
    microphone.resolve(fakeStream().stream);
    await connecting;
    expect(paths()).toEqual([MINT, CALLS]);
  });

  test('a failing key endpoint never shows a prompt', async () => {
    const ask = vi.fn();
    const { session } = start({ permission: 'prompt', token: () => Promise.resolve(new Response('', { status: 401 })), microphone: ask });
    await expect(session.connect()).rejects.toMatchObject({ code: 'token_unauthorized' });
    expect(ask).not.toHaveBeenCalled();
  });

  test.each([
    ['insecure_context', { secure: false }],
    ['policy_blocked', { microphoneAllowed: () => false }],
    ['unsupported', { mediaDevices: undefined }],
    ['unsupported', { supports: () => false }],
  ])('%s is reported without any request', async (code, overrides) => {
    const { session, requests } = start({}, {}, overrides);
    session.prepare();
    await expect(session.connect()).rejects.toMatchObject({ code });
    expect(requests).toEqual([]);
  });

  test.each([
    ['WebRTC', 'transport="websocket"', {}],
    ['WebSocket', 'audio worklets', { transport: 'websocket' as const }],
  ])('a browser that cannot call over %s is reported with what it lacks', async (_, message, options) => {
    const { session } = start({}, options, { supports: () => false });
    await expect(session.connect()).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining(message) as string });
  });

  test('a text-only call works without a microphone', async () => {
    const refuse = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    const { session, transports, left } = start({ permission: 'prompt', microphone: refuse });
    await expect(session.connect()).rejects.toMatchObject({ code: 'mic_denied' });
    expect(left()).toEqual(NOTHING);
    await session.connect({ microphone: false });
    expect(session.status).toMatchObject({ state: 'connected', microphone: 'unavailable' });
    expect(transports.at(-1)?.options.receiveOnly).toBe(true);
  });
});

describe('time limits', () => {
  test('a phase is slow after 2 s, and the key request times out after 10 s', async () => {
    const { session, states, time } = start({ token: () => new Promise(() => undefined) });
    const refused = expect(session.connect()).rejects.toMatchObject({ code: 'token_timeout' });
    await time.advance(1_999);
    expect(states).toEqual(['authorizing']);
    await time.advance(1);
    expect(states).toEqual(['authorizing', 'authorizing slow']);
    await time.advance(8_000);
    await refused;
  });

  test('an open prompt pauses the time limit, and no call is created meanwhile', async () => {
    const microphone = deferred<MediaStream>();
    const { session, paths, time } = start({
      permission: 'prompt',
      microphone: () => microphone.promise,
      token: () => Promise.resolve(keyResponse('ek_1', 600)),
    });
    const connecting = session.connect({ timeout: 5_000 });
    await time.advance(60_000);
    expect(session.status).toMatchObject({ state: 'connecting', phase: 'microphone' });
    expect(paths()).toEqual([MINT]);
    microphone.resolve(fakeStream().stream);
    await connecting;
    expect(paths()).toEqual([MINT, CALLS]);
  });

  test('an unresponsive permitted device is reported as mic_unresponsive', async () => {
    const late = deferred<MediaStream>();
    const { session, time, left } = start({ microphone: () => late.promise });
    const refused = expect(session.connect({ timeout: 5_000 })).rejects.toMatchObject({ code: 'mic_unresponsive', recoverable: true });
    await time.advance(5_000);
    await refused;
    expect(left()).toEqual(NOTHING);
    const { track, stream } = fakeStream();
    late.resolve(stream);
    await settle();
    expect(track.readyState, 'a stream that arrives late').toBe('ended');
  });

  test('the time limit counts again once the visitor has allowed the microphone', async () => {
    const { session, time, permit, left, watchesDevices } = start({ permission: 'prompt', microphone: () => new Promise(() => undefined) });
    const connecting = session.connect({ timeout: 5_000 });
    const refused = expect(connecting).rejects.toMatchObject({ code: 'mic_unresponsive' });
    await time.advance(60_000);
    expect(session.status).toMatchObject({ state: 'connecting', phase: 'microphone' });
    permit('granted');
    await time.advance(5_000);
    await refused;
    expect(left()).toEqual(NOTHING);
    expect(watchesDevices()).toEqual([0, 0, 0]);
  });

  test('another step that hangs is not reported as a microphone error', async () => {
    const { session, time } = start({ configured: () => new Promise(() => undefined) });
    const refused = expect(session.connect({ timeout: 5_000 })).rejects.toMatchObject({ code: 'timeout' });
    await time.advance(5_000);
    await refused;
  });

  test('a key that expired in the meantime is replaced once', async () => {
    const microphone = deferred<MediaStream>();
    const { session, paths, time } = start({ permission: 'prompt', microphone: () => microphone.promise });
    const connecting = session.connect();
    await time.advance(61_000);
    microphone.resolve(fakeStream().stream);
    await connecting;
    expect(paths()).toEqual([MINT, MINT, CALLS]);
  });

  test('an old key that is rejected is replaced if its expiry is unknown', async () => {
    const microphone = deferred<MediaStream>();
    let refusals = 1;
    const { session, paths, time } = start({
      permission: 'prompt',
      microphone: () => microphone.promise,
      token: () => Promise.resolve(Response.json({ value: 'ek_1' })),
      answer: () => Promise.resolve(refusals-- > 0 ? new Response('', { status: 401 }) : answerResponse()),
    });
    const connecting = session.connect();
    await time.advance(61_000);
    microphone.resolve(fakeStream().stream);
    await connecting;
    expect(paths()).toEqual([MINT, CALLS, MINT, CALLS]);
  });

  test('a fresh key that is rejected is not replaced', async () => {
    const { session, paths } = start({ answer: () => Promise.resolve(new Response('', { status: 401 })) });
    await expect(session.connect()).rejects.toMatchObject({ code: 'sdp_rejected' });
    expect(paths()).toEqual([MINT, CALLS]);
  });

  test('429 sets the retry time', async () => {
    const { session, time } = start({ token: () => Promise.resolve(new Response('', { status: 429, headers: { 'retry-after': '7' } })) });
    await expect(session.connect()).rejects.toMatchObject({ code: 'rate_limited' });
    expect(session.status).toMatchObject({ state: 'failed', retryAt: time.at + 7_000 });
  });

  test('the key that was prefetched on press is used for the click', async () => {
    const { session, paths } = start();
    session.warm();
    session.prepare();
    await session.connect();
    expect(paths()).toEqual([MINT, CALLS]);
  });
});
