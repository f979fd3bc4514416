/** State in a real Redis: the common suite with two connections. */
import { afterAll, beforeAll } from 'vitest';
import { redisServer } from '../../support/redis-server.js';
import type { RedisServer } from '../../support/redis-server.js';
import { sharedStateSuite } from '../../support/shared-state-suite.js';
import { redisHandles } from './redis-handles.js';

let redis: RedisServer;

beforeAll(async () => {
  redis = await redisServer();
});
afterAll(() => redis.close());

sharedStateSuite('Redis', () => redisHandles(redis.url));
