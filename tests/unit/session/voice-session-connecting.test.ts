/** The steps of a call until it is live: their order, and their time. */
import { describe, expect, test, vi } from 'vitest';
import { answerResponse, deferred, fakeStream, keyResponse, NOTHING, settle } from './fake-environment.js';
import { CALLS, MINT, start } from './observed-session.js';

describe('order of the steps', () => {
  test('permission granted: key, microphone and code at once, the offer with the key', async () => {
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

  test('no permission yet: no prompt before the key, no offer before the answer', async () => {
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

  test('a broken key endpoint never shows a prompt', async () => {
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
  ])('%s is known without any request', async (code, overrides) => {
    const { session, requests } = start({}, {}, overrides);
    session.prepare();
    await expect(session.connect()).rejects.toMatchObject({ code });
    expect(requests).toEqual([]);
  });

  test('no microphone: a call by text alone still works', async () => {
    const refuse = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    const { session, transports, left } = start({ permission: 'prompt', microphone: refuse });
    await expect(session.connect()).rejects.toMatchObject({ code: 'mic_denied' });
    expect(left()).toEqual(NOTHING);
    await session.connect({ microphone: false });
    expect(session.status).toMatchObject({ state: 'connected', microphone: 'unavailable' });
    expect(transports.at(-1)?.options.receiveOnly).toBe(true);
  });
});

describe('time', () => {
  test('a slow phase is said after 2 s, the key gives up after 10', async () => {
    const { session, states, time } = start({ token: () => new Promise(() => undefined) });
    const refused = expect(session.connect()).rejects.toMatchObject({ code: 'token_timeout' });
    await time.advance(1_999);
    expect(states).toEqual(['authorizing']);
    await time.advance(1);
    expect(states).toEqual(['authorizing', 'authorizing slow']);
    await time.advance(8_000);
    await refused;
  });

  test('the visitor may read the prompt for minutes: nothing is minted, nothing runs out', async () => {
    const microphone = deferred<MediaStream>();
    const { session, paths, time } = start({ permission: 'prompt', microphone: () => microphone.promise, token: () => Promise.resolve(keyResponse('ek_1', 600)) });
    const connecting = session.connect({ timeout: 5_000 });
    await time.advance(60_000);
    expect(session.status).toMatchObject({ state: 'connecting', phase: 'microphone' });
    expect(paths()).toEqual([MINT]);
    microphone.resolve(fakeStream().stream);
    await connecting;
    expect(paths()).toEqual([MINT, CALLS]);
  });

  test('a device that does not answer although it is allowed is named, not the network', async () => {
    const late = deferred<MediaStream>();
    const { session, time, left } = start({ microphone: () => late.promise });
    const refused = expect(session.connect({ timeout: 5_000 })).rejects.toMatchObject({ code: 'mic_unresponsive', recoverable: true });
    await time.advance(5_000);
    await refused;
    expect(left()).toEqual(NOTHING);
    const { track, stream } = fakeStream();
    late.resolve(stream);
    await settle();
    expect(track.readyState, 'a late grant').toBe('ended');
  });

  test('once the visitor has said yes, the time of the device counts', async () => {
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

  test('where another step hangs, the microphone is not blamed', async () => {
    const { session, time } = start({ configured: () => new Promise(() => undefined) });
    const refused = expect(session.connect({ timeout: 5_000 })).rejects.toMatchObject({ code: 'timeout' });
    await time.advance(5_000);
    await refused;
  });

  test('a key that expired meanwhile is replaced once, silently', async () => {
    const microphone = deferred<MediaStream>();
    const { session, paths, time } = start({ permission: 'prompt', microphone: () => microphone.promise });
    const connecting = session.connect();
    await time.advance(61_000);
    microphone.resolve(fakeStream().stream);
    await connecting;
    expect(paths()).toEqual([MINT, MINT, CALLS]);
  });

  test('where the clocks do not tell, the refusal of an old key does', async () => {
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

  test('a fresh key that is refused is not asked for again', async () => {
    const { session, paths } = start({ answer: () => Promise.resolve(new Response('', { status: 401 })) });
    await expect(session.connect()).rejects.toMatchObject({ code: 'sdp_rejected' });
    expect(paths()).toEqual([MINT, CALLS]);
  });

  test('429 carries the moment of the next try', async () => {
    const { session, time } = start({ token: () => Promise.resolve(new Response('', { status: 429, headers: { 'retry-after': '7' } })) });
    await expect(session.connect()).rejects.toMatchObject({ code: 'rate_limited' });
    expect(session.status).toMatchObject({ state: 'failed', retryAt: time.at + 7_000 });
  });

  test('the key of the press is the key of the click', async () => {
    const { session, paths } = start();
    session.warm();
    session.prepare();
    await session.connect();
    expect(paths()).toEqual([MINT, CALLS]);
  });
});
