/** `limits.toolRuns`: a page can make the model call tools, but not without bounds. */
import { describe, expect, it } from 'vitest';
import type { ServerTool, ToolRunLimits } from '../../../src/server/options.js';
import { signalled } from '../token-route-support.js';
import { Notices, broker, connected, pass, sandboxed } from './support.js';
import type { BrokeredCall, Broker } from './support.js';

/** A call to an agent with the tool `find`. */
async function calling(
  toolRuns: ToolRunLimits | undefined,
  execute: ServerTool['execute'],
): Promise<{ server: Broker; call: BrokeredCall }> {
  const sandbox = await sandboxed();
  const server = broker(sandbox.url, {
    profiles: { default: { session: { model: 'gpt-realtime-2.1' }, tools: [{ name: 'find', execute }] } },
    ...(toolRuns && { limits: { toolRuns } }),
  });
  return { server, call: await connected(server, sandbox) };
}

/** The model calls `find` this many times in one response. */
const calls = (count: number, from = 0, args: Record<string, unknown> = {}) => ({
  items: Array.from({ length: count }, (_, index) => ({ call: 'find', arguments: args, callId: `c${String(from + index)}` })),
});

/** Tool outputs that the model received, in order. */
const outputs = ({ call }: BrokeredCall): string[] =>
  call.items.filter(({ type }) => type === 'function_call_output').map(({ output }) => output ?? '');

/** Lets the model answer with this reply, and waits for its answer to the outputs. */
async function answered({ server, call }: { server: Broker; call: BrokeredCall }, reply: ReturnType<typeof calls>): Promise<void> {
  const before = server.sidebands.filter(({ type }) => type === 'response.done').length;
  call.call.replyNext(reply);
  call.say({ type: 'response.create' });
  await server.hears('response.done', before + 2);
}

const FULL = '{"error":"The limit of tool calls for this conversation is reached. Continue without tools."}';
const FAST = '{"error":"Too many tool calls. Wait a minute before you call a tool again."}';

describe('the tools of a call', () => {
  it('run at most `perCall` times; then the model reads that the limit is reached', async () => {
    let ran = 0;
    const { server, call } = await calling({ perCall: 3 }, () => ++ran);
    await answered({ server, call }, calls(2));
    await answered({ server, call }, calls(2, 2));
    expect(outputs(call).sort()).toEqual(['1', '2', '3', FULL]);
    expect(ran).toBe(3);
    expect(server.events.filter(({ type }) => type === 'tool')).toMatchObject([
      { failed: false },
      { failed: false },
      { name: 'find', failed: true, refused: 'perCall' },
      { failed: false },
    ]);
    expect(call.call.state).toBe('open');
  });

  it('run at most `perMinute` times within a minute', async () => {
    let ran = 0;
    const { server, call } = await calling({ perMinute: 2 }, () => ++ran);
    await answered({ server, call }, calls(1));
    await pass(server.clock, 30_000);
    await answered({ server, call }, calls(2, 1));
    expect(outputs(call).sort()).toEqual(['1', '2', FAST]);
    await pass(server.clock, 29_000);
    await answered({ server, call }, calls(1, 3));
    expect(ran).toBe(2);
    // The first run was a minute ago, the second one was not.
    await pass(server.clock, 1_000);
    await answered({ server, call }, calls(1, 4));
    expect(ran).toBe(3);
    expect(call.call.state).toBe('open');
  });

  it('run concurrently at most `concurrent` times; the others wait', async () => {
    const waiting: (() => void)[] = [];
    let arrived = signalled();
    let running = 0;
    let most = 0;
    const { server, call } = await calling({ concurrent: 2 }, async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        arrived.resolve();
      });
      running -= 1;
      return 'found';
    });
    call.call.replyNext(calls(5));
    call.say({ type: 'response.create' });
    await server.hears('response.done');
    for (let done = 0; done < 5; done++) {
      while (waiting.length === 0) {
        await arrived.promise;
        arrived = signalled();
      }
      waiting.shift()?.();
    }
    await server.hears('response.done', 2);
    expect(most).toBe(2);
    expect(outputs(call)).toEqual(Array(5).fill('found'));
  });

  it('do not run with arguments above `argumentBytes`', async () => {
    const seen: unknown[] = [];
    const { server, call } = await calling({ argumentBytes: 1_000 }, (args) => void seen.push(args));
    await answered({ server, call }, calls(1, 0, { text: 'ä'.repeat(494) }));
    await answered({ server, call }, calls(1, 1, { text: 'ä'.repeat(495) }));
    expect(seen).toHaveLength(1);
    expect(outputs(call)).toEqual(['', '{"error":"The arguments are too long."}']);
    expect((await server.heard('tool', ({ refused }) => refused !== undefined)).refused).toBe('argumentBytes');
  });

  it('that wait for a place are not run after the call has ended', async () => {
    let ran = 0;
    const began = signalled();
    const { server, call } = await calling({ concurrent: 1 }, () => {
      ran += 1;
      began.resolve();
      return new Promise(() => undefined);
    });
    call.call.replyNext(calls(3));
    call.say({ type: 'response.create' });
    await began.promise;
    await server.hears('response.done');
    await call.end();
    await server.heard('call-ended');
    await server.heard('tool');
    expect(ran).toBe(1);
    expect(outputs(call)).toEqual([]);
  });
});

describe('a page that forces 300 runs', () => {
  it('in one response gets no more than the default limit, and its call ends', async () => {
    let ran = 0;
    const { server, call } = await calling(undefined, () => ++ran);
    const notices = await Notices.of(server, call.location);
    call.call.replyNext(calls(300));
    call.say({ type: 'response.create' });
    expect(await call.call.ended).toBe('hangup');
    expect((await server.heard('call-ended')).reason).toBe('flooded');
    expect(await notices.at(0)).toEqual({ type: 'ended', reason: 'flooded' });
    expect(ran).toBeGreaterThan(0);
    expect(ran).toBeLessThanOrEqual(30);
  });

  it('one by one gets no more than the default limit, and its call ends', async () => {
    let ran = 0;
    const { server, call } = await calling(undefined, () => ++ran);
    const over = call.call.ended;
    let ended = false;
    void over.then(() => (ended = true));
    for (let turn = 0; turn < 300 && !ended; turn++) {
      call.call.replyNext(calls(1, turn));
      call.say({ type: 'response.create' });
      await Promise.race([over, server.hears('response.done', 2 * turn + 2)]);
    }
    expect(await over).toBe('hangup');
    expect((await server.heard('call-ended')).reason).toBe('flooded');
    expect(ran).toBeLessThanOrEqual(30);
  });

  it('with pauses gets no more than `perCall`, and its call ends', async () => {
    let ran = 0;
    const { server, call } = await calling({ perCall: 10 }, () => ++ran);
    let ended = false;
    void call.call.ended.then(() => (ended = true));
    for (let turn = 0; turn < 60 && !ended; turn++) {
      call.call.replyNext(calls(5, 5 * turn));
      call.say({ type: 'response.create' });
      await Promise.race([call.call.ended, server.hears('response.done', 2 * turn + 2)]);
      await pass(server.clock, 20_000);
    }
    expect((await server.heard('call-ended')).reason).toBe('flooded');
    expect(ran).toBe(10);
  });
});
