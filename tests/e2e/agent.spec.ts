/** A `RealtimeAgent` in the page: the example from `src/transport/agents.md`, run as on a site without a bundler. */
import type { AgentSession } from '../../src/contract/call.js';
import type { SandboxCall } from '../../src/sandbox/index.js';
import { NOTHING } from '../support/resource-probe.js';
import { chromiumLaunch } from '../support/chromium.js';
import { documentedExample } from '../support/documented.js';
import { silentRoom } from '../support/spoken.js';
import { zodFile } from '../support/zod-file.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

type Agent = HTMLElementTagNameMap['voice-agent'];

declare global {
  interface Window {
    agentEvents: string[];
  }
}

const example = documentedExample('src/transport/agents.md', 'script');
const zod = await zodFile();

// The example plus a tool with a zod schema, as described below the example.
const script = `
import * as z from '/zod.js';
${example}
z.config({ jitless: true });
element.agent.tools.push(tool({
  name: 'add', description: 'Adds.', parameters: z.object({ a: z.number(), b: z.number() }), execute: ({ a, b }) => ({ sum: a + b }),
}));
window.agentEvents = [];
`;

const sent = (call: SandboxCall, type: string) =>
  call.events.filter((entry) => entry.direction === 'in' && entry.type === type).map(({ event }) => event);
const outputs = (call: SandboxCall): unknown[] =>
  sent(call, 'conversation.item.create')
    .map(({ item }) => item as { type: string; output?: string })
    .flatMap(({ type, output = '' }) => (type === 'function_call_output' ? output : []));
const names = (call: SandboxCall): unknown[] =>
  (call.sessionConfig.tools ?? []).map((tool) => (tool.type === 'function' ? tool.name : tool.type));

