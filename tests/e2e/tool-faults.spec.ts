/** Faulty tools, cases 54–57: the model is notified, the call continues, and nothing runs by mistake. */
import type { SandboxCall } from '../../src/sandbox/index.js';
import { expect, test, typedCall } from './fault-fixtures.js';
import type { Widget } from './fault-fixtures.js';

const SCRIPT = `
window.ran = [];
const tool = (name, execute, more) => ({ name, execute: (args, context) => (window.ran.push(name), execute(args, context)), ...more });
const circle = { name: 'circle', list: [1, { big: 12345678901234567890n }] };
circle.self = circle;
circle.list.push(circle);
document.querySelector('voice-agent').tools = [
  tool('throw_now', () => { throw new Error('Out of order.'); }),
  tool('throw_later', () => Promise.reject(new Error('Out of order, too.'))),
  tool('throw_strange', () => { throw { toString: null, why: 'no error at all' }; }),
  tool('hang', (args, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => setTimeout(() => { window.finishedLate = true; resolve('too late'); }, 50)))),
  tool('circle', () => circle),
  tool('bigint', () => 12345678901234567890n),
  tool('heavy', () => 'ü'.repeat(5_000_000)),
  tool('heavy_json', () => ({ rows: Array.from({ length: 200_000 }, (_, index) => ({ index, text: 'some words of a row' })) })),
  tool('hostile', () => ({ kept: 1, get getter() { throw new Error('not me'); }, method: { toJSON() { throw new Error('not me'); } }, half: '\\ud83d' })),
  tool('shapes', () => ({
    map: new Map([['a', 1]]), set: new Set([1]), bytes: new Int16Array(3), picture: new Blob(['1234'], { type: 'image/png' }),
    node: document.querySelector('h1'), page: window, answer: new Response('x'), when: new Date(0), own: new (class { sum = 5; #secret = 1 })(),
  })),
  tool('fetched', ({}, { signal }) => fetch(location.href, { signal })),
  tool('not_found', ({}, { signal }) => fetch('/nowhere', { signal })),
  tool('nothing', () => undefined),
  tool('city', (args) => args, { parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } }),
];`;

declare global {
  interface Window {
    finishedLate?: boolean;
  }
}

/** Makes the model call a tool, and returns its output as the server received it. */
async function callTool(widget: Widget, call: SandboxCall, name: string, args: Record<string, unknown> | string = {}): Promise<string> {
  const callId = `call_${name}_${String(call.events.length)}`;
  call.replyNext({ items: [{ call: name, arguments: args, callId }] });
  // Answers the output in writing, because speech takes time.
  call.replyNext({ items: [{ text: `Done with ${name}.` }] });
  await widget.say(`Use ${name}`);
  const { event } = await call.waitForClientEvent(({ event: { item } }) => (item as { call_id?: string } | undefined)?.call_id === callId, {
    timeoutMs: 30_000,
  });
  await widget.reaches('listening');
  return (event['item'] as { output: string }).output;
}

/** The call continues: another turn is answered. */
async function expectCallGoesOn(widget: Widget, call: SandboxCall): Promise<void> {
  call.replyNext({ items: [{ text: 'All is well.' }] });
  await widget.say('And otherwise?');
  await expect(widget.transcript.getByText('All is well.', { exact: true })).toBeVisible({ timeout: 30_000 });
  expect(await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.state)).toBe('connected');
}

test('case 54: a tool that throws sends its error to the model', async ({ widget, site, cleanup, fired }) => {
  const call = await typedCall(widget, site, { script: SCRIPT });
  const errorMessages: Record<string, string> = { throw_now: 'Out of order.', throw_later: 'Out of order, too.' };
  for (const [name, message] of Object.entries(errorMessages)) {
    expect(JSON.parse(await callTool(widget, call, name))).toEqual({ error: message });
  }
  expect(await callTool(widget, call, 'throw_strange')).toContain('no error at all');
  const ends = await fired.of('voice-agent-tool-end');
  expect(ends.map(({ call: { name }, error }) => [name, error !== undefined])).toEqual([
    ['throw_now', true],
    ['throw_later', true],
    ['throw_strange', true],
  ]);
  await expect(widget.host.getByText('\u2068throw_now\u2069 failed')).toBeVisible();
  await expectCallGoesOn(widget, call);
  expect(await cleanup.errors()).toEqual([]);
});

