import { expect, test, vi } from 'vitest';
import * as z from 'zod';
import { CallBus } from '../../../src/contract/call-bus.js';
import type { ToolCall } from '../../../src/contract/messages.js';
import type { ClientTool } from '../../../src/contract/options.js';
import { ToolRunner } from '../../../src/session/tool-runner.js';
import { deferred, FakeTime, settle } from './fake-environment.js';

const call = (name: string, args = '{}', callId = 'c1'): ToolCall => ({ id: 'i1', callId, name, arguments: args, status: 'running' });

function runner(...tools: ClientTool[]) {
  const time = new FakeTime();
  const starts: string[] = [];
  const questions: { call: ToolCall; onLapse: () => void; decide: (allowed: boolean) => void }[] = [];
  const bus = new CallBus();
  bus.on('tool-start', ({ name }) => starts.push(name));
  const ours = new ToolRunner(tools, {
    timers: time,
    bus,
    ask(asked, onLapse) {
      const { promise, resolve } = deferred<boolean>();
      questions.push({ call: asked, onLapse, decide: resolve });
      return promise;
    },
  });
  return { runner: ours, starts, questions, time, run: (...args: Parameters<typeof call>) => ours.run(call(...args)) };
}

test('returns the result as JSON, and strings unchanged', async () => {
  const { run, starts } = runner({ name: 'a', execute: (args) => args }, { name: 'b', execute: () => 'plain' });
  expect(await run('a', '{"x":[1]}')).toEqual({ output: '{"x":[1]}', status: 'done' });
  expect(await run('b', '')).toEqual({ output: 'plain', status: 'done' });
  expect(starts).toEqual(['a', 'b']);
});

test.each([
  ['an unknown tool', 'other', '{}'],
  ['the name of a prototype member', 'constructor', '{}'],
  ['malformed arguments', 'a', '{"x":'],
  ['arguments that are not an object', 'a', '[1]'],
  ['arguments that do not match the schema', 'b', '{"x":1}'],
])('runs nothing and returns an error output for %s', async (_, name, args) => {
  const execute = vi.fn();
  const { run, starts } = runner({ name: 'a', execute }, { name: 'b', parameters: z.object({ x: z.string() }), execute });
  const { output, status, error } = await run(name, args);
  expect(JSON.parse(output)).toEqual({ error: (error as Error).message });
  expect(status).toBe('failed');
  expect(execute).not.toHaveBeenCalled();
  expect(starts).toEqual([]);
});

test('passes the arguments as parsed by the schema', async () => {
  const { run } = runner({
    name: 'a',
    parameters: z.object({ n: z.coerce.number(), unit: z.string().default('C') }),
    execute: (args) => args,
  });
  expect((await run('a', '{"n":"7","more":1}')).output).toBe('{"n":7,"unit":"C"}');
});

