import { expect, test, vi } from 'vitest';
import type { ToolCall } from '../../../src/contract/messages.js';
import type { ClientTool } from '../../../src/contract/options.js';
import { toOutput, ToolRunner } from '../../../src/session/tool-runner.js';
import { deferred, FakeTime, settle } from './fake-environment.js';

const call = (name: string, args = '{}', callId = 'c1'): ToolCall => ({ id: 'i1', callId, name, arguments: args, status: 'running' });

function run(...tools: ClientTool[]) {
  const time = new FakeTime();
  const ends: { output: string; error: unknown; last: boolean; callId: string }[] = [];
  const starts: string[] = [];
  const runner = new ToolRunner(tools, {
    timers: time,
    onStart: ({ callId }) => starts.push(callId),
    onEnd: ({ callId }, output, error, last) => ends.push({ callId, output, error, last }),
  });
  return { runner, ends, starts, time };
}

test('the result goes back as JSON, strings as they are', async () => {
  const { runner, ends } = run({ name: 'a', execute: (args) => args }, { name: 'b', execute: () => 'plain' });
  await runner.run(call('a', '{"x":[1]}'));
  await runner.run(call('b', '', 'c2'));
  expect(ends.map(({ output }) => output)).toEqual(['{"x":[1]}', 'plain']);
});

test('a call runs once, whatever arrives twice', async () => {
  const execute = vi.fn();
  const { runner, ends } = run({ name: 'a', execute });
  await Promise.all([runner.run(call('a')), runner.run(call('a'))]);
  expect(execute).toHaveBeenCalledTimes(1);
  expect(ends).toHaveLength(1);
});

test.each([
  ['an unknown tool', 'other', '{}'],
  ['broken arguments', 'a', '{"x":'],
  ['arguments that are no object', 'a', '[1]'],
])('%s: the handler does not run, the model is told', async (_, name, args) => {
  const execute = vi.fn();
  const { runner, ends } = run({ name: 'a', execute });
  await runner.run(call(name, args));
  expect(execute).not.toHaveBeenCalled();
  expect(JSON.parse(ends[0]?.output ?? '')).toHaveProperty('error');
  expect(ends[0]?.error).toBeInstanceOf(Error);
});

test.each([
  ['throws', () => { throw new Error('broken'); }],
  ['rejects', () => Promise.reject(new Error('broken'))],
])('a tool that %s gives an error output', async (_, execute) => {
  const { runner, ends } = run({ name: 'a', execute });
  await runner.run(call('a'));
  expect(ends).toMatchObject([{ output: '{"error":"broken"}', last: true }]);
});

test('a tool that throws something strange', async () => {
  const strange = Object.create(null) as Error;
  const { runner, ends } = run({ name: 'a', execute: () => Promise.reject(strange) });
  await runner.run(call('a'));
  expect(ends[0]?.output).toBe('{"error":{}}');
});

test('a tool that hangs gets its signal after 15 s; what it says later is dropped', async () => {
  const late = deferred<string>();
  let given: AbortSignal | undefined;
  const { runner, ends, time } = run({ name: 'a', execute: (_, { signal }) => { given = signal; return late.promise; } });
  const running = runner.run(call('a'));
  await time.advance(14_999);
  expect(given?.aborted).toBe(false);
  await time.advance(1);
  await running;
  expect(given?.aborted).toBe(true);
  expect(ends[0]?.output).toContain('15 s');
  late.resolve('too late');
  await settle();
  expect(ends).toHaveLength(1);
  expect(time.pending).toBe(0);
});

test('only the last of several running tools asks for the answer', async () => {
  const [first, second] = [deferred(), deferred()];
  const { runner, ends } = run({ name: 'a', execute: () => first.promise }, { name: 'b', execute: () => second.promise });
  const both = [runner.run(call('a', '{}', 'c1')), runner.run(call('b', '{}', 'c2'))];
  second.resolve();
  await settle();
  first.resolve();
  await Promise.all(both);
  expect(ends.map(({ callId, last }) => [callId, last])).toEqual([['c2', false], ['c1', true]]);
});

test('after the end of the call nothing is reported and nothing is left', async () => {
  let given: AbortSignal | undefined;
  const { runner, ends, time } = run({ name: 'a', execute: (_, { signal }) => { given = signal; return new Promise(() => undefined); } });
  const running = runner.run(call('a'));
  await settle();
  runner.release();
  await running;
  await runner.run(call('a', '{}', 'c2'));
  expect(given?.aborted).toBe(true);
  expect(ends).toEqual([]);
  expect(time.pending).toBe(0);
});

test('outputs are safe text of at most 16 KB', () => {
  const circular: Record<string, unknown> = { a: 1 };
  circular['self'] = circular;
  expect(toOutput(circular)).toBe('{"a":1,"self":"[circular]"}');
  const shared = { x: 1 };
  expect(toOutput({ one: shared, two: shared })).toBe('{"one":{"x":1},"two":{"x":1}}');
  expect(toOutput({ big: 10n })).toBe('{"big":"10"}');
  expect(toOutput(undefined)).toBe('');
  expect(toOutput(() => 1)).toBe('');
  expect(toOutput({ get x() { throw new Error('no'); } })).toContain('error');
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level++) deep = [deep];
  expect(toOutput(deep)).toContain('error');
  for (const huge of ['x'.repeat(10_000_000), 'ä€😀'.repeat(1_000_000), ['y'.repeat(20_000)]]) {
    const output = toOutput(huge);
    expect(new TextEncoder().encode(output).length).toBeLessThanOrEqual(16_384);
    expect(output.endsWith('…[cut]')).toBe(true);
    expect(output).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
  }
  expect(toOutput('x'.repeat(16_384))).toHaveLength(16_384);
});
