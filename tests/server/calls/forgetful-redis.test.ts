/** A Redis without persistence loses the calls when it restarts; calls still end at their limits. */
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { RedisState } from '../../../src/server/state/redis/redis-state.js';
import { redisServer } from '../../support/redis-server.js';
import { HandClock } from '../token-route-support.js';
import { broker, closing, connected, pass, sandboxed } from './support.js';

it('stores active calls again after Redis lost them, and ends them at their limits', async () => {
  const redis = closing(await redisServer());
  const clock = new HandClock();
  const state = closing(new RedisState({ redis: redis.url, clock, timeout: 5_000 }));
  const sandbox = await sandboxed();
  const server = broker(sandbox.url, { state, limits: { maxSeconds: 60, maxIdleSeconds: 60 } }, { clock });
  const call = await connected(server, sandbox);
  const witness = new Redis(redis.url);
  try {
    expect(await state.calls.count()).toBe(1);
    await witness.flushall();
    // The manual clock only advances in these steps, so that the call does not reach its limit early.
    await pass(clock, 5_000);
    await expect.poll(() => state.calls.count(), { timeout: 20_000 }).toBe(1);
    expect(call.call.state).toBe('open');
    await pass(clock, 60_000);
    expect(await call.call.ended).toBe('hangup');
    await expect.poll(() => state.calls.count(), { timeout: 20_000 }).toBe(0);
  } finally {
    witness.disconnect();
  }
});
