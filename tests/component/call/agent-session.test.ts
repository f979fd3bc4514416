/** The session of a `RealtimeAgent` during a call and across calls: handoffs, guardrails, other transports. */
import { RealtimeAgent } from '@openai/agents/realtime';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { CallOptions } from '../../../src/contract/options.js';
import { anything, clock, connected, endCalls } from './agent-call.js';

afterEach(endCalls);

/** The package's own bundle: different classes with the same names. */
const BUNDLE = '../../../node_modules/@openai/agents-realtime/dist/bundle/openai-realtime-agents.mjs';

/** A custom transport without a protocol: it records its calls. */
class OwnLayer {
  status = 'disconnected';
  readonly muted = false;
  readonly calls: unknown[][] = [];
  readonly #listeners: { type: string; listener: (event: unknown) => void }[] = [];

  async connect({ initialSessionConfig }: { initialSessionConfig: unknown }): Promise<void> {
    this.calls.push(['connect', initialSessionConfig]);
    this.status = 'connected';
  }
  close(): void {
    this.status = 'disconnected';
    this.calls.push(['close']);
  }
  on(type: string, listener: (event: unknown) => void): this {
    this.#listeners.push({ type, listener });
    return this;
  }
  off(type: string, listener: (event: unknown) => void): this {
    const index = this.#listeners.findIndex((one) => one.type === type && one.listener === listener);
    if (index >= 0) this.#listeners.splice(index, 1);
    return this;
  }
  once = this.on.bind(this);
  emit = (): boolean => true;
  say(type: string, event: unknown): void {
    for (const one of [...this.#listeners]) if (one.type === type) one.listener(event);
  }
  sendEvent = (event: unknown): unknown => this.calls.push(['event', event]);
  sendMessage = (message: unknown): unknown => this.calls.push(['message', message]);
  addImage = (): unknown => this.calls.push(['image']);
  sendAudio = (): unknown => undefined;
  updateSessionConfig = (config: unknown): unknown => this.calls.push(['update', config]);
  mute = (): unknown => undefined;
  interrupt = (): unknown => this.calls.push(['interrupt']);
  resetHistory = (): unknown => this.calls.push(['history']);
  sendMcpResponse = (): unknown => this.calls.push(['mcp']);
  sendFunctionCallOutput = ({ callId }: { callId: string }, output: string): unknown => this.calls.push(['output', callId, output]);
}

describe('handoffs', () => {
  const cook = new RealtimeAgent({
    name: 'Cook',
    instructions: 'You are a cook.',
    voice: 'cedar',
    tools: [clock(() => 'soup', { name: 'recipe' })],
  });
  const plain = new RealtimeAgent({ name: 'Plain' });
  const clerk = () =>
    new RealtimeAgent({ name: 'Clerk', instructions: 'You are a clerk.', voice: 'marin', tools: [clock()], handoffs: [cook, plain] });

  test('send the new agent’s instructions, tools and voice, and nothing else', async () => {
    const call = await connected({ agent: clerk(), turnDetection: 'none', tools: [{ name: 'page_title', execute: () => 'T' }] });
    const handed = vi.fn();
    call.session.on('agent_handoff', (_context, from, to) => handed(from.name, to.name));
    call.modelCalls({ name: 'transfer_to_Cook', id: 'c1' });
    await vi.waitFor(() => expect(call.outputs()).toHaveLength(1));
    expect(call.received('session.update')[1]?.['session']).toEqual({
      type: 'realtime',
      instructions: 'You are a cook.',
      audio: { output: { voice: 'cedar' } },
      tools: [expect.objectContaining({ name: 'recipe' }), expect.objectContaining({ name: 'page_title' })],
    });
    expect(handed).toHaveBeenCalledWith('Clerk', 'Cook');
    expect(call.call.agentSession?.currentAgent.name).toBe('Cook');
    await vi.waitFor(() =>
      expect(call.call.conversation.toolCalls).toEqual([expect.objectContaining({ name: 'transfer_to_Cook', status: 'done' })]),
    );
    call.modelCalls({ name: 'recipe', id: 'c2' });
    await vi.waitFor(() => expect(call.outputs()).toContainEqual(['c2', 'soup']));
  });

  test('do not change a voice that was already heard, because the server would reject the whole update', async () => {
    const call = await connected({ agent: clerk() });
    call.modelSays('Good day').finish();
    await vi.waitFor(() => expect(call.session.history).toHaveLength(1));
    call.modelCalls({ name: 'transfer_to_Cook', id: 'c1' });
    await vi.waitFor(() => expect(call.outputs()).toHaveLength(1));
    expect(call.received('session.update')[1]?.['session']).not.toHaveProperty('audio');
  });

  test('to an agent without instructions restore the page’s instructions, or else the server’s', async () => {
    const page = await connected({ agent: clerk(), instructions: 'Be kind.' });
    await page.session.updateAgent(plain);
    await vi.waitFor(() => expect(page.received('session.update')).toHaveLength(2));
    expect(page.received('session.update')[1]?.['session']).toEqual({ type: 'realtime', instructions: 'Be kind.', tools: [] });
    const server = await connected({ agent: clerk() }, { session: { instructions: 'Served.' } });
    await server.session.updateAgent(plain);
    await vi.waitFor(() =>
      expect(server.received('session.update')[1]?.['session']).toEqual({ type: 'realtime', instructions: 'Served.', tools: [] }),
    );
  });
});

describe('guardrails', () => {
  const guarded: Pick<CallOptions, 'agentOptions'> = {
    agentOptions: {
      outputGuardrails: [
        {
          name: 'No secrets',
          execute: ({ agentOutput }: { agentOutput: string }) =>
            Promise.resolve({ tripwireTriggered: agentOutput.includes('secret'), outputInfo: {} }),
        },
      ],
      outputGuardrailSettings: { debounceTextLength: 5 },
    },
  };

  test('cut an answer that trips; the guardrail’s own message is neither shown nor reported', async () => {
    const call = await connected({ agent: new RealtimeAgent({ name: 'A' }), ...guarded });
    const tripped = vi.fn();
    call.session.on('guardrail_tripped', tripped);
    call.modelSays('The secret is');
    await vi.waitFor(() => expect(call.items('message')).toHaveLength(1));
    expect(tripped).toHaveBeenCalledOnce();
    expect(call.peer.received.map(({ type }) => type).filter((type) => type !== 'session.update')).toEqual([
      'response.cancel',
      'output_audio_buffer.clear',
      'conversation.item.create',
      // The request for another answer waits until the cut one has ended.
    ]);
    const [item] = call.items('message');
    expect(item?.['content']).toEqual([expect.objectContaining({ text: expect.stringContaining('Your last answer was blocked') })]);
    for (const type of ['added', 'done'])
      call.peer.send({ type: `conversation.item.${type}`, item: { ...item, status: 'completed' }, previous_item_id: null });
    call.done('resp_1', [], 'cancelled');
    await vi.waitFor(() => expect(call.received('response.create')).toHaveLength(1));
    call.modelSays('I cannot tell').finish();
    await vi.waitFor(() => expect(call.emittedOf('message')).toContainEqual(expect.objectContaining({ text: 'I cannot tell' })));
    expect(JSON.stringify([call.emitted, call.call.conversation])).not.toContain('blocked');
    expect(call.call.conversation.messages.map(({ role }) => role)).not.toContain('user');
    // The SDK's own history reflects what the model knows.
    expect(JSON.stringify(call.session.history)).toContain('blocked');
  });

  test('always show the visitor’s text, even if it looks like a guardrail message', async () => {
    const call = await connected({ agent: new RealtimeAgent({ name: 'A' }), ...guarded });
    call.session.sendMessage('⚠️ Your last answer was blocked by my cat.');
    await vi.waitFor(() => expect(call.items('message')).toHaveLength(1));
    call.peer.send({
      type: 'conversation.item.added',
      item: { id: 'u1', status: 'completed', ...call.items('message')[0] },
      previous_item_id: null,
    });
    await vi.waitFor(() =>
      expect(call.call.conversation.messages).toEqual([
        expect.objectContaining({ role: 'user', text: '⚠️ Your last answer was blocked by my cat.' }),
      ]),
    );
  });
});

describe('the lifecycle of a session', () => {
  test('history and usage are available during and after a call; listeners are kept for the next one', async () => {
    const agent = new RealtimeAgent({ name: 'A' });
    const call = await connected({ agent });
    const { session } = call;
    const started = vi.fn();
    session.on('agent_start', started);
    call.modelSays('Good day').finish();
    await vi.waitFor(() => expect(session.usage.totalTokens).toBe(30));
    expect(session.history).toEqual([
      expect.objectContaining({ role: 'assistant', content: [{ type: 'output_audio', audio: null, transcript: 'Good day' }] }),
    ]);
    await call.call.close();
    expect(call.session).toBe(session);
    expect(session.history).toHaveLength(1);
    await call.call.connect();
    expect(call.session).toBe(session);
    expect(session.history).toEqual([]);
    call.modelSays('Hello again').finish();
    await vi.waitFor(() => expect(session.usage.totalTokens).toBe(60));
    expect(started).toHaveBeenCalledTimes(2);
    expect(session.history).toHaveLength(1);
  });

  test('a different agent for the next call gets its own session', async () => {
    const call = await connected({ agent: new RealtimeAgent({ name: 'A' }) });
    const first = call.session;
    await call.call.close();
    call.call.configure({ tokenUrl: '/token', baseUrl: 'https://api.test/v1', agent: new RealtimeAgent({ name: 'B' }) });
    await call.call.connect();
    expect(call.session).not.toBe(first);
    expect(call.call.agentSession?.currentAgent.name).toBe('B');
  });

  test('when the server hangs up, the session ends, and a late tool result is discarded', async () => {
    let answer: (text: string) => void = () => undefined;
    const call = await connected({
      agent: new RealtimeAgent({ name: 'A', tools: [clock(() => new Promise((resolve) => (answer = resolve)))] }),
    });
    call.modelCalls({ name: 'clock', id: 'c1' });
    await vi.waitFor(() => expect(call.emittedOf('tool-start')).toHaveLength(1));
    await call.peer.close();
    await vi.waitFor(() => expect(call.call.status.state).toBe('disconnected'));
    answer('late');
    await new Promise((resolve) => setTimeout(resolve));
    expect(call.emittedOf('tool-end')).toEqual([]);
    expect(call.emittedOf('error')).toEqual([]);
    expect(call.call.conversation.toolCalls).toEqual([expect.objectContaining({ status: 'failed' })]);
  });

  test('a reconnected call continues with the current agent', async () => {
    const cook = new RealtimeAgent({ name: 'Cook', instructions: 'You are a cook.' });
    const agent = new RealtimeAgent({ name: 'Clerk', instructions: 'You are a clerk.', handoffs: [cook] });
    const call = await connected({ agent, reconnect: true });
    const { session } = call;
    call.modelCalls({ name: 'transfer_to_Cook', id: 'c1' });
    await vi.waitFor(() => expect(call.outputs()).toHaveLength(1));
    call.peer.channel?.close();
    await vi.waitFor(() => expect(call.server.peers).toHaveLength(2), { timeout: 10_000 });
    await vi.waitFor(() => expect(call.call.status.state).toBe('connected'));
    expect(call.received('session.update')[0]?.['session']).toMatchObject({ instructions: 'You are a cook.' });
    expect(call.session).toBe(session);
    expect(session.currentAgent.name).toBe('Cook');
    await call.call.close();
    await call.call.connect();
    expect(call.received('session.update')[0]?.['session']).toMatchObject({ instructions: 'You are a clerk.' });
  });

  test('closing the session closes the call', async () => {
    const call = await connected({ agent: new RealtimeAgent({ name: 'A' }) });
    call.session.close();
    await vi.waitFor(() => expect(call.call.status).toMatchObject({ state: 'disconnected', reason: 'page' }));
  });

  test('server errors are reported once', async () => {
    const call = await connected({ agent: new RealtimeAgent({ name: 'A' }) });
    const errors = vi.fn();
    call.session.on('error', errors);
    call.peer.send({ type: 'error', error: { type: 'server_error', code: 'x', message: 'Hiccup.' } });
    await vi.waitFor(() => expect(errors).toHaveBeenCalledOnce());
    expect(call.emittedOf('error')).toEqual([expect.objectContaining({ code: 'server_error', message: 'Hiccup.' })]);
  });

  test('settings, functions and a handoff work on a custom transport', async () => {
    const layer = new OwnLayer();
    const cook = new RealtimeAgent({ name: 'Cook', instructions: 'You are a cook.' });
    const agent = new RealtimeAgent({ name: 'Clerk', instructions: 'You are a clerk.', tools: [clock(() => 'noon')], handoffs: [cook] });
    const call = await connected({ agent, transport: layer as never });
    expect(layer.calls[0]).toEqual([
      'connect',
      expect.objectContaining({
        instructions: 'You are a clerk.',
        tools: [expect.objectContaining({ name: 'clock' }), expect.objectContaining({ name: 'transfer_to_Cook' })],
      }),
    ]);
    layer.say('turn_started', { type: 'response_started', providerData: { response: { id: 'r1' } } });
    layer.say('function_call', { type: 'function_call', id: 'i1', callId: 'c1', name: 'clock', arguments: '{}', responseId: 'r1' });
    await vi.waitFor(() => expect(layer.calls).toContainEqual(['output', 'c1', 'noon']));
    layer.say('function_call', {
      type: 'function_call',
      id: 'i2',
      callId: 'c2',
      name: 'transfer_to_Cook',
      arguments: '{}',
      responseId: 'r1',
    });
    await vi.waitFor(() =>
      expect(layer.calls).toContainEqual(['update', expect.objectContaining({ instructions: 'You are a cook.', tools: [] })]),
    );
    expect(call.emittedOf('error')).toEqual([]);
    await call.call.close();
    expect(layer.calls.at(-1)).toEqual(['close']);
  });

  test('an agent created by another copy of the SDK works', async () => {
    const other: typeof import('@openai/agents/realtime') = await import(/* @vite-ignore */ BUNDLE);
    expect(other.RealtimeAgent).not.toBe(RealtimeAgent);
    const pay = other.tool({
      name: 'pay',
      description: 'Pays.',
      parameters: anything,
      strict: true,
      needsApproval: true,
      execute: () => 'paid',
    } as never);
    const cook = new other.RealtimeAgent({ name: 'Cook', instructions: 'You are a cook.', tools: [pay as never] });
    const call = await connected({ agent: new other.RealtimeAgent({ name: 'Clerk', instructions: 'You are a clerk.', handoffs: [cook] }) });
    expect(call.received('session.update')[0]?.['session']).toMatchObject({
      instructions: 'You are a clerk.',
      tools: [{ name: 'transfer_to_Cook' }],
    });
    call.modelCalls({ name: 'transfer_to_Cook', id: 'c1' });
    await vi.waitFor(() => expect(call.outputs()).toHaveLength(1));
    expect(call.received('session.update')[1]?.['session']).toMatchObject({ instructions: 'You are a cook.', tools: [{ name: 'pay' }] });
    call.modelCalls({ name: 'pay', id: 'c2' });
    await vi.waitFor(() => expect(call.call.approvals).toHaveLength(1));
    call.call.decide('c2', true);
    await vi.waitFor(() => expect(call.outputs()).toContainEqual(['c2', 'paid']));
    expect(call.emittedOf('error')).toEqual([]);
    // The test server transforms 6 MB for it.
  }, 60_000);
});