for (const transport of ['webrtc', 'websocket']) {
  test(`an agent over ${transport} supports tools, approvals, handoffs and guardrails`, async ({
    page,
    widget,
    site,
    fired,
    resources,
  }) => {
    test.slow();
    site.answer('/zod.js', () => new Response(zod, { headers: { 'Content-Type': 'text/javascript' } }));
    await widget.open(site, { script, attributes: { transport } });
    await widget.button('Start talking').click();
    await widget.reaches('connected');
    const call = await site.sandbox.nextCall();
    await widget.host.evaluate((agent: Agent) => {
      const session = agent.session?.agentSession as AgentSession;
      for (const type of ['agent_handoff', 'guardrail_tripped']) session.on(type, () => window.agentEvents.push(type));
    });

    await test.step('the agent’s settings are sent without SDK defaults', async () => {
      const [update, ...others] = sent(call, 'session.update');
      expect(others).toEqual([]);
      expect(Object.keys(update?.['session'] as object).sort()).toEqual(['instructions', 'tools', 'type']);
      expect(call.sessionConfig.instructions).toBe('You work in a shop. Be brief.');
      expect(names(call)).toEqual(['order_status', 'refund', 'add', 'transfer_to_Repairs']);
    });

    await test.step('tools with a JSON Schema and with a zod schema run', async () => {
      await widget.say('Please call order_status with {"order":"A1"}');
      await expect(widget.transcript.getByText('The tool order status answered: order A1, status on its way')).toBeVisible({
        timeout: 30_000,
      });
      await expect(widget.host.getByText('Used \u2068order_status\u2069')).toBeVisible();
      await widget.reaches('listening');
      await widget.say('Please call add with {"a":40,"b":2}');
      await expect(widget.transcript.getByText('The tool add answered: sum 42')).toBeVisible({ timeout: 30_000 });
      expect(outputs(call)).toEqual(['{"order":"A1","status":"on its way"}', '{"sum":42}']);
    });

    await test.step('a tool that needs approval runs only after it is allowed', async () => {
      for (const allowed of [true, false]) {
        await widget.reaches('listening');
        await widget.say(`Please call refund with {"order":"${allowed ? 'B2' : 'C3'}"}`);
        const open = () =>
          widget.host.evaluate(
            (agent: Agent) => agent.session?.approvals.map(({ kind, name, arguments: args }) => ({ kind, name, args })) ?? [],
          );
        await expect.poll(open).toHaveLength(1);
        expect(await open()).toEqual([{ kind: 'function', name: 'refund', args: `{"order":"${allowed ? 'B2' : 'C3'}"}` }]);
        expect(outputs(call)).toHaveLength(allowed ? 2 : 3);
        await widget.button(allowed ? 'Allow' : 'Deny').click();
        await expect
          .poll(() => outputs(call)[allowed ? 2 : 3])
          .toBe(allowed ? '{"order":"B2","refunded":true}' : 'Tool execution was not approved.');
        await expect.poll(open).toEqual([]);
      }
    });

    await test.step('a guardrail cuts the answer, and its feedback to the model is not shown as a turn', async () => {
      await widget.reaches('listening');
      call.replyNext(
        'Now listen well. The secret recipe is this: take two pounds of flour, and butter, and sugar, and then a great many other things, one after the other.',
      );
      call.replyNext('I am sorry, let us talk about your order.');
      await widget.say('What is in it?');
      await expect(widget.transcript.getByText('I am sorry, let us talk about your order.')).toBeVisible({ timeout: 30_000 });
      expect(await page.evaluate(() => window.agentEvents)).toEqual(['guardrail_tripped']);
      expect(sent(call, 'response.cancel').length + sent(call, 'output_audio_buffer.clear').length).toBeGreaterThan(0);
      expect(sent(call, 'conversation.item.create').filter(({ item }) => JSON.stringify(item).includes('was blocked'))).toHaveLength(1);
      const messages = await widget.messages();
      expect(JSON.stringify([messages, await fired.of('voice-agent-message'), await fired.of('voice-agent-transcript')])).not.toContain(
        'was blocked',
      );
      expect(await widget.host.getByText('was blocked').count()).toBe(0);
      const cut = messages.find(({ role, text }) => role === 'assistant' && text.startsWith('Now listen'));
      expect(cut === undefined || cut.status === 'interrupted', JSON.stringify(cut)).toBe(true);
    });

    await test.step('a handoff sends the next agent’s instructions and tools', async () => {
      await widget.reaches('listening');
      const updates = sent(call, 'session.update').length;
      call.replyNext({ items: [{ call: 'transfer_to_Repairs', arguments: {} }] });
      call.replyNext('What is broken?');
      await widget.say('My kettle leaks');
      await expect(widget.transcript.getByText('What is broken?')).toBeVisible({ timeout: 30_000 });
      expect(
        sent(call, 'session.update')
          .slice(updates)
          .map(({ session }) => session),
      ).toEqual([{ type: 'realtime', instructions: 'You help with repairs. Ask what is broken.', tools: [] }]);
      expect(names(call)).toEqual([]);
      expect(await page.evaluate(() => window.agentEvents)).toEqual(['guardrail_tripped', 'agent_handoff']);
      expect(await widget.host.evaluate((agent: Agent) => agent.session?.agentSession?.currentAgent.name)).toBe('Repairs');
    });

    await test.step('history and usage are available', async () => {
      const { usage, history } = await widget.host.evaluate((agent: Agent) => {
        const session = agent.session?.agentSession as AgentSession;
        return { usage: { ...session.usage }, history: JSON.stringify(session.history) };
      });
      expect(usage.totalTokens).toBeGreaterThan(0);
      for (const words of ['My kettle leaks', 'order_status', 'What is broken?']) expect(history).toContain(words);
    });

    await test.step('ending the call releases everything, and the next call starts with the first agent', async () => {
      await widget.button('End call').click();
      await widget.reaches('disconnected');
      expect(await resources.settled()).toEqual(NOTHING);
      await widget.host.evaluate((agent: Agent) => agent.connect());
      const next = await site.sandbox.nextCall();
      expect(names(next)).toEqual(['order_status', 'refund', 'add', 'transfer_to_Repairs']);
      await widget.say('Please call order_status with {"order":"D4"}');
      await expect(widget.transcript.getByText('The tool order status answered: order D4, status on its way')).toBeVisible({
        timeout: 30_000,
      });
      expect(outputs(next)).toEqual(['{"order":"D4","status":"on its way"}']);
      await widget.host.evaluate((agent: Agent) => agent.close());
      expect(await resources.settled()).toEqual(NOTHING);
    });

    expect((await fired.of('voice-agent-tool-start')).map(({ call: { name } }) => name)).toEqual([
      'order_status',
      'add',
      'refund',
      'order_status',
    ]);
    expect((await fired.of('voice-agent-tool-end')).map(({ call: { name, status } }) => [name, status])).toEqual([
      ['order_status', 'done'],
      ['add', 'done'],
      ['refund', 'done'],
      ['refund', 'denied'],
      ['order_status', 'done'],
    ]);
    expect(await fired.of('voice-agent-error')).toEqual([]);
    // The SDK is loaded once: the agent's chunk and `agents.js` share the same files.
    const files = site.requests.filter((path) => /realtimeSession-.*\.js$/.test(path));
    expect(new Set(files).size).toBe(1);
  });
}

test('a page without an agent does not load the agent code', async ({ widget, site }) => {
  const before = site.requests.length;
  await widget.open(site);
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  expect(site.requests.slice(before).filter((path) => /agent-|realtimeSession-|agents\.js/.test(path.replace('/voice-agent', '')))).toEqual(
    [],
  );
});
