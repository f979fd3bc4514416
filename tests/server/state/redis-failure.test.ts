/** Redis is killed, hangs, comes back, refuses: every question gets an answer in time, and nobody has to restart anything. */
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RedisState } from '../../../src/server/state/redis-state.js';
import { StateUnavailable } from '../../../src/server/state/shared-state.js';
import { redisServer } from '../../support/redis-server.js';
import type { RedisServer } from '../../support/redis-server.js';
import { callRecord, listener } from '../../support/shared-state/samples.js';

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function server(...more: string[]): Promise<RedisServer> {
  const redis = await redisServer(...more);
  cleanUps.push(() => redis.close());
  return redis;
}

/** Long enough for a machine that is busy; a test that needs a time-out says so. */
function connect(redis: string, timeout = 10_000): RedisState {
  const state = new RedisState({ redis, timeout });
  cleanUps.push(() => state.close());
  return state;
}

const RATE = { key: 'all', count: 100_000, seconds: 600 };
const NONE = { calls: 0, seconds: 0, tokens: 0, micros: 0 };

/** Everything that can be asked. */
const questions = (state: RedisState): Promise<unknown>[] => [
  state.take([RATE]),
  state.reserve({ id: 'a', accounts: [{ name: 'all', perDay: { calls: 1 } }], amounts: { ...NONE, calls: 1 }, until: Date.now() + 60_000 }),
  state.settle('a', NONE),
  state.once('a', 60),
  state.ready(),
  state.calls.add(callRecord('a', Date.now()), 'me', 1_000),
  state.calls.find('a'),
  state.calls.renew('me', 1_000, new Map([['a', NONE]])),
  state.calls.adopt('me', 1_000),
  state.calls.end('a', 'visitor'),
  state.calls.count(),
  state.calls.tell('a', { type: 'continues' }),
  state.calls.listen('a', () => undefined),
];

async function allUnavailable(asked: Promise<unknown>[]): Promise<void> {
  for (const answer of await Promise.allSettled(asked)) {
    expect(answer.status).toBe('rejected');
    expect(answer.status === 'rejected' && answer.reason).toBeInstanceOf(StateUnavailable);
  }
}

/** Asks again until the state answers. */
const answered = <T>(ask: () => Promise<T>): Promise<T> => vi.waitFor(ask, { timeout: 30_000, interval: 20 });

