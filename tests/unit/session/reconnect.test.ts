/** When a broken call is reconnected, how often, and what ends it. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CallOptions, ConnectOptions } from '../../../src/contract/options.js';
import { connected, make, seconds } from './breakable-call.js';
import { type FakeTransport, NOTHING, settle, type World } from './fake-environment.js';

beforeEach(() => {
  vi.stubGlobal('MediaStream', class {});
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const refused = (status: number): Promise<Response> => Promise.resolve(new Response('no', { status }));

describe('whether to reconnect', () => {
  test('is set by the option or by connect(), which takes precedence, and off by default', async () => {
    const cases: [CallOptions, ConnectOptions, boolean][] = [
      [{}, {}, false],
      [{ reconnect: true }, {}, true],
      [{}, { reconnect: true }, true],
      [{ reconnect: true }, { reconnect: false }, false],
    ];
    for (const [options, how, wanted] of cases) {
      const { session, lose, time, left, states } = await connected({}, options, how);
      lose();
      await time.advance(seconds(10));
      expect(session.status.state).toBe(wanted ? 'connected' : 'failed');
      expect(states).toEqual(['connecting', 'connected', ...(wanted ? ['reconnecting 1', 'connected'] : ['failed'])]);
      await session.close();
      expect(left()).toEqual(NOTHING);
    }
  });

  test('is switched by connect() on a live call, without a second call', async () => {
    const { session, lose, time, paths } = await connected({}, {}, {});
    await session.connect({ reconnect: true });
    expect(paths()).toHaveLength(2);
    lose();
    await time.advance(seconds(2));
    expect(session.status.state).toBe('connected');
    await session.connect({ reconnect: false });
    lose();
    expect(session.status).toMatchObject({ state: 'failed', error: { code: 'connection_lost' } });
  });

  test('is no after an attempt that was never connected', async () => {
    const { session, errors } = make({ answer: () => refused(400) }, { reconnect: true });
    await expect(session.connect()).rejects.toMatchObject({ code: 'sdp_rejected' });
    expect(session.status.state).toBe('failed');
    expect(errors).toHaveLength(1);
  });

  test.each<[string, (transport: FakeTransport) => void, string]>([
    ['the server hangs up', ({ options }) => options.bus.emit('disconnected', 'server'), 'disconnected'],
    ['the page closes the transport', ({ options }) => options.bus.emit('disconnected', 'page'), 'disconnected'],
    [
      'the session is too old',
      ({ options }) => options.bus.emit('server-event', { type: 'error', error: { code: 'session_expired' } }),
      'failed',
    ],
    [
      'the account has no credit',
      ({ options }) => options.bus.emit('server-event', { type: 'error', error: { code: 'insufficient_quota' } }),
      'failed',
    ],
    [
      'an answer fails because of missing credit',
      ({ options }) =>
        options.bus.emit('server-event', {
          type: 'response.done',
          response: { id: 'r', status: 'failed', status_details: { error: { code: 'insufficient_quota' } } },
        }),
      'failed',
    ],
  ])('is no when %s', async (_, happen, state) => {
    const { session, last, time, keys, left } = await connected();
    happen(last());
    await time.advance(seconds(100));
    expect(session.status.state).toBe(state);
    expect(keys()).toBe(1);
    expect(left()).toEqual(NOTHING);
  });
});

describe('the new connection', () => {
  test('has a new key, keeps the microphone open with its mute state, and continues the duration', async () => {
    const { session, lose, time, tracks, keys, last } = await connected();
    session.mute(true);
    const since = session.status.state === 'connected' ? session.status.since : 0;
    await time.advance(seconds(20));
    lose();
    expect(tracks.map(({ readyState, enabled }) => [readyState, enabled])).toEqual([['live', false]]);
    await time.advance(seconds(2));
    expect(session.status).toMatchObject({ state: 'connected', microphone: 'muted', since });
    expect(keys()).toBe(2);
    expect(tracks).toHaveLength(1);
    expect(last().microphone).toBe(tracks[0]);
    session.mute(false);
    expect(tracks[0]?.enabled).toBe(true);
    await session.close('user');
    expect(session.status).toMatchObject({ state: 'disconnected', duration: seconds(22) });
    expect(tracks[0]?.readyState).toBe('ended');
  });

  test('is muted if the visitor muted in the meantime', async () => {
    const { session, lose, time, tracks } = await connected();
    lose();
    session.mute(true);
    expect(tracks[0]?.enabled).toBe(false);
    await time.advance(seconds(2));
    expect(session.status).toMatchObject({ state: 'connected', microphone: 'muted' });
  });

  test('plays through the same element, and keeps the page’s stream without a prompt', async () => {
    const { session, lose, time, elements, left } = await connected();
    lose();
    await time.advance(seconds(2));
    expect(elements).toHaveLength(1);
    await session.close();
    expect(left()).toEqual(NOTHING);
  });

  test('reopens a microphone that was unplugged if that needs no prompt, otherwise it waits for a click', async () => {
    for (const permission of ['granted', 'prompt'] as const) {
      const { session, lose, time, tracks, last, left, world } = await connected();
      lose();
      tracks[0]?.stop();
      world.permission = permission;
      await time.advance(seconds(2));
      expect(session.status).toMatchObject({ state: 'connected', microphone: permission === 'granted' ? 'live' : 'lost' });
      expect(last().options.receiveOnly, 'the offer can still send a microphone').toBe(false);
      expect(tracks).toHaveLength(permission === 'granted' ? 2 : 1);
      await session.retakeMicrophone();
      expect(session.status).toMatchObject({ microphone: 'live' });
      expect(last().microphone).toBe(tracks.at(-1));
      await session.close();
      expect(left()).toEqual(NOTHING);
    }
  });

  test('stays text-only in a text-only call', async () => {
    const { session, lose, time, tracks, last } = await connected({}, {}, { reconnect: true, microphone: false });
    lose();
    await time.advance(seconds(2));
    expect(session.status.state).toBe('connected');
    expect(last().options.receiveOnly).toBe(true);
    expect(tracks).toEqual([]);
  });

  test('does not repeat the greeting', async () => {
    const { lose, time, transports } = await connected({}, { greeting: 'Hello!' });
    lose();
    await time.advance(seconds(2));
    const greetings = transports.map(({ sent }) => sent.filter(({ type }) => type === 'response.create').length);
    expect(greetings).toEqual([1, 0]);
  });

  test('uses the initial settings of the call, and those that were changed during it', async () => {
    const { session, lose, time, last } = await connected({}, { instructions: 'Old.' });
    session.updateSessionConfig({ instructions: 'New.' });
    session.configure({ tokenUrl: '/token', instructions: 'For the next call.' });
    lose();
    await time.advance(seconds(2));
    expect(last().options.session).toMatchObject({ instructions: 'Old.' });
    expect(last().sent[0]).toMatchObject({ type: 'session.update', session: { instructions: 'New.' } });
  });
});

describe('attempts', () => {
  test('have growing pauses, and the call fails after five', async () => {
    const { session, lose, time, states, errors, keys, left, world } = await connected();
    const at: number[] = [];
    world.token = () => {
      at.push(time.at);
      return Promise.resolve(new Response('no', { status: 429, headers: { 'Retry-After': '0' } }));
    };
    lose();
    const start = time.at;
    await time.advance(seconds(60));
    expect(states).toEqual([
      'connecting',
      'connected',
      'reconnecting 1',
      'reconnecting 2',
      'reconnecting 3',
      'reconnecting 4',
      'reconnecting 5',
      'failed',
    ]);
    expect(at.map((moment) => moment - start)).toEqual([500, 1_500, 3_500, 7_500, 15_500]);
    expect(session.status).toMatchObject({
      state: 'failed',
      error: { code: 'connection_lost', recoverable: true, cause: { code: 'rate_limited' } },
    });
    expect(errors.map(({ code }) => code)).toEqual(['connection_lost']);
    expect(keys()).toBe(6);
    expect(left()).toEqual(NOTHING);
  });

  test('have jitter, so that widgets do not reconnect at the same moment', async () => {
    for (const [chance, pause] of [
      [0, 250],
      [0.5, 500],
      [0.99, 745],
    ] as const) {
      const { session, lose, time, keys } = await connected({}, {}, { reconnect: true }, { random: () => chance });
      lose();
      await time.advance(pause - 1);
      expect(keys()).toBe(1);
      await time.advance(1);
      expect(keys()).toBe(2);
      await session.close();
    }
  });

  test('end with an error that retrying cannot fix', async () => {
    const cases: [World, string][] = [
      [{ token: () => refused(401) }, 'token_unauthorized'],
      [{ token: () => refused(403) }, 'origin_denied'],
      [{ answer: () => refused(400) }, 'sdp_rejected'],
    ];
    for (const [worse, code] of cases) {
      const { session, lose, time, states, errors, left, world } = await connected();
      Object.assign(world, worse);
      lose();
      await time.advance(seconds(60));
      expect(states.slice(2)).toEqual(['reconnecting 1', 'failed']);
      expect(session.status).toMatchObject({ error: { code } });
      expect(errors.map((error) => error.code)).toEqual([code]);
      expect(left()).toEqual(NOTHING);
    }
  });

  test('wait as long as the server asks, and end if that is too long', async () => {
    for (const [wait, state] of [
      [10, 'connected'],
      [90, 'failed'],
    ] as const) {
      const { session, lose, time, world, keys } = await connected();
      world.token = () => Promise.resolve(new Response('', { status: 429, headers: { 'Retry-After': String(wait) } }));
      lose();
      await time.advance(seconds(1));
      delete world.token;
      await time.advance(seconds(8));
      expect(keys()).toBe(2);
      await time.advance(seconds(20));
      expect(session.status.state).toBe(state);
    }
  });

  test('wait for the network, at most a minute', async () => {
    const { session, lose, time, world, keys, goOnline, watchesNetwork, left } = await connected();
    world.online = false;
    lose();
    await time.advance(seconds(30));
    expect(session.status).toMatchObject({ state: 'reconnecting', attempt: 1 });
    expect(keys()).toBe(1);
    goOnline();
    await settle();
    await settle();
    expect(session.status.state).toBe('connected');
    expect(watchesNetwork()).toBe(false);
    world.online = false;
    lose();
    await time.advance(seconds(59));
    expect(session.status).toMatchObject({ state: 'reconnecting' });
    await time.advance(seconds(2));
    expect(session.status).toMatchObject({ state: 'failed', error: { code: 'connection_lost' } });
    expect(watchesNetwork()).toBe(false);
    expect(left()).toEqual(NOTHING);
  });

  test('end after a minute if they hang', async () => {
    const { session, lose, time, world, left } = await connected({}, { timeout: seconds(25) });
    world.answer = () => new Promise(() => undefined);
    lose();
    await time.advance(seconds(61));
    expect(session.status).toMatchObject({ state: 'failed', error: { code: 'connection_lost' } });
    expect(left()).toEqual(NOTHING);
  });

  test('continue counting if new connections break soon, and restart after a stable minute', async () => {
    const { session, lose, time, states } = await connected();
    for (let round = 1; round <= 5; round++) {
      lose();
      expect(states.at(-1)).toBe(`reconnecting ${round}`);
      await time.advance(seconds(20));
      expect(session.status.state).toBe('connected');
    }
    lose();
    await time.advance(seconds(1));
    expect(session.status).toMatchObject({ state: 'failed', error: { code: 'connection_lost' } });
    const again = await connected();
    for (let round = 1; round <= 8; round++) {
      again.lose();
      expect(again.states.at(-1)).toBe('reconnecting 1');
      await again.time.advance(seconds(62));
    }
    expect(again.session.status.state).toBe('connected');
  });
});
