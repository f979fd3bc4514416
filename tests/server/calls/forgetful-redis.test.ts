/** A Redis that keeps nothing on disk forgets the calls when it starts again; no call outlives its limits for that. */
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { RedisState } from '../../../src/server/state/redis-state.js';
import { redisServer } from '../../support/redis-server.js';
import { HandClock } from '../token-route-support.js';
import { broker, closing, connected, pass, sandboxed } from './support.js';

it('writes its calls down again, and ends them at their limits', async () => {
  const redis = closing(await redisServer());
  const clock = new HandClock();
  const state = closing(new RedisState({ redis: redis.url, clock, timeout: 5_000 }));
  const sandbox = await sandboxed();
  const server = broker(sandbox.url, { state, limits: { seconds: 60, idleSeconds: 60 } }, { clock });
  const call = await connected(server, sandbox);
  const witness = new Redis(redis.url);
  try {
    expect(await state.calls.count()).toBe(1);
    await witness.flushall();
    // Time stands still here but for a step per look, so that the call does not reach its limit on the way.
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
