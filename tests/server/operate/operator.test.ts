/** The operator's view of a server: live calls, their end, the pause and today's budget. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VoiceServerOptions } from '../../../src/server/index.js';
import { MemoryState } from '../../../src/server/state/memory-state.js';
import { RedisState } from '../../../src/server/state/redis/redis-state.js';
import { redisServer } from '../../support/redis-server.js';
import type { RedisServer } from '../../support/redis-server.js';
import { broker, closing, connected, offered, pass, sandboxed } from '../calls/support.js';
import type { Broker } from '../calls/support.js';
import { HandClock, PAGE, ask } from '../token-route-support.js';

let redis: RedisServer;
let prefixes = 0;

beforeAll(async () => {
  redis = await redisServer();
});
afterAll(() => redis.close());

/** Two servers on one Redis, with one clock. */
function processes(root: string, options: Partial<VoiceServerOptions> = {}): [Broker, Broker] {
  const prefix = `operator${String((prefixes += 1))}:`;
  const clock = new HandClock();
  return [1, 2].map(() => {
    const state = closing(new RedisState({ redis: redis.url, prefix, clock, timeout: 5_000 }));
    return broker(root, { state, ...options }, { clock });
  }) as [Broker, Broker];
}

const codeOf = async (answer: Promise<Response> | Response): Promise<string> => ((await (await answer).json()) as { code: string }).code;

