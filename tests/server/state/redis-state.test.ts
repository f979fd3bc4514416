/** State in a real Redis: the common suite with two connections. */
import { afterAll, beforeAll } from 'vitest';
import { RedisState } from '../../../src/server/state/redis-state.js';
import { redisServer } from '../../support/redis-server.js';
import type { RedisServer } from '../../support/redis-server.js';
import { sharedStateSuite } from '../../support/shared-state-suite.js';
import { HandClock } from '../token-route-support.js';

let redis: RedisServer;
let serial = 0;

beforeAll(async () => {
  redis = await redisServer();
});
afterAll(() => redis.close());

/** Long enough for a machine that is busy. */
const timeout = 10_000;

sharedStateSuite('Redis', async () => {
  const clock = new HandClock();
  const prefix = `test-${String((serial += 1))}:`;
  const [one, other] = [1, 2].map(() => new RedisState({ redis: redis.url, prefix, clock, timeout })) as [RedisState, RedisState];
  return {
    one,
    other,
    now: () => clock.now(),
    jump: (ms) => clock.advance(ms),
    wait: async (ms) => {
      clock.advance(ms);
      await new Promise((resolve) => setTimeout(resolve, ms));
    },
    close: async () => {
      await Promise.all([one.close(), other.close()]);
    },
  };
});
