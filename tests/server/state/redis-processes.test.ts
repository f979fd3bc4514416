/** Two server processes on one Redis enforce every limit exactly, with real processes and a real Redis. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisState } from '../../../src/server/state/redis/redis-state.js';
import { redisServer } from '../../support/redis-server.js';
import type { RedisServer } from '../../support/redis-server.js';
import { callRecord } from '../../support/shared-state/samples.js';
import { CALLS, KEYS, LINES, RATE, SECONDS } from '../../support/state-hammer.js';
import type { HammerReport } from '../../support/state-hammer.js';

const HAMMER = fileURLToPath(new URL('../../support/state-hammer.ts', import.meta.url));
const CALLS_LEFT_BEHIND = 60;

describe('two processes on one Redis', () => {
  let redis: RedisServer;
  let reports: HammerReport[];
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    redis = await redisServer();
    const state = new RedisState({ redis: redis.url, prefix: 'shared:', timeout: 10_000 });
    for (let each = 0; each < CALLS_LEFT_BEHIND; each++)
      await state.calls.add(callRecord(`left-${String(each)}`, Date.now()), 'a process that is gone', 0);
    await state.close();
    children.push(...['first', 'second'].map(() => fork(HAMMER, ['hammer'], { execArgv: ['--import', 'tsx'] })));
    await Promise.all(children.map((child) => once(child, 'message')));
    reports = await Promise.all(
      children.map(async (child, at) => {
        const answer = once(child, 'message');
        child.send({ url: redis.url, prefix: 'shared:', me: `process-${String(at)}` });
        return ((await answer) as [HammerReport])[0];
      }),
    );
  }, 120_000);

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await redis.close();
  });

  const sum = (of: (report: HammerReport) => number): number => reports.reduce((total, report) => total + of(report), 0);

  it('accept exactly as many requests per rate window as allowed', () => {
    expect(sum(({ taken }) => taken)).toBe(RATE.count);
  });

  it('reserve exactly as many calls per day as allowed', () => {
    expect(sum(({ reserved }) => reserved)).toBe(CALLS.perDay.calls);
  });

  it('never exceed the budget of seconds, and leave less than one reservation unused', () => {
    const spent = sum(({ spentSeconds }) => spentSeconds);
    expect(spent).toBeLessThanOrEqual(SECONDS.perDay.seconds ?? 0);
    expect(spent).toBeGreaterThan((SECONDS.perDay.seconds ?? 0) - 10);
  });

  it('never exceed the maximum number of concurrent calls', () => {
    const most = Math.max(...reports.map(({ mostAtOnce }) => mostAtOnce));
    expect(most).toBeLessThanOrEqual(LINES.maxConcurrent ?? 0);
    expect(most).toBeGreaterThan(1);
  });

  it('report a key as new only once', () => {
    expect(sum(({ first }) => first)).toBe(KEYS);
  });

  it('take over each call of a crashed process exactly once', () => {
    const adopted = reports.flatMap((report) => report.adopted);
    expect(adopted).toHaveLength(CALLS_LEFT_BEHIND);
    expect(new Set(adopted).size).toBe(CALLS_LEFT_BEHIND);
  });
});