test('case 55: a tool that hangs is answered with an error after 15 s, and its late result is dropped', async ({
  widget,
  site,
  cleanup,
  fired,
}) => {
  const call = await typedCall(widget, site, { script: SCRIPT });
  const since = Date.now();
  const output = await callTool(widget, call, 'hang');
  const after = Date.now() - since;
  expect(after).toBeGreaterThan(14_500);
  expect(after).toBeLessThan(20_000);
  expect(JSON.parse(output)).toEqual({ error: 'The tool did not finish within 15 s.' });
  // The late result has no effect.
  await widget.page.waitForFunction(() => window.finishedLate);
  await expectCallGoesOn(widget, call);
  const outputs = call.events.filter(
    ({ direction, event }) => direction === 'in' && (event['item'] as { type?: string } | undefined)?.type === 'function_call_output',
  );
  expect(outputs).toHaveLength(1);
  expect(JSON.stringify(call.events)).not.toContain('too late');
  expect(await fired.of('voice-agent-tool-end')).toHaveLength(1);
  expect(await cleanup.errors()).toEqual([]);
});

test('case 56: any tool result becomes safe text of at most 16 KB', async ({ widget, site, cleanup }) => {
  const call = await typedCall(widget, site, { script: SCRIPT });
  const circle = '{"name":"circle","list":[1,{"big":"12345678901234567890"},"[circular]"],"self":"[circular]"}';
  expect(await callTool(widget, call, 'circle')).toBe(circle);
  expect(await callTool(widget, call, 'bigint')).toBe('"12345678901234567890"');
  expect(await callTool(widget, call, 'nothing')).toBe('');
  expect(JSON.parse(await callTool(widget, call, 'hostile'))).toEqual({
    kept: 1,
    getter: '[unreadable]',
    method: '[unreadable]',
    half: '\ufffd',
  });
  expect(JSON.parse(await callTool(widget, call, 'shapes'))).toEqual({
    map: { a: 1 },
    set: [1],
    bytes: '[binary, 6 bytes]',
    picture: '[image/png, 4 bytes]',
    node: 'A site',
    page: '[window]',
    answer: '[response 200]',
    when: '1970-01-01T00:00:00.000Z',
    own: { sum: 5 },
  });
  expect(await callTool(widget, call, 'fetched')).toMatch(/<h1>A site<\/h1>/);
  expect(JSON.parse(await callTool(widget, call, 'not_found'))).toMatchObject({ status: 404 });
  for (const name of ['heavy', 'heavy_json']) {
    const output = await callTool(widget, call, name);
    const bytes = Buffer.byteLength(output);
    expect(bytes).toBeGreaterThan(16_000);
    expect(bytes).toBeLessThanOrEqual(16_384);
    expect(output.endsWith('…[cut]')).toBe(true);
    expect(output).not.toContain('\uFFFD');
  }
  await expectCallGoesOn(widget, call);
  expect(await cleanup.errors()).toEqual([]);
});

test('case 57: invalid arguments and unknown tools run nothing, and the model is notified', async ({ widget, site, cleanup }) => {
  const call = await typedCall(widget, site, { script: SCRIPT });
  for (const args of ['{"city": "Ber', '[1, 2]', 'null', '"Berlin"', 'city=Berlin']) {
    expect(JSON.parse(await callTool(widget, call, 'city', args)), args).toEqual({ error: 'The arguments are not a JSON object.' });
  }
  for (const name of ['no_such_tool', '__proto__', 'constructor', 'toString']) {
    expect(JSON.parse(await callTool(widget, call, name)), name).toEqual({ error: `There is no tool named "${name}".` });
  }
  expect(await widget.page.evaluate(() => (window as unknown as { ran: string[] }).ran)).toEqual([]);
  expect(JSON.parse(await callTool(widget, call, 'city', { city: 'Berlin' }))).toEqual({ city: 'Berlin' });
  expect(await widget.page.evaluate(() => (window as unknown as { ran: string[] }).ran)).toEqual(['city']);
  await expectCallGoesOn(widget, call);
  expect(await cleanup.errors()).toEqual([]);
});
