/** States in a real Redis for the common suite: two handles on one namespace, like two processes. */
import { RedisState } from '../../../src/server/state/redis/redis-state.js';
import type { RedisStateOptions } from '../../../src/server/state/redis/redis-state.js';
import type { StateUnderTest } from '../../support/shared-state/state-under-test.js';
import { HandClock } from '../token-route-support.js';

/** Allows for a busy machine. */
export const timeout = 10_000;

let serial = 0;

/** Creates an empty state in this Redis, given by URL or client. */
export async function redisHandles(redis: RedisStateOptions['redis']): Promise<StateUnderTest> {
  const clock = new HandClock();
  const prefix = `test-${String((serial += 1))}:`;
  const [one, other] = [1, 2].map(() => new RedisState({ redis, prefix, clock, timeout })) as [RedisState, RedisState];
  return {
    one,
    other,
    now: () => clock.now(),
    jump: (ms) => clock.advance(ms),
    // Rate windows and keys expire by Redis's own clock.
    wait: async (ms) => {
      clock.advance(ms);
      await new Promise((resolve) => setTimeout(resolve, ms));
    },
    close: async () => {
      await Promise.all([one.close(), other.close()]);
    },
  };
}
