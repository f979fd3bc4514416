/** Brokered calls: the requests until they are live, and the errors for rejections. */
import { describe, expect, test, vi } from 'vitest';
import type { VoiceAgentError } from '../../../src/contract/errors.js';
import { seconds } from './breakable-call.js';
import { deferred, fakeStream, NOTHING, settle } from './fake-environment.js';
import { brokered, CALL, HANG_UP, live, NOTICES, problem } from './fake-broker.js';

describe('placing the call', () => {
  test('sends only the offer, without a key or custom headers', async () => {
    const { session, methods, asked, listening, left } = await live();
    expect(session.status.state).toBe('connected');
    expect(session.callId).toBe('call_1');
    expect(methods()).toEqual([`POST ${CALL}`, NOTICES]);
    expect(asked[0]?.headers).toEqual({ 'Content-Type': 'application/sdp' });
    expect(listening()).toBe(1);
    await session.close();
    await settle();
    expect(methods().at(-1)).toBe(HANG_UP);
    expect(asked.at(-1)?.keepalive).toBe(true);
    expect(listening()).toBe(0);
    expect(left()).toEqual(NOTHING);
  });

  test('sends the profile in the query of every request, also for a server mounted at another path', async () => {
    const { session, methods } = await live({}, { callUrl: 'https://calls.test/api/voice/call?profile=support' });
    await session.close();
    const path = '/api/voice/call';
    expect(methods()).toEqual([
      `POST ${path}?profile=support`,
      `GET ${path}/call_1/notices?profile=support`,
      `DELETE ${path}/call_1?profile=support`,
    ]);
  });

  test('prefers call-url to token-url and a key', async () => {
    const token = vi.fn(() => 'ek_x');
    const { methods, session } = await live({}, { tokenUrl: '/token', token });
    expect(methods()).toEqual([`POST ${CALL}`, NOTICES]);
    expect(token).not.toHaveBeenCalled();
    await session.close();
  });

  test('sends no request before the click', async () => {
    const { session, methods } = brokered();
    session.warm();
    session.prepare();
    await settle();
    expect(methods()).toEqual([]);
  });

  test.each<[string, object, RegExp]>([
    ['a WebSocket', { transport: 'websocket' }, /only supports WebRTC/],
    [
      'a transport of the page',
      { transport: { connect: () => Promise.resolve(), on: () => undefined, status: 'disconnected', muted: null } },
      /only supports WebRTC/,
    ],
    ['another dialect', { dialect: 'beta' }, /only supports the dialect "ga"/],
    ['an agent in the page', { agent: { getSystemPrompt: () => '' } }, /the server profile defines the agent/],
    ['an invalid URL', { callUrl: 'http://[' }, /call-url is not a valid URL/],
  ])('rejects %s as unsupported, before any request', async (_, options, message) => {
    const { session, methods, left, tracks } = brokered({}, options);
    await expect(session.connect()).rejects.toMatchObject({ code: 'unsupported', message: expect.stringMatching(message) as string });
    expect(methods()).toEqual([]);
    expect(tracks).toEqual([]);
    expect(left()).toEqual(NOTHING);
  });

  test('prompts for the microphone once the call is up, and hangs up if it is denied', async () => {
    const microphone = deferred<MediaStream>();
    const asked = vi.fn(() => microphone.promise);
    const configured = deferred();
    const { session, states, methods, left } = brokered(
      {},
      {},
      { permission: 'prompt', microphone: asked, configured: () => configured.promise },
    );
    const connecting = session.connect();
    await settle();
    expect(methods()).toEqual([`POST ${CALL}`, NOTICES]);
    expect(asked, 'not before the session is configured').not.toHaveBeenCalled();
    configured.resolve();
    await settle();
    expect(asked).toHaveBeenCalledOnce();
    expect(session.status).toMatchObject({ state: 'connecting', phase: 'microphone' });
    microphone.reject(new DOMException('no', 'NotAllowedError'));
    await expect(connecting).rejects.toMatchObject({ code: 'mic_denied' });
    await settle();
    expect(states).toEqual(['connecting', 'failed']);
    expect(methods().at(-1)).toBe(HANG_UP);
    expect(left()).toEqual(NOTHING);
  });

  test('shows no prompt if the server rejects the call', async () => {
    const asked = vi.fn(() => Promise.resolve(fakeStream().stream));
    const { session } = brokered(
      { place: () => Promise.resolve(problem(503, 'upstream_unavailable')) },
      {},
      { permission: 'prompt', microphone: asked },
    );
    await expect(session.connect()).rejects.toMatchObject({ code: 'unavailable' });
    expect(asked).not.toHaveBeenCalled();
  });

  test('fails with mic_dismissed if the server ends the idle call while the prompt is open', async () => {
    const { session, sendNotices, methods, left } = brokered(
      {},
      {},
      { permission: 'prompt', microphone: () => new Promise(() => undefined) },
    );
    const connecting = session.connect();
    connecting.catch(() => undefined);
    await settle();
    await sendNotices({ type: 'ending', reason: 'idle', seconds: 15 }, { type: 'ended', reason: 'idle' });
    await expect(connecting).rejects.toMatchObject({ code: 'mic_dismissed' });
    expect(methods(), 'the server has ended the call').not.toContain(HANG_UP);
    expect(left()).toEqual(NOTHING);
  });
});