test.each([
  [
    'throws',
    () => {
      throw new Error('broken');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
])('returns an error output for a tool that %s', async (_, execute) => {
  const { run } = runner({ name: 'a', execute });
  expect(await run('a')).toMatchObject({ output: '{"error":"broken"}', status: 'failed' });
});

test.each([
  ['an object without a prototype', () => Object.create(null) as unknown, '{"error":{}}'],
  ['nothing', () => undefined, '{}'],
  ['a string', () => 'why', '{"error":"why"}'],
  [
    'a revoked proxy',
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
    '{"error":"The tool failed."}',
  ],
])('returns an error output for a tool that throws %s', async (_, thrown, output) => {
  const { run } = runner({
    name: 'a',
    execute: () => {
      throw thrown();
    },
  });
  expect((await run('a')).output).toBe(output);
});

test('reads a fetch response within the time limit', async () => {
  const { run, time } = runner(
    { name: 'a', execute: () => new Response('{"ok":1}') },
    { name: 'b', execute: () => new Response(new ReadableStream()) },
  );
  expect((await run('a')).output).toBe('{"ok":1}');
  const hanging = run('b');
  await time.advance(15_000);
  expect((await hanging).output).toContain('15 s');
});

test('aborts a tool that hangs at its time limit, and drops its late result', async () => {
  for (const [timeout, words] of [
    [undefined, '15 s'],
    [2_000, '2 s'],
  ] as const) {
    const late = deferred<string>();
    let given: AbortSignal | undefined;
    const { run, time } = runner({
      name: 'a',
      ...(timeout && { timeout }),
      execute: (_, { signal }) => {
        given = signal;
        return late.promise;
      },
    });
    const running = run('a');
    await time.advance((timeout ?? 15_000) - 1);
    expect(given?.aborted).toBe(false);
    await time.advance(1);
    expect(given?.aborted).toBe(true);
    const outcome = await running;
    expect(outcome.output).toContain(words);
    late.resolve('too late');
    await settle();
    expect(time.pending).toBe(0);
  }
});

test('supports a tool without a time limit', async () => {
  const { run, time } = runner({ name: 'a', timeout: Infinity, execute: () => new Promise(() => undefined) });
  let over = false;
  void run('a').then(() => (over = true));
  await time.advance(10_000_000);
  expect(over).toBe(false);
});

test('aborts running tools at the end of the call, and leaves no timer', async () => {
  let given: AbortSignal | undefined;
  const {
    runner: ours,
    run,
    time,
  } = runner({
    name: 'a',
    execute: (_, { signal }) => {
      given = signal;
      return new Promise(() => undefined);
    },
  });
  const running = run('a');
  await settle();
  ours.release();
  await running;
  expect(given?.reason).toMatchObject({ message: 'The call is over.' });
  expect(time.pending).toBe(0);
});

test('asks for approval first, and runs only an approved call', async () => {
  const execute = vi.fn(() => 'done');
  const { run, starts, questions } = runner({ name: 'pay', needsApproval: true, execute });
  const allowed = run('pay', '{"sum":5}', 'c1');
  await settle();
  expect(starts).toEqual([]);
  expect(questions[0]?.call).toMatchObject({ callId: 'c1', name: 'pay', arguments: '{"sum":5}' });
  questions[0]?.decide(true);
  expect(await allowed).toEqual({ output: 'done', status: 'done' });
  expect(starts).toEqual(['pay']);

  const refused = run('pay', '{"sum":6}', 'c2');
  await settle();
  questions[1]?.decide(false);
  expect(await refused).toMatchObject({ output: '{"error":"The visitor denied this. The tool did not run."}', status: 'denied' });

  const forgotten = run('pay', '{"sum":7}', 'c3');
  await settle();
  questions[2]?.onLapse();
  questions[2]?.decide(false);
  expect(await forgotten).toMatchObject({ output: expect.stringContaining('did not decide in time') as string, status: 'denied' });
  expect(execute).toHaveBeenCalledTimes(1);
});

test("does not count the visitor's decision towards the time limit", async () => {
  const { run, questions, time } = runner({ name: 'pay', needsApproval: true, timeout: 1_000, execute: () => 'done' });
  const running = run('pay');
  await time.advance(50_000);
  questions[0]?.decide(true);
  expect(await running).toEqual({ output: 'done', status: 'done' });
  expect(time.pending).toBe(0);
});

test('calls needsApproval with the arguments as parsed by the schema', async () => {
  const seen: unknown[] = [];
  const { run, questions } = runner({
    name: 'pay',
    parameters: z.object({ sum: z.coerce.number() }),
    needsApproval: async (args, { callId }) => {
      seen.push([args, callId]);
      return Promise.resolve((args as { sum: number }).sum > 100);
    },
    execute: () => 'paid',
  });
  expect(await run('pay', '{"sum":"5"}', 'c1')).toMatchObject({ output: 'paid' });
  expect(questions).toEqual([]);
  const asked = run('pay', '{"sum":"500"}', 'c2');
  await settle();
  expect(questions).toHaveLength(1);
  questions[0]?.decide(true);
  expect(await asked).toMatchObject({ output: 'paid' });
  expect(seen).toEqual([
    [{ sum: 5 }, 'c1'],
    [{ sum: 500 }, 'c2'],
  ]);
});

test('asks the visitor and reports the error if needsApproval throws', async () => {
  const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const { run, questions } = runner({
    name: 'pay',
    needsApproval: () => {
      throw new Error('page bug');
    },
    execute: () => 'paid',
  });
  void run('pay');
  await settle();
  expect(questions).toHaveLength(1);
  expect(reported).toHaveBeenCalledWith(expect.objectContaining({ message: 'page bug' }));
  reported.mockRestore();
});

test('runs nothing if needsApproval does not resolve within the time limit', async () => {
  const execute = vi.fn();
  const { run, questions, time } = runner({ name: 'pay', needsApproval: () => new Promise<boolean>(() => undefined), execute });
  const running = run('pay');
  await time.advance(15_000);
  expect(await running).toMatchObject({ status: 'failed' });
  expect(execute).not.toHaveBeenCalled();
  expect(questions).toEqual([]);
});

test('runs nothing if approval arrives after the end of the call', async () => {
  const execute = vi.fn();
  const { runner: ours, run, questions } = runner({ name: 'pay', needsApproval: true, execute });
  void run('pay');
  await settle();
  ours.release();
  questions[0]?.decide(true);
  await settle();
  expect(execute).not.toHaveBeenCalled();
});
