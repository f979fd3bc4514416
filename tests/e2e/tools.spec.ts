/** Tools of the page: called with their arguments, their result spoken, and their errors sent to the model. */
import type { SandboxCall } from '../../src/sandbox/index.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

// Set before the widget's script runs, as a page may do.
const script = `
const agent = document.querySelector('voice-agent');
window.ran = [];
const cityOnly = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
agent.tools = [
  { name: 'get_time', description: 'Tells the time.', parameters: cityOnly, execute(args) { ran.push(['get_time', args]); return { time: '12:34' }; } },
  { name: 'explode', execute() { ran.push(['explode']); throw new Error('The kettle is on fire.'); } },
  { name: 'slow_sum', parameters: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } },
    async execute({ a, b }) { ran.push(['slow_sum', { a, b }]); await new Promise((r) => setTimeout(r, 400)); return a + b; } },
];`;

declare global {
  interface Window {
    ran: [string, unknown?][];
  }
}

interface Output {
  readonly call_id: string;
  readonly output: string;
}

const sent = (call: SandboxCall, type: string) => call.events.filter((entry) => entry.direction === 'in' && entry.type === type);
const outputs = (call: SandboxCall): Output[] =>
  sent(call, 'conversation.item.create')
    .map(({ event }) => event['item'] as Output & { type: string })
    .filter(({ type }) => type === 'function_call_output');

test('tools run in the page: by name, with errors, and several at once', async ({ page, widget, site, fired }) => {
  await widget.open(site, { script });
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  expect(call.sessionConfig.tools?.map((tool) => tool.type === 'function' && tool.name)).toEqual(['get_time', 'explode', 'slow_sum']);

  await test.step('a tool is called by name', async () => {
    await widget.say('Please call get_time with {"city":"Rome"}');
    await expect(widget.transcript.getByText('The tool get time answered: time 12:34')).toBeVisible({ timeout: 30_000 });
    expect(await page.evaluate(() => window.ran)).toEqual([['get_time', { city: 'Rome' }]]);
    expect(outputs(call).map(({ output }) => JSON.parse(output) as unknown)).toEqual([{ time: '12:34' }]);
    await expect(widget.host.getByText('Used \u2068get_time\u2069')).toBeVisible();
  });

  await test.step('a tool that throws sends its error to the model, and the call continues', async () => {
    await widget.say('Now use explode');
    await expect(widget.transcript.getByText('The tool explode answered: error The kettle is on fire.')).toBeVisible({ timeout: 30_000 });
    expect(outputs(call).map(({ output }) => JSON.parse(output) as unknown)[1]).toEqual({ error: 'The kettle is on fire.' });
    await expect(widget.host.getByText('\u2068explode\u2069 failed')).toBeVisible();
    expect(await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.state)).toBe('connected');
  });

  await test.step('several tools in one answer each send one output, in call order, followed by one answer', async () => {
    await widget.reaches('listening');
    const requests = sent(call, 'response.create').length;
    call.replyNext({
      items: [
        { call: 'slow_sum', arguments: { a: 20, b: 22 }, callId: 'call_sum' },
        { call: 'get_time', arguments: { city: 'Oslo' }, callId: 'call_time' },
      ],
    });
    call.replyNext('Both are done.');
    await widget.say('Do both');
    await expect(widget.transcript.getByText('Both are done.')).toBeVisible({ timeout: 30_000 });
    expect(
      outputs(call)
        .slice(2)
        .map(({ call_id, output }) => [call_id, output]),
    ).toEqual([
      ['call_sum', '42'],
      ['call_time', '{"time":"12:34"}'],
    ]);
    expect(sent(call, 'response.create').length - requests, 'one for the typed turn and one for the outputs').toBe(2);
    expect((await page.evaluate(() => window.ran)).slice(2).sort()).toEqual([
      ['get_time', { city: 'Oslo' }],
      ['slow_sum', { a: 20, b: 22 }],
    ]);
  });

  // Each answer is spoken; its sound is tested in `hear.spec.ts`.
  expect(call.events.filter(({ type }) => type === 'output_audio_buffer.started')).toHaveLength(3);
  const starts = await fired.of('voice-agent-tool-start');
  const ends = await fired.of('voice-agent-tool-end');
  expect(starts.map(({ call: { name } }) => name).sort()).toEqual(['explode', 'get_time', 'get_time', 'slow_sum']);
  expect(ends.map(({ call: { name }, output }) => [name, output]).sort()).toEqual([
    ['explode', '{"error":"The kettle is on fire."}'],
    ['get_time', '{"time":"12:34"}'],
    ['get_time', '{"time":"12:34"}'],
    ['slow_sum', '42'],
  ]);
  expect(ends.filter(({ error }) => error !== undefined)).toHaveLength(1);
  expect(await fired.of('voice-agent-error')).toEqual([]);
});
