/** Several processes on one Redis: each call has one watcher, regardless of the process that serves its page. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisState } from '../../../src/server/state/redis/redis-state.js';
import { redisServer } from '../../support/redis-server.js';
import type { RedisServer } from '../../support/redis-server.js';
import { createVisitor } from '../../unit/sandbox-media/visitor.js';
import { Commands, urlOf } from '../server-command-support.js';
import { HandClock, PAGE, signalled } from '../token-route-support.js';
import { Notices, broker, closing, connected, offered, pass, sandboxed } from './support.js';
import type { Broker } from './support.js';

let redis: RedisServer;
let prefixes = 0;

beforeAll(async () => {
  redis = await redisServer();
});
afterAll(() => redis.close());

type Process = Broker & { readonly state: RedisState };

/** Starts several servers that share one Redis and one clock. */
function processes(root: string, count: number, options: Parameters<typeof broker>[1] = {}): [Process, Process] {
  const prefix = `calls${String(++prefixes)}:`;
  const clock = new HandClock();
  const made = Array.from({ length: count }, () => {
    const state = closing(new RedisState({ redis: redis.url, prefix, clock, timeout: 5_000 }));
    return { ...broker(root, { state, ...options }, { clock }), state };
  });
  return made as [Process, Process];
}

/** Advances time second by second; messages between the processes through Redis arrive within each second. */
async function passBoth([first, second]: [Process, Process], ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    await pass(first.clock, 1_000);
    let arrived = (): void => undefined;
    const arriving = new Promise<void>((resolve) => (arrived = resolve));
    const stop = await first.state.calls.listen('round trip', arrived);
    await second.state.calls.tell('round trip', { type: 'continues' });
    await arriving;
    stop();
  }
}

/** The same, until the promise has settled. */
async function passUntil(both: [Process, Process], happened: Promise<unknown>): Promise<void> {
  let done = false;
  void happened.finally(() => (done = true)).catch(() => undefined);
  while (!done) await passBoth(both, 1_000);
  await happened;
}

