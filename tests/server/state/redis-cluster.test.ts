/** The common suite on a real one-node Redis Cluster, which refuses scripts whose keys are not in one slot. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { RedisState } from '../../../src/server/state/redis/redis-state.js';
import { redisServer } from '../../support/redis-server.js';
import type { RedisServer } from '../../support/redis-server.js';
import { sharedStateSuite } from '../../support/shared-state-suite.js';
import { redisHandles, timeout } from './redis-handles.js';

const folder = mkdtempSync(join(tmpdir(), 'redis-cluster-'));
let redis: RedisServer;
let client: Cluster;

beforeAll(async () => {
  redis = await redisServer('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', '--dir', folder);
  const node = new Redis(redis.url);
  await node.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await vi.waitFor(async () => expect(String(await node.call('CLUSTER', 'INFO'))).toContain('cluster_state:ok'), {
    timeout: 30_000,
    interval: 50,
  });
  node.disconnect();
  client = new Cluster([{ host: '127.0.0.1', port: redis.port }]);
}, 60_000);

afterAll(async () => {
  client.disconnect();
  await redis.close();
  rmSync(folder, { recursive: true });
});

sharedStateSuite('Redis Cluster', () => redisHandles(client), { runs: 5 });

it('does not use or close the given client', async () => {
  const state = new RedisState({ redis: client, timeout });
  await state.ready();
  await state.close();
  expect(await client.set('mine', '1')).toBe('OK');
});
