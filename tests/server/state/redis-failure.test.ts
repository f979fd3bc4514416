/** Redis is killed, hangs, recovers or refuses commands: every request completes or fails in time, and no restart is needed. */
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RedisState } from '../../../src/server/state/redis/redis-state.js';
import { StateUnavailable } from '../../../src/server/contract/shared-state.js';
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

/** Connects with a time limit that allows for a busy machine, unless a test needs a time-out. */
function connect(redis: string, timeout = 10_000): RedisState {
  const state = new RedisState({ redis, timeout });
  cleanUps.push(() => state.close());
  return state;
}

const RATE = { key: 'all', count: 100_000, seconds: 600 };
const NONE = { calls: 0, seconds: 0, tokens: 0, micros: 0 };

/** Calls every method of the state. */
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

/** Retries until the state is available. */
const answered = <T>(ask: () => Promise<T>): Promise<T> => vi.waitFor(ask, { timeout: 30_000, interval: 20 });

describe('the state', { timeout: 60_000 }, () => {
  it('fails while Redis is killed and works again after its restart', async () => {
    const redis = await server();
    const state = connect(redis.url);
    await Promise.all(questions(state));
    await redis.signal('SIGKILL');
    for (let round = 0; round < 3; round++) await allUnavailable(questions(state));
    await redis.restart();
    await answered(() => state.ready());
    // Notices use a separate connection, which reconnects independently.
    await answered(() => Promise.all(questions(state)));
  });

  it('fails pending requests when Redis is killed and does not resend them', async () => {
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

  it('fails in time when Redis hangs, then at once, and queues nothing', async () => {
    const redis = await server();
    const state = connect(redis.url, 500);
    await answered(() => state.ready());
    await redis.signal('SIGSTOP');
    await allUnavailable(questions(state));
    // The connection is closed now; no request waits for it.
    for (let round = 0; round < 20; round++) await allUnavailable(Array.from({ length: 500 }, () => state.take([RATE])));
    await redis.signal('SIGCONT');
    await answered(() => state.ready());
    expect(await answered(() => state.take([RATE]))).toEqual({ ok: true });
    const witness = new Redis(redis.url);
    cleanUps.push(() => witness.disconnect());
    expect(Number(await witness.get(`voice:rate:${String(RATE.count)}/${String(RATE.seconds)}:all`))).toBeLessThan(20);
  });

  it('connects as soon as Redis becomes available after the server has started', async () => {
    const redis = await server();
    await redis.signal('SIGKILL');
    const state = connect(redis.url, 500);
    await allUnavailable(questions(state));
    await redis.restart();
    await answered(() => state.ready());
    await answered(() => Promise.all(questions(state)));
  });

  it('delivers notices to existing listeners again after Redis has restarted', async () => {
    const redis = await server();
    const [here, there] = [connect(redis.url), connect(redis.url)];
    const heard = listener();
    await there.calls.listen('a', heard.heard);
    await Promise.all([here.ready(), there.ready()]);
    await redis.signal('SIGKILL');
    await allUnavailable([here.ready(), there.ready()]);
    await redis.restart();
    await answered(() => here.ready());
    // Notices are lost until the channel is subscribed again.
    await answered(async () => {
      await here.calls.tell('a', { type: 'continues' });
      expect(heard.all).not.toEqual([]);
    });
    expect(heard.all[0]).toEqual({ type: 'continues' });
  });

  it('delivers the end of a call once, even if the connection for notices is lost at that moment', async () => {
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
    // Commands are sent back to back, so the call ends before the channel can be subscribed again.
    const killed = witness.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await here.calls.end('a', 'duration');
    expect(await killed).toBe(1);
    expect(await a.hears(1)).toEqual([{ type: 'ended', reason: 'duration' }]);
    await here.calls.end('b', 'visitor');
    expect(await b.hears(1)).toEqual([{ type: 'ended', reason: 'visitor' }]);
    expect(a.all).toHaveLength(1);
  });

  it('does not reveal a wrong or the right password in the error', async () => {
    const redis = await server('--requirepass', 'canary-right');
    const state = connect(redis.url.replace('//', '//:canary-wrong@'), 1_000);
    const answer = await state.ready().catch((error: unknown) => error);
    expect(answer).toBeInstanceOf(StateUnavailable);
    expect(String(answer)).not.toMatch(/canary|127\.0\.0\.1/);
    expect(String(answer)).toContain('WRONGPASS');
    const right = connect(redis.url.replace('//', '//:canary-right@'), 10_000);
    expect(await right.take([RATE])).toEqual({ ok: true });
  });

  it('refuses writes when Redis is out of memory', async () => {
    const redis = await server('--maxmemory', '1', '--maxmemory-policy', 'noeviction');
    const state = connect(redis.url, 10_000);
    await state.ready();
    const answer = await state.take([RATE]).catch((error: unknown) => error);
    expect(answer).toBeInstanceOf(StateUnavailable);
    expect(String(answer)).toContain('OOM');
  });

  it('fails every request after it was closed', async () => {
    const redis = await server();
    const state = connect(redis.url);
    await Promise.all(questions(state));
    await state.close();
    await state.close();
    await allUnavailable([state.ready(), state.take([RATE])]);
    const witness = new Redis(redis.url);
    cleanUps.push(() => witness.disconnect());
    // Only the witness is still connected.
    await answered(async () =>
      expect(
        String(await witness.client('LIST'))
          .trim()
          .split('\n'),
      ).toHaveLength(1),
    );
  });
});