describe('two processes on one Redis', () => {
  it("can end each other's calls and notify each other's pages", async () => {
    const sandbox = await sandboxed();
    const [first, second] = processes(sandbox.url, 2, { budget: { maxConcurrent: 1 }, limits: { maxSeconds: 60, warningSeconds: 10 } });
    const call = await connected(first, sandbox);
    const notices = await Notices.of(second, call.location);
    await passBoth([first, second], 30_000);
    expect(call.call.state).toBe('open');
    // The other process reports the page as present.
    const ended = await second.app.request(call.location, { method: 'DELETE', headers: { Origin: PAGE } });
    expect(ended.status).toBe(204);
    expect(await call.call.ended).toBe('hangup');
    expect(await notices.at(0)).toEqual({ type: 'ended', reason: 'visitor' });
    // Its watcher settles the call.
    expect(await first.heard('call-ended')).toMatchObject({ reason: 'visitor', spent: { seconds: 30 } });
    expect((await call.end()).status).toBe(204);
    await (await connected(second, sandbox)).end();
  });

  it('detect that a visitor is gone from streams in the other process', async () => {
    const sandbox = await sandboxed();
    const [first, second] = processes(sandbox.url, 2);
    const call = await connected(first, sandbox);
    const notices = await Notices.of(second, call.location);
    await passBoth([first, second], 30_000);
    expect(call.call.state).toBe('open');
    notices.leave();
    await passBoth([first, second], 16_000);
    expect(await call.call.ended).toBe('hangup');
    expect((await first.heard('call-ended')).reason).toBe('vanished');
  });

  it('extend the idle limit of a call that the other process watches', async () => {
    const sandbox = await sandboxed();
    const both = processes(sandbox.url, 2, { limits: { maxSeconds: 300, maxIdleSeconds: 30, warningSeconds: 10 } });
    const [first, second] = both;
    const call = await connected(first, sandbox);
    const notices = await Notices.of(second, call.location);
    const warned = notices.at(0);
    await passUntil(both, warned);
    expect(await warned).toMatchObject({ type: 'ending', reason: 'idle' });
    const reported = await second.app.request(`${call.location}/activity`, { method: 'POST', headers: { Origin: PAGE } });
    expect(reported.status).toBe(204);
    expect(await notices.at(1)).toEqual({ type: 'continues' });
    await passBoth(both, 15_000);
    expect(call.call.state).toBe('open');
    await passUntil(both, call.call.ended);
    expect((await first.heard('call-ended')).reason).toBe('idle');
  });

  it('hand over calls on shutdown, with their usage so far', async () => {
    const sandbox = await sandboxed();
    const [first, second] = processes(sandbox.url, 2, {
      session: { instructions: 'Be kind.' },
      limits: { maxSeconds: 60, maxIdleSeconds: 60, warningSeconds: 0 },
    });
    const call = await connected(first, sandbox);
    call.say({ type: 'response.create' });
    await first.hears('response.done');
    await pass(first.clock, 10_000);
    await first.app.close();
    expect(call.call.state).toBe('open');
    await passUntil(
      [first, second],
      second.heard('sideband', ({ state }) => state === 'attached-again'),
    );
    expect(call.call.sidebands).toBe(1);
    // Limits, session and usage are carried over.
    const spent = (await first.heard('call-usage')).spent.tokens;
    call.say({ type: 'session.update', session: { type: 'realtime', audio: { output: { speed: 1.2 } } } });
    await second.hears('session.updated');
    await passUntil([first, second], call.call.ended);
    expect(await call.call.ended).toBe('hangup');
    expect(await second.heard('call-ended')).toMatchObject({ reason: 'duration', spent: { tokens: spent, seconds: 60 } });
    expect(first.events.filter(({ type }) => type === 'call-ended')).toEqual([]);
  });

  it('hand over what is pinned: a change is detected although no process saw it', async () => {
    const sandbox = await sandboxed();
    const limits = { maxSeconds: 600, maxIdleSeconds: 600 };
    const [first, second] = processes(sandbox.url, 2, { limits });
    const call = await connected(first, sandbox);
    await first.app.close();
    // The profile does not set this field.
    call.say({ type: 'session.update', session: { type: 'realtime', truncation: 'disabled' } });
    await call.call.waitForServerEvent('session.updated');
    await passUntil([first, second], call.call.ended);
    expect(await call.call.ended).toBe('hangup');
    expect((await second.heard('tampered')).field).toBe('truncation');
    expect((await second.heard('call-ended')).reason).toBe('tampered');
  });

  it('hand over the tools: their limit applies to both, and the page cannot answer an interrupted call', async () => {
    const sandbox = await sandboxed();
    const began = signalled();
    let ran = 0;
    const execute = () => {
      if (++ran < 3) return 'found';
      began.resolve();
      return new Promise(() => undefined);
    };
    const [first, second] = processes(sandbox.url, 2, {
      profiles: {
        default: {
          session: { config: { tools: [{ type: 'function', name: 'show_map', parameters: { type: 'object', properties: {} } }] } },
          tools: [{ name: 'find', execute }],
        },
      },
      limits: { maxSeconds: 600, maxIdleSeconds: 600, toolRuns: { perCall: 3 } },
    });
    const call = await connected(first, sandbox);
    const asked = (callId: string): void => {
      call.call.replyNext({ items: [{ call: 'find', arguments: {}, callId }] });
      call.say({ type: 'response.create' });
    };
    asked('c1');
    await first.hears('response.done', 2);
    asked('c2');
    await first.hears('response.done', 4);
    asked('c3');
    await began.promise;
    await first.hears('response.done', 5);
    await first.app.close();
    await passUntil(
      [first, second],
      second.heard('sideband', ({ state }) => state === 'attached-again'),
    );
    asked('c4');
    expect(await second.heard('tool')).toMatchObject({ failed: true, refused: 'perCall' });
    await second.hears('response.done', 2);
    expect(ran).toBe(3);
    call.say({ type: 'conversation.item.create', item: { type: 'function_call_output', call_id: 'c3', output: 'paid' } });
    expect(await call.call.ended).toBe('hangup');
    expect((await second.heard('tampered')).field).toBe('conversation.item.output');
  });

  it('hang up calls at once that are past their deadline when adopted', async () => {
    const sandbox = await sandboxed();
    const [first] = processes(sandbox.url, 1, { limits: { maxSeconds: 60 } });
    const call = await connected(first, sandbox);
    await first.app.close();
    first.clock.advance(120_000);
    const later = new RedisState({ redis: redis.url, prefix: `calls${String(prefixes)}:`, clock: first.clock, timeout: 5_000 });
    const second = broker(sandbox.url, { state: closing(later), limits: { maxSeconds: 60 } }, { clock: first.clock });
    expect(await call.call.ended).toBe('hangup');
    expect((await second.heard('call-ended')).reason).toBe('duration');
  });

  it('release a call that another process took over while they were suspended', async () => {
    const sandbox = await sandboxed();
    const limits = { maxSeconds: 3_600, maxIdleSeconds: 3_600 };
    const [second, third] = processes(sandbox.url, 2, { limits });
    // A suspended process: its clock does not advance.
    const standing = new HandClock();
    const first = broker(sandbox.url, { state: third.state, limits }, { clock: standing });
    const call = await connected(first, sandbox);
    await third.app.close();
    await passUntil(
      [second, third],
      second.heard('sideband', ({ state }) => state === 'attached-again'),
    );
    expect(call.call.sidebands).toBe(2);
    standing.advance(5_000);
    while (call.call.sidebands > 1) await passBoth([second, third], 1_000);
    expect(call.call.state).toBe('open');
    await call.end();
    expect(await second.heard('call-ended')).toMatchObject({ reason: 'visitor' });
    expect(first.events.filter(({ type }) => type === 'call-ended')).toEqual([]);
  });
});

describe('a process that is killed', () => {
  const commands = new Commands();
  afterAll(() => commands.close());

  it('has its calls taken over by another process, which enforces their limits', async () => {
    const sandbox = await sandboxed();
    const config = {
      allowedOrigins: [PAGE],
      upstream: { baseUrl: sandbox.url, apiKey: 'sk-sandbox-broker' },
      state: { redis: redis.url, prefix: 'killed:' },
      limits: { maxSeconds: 32, maxIdleSeconds: 32, warningSeconds: 2 },
      listen: { port: 0 },
      log: { level: 'debug' },
    };
    const start = () => commands.start({ files: { 'voice-agent.config.json': JSON.stringify(config) } });
    const [first, second] = await Promise.all([start(), start()]);
    const visitor = closing(await createVisitor());
    const [path, init] = offered(visitor.offer);
    const answer = await fetch(`${await urlOf(first)}${path}`, init);
    expect(answer.status).toBe(201);
    await visitor.accept(await answer.text());
    await visitor.reached('open');
    const call = await sandbox.nextCall();
    const began = Date.now();
    await first.line(({ event, state }) => event === 'sideband' && state === 'attached');
    first.kill('SIGKILL');
    await first.ended;
    await second.line(({ event, state }) => event === 'sideband' && state === 'attached-again');
    expect(call.state).toBe('open');
    expect(call.sidebands).toBe(1);
    expect(await call.ended).toBe('hangup');
    expect(Date.now() - began).toBeGreaterThan(25_000);
    expect((await second.line(({ event }) => event === 'call-ended'))['reason']).toBe('duration');
  }, 120_000);
});
