/** Calls that the site's own server places: what is asked of it, what its word does to the call, and what is left behind. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { VoiceAgentError } from '../../../src/contract/errors.js';
import { seconds } from './breakable-call.js';
import { deferred, fakeStream, NOTHING, settle } from './fake-environment.js';
import { brokered, CALL, placed, problem } from './fake-broker.js';

beforeEach(() => {
  vi.stubGlobal('MediaStream', class {});
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const NOTICES = `GET ${CALL}/call_1/notices`;
const HANG_UP = `DELETE ${CALL}/call_1`;

async function live(...setup: Parameters<typeof brokered>) {
  const call = brokered(...setup);
  await call.session.connect();
  await settle();
  return call;
}

describe('placing the call', () => {
  test('the offer is all that the server is asked for: no key, no header of ours', async () => {
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

  test('the profile in the query goes with every request; a server mounted elsewhere is found', async () => {
    const { session, methods } = await live({}, { callUrl: 'https://calls.test/api/voice/call?profile=support' });
    await session.close();
    const path = '/api/voice/call';
    expect(methods()).toEqual([`POST ${path}?profile=support`, `GET ${path}/call_1/notices?profile=support`, `DELETE ${path}/call_1?profile=support`]);
  });

  test('call-url wins over token-url and a key', async () => {
    const token = vi.fn(() => 'ek_x');
    const { methods, session } = await live({}, { tokenUrl: '/token', token });
    expect(methods()).toEqual([`POST ${CALL}`, NOTICES]);
    expect(token).not.toHaveBeenCalled();
    await session.close();
  });

  test('intent and press ask for nothing', async () => {
    const { session, methods } = brokered();
    session.warm();
    session.prepare();
    await settle();
    expect(methods()).toEqual([]);
  });

  test.each<[string, object, RegExp]>([
    ['a WebSocket', { transport: 'websocket' }, /WebRTC alone/],
    ['a transport of the page', { transport: { connect: () => Promise.resolve(), on: () => undefined, status: 'disconnected', muted: null } }, /WebRTC alone/],
    ['another dialect', { dialect: 'beta' }, /dialect "ga" alone/],
    ['an agent in the page', { agent: { getSystemPrompt: () => '' } }, /profile of the server/],
    ['no address', { callUrl: 'http://[' }, /call-url is no address/],
  ])('%s is unsupported, before anything is asked', async (_, options, message) => {
    const { session, methods, left, tracks } = brokered({}, options);
    await expect(session.connect()).rejects.toMatchObject({ code: 'unsupported', message: expect.stringMatching(message) as string });
    expect(methods()).toEqual([]);
    expect(tracks).toEqual([]);
    expect(left()).toEqual(NOTHING);
  });

  test('where the browser asks for the microphone, it asks once the call is up; a refusal hangs up', async () => {
    const microphone = deferred<MediaStream>();
    const asked = vi.fn(() => microphone.promise);
    const configured = deferred();
    const { session, states, methods, left } = brokered({}, {}, { permission: 'prompt', microphone: asked, configured: () => configured.promise });
    const connecting = session.connect();
    await settle();
    expect(methods()).toEqual([`POST ${CALL}`, NOTICES]);
    expect(asked, 'not before the session stands').not.toHaveBeenCalled();
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

  test('a server that refuses shows no prompt', async () => {
    const asked = vi.fn(() => Promise.resolve(fakeStream().stream));
    const { session } = brokered({ place: () => Promise.resolve(problem(503, 'upstream_unavailable')) }, {}, { permission: 'prompt', microphone: asked });
    await expect(session.connect()).rejects.toMatchObject({ code: 'unavailable' });
    expect(asked).not.toHaveBeenCalled();
  });

  test('nobody answers the prompt until the server ends the idle call: the microphone is needed', async () => {
    const { session, tell, methods, left } = brokered({}, {}, { permission: 'prompt', microphone: () => new Promise(() => undefined) });
    const connecting = session.connect();
    connecting.catch(() => undefined);
    await settle();
    await tell({ type: 'ending', reason: 'idle', seconds: 15 }, { type: 'ended', reason: 'idle' });
    await expect(connecting).rejects.toMatchObject({ code: 'mic_dismissed' });
    expect(methods(), 'the call is over at the server').not.toContain(HANG_UP);
    expect(left()).toEqual(NOTHING);
  });
});

describe('refusals', () => {
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
    [504, 'upstream_timeout', 'unavailable', true],
  ])('%i %s is %s', async (status, code, expected, recoverable) => {
    const { session, methods, errors, left } = brokered({ place: () => Promise.resolve(problem(status, code)) });
    const error = await session.connect().then(() => undefined, (reason: unknown) => reason as VoiceAgentError);
    expect(error).toMatchObject({ code: expected, recoverable });
    expect(error?.message).not.toContain('never to be shown');
    expect(methods(), 'asked once, and nothing to hang up').toEqual([`POST ${CALL}`]);
    expect(errors).toEqual([error]);
    expect(left()).toEqual(NOTHING);
  });

  test('a 5xx of something that explains nothing is the network', async () => {
    const { session, methods } = brokered({ place: () => Promise.resolve(new Response('<h1>Bad Gateway</h1>', { status: 502 })) });
    await expect(session.connect()).rejects.toMatchObject({ code: 'network' });
    expect(methods()).toEqual([`POST ${CALL}`]);
  });

  test.each(['rate_limited', 'budget_spent', 'all_busy'])('429 %s: nothing is asked before Retry-After', async (code) => {
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

  test('503 with Retry-After says when', async () => {
    const { session, time } = brokered({ place: () => Promise.resolve(problem(503, 'upstream_unavailable', { 'Retry-After': '20' })) });
    await expect(session.connect()).rejects.toMatchObject({ code: 'unavailable', retryAfter: 20_000 });
    expect(session.status).toMatchObject({ retryAt: time.now() + 20_000 });
  });

  test.each<[string, () => Response]>([
    ['an answer without a name', () => new Response('v=0\r\n', { status: 201 })],
    ['a web page', () => new Response('<!doctype html>', { status: 201, headers: { Location: '/voice/call/call_1' } })],
  ])('%s is no answer', async (_, answer) => {
    const { session, left } = brokered({ place: () => Promise.resolve(answer()) });
    await expect(session.connect()).rejects.toMatchObject({ code: 'sdp_invalid' });
    await settle();
    expect(left()).toEqual(NOTHING);
  });

  test('a server that does not answer is given up after 10 s', async () => {
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

describe('hanging up', () => {
  test('closed while the offer travels: the call that comes about all the same is hung up', async () => {
    const answer = deferred<Response>();
    const { session, methods, listening, left } = brokered({ place: () => answer.promise });
    const connecting = session.connect();
    connecting.catch(() => undefined);
    await settle();
    expect(methods()).toEqual([`POST ${CALL}`]);
    await session.close();
    await expect(connecting).rejects.toMatchObject({ code: 'aborted' });
    expect(left()).toEqual(NOTHING);
    answer.resolve(placed());
    await settle();
    expect(methods()).toEqual([`POST ${CALL}`, HANG_UP]);
    expect(listening()).toBe(0);
  });

  test('closed between answer and channel', async () => {
    const { session, methods, left } = brokered({}, {}, { configured: () => new Promise(() => undefined) });
    const connecting = session.connect();
    connecting.catch(() => undefined);
    await settle();
    await session.close();
    expect(methods()).toEqual([`POST ${CALL}`, NOTICES, HANG_UP]);
    await expect(connecting).rejects.toMatchObject({ code: 'aborted' });
    await settle();
    expect(left()).toEqual(NOTHING);
  });

  test('the page goes away', async () => {
    const { hidePage, methods, asked, listening } = await live();
    hidePage();
    expect(methods().at(-1), 'in the same task: a page that leaves has no other').toBe(HANG_UP);
    expect(asked.at(-1)?.keepalive).toBe(true);
    await settle();
    expect(listening()).toBe(0);
  });

  test('the connection failed before it was live: hung up, told as what it is', async () => {
    const configured = deferred();
    const { session, methods, left } = brokered({}, {}, { configured: () => configured.promise });
    const connecting = session.connect();
    connecting.catch(() => undefined);
    await settle();
    configured.reject(new VoiceAgentError('ice_failed'));
    await expect(connecting).rejects.toMatchObject({ code: 'ice_failed' });
    expect(methods().at(-1)).toBe(HANG_UP);
    await settle();
    expect(left()).toEqual(NOTHING);
  });
});

test('fuzz of wishes and slow answers: every call that was placed is hung up or live, and no stream is left', { timeout: 60_000 }, async () => {
  const wish = fc.record({ what: fc.constantFrom('connect', 'close', 'prepare', 'hide', 'lose'), turns: fc.nat(14) });
  await fc.assert(
    fc.asyncProperty(fc.array(wish, { minLength: 1, maxLength: 9 }), fc.array(fc.nat(10), { minLength: 1, maxLength: 5 }), fc.boolean(), async (wishes, delays, reconnect) => {
      let calls = 0;
      const place = async (): Promise<Response> => {
        const id = `call_${++calls}`;
        for (let turn = 0; turn < (delays[calls % delays.length] ?? 0); turn++) await Promise.resolve();
        return placed(id);
      };
      const { session, asked, listening, left, time, transports, hidePage } = brokered({ place }, { reconnect });
      for (const { what, turns } of wishes) {
        if (what === 'connect') session.connect().catch(() => undefined);
        else if (what === 'close') void session.close();
        else if (what === 'prepare') session.prepare();
        else if (what === 'hide') hidePage();
        else if (session.status.state === 'connected') transports.at(-1)?.options.onEnd(new VoiceAgentError('connection_lost'));
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      }
      await settle();
      await time.advance(seconds(90));
      const hungUp = (): string[] => asked.filter(({ method }) => method === 'DELETE').map(({ path }) => path);
      const alive = session.status.state === 'connected' ? 1 : 0;
      expect(hungUp()).toHaveLength(calls - alive);
      expect(listening()).toBe(alive);
      await session.close();
      await settle();
      expect(new Set(hungUp()).size).toBe(calls);
      expect(hungUp()).toHaveLength(calls);
      expect(listening()).toBe(0);
      expect(left()).toEqual(NOTHING);
    }),
    { numRuns: 150 },
  );
});

describe('the word of the server', () => {
  test('an end is announced, taken back, announced again, and comes', async () => {
    const { session, tell, endings, states, errors, time, methods, left } = await live();
    await tell({ type: 'ending', reason: 'idle', seconds: 15 });
    expect(session.status).toMatchObject({ ending: { reason: 'idle', seconds: 15, at: time.now() + 15_000 } });
    await tell({ type: 'continues' });
    expect(session.status).toMatchObject({ ending: null });
    await tell({ type: 'ending', reason: 'duration', seconds: 10 }, { type: 'ended', reason: 'duration' });
    expect(endings.map((ending) => (ending as { reason: string } | null)?.reason)).toEqual(['idle', undefined, 'duration']);
    expect(session.status).toMatchObject({ state: 'disconnected', reason: 'duration' });
    expect(states).toEqual(['connecting', 'connected', 'disconnected']);
    expect(errors).toEqual([]);
    expect(methods(), 'nobody has to be told').not.toContain(HANG_UP);
    expect(left()).toEqual(NOTHING);
  });

  test.each<[string, object]>([
    ['duration', { state: 'disconnected', reason: 'duration' }],
    ['budget', { state: 'disconnected', reason: 'budget' }],
    ['idle', { state: 'disconnected', reason: 'idle' }],
    ['tampered', { state: 'failed', error: { code: 'session_rejected', recoverable: false } }],
    ['vanished', { state: 'failed', error: { code: 'connection_lost' } }],
    ['unwatched', { state: 'failed', error: { code: 'connection_lost' } }],
    ['shutdown', { state: 'failed', error: { code: 'connection_lost' } }],
    ['upstream', { state: 'disconnected', reason: 'server' }],
    ['agent', { state: 'disconnected', reason: 'server' }],
    ['something new', { state: 'disconnected', reason: 'server' }],
  ])('ended: %s; the channel closes before, after, or not at all', async (reason, expected) => {
    const ends = [[], ['channel', 'word'], ['word', 'channel'], ['loss', 'word'], ['word', 'loss']];
    for (const order of ends) {
      const { session, last, lose, tell, states, errors, left } = await live();
      for (const what of order.length ? order : ['word']) {
        if (what === 'channel') last().options.onEnd('server');
        else if (what === 'loss') lose();
        else await tell({ type: 'ended', reason });
      }
      expect(session.status, order.join()).toMatchObject(expected);
      expect(states, 'nothing else in between').toHaveLength(3);
      expect(errors).toHaveLength('error' in expected ? 1 : 0);
      await settle();
      expect(left()).toEqual(NOTHING);
    }
  });

  test('a connection that ends and a server that says nothing: what the connection said counts, soon', async () => {
    for (const [how, expected] of [['lose', { state: 'failed', error: { code: 'connection_lost' } }], ['server', { state: 'disconnected', reason: 'server' }]] as const) {
      const { session, last, lose, time, methods, left } = await live();
      if (how === 'lose') lose();
      else last().options.onEnd('server');
      await time.advance(seconds(1.9));
      expect(session.status.state).toBe('connected');
      await time.advance(seconds(0.2));
      expect(session.status).toMatchObject(expected);
      expect(methods()).toContain(HANG_UP);
      await settle();
      expect(left()).toEqual(NOTHING);
    }
  });

  test('the visitor hangs up while the word is awaited', async () => {
    const { session, lose, time, left, states, errors } = await live();
    lose();
    await session.close('user');
    await time.advance(seconds(5));
    expect(states.at(-1)).toBe('disconnected');
    expect(errors).toEqual([]);
    expect(left()).toEqual(NOTHING);
  });

  test('a call that its server forgot is over; one that nobody ends is ended here a little after its time', async () => {
    const forgotten = await live();
    forgotten.script.notices = () => Promise.resolve(problem(404, 'call_unknown'));
    await forgotten.breakStream();
    await forgotten.time.advance(seconds(1));
    expect(forgotten.session.status).toMatchObject({ state: 'failed', error: { code: 'connection_lost' } });
    expect(forgotten.left()).toEqual(NOTHING);

    const { session, time, methods, left } = await live({ place: () => Promise.resolve(placed('call_1', { 'Voice-Call-Limits': 'seconds=30, idle=10' })) });
    await time.advance(seconds(34));
    expect(session.status.state).toBe('connected');
    await time.advance(seconds(2));
    expect(session.status).toMatchObject({ state: 'disconnected', reason: 'duration' });
    expect(methods().at(-1)).toBe(HANG_UP);
    await settle();
    expect(left()).toEqual(NOTHING);
  });

  test('pieces, comments, other fields and nonsense in the stream', async () => {
    const { session, tell } = await live();
    await tell(': hello\r\n\r', '\nid: 7\r\nevent: x\r\ndata: {"type":"ending",\r', '\ndata: "reason":"idle","seconds":15}\r\n\r\n');
    expect(session.status).toMatchObject({ ending: { reason: 'idle', seconds: 15 } });
    await tell('data: {nonsense\n\n', 'data: null\n\n', 'data: 7\n\n', { type: 'ending', reason: 'mood', seconds: 3 }, { type: 'ending', reason: 'idle', seconds: '3' }, { type: 'ending', reason: 'idle', seconds: 1e9 }, { type: 'other' });
    expect(session.status).toMatchObject({ state: 'connected', ending: { reason: 'idle', seconds: 15 } });
    await tell({ type: 'continues' });
    expect(session.status).toMatchObject({ ending: null });
    await session.close();
  });

  test('an end that is told again on a new stream is the same end', async () => {
    const { session, tell, breakStream, time, endings, methods } = await live();
    await tell({ type: 'ending', reason: 'duration', seconds: 15 });
    await time.advance(seconds(3));
    await breakStream();
    await time.advance(seconds(1));
    expect(methods().filter((one) => one === NOTICES)).toHaveLength(2);
    await tell({ type: 'ending', reason: 'duration', seconds: 11 });
    expect(endings).toHaveLength(1);
    await session.close();
  });
});

describe('the stream of notices', () => {
  test('is opened again when it breaks, less often the longer it fails, for as long as the call lives', async () => {
    const { session, script, breakStream, time, methods, left } = await live();
    const opened = (): number => methods().filter((one) => one === NOTICES).length;
    await breakStream();
    await time.advance(seconds(1));
    expect(opened()).toBe(2);
    script.notices = () => Promise.resolve(new Response('bad gateway', { status: 502 }));
    await breakStream();
    await time.advance(seconds(30));
    expect(opened()).toBeGreaterThan(7);
    expect(opened()).toBeLessThan(15);
    expect(session.status.state).toBe('connected');
    await session.close();
    const then = opened();
    await time.advance(seconds(30));
    expect(opened()).toBe(then);
    expect(left()).toEqual(NOTHING);
  });

  test('that is silent for 30 s is opened anew; comments keep it', async () => {
    const { session, tell, time, methods, listening } = await live();
    for (let round = 0; round < 5; round++) {
      await time.advance(seconds(20));
      await tell(': ping\n\n');
    }
    expect(methods().filter((one) => one === NOTICES)).toHaveLength(1);
    await time.advance(seconds(31));
    expect(methods().filter((one) => one === NOTICES)).toHaveLength(2);
    expect(listening()).toBe(1);
    await session.close();
  });
});

describe('reconnect', () => {
  const how = { reconnect: true };

  test('a lost connection is redialled: the old call is hung up, the new one has a stream of its own', async () => {
    let calls = 0;
    const { session, lose, time, methods, listening } = brokered({ place: () => Promise.resolve(placed(`call_${++calls}`)) }, how);
    await session.connect();
    await settle();
    lose();
    await time.advance(seconds(5));
    expect(session.status.state).toBe('connected');
    expect(methods()).toEqual([`POST ${CALL}`, NOTICES, HANG_UP, `POST ${CALL}`, `GET ${CALL}/call_2/notices`]);
    expect(listening()).toBe(1);
    await session.close();
  });

  test.each(['duration', 'idle', 'budget', 'tampered', 'agent'])('a call that ended by %s is not', async (reason) => {
    for (const first of ['word', 'channel']) {
      const { session, lose, tell, time, methods } = brokered({}, how);
      await session.connect();
      await settle();
      if (first === 'channel') lose();
      await tell({ type: 'ended', reason });
      await time.advance(seconds(60));
      expect(methods().filter((one) => one.startsWith('POST'))).toHaveLength(1);
      expect(['disconnected', 'failed']).toContain(session.status.state);
    }
  });

  test('a call that its server could not watch is', async () => {
    const { session, tell, time, methods } = brokered({}, how);
    await session.connect();
    await settle();
    await tell({ type: 'ended', reason: 'unwatched' });
    await time.advance(seconds(5));
    expect(methods().filter((one) => one.startsWith('POST'))).toHaveLength(2);
    await session.close();
  });
});

describe('who the visitor is', () => {
  test('a text goes with every request, a function is asked once for each call', async () => {
    const provide = vi.fn(({ signal }: { signal: AbortSignal }) => Promise.resolve(signal.aborted ? '' : `proof-${provide.mock.calls.length}`));
    for (const [visitorToken, proofs] of [['proof', ['proof', 'proof']], [provide, ['proof-1', 'proof-2']]] as const) {
      const { session, asked } = brokered({}, { visitorToken });
      for (const proof of proofs) {
        const from = asked.length;
        await session.connect();
        await settle();
        await session.close();
        expect(asked.slice(from).map(({ method, headers }) => `${method} ${headers['Authorization'] ?? ''}`)).toEqual([`POST Bearer ${proof}`, `GET Bearer ${proof}`, `DELETE Bearer ${proof}`]);
      }
    }
    expect(provide).toHaveBeenCalledTimes(2);
  });

  test('a stream that wants another proof gets a new one', async () => {
    let asked = 0;
    const call = brokered({ notices: () => Promise.resolve(problem(401, 'visitor_missing')) }, { visitorToken: () => `proof-${++asked}` });
    await call.session.connect();
    await settle();
    delete call.script.notices;
    await call.time.advance(seconds(1));
    expect(call.asked.map(({ headers }) => headers['Authorization'])).toEqual(['Bearer proof-1', 'Bearer proof-1', 'Bearer proof-2']);
    await call.session.close();
  });

  test.each<[string, unknown, string]>([
    ['a line break', () => 'a\nb', 'invalid_request'],
    ['no text', () => ({ token: 'x' }), 'invalid_request'],
    ['a failure', () => Promise.reject(new Error('secret-in-error')), 'network'],
    ['an error of ours', () => Promise.reject(new VoiceAgentError('token_unauthorized')), 'token_unauthorized'],
  ])('%s fails the call before anything is asked', async (_, visitorToken, code) => {
    const { session, methods, left } = brokered({}, { visitorToken: visitorToken as () => string });
    const error = await session.connect().then(() => undefined, (reason: unknown) => reason as VoiceAgentError);
    expect(error?.code).toBe(code);
    expect(error?.message).not.toContain('secret-in-error');
    expect(methods()).toEqual([]);
    expect(left()).toEqual(NOTHING);
  });

  test('nothing is sent for nothing; a function that never answers ends with the attempt', async () => {
    for (const nothing of ['', () => '', () => undefined]) {
      const { session, asked } = await live({}, { visitorToken: nothing });
      expect(asked.every(({ headers }) => !('Authorization' in headers))).toBe(true);
      await session.close();
    }
    let signal: AbortSignal | undefined;
    const { session, methods, left } = brokered({}, {
      visitorToken: (options) => {
        ({ signal } = options);
        return new Promise(() => undefined);
      },
    });
    const connecting = session.connect();
    connecting.catch(() => undefined);
    await settle();
    await session.close();
    await expect(connecting).rejects.toMatchObject({ code: 'aborted' });
    expect(signal?.aborted).toBe(true);
    expect(methods()).toEqual([]);
    expect(left()).toEqual(NOTHING);
  });
});