describe('Redis', { timeout: 60_000 }, () => {
  it('is killed: every question is refused; started again: every question is answered', async () => {
    const redis = await server();
    const state = connect(redis.url);
    await Promise.all(questions(state));
    await redis.signal('SIGKILL');
    for (let round = 0; round < 3; round++) await allUnavailable(questions(state));
    await redis.restart();
    await answered(() => state.ready());
    // Notices come on a connection of their own, which comes back in its own time.
    await answered(() => Promise.all(questions(state)));
  });

  it('is killed while questions are under way: each is refused, none is asked again by itself', async () => {
    const redis = await server();
    const state = connect(redis.url);
    await state.ready();
    await redis.signal('SIGSTOP');
    const refused = allUnavailable(Array.from({ length: 500 }, () => state.take([RATE])));
    await redis.signal('SIGKILL');
    await refused;
    await redis.restart();
    await answered(() => state.ready());
    const witness = new Redis(redis.url);
    cleanUps.push(() => witness.disconnect());
    expect(await witness.keys('*')).toEqual([]);
  });

  it('hangs without closing a connection: questions are refused in time, later ones without waiting, and nothing piles up', async () => {
    const redis = await server();
    const state = connect(redis.url, 500);
    await answered(() => state.ready());
    await redis.signal('SIGSTOP');
    await allUnavailable(questions(state));
    // The connection is given up now; nobody waits for it, however many ask.
    for (let round = 0; round < 20; round++) await allUnavailable(Array.from({ length: 500 }, () => state.take([RATE])));
    await redis.signal('SIGCONT');
    await answered(() => state.ready());
    expect(await answered(() => state.take([RATE]))).toEqual({ ok: true });
    const witness = new Redis(redis.url);
    cleanUps.push(() => witness.disconnect());
    expect(Number(await witness.get(`voice:rate:${String(RATE.count)}/${String(RATE.seconds)}:all`))).toBeLessThan(20);
  });

  it('was not there when the server started: it is found as soon as it is', async () => {
    const redis = await server();
    await redis.signal('SIGKILL');
    const state = connect(redis.url, 500);
    await allUnavailable(questions(state));
    await redis.restart();
    await answered(() => state.ready());
    await answered(() => Promise.all(questions(state)));
  });

  it('comes back after it was killed: who listened hears again', async () => {
    const redis = await server();
    const [here, there] = [connect(redis.url), connect(redis.url)];
    const heard = listener();
    await there.calls.listen('a', heard.heard);
    await Promise.all([here.ready(), there.ready()]);
    await redis.signal('SIGKILL');
    await allUnavailable([here.ready(), there.ready()]);
    await redis.restart();
    await answered(() => here.ready());
    // Until the channel is subscribed again, nobody hears.
    await answered(async () => {
      await here.calls.tell('a', { type: 'continues' });
      expect(heard.all).not.toEqual([]);
    });
    expect(heard.all[0]).toEqual({ type: 'continues' });
  });

  it('drops the connection that listens while a call ends: its end is heard after all, once', async () => {
    const redis = await server();
    const [here, there] = [connect(redis.url), connect(redis.url)];
    const witness = new Redis(redis.url);
    cleanUps.push(() => witness.disconnect());
    await here.calls.add(callRecord('a', Date.now()), 'me', 60_000);
    await here.calls.add(callRecord('b', Date.now()), 'me', 60_000);
    const a = listener();
    const b = listener();
    await there.calls.listen('a', a.heard);
    await there.calls.listen('b', b.heard);
    // One after the other on one connection each: it ends before anybody can be subscribed again.
    const killed = witness.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await here.calls.end('a', 'duration');
    expect(await killed).toBe(1);
    expect(await a.hears(1)).toEqual([{ type: 'ended', reason: 'duration' }]);
    await here.calls.end('b', 'visitor');
    expect(await b.hears(1)).toEqual([{ type: 'ended', reason: 'visitor' }]);
    expect(a.all).toHaveLength(1);
  });

  it('has another password: the refusal tells neither', async () => {
    const redis = await server('--requirepass', 'canary-right');
    const state = connect(redis.url.replace('//', '//:canary-wrong@'), 1_000);
    const answer = await state.ready().catch((error: unknown) => error);
    expect(answer).toBeInstanceOf(StateUnavailable);
    expect(String(answer)).not.toMatch(/canary|127\.0\.0\.1/);
    expect(String(answer)).toContain('WRONGPASS');
    const right = connect(redis.url.replace('//', '//:canary-right@'), 10_000);
    expect(await right.take([RATE])).toEqual({ ok: true });
  });

  it('has no memory left: what writes is refused', async () => {
    const redis = await server('--maxmemory', '1', '--maxmemory-policy', 'noeviction');
    const state = connect(redis.url, 10_000);
    await state.ready();
    const answer = await state.take([RATE]).catch((error: unknown) => error);
    expect(answer).toBeInstanceOf(StateUnavailable);
    expect(String(answer)).toContain('OOM');
  });

  it('after it was closed, a state answers nothing', async () => {
    const redis = await server();
    const state = connect(redis.url);
    await Promise.all(questions(state));
    await state.close();
    await state.close();
    await allUnavailable([state.ready(), state.take([RATE])]);
    const witness = new Redis(redis.url);
    cleanUps.push(() => witness.disconnect());
    // Nobody is connected but who asks.
    await answered(async () => expect(String(await witness.client('LIST')).trim().split('\n')).toHaveLength(1));
  });
});
