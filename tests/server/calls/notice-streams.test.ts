/** A call has one notice stream: a new one replaces the previous one, in one process and across processes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisState } from '../../../src/server/state/redis/redis-state.js';
import { redisServer } from '../../support/redis-server.js';
import type { RedisServer } from '../../support/redis-server.js';
import { HandClock, PAGE } from '../token-route-support.js';
import { Notices, broker, closing, connected, pass, sandboxed } from './support.js';
import type { Broker } from './support.js';

let redis: RedisServer;
beforeAll(async () => {
  redis = await redisServer();
});
afterAll(() => redis.close());

/** The number of streams that have ended. */
function endedOf(streams: readonly Notices[]): () => number {
  let ended = 0;
  for (const { over } of streams) void over.then(() => ended++);
  return () => ended;
}

const opening = ({ app }: Broker, location: string): Promise<Response> =>
  Promise.resolve(app.request(`${location}/notices`, { headers: { Origin: PAGE } }));

describe('a page that opens its notices again', () => {
  it('replaces its stream, and the call continues', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url);
    const { call, end, location } = await connected(server, sandbox);
    const first = await Notices.of(server, location);
    const second = await Notices.of(server, location);
    await first.over;
    expect(first.told).toEqual([]);
    // Pages are gone after 15 s without a stream.
    await pass(server.clock, 40_000);
    expect(call.state).toBe('open');
    await end();
    expect(await second.at(0)).toEqual({ type: 'ended', reason: 'visitor' });
    await second.over;
    expect(first.told).toEqual([]);
  });

  it('is gone if only the replaced stream is left', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url);
    const { call, location } = await connected(server, sandbox);
    const first = await Notices.of(server, location);
    const second = await Notices.of(server, location);
    await first.over;
    second.leave();
    await second.over;
    await pass(server.clock, 16_000);
    expect(await call.ended).toBe('hangup');
    expect((await server.heard('call-ended')).reason).toBe('vanished');
  });

  it('gets 429 after six streams within ten seconds, and another one in time', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url);
    const { call, location } = await connected(server, sandbox);
    const streams: Notices[] = [];
    for (let each = 0; each < 6; each++) streams.push(await Notices.of(server, location));
    for (let each = 0; each < 20; each++) {
      const refused = await opening(server, location);
      expect([refused.status, Number(refused.headers.get('Retry-After')) <= 10]).toEqual([429, true]);
    }
    await Promise.all(streams.slice(0, 5).map(({ over }) => over));
    streams[5]?.leave();
    await pass(server.clock, 10_000);
    await Notices.of(server, location);
    await pass(server.clock, 20_000);
    expect(call.state).toBe('open');
  });

  it('does not use up the streams of another call of its address', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url);
    const [one, other] = [await connected(server, sandbox), await connected(server, sandbox)];
    for (let each = 0; each < 7; each++) await (await opening(server, one.location)).body?.cancel();
    expect((await opening(server, one.location)).status).toBe(429);
    await Notices.of(server, other.location);
  });
});

it('of several streams that are opened at once, one stays open', async () => {
  const sandbox = await sandboxed();
  const server = broker(sandbox.url);
  const { end, location } = await connected(server, sandbox);
  const streams = await Promise.all(Array.from({ length: 6 }, () => Notices.of(server, location)));
  const ended = endedOf(streams);
  await expect.poll(ended).toBe(5);
  await end();
  await Promise.all(streams.map(({ over }) => over));
  expect(streams.flatMap(({ told }) => told)).toEqual([{ type: 'ended', reason: 'visitor' }]);
});

it('of several streams that are opened at once in two processes on one Redis, one stays open', async () => {
  const sandbox = await sandboxed();
  const clock = new HandClock();
  const [first, second] = [0, 1].map(() => {
    const state = closing(new RedisState({ redis: redis.url, prefix: 'streams:', clock, timeout: 5_000 }));
    return broker(sandbox.url, { state }, { clock });
  }) as [Broker, Broker];
  for (let round = 0; round < 3; round++) {
    const { end, location } = await connected(first, sandbox);
    const streams = await Promise.all(Array.from({ length: 6 }, (_, each) => Notices.of(each % 2 ? first : second, location)));
    const ended = endedOf(streams);
    await expect.poll(ended, { timeout: 10_000 }).toBe(5);
    await end();
    await Promise.all(streams.map(({ over }) => over));
    expect(streams.flatMap(({ told }) => told)).toEqual([{ type: 'ended', reason: 'visitor' }]);
  }
});