describe('the operator', () => {
  it('sees live calls of all processes, without the names that grant access to them', async () => {
    const sandbox = await sandboxed();
    const profiles = { default: {}, support: { session: { instructions: 'Be kind.' } } };
    const [first, second] = processes(sandbox.url, { profiles, remoteAddress: () => '203.0.113.77' });
    expect(await first.app.operator.calls()).toEqual([]);
    const call = await connected(first, sandbox, '?profile=support');
    await pass(first.clock, 3_000);
    const other = await connected(second, sandbox);
    await pass(first.clock, 2_000);
    const { ref } = await first.heard('call-started');
    for (const { app } of [first, second]) {
      const calls = await app.operator.calls();
      expect(calls.map(({ profile, kind, spent }) => [profile, kind, spent.seconds, spent.money])).toEqual([
        ['support', 'browser', 5, 0],
        ['default', 'browser', 2, 0],
      ]);
      expect(calls[0]).toMatchObject({ ref, visitor: expect.stringMatching(/^[\w-]{43}$/) });
      const shown = JSON.stringify(calls);
      for (const secret of [call.location.split('/').at(-1), call.call.id, other.call.id, '203.0.113.77', PAGE])
        expect(shown).not.toContain(secret);
    }
  });

  it('ends a call that another process watches; its budget is settled with what it used', async () => {
    const sandbox = await sandboxed();
    const [first, second] = processes(sandbox.url, { budget: { maxConcurrent: 1 } });
    const call = await connected(first, sandbox);
    await pass(first.clock, 4_000);
    const [live] = await second.app.operator.calls();
    expect(await second.app.operator.end('unknown')).toBe(false);
    expect(await second.app.operator.end(live?.ref ?? '')).toBe(true);
    expect(await call.call.ended).toBe('hangup');
    expect(await first.heard('call-ended')).toMatchObject({ reason: 'operator', spent: { seconds: 4 } });
    expect(second.events).toContainEqual({ type: 'operator', action: 'end', ref: live?.ref });
    expect(await second.app.operator.end(live?.ref ?? '')).toBe(false);
    expect((await second.app.operator.budget()).accounts[0]).toMatchObject({ spent: { calls: 1, seconds: 4 }, concurrent: 0 });
    await (await connected(second, sandbox)).end();
  });

  it('ends all calls of all processes', async () => {
    const sandbox = await sandboxed();
    const [first, second] = processes(sandbox.url);
    const calls = [await connected(first, sandbox), await connected(second, sandbox), await connected(second, sandbox)];
    expect(await first.app.operator.endAll()).toBe(3);
    for (const { call } of calls) expect(await call.ended).toBe('hangup');
    expect(await second.app.operator.calls()).toEqual([]);
    expect(first.events).toContainEqual({ type: 'operator', action: 'end-all', calls: 3 });
    expect(await first.app.operator.endAll()).toBe(0);
  });

  it('pauses all processes from their next request on; active calls continue', async () => {
    const sandbox = await sandboxed();
    const [first, second] = processes(sandbox.url);
    const call = await connected(second, sandbox);
    await first.app.operator.pause();
    expect(first.events).toContainEqual({ type: 'operator', action: 'pause' });
    const requests = sandbox.requests.length;
    for (const { app } of [first, second]) {
      const key = await app.request(...ask());
      expect([key.status, key.headers.get('Retry-After'), await codeOf(key)]).toEqual([503, '30', 'paused']);
      expect(key.headers.get('Content-Type')).toBe('application/problem+json');
      expect(await codeOf(app.request(...offered(call.visitor.offer)))).toBe('paused');
      expect(await app.operator.paused()).toBe(true);
      expect((await app.request('/readyz')).status).toBe(200);
    }
    expect(sandbox.requests).toHaveLength(requests);
    expect(second.events.filter((event) => event.type === 'refused')).toMatchObject([{ code: 'paused' }, { code: 'paused' }]);
    await pass(first.clock, 10_000);
    expect(call.call.state).toBe('open');
    await second.app.operator.resume();
    expect((await first.app.request(...ask())).status).toBe(200);
    expect((await call.end()).status).toBe(204);
  });

  it('sees what is spent and reserved by agent, with the limits in the units of the configuration', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, {
      session: { model: 'gpt-realtime-2.1' },
      limits: { maxSeconds: 120, money: 0.5 },
      prices: { 'gpt-realtime-2.1': { audioOutput: 64 } },
      budget: { callsPerDay: 100, minutesPerDay: 60, moneyPerDay: 10, maxConcurrent: 8 },
    });
    const call = await connected(server, sandbox);
    await pass(server.clock, 7_000);
    const reserved = { calls: 1, seconds: 120, tokens: 0, money: 0.5 };
    const none = { calls: 0, seconds: 0, tokens: 0, money: 0 };
    const limits = { calls: 100, seconds: 3_600, money: 10, concurrent: 8 };
    expect(await server.app.operator.budget()).toEqual({
      timeZone: 'UTC',
      accounts: [
        { account: 'all', spent: none, reserved, concurrent: 1, limits },
        { account: 'profile:default', spent: none, reserved, concurrent: 1, limits: {} },
      ],
      omitted: 0,
    });
    await call.end();
    await server.heard('call-ended');
    const { accounts } = await server.app.operator.budget();
    expect(accounts[0]).toMatchObject({ spent: { calls: 1, seconds: 7 }, reserved: none, concurrent: 0 });
  });

  it('sees the most expensive of many other accounts', async () => {
    const state = new MemoryState();
    for (let each = 0; each < 150; each++) {
      const amounts = { calls: 1, seconds: each, tokens: 0, micros: each % 2 ? 1_000_000 : 0 };
      await state.reserve({
        id: String(each),
        accounts: [{ name: `visitor:${String(each)}`, perDay: {} }],
        amounts,
        until: Date.now() + 60_000,
      });
    }
    const { app } = broker('http://127.0.0.1:9/v1', { state });
    const { accounts, omitted } = await app.operator.budget();
    const named = accounts.map(({ account }) => account);
    expect([named.length, omitted]).toEqual([102, 50]);
    expect(named.slice(0, 4)).toEqual(['all', 'profile:default', 'visitor:149', 'visitor:147']);
    expect(named.at(-1)).toBe('visitor:100');
  });
});

describe('a paused server', () => {
  it('stays paused while the shared state is unavailable, even if it counts locally', async () => {
    const shared = await redisServer();
    const sandbox = await sandboxed();
    const state = closing(new RedisState({ redis: shared.url, timeout: 5_000 }));
    const server = broker(sandbox.url, { state, onStateFailure: 'local' });
    try {
      await server.app.operator.pause();
      expect(await codeOf(server.app.request(...ask()))).toBe('paused');
      await shared.signal('SIGKILL');
      expect(await codeOf(server.app.request(...ask()))).toBe('paused');
      // The operator learns that other processes have not received the change; this process resumes.
      await expect(server.app.operator.resume()).rejects.toThrow();
      expect((await server.app.request(...ask())).status).toBe(200);
      await expect(server.app.operator.pause()).rejects.toThrow();
      expect(await codeOf(server.app.request(...ask()))).toBe('paused');
    } finally {
      await shared.close();
    }
  });
});