describe('rejections', () => {
  test.each<[number, string, string, boolean]>([
    [401, 'visitor_missing', 'token_unauthorized', true],
    [403, 'origin_denied', 'origin_denied', false],
    [403, 'origin_missing', 'origin_denied', false],
    [403, 'visitor_denied', 'visitor_denied', true],
    [404, 'profile_unknown', 'session_rejected', false],
    [405, 'method_not_allowed', 'session_rejected', false],
    [415, 'media_type_unsupported', 'session_rejected', false],
    [400, 'body_invalid', 'sdp_rejected', true],
    [413, 'body_too_large', 'sdp_rejected', true],
    [422, 'offer_rejected', 'sdp_rejected', true],
    [500, 'internal_error', 'unavailable', true],
    [502, 'upstream_failed', 'unavailable', true],
    [503, 'state_unavailable', 'unavailable', true],
    [503, 'paused', 'paused', true],
    [504, 'upstream_timeout', 'unavailable', true],
  ])('%i %s has the code %s', async (status, code, expected, recoverable) => {
    const { session, methods, errors, left } = brokered({ place: () => Promise.resolve(problem(status, code)) });
    const error = await session.connect().then(
      () => undefined,
      (reason: unknown) => reason as VoiceAgentError,
    );
    expect(error).toMatchObject({ code: expected, recoverable });
    expect(error?.message).not.toContain('never to be shown');
    expect(methods(), 'requested once, and no hang-up').toEqual([`POST ${CALL}`]);
    expect(errors).toEqual([error]);
    expect(left()).toEqual(NOTHING);
  });

  test('a 5xx without problem details has the code network', async () => {
    const { session, methods } = brokered({ place: () => Promise.resolve(new Response('<h1>Bad Gateway</h1>', { status: 502 })) });
    await expect(session.connect()).rejects.toMatchObject({ code: 'network' });
    expect(methods()).toEqual([`POST ${CALL}`]);
  });

  test.each(['rate_limited', 'budget_spent', 'all_busy'])('429 %s sends no request before Retry-After', async (code) => {
    const { session, script, methods, time } = brokered({ place: () => Promise.resolve(problem(429, code, { 'Retry-After': '7' })) });
    await expect(session.connect()).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 7_000 });
    expect(session.status).toMatchObject({ state: 'failed', retryAt: time.now() + 7_000 });
    await time.advance(seconds(6));
    await expect(session.connect()).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 1_000 });
    expect(methods()).toHaveLength(1);
    await time.advance(seconds(1));
    delete script.place;
    await session.connect();
    expect(session.status.state).toBe('connected');
    await session.close();
  });

  test('503 with Retry-After sets the retry time', async () => {
    const { session, time } = brokered({ place: () => Promise.resolve(problem(503, 'upstream_unavailable', { 'Retry-After': '20' })) });
    await expect(session.connect()).rejects.toMatchObject({ code: 'unavailable', retryAfter: 20_000 });
    expect(session.status).toMatchObject({ retryAt: time.now() + 20_000 });
  });

  test.each<[string, () => Response]>([
    ['an answer without a Location', () => new Response('v=0\r\n', { status: 201 })],
    ['a web page', () => new Response('<!doctype html>', { status: 201, headers: { Location: '/voice/call/call_1' } })],
  ])('%s is not a valid answer', async (_, answer) => {
    const { session, left } = brokered({ place: () => Promise.resolve(answer()) });
    await expect(session.connect()).rejects.toMatchObject({ code: 'sdp_invalid' });
    await settle();
    expect(left()).toEqual(NOTHING);
  });

  test('a server that does not answer times out after 10 s', async () => {
    const { session, time, left } = brokered({ place: () => new Promise(() => undefined) });
    const connecting = session.connect();
    connecting.catch(() => undefined);
    await time.advance(seconds(9.9));
    expect(session.status.state).toBe('connecting');
    await time.advance(seconds(0.2));
    await expect(connecting).rejects.toMatchObject({ code: 'timeout' });
    expect(left()).toEqual(NOTHING);
  });
});
