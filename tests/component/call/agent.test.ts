/** Calls with a `RealtimeAgent`, the real SDK on the real transport: settings, tools, approvals. */
import { RealtimeAgent, backgroundResult, tool } from '@openai/agents/realtime';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { agentCall, anything, clock, connected, endCalls } from './agent-call.js';

afterEach(endCalls);

describe('settings', () => {
  test('only settings of the agent and the page are sent', async () => {
    const call = await connected({ agent: new RealtimeAgent({ name: 'Plain' }) });
    expect(call.received('session.update').map(({ session }) => session)).toEqual([{ type: 'realtime' }]);
  });

  test('the agent’s settings take precedence over the page’s, and tools of both are declared once', async () => {
    const agent = new RealtimeAgent({
      name: 'Clerk',
      instructions: () => Promise.resolve('You are a clerk.'),
      voice: 'cedar',
      tools: [
        clock(),
        tool({ name: 'add', description: 'Adds.', parameters: z.object({ a: z.number(), b: z.number() }), execute: ({ a, b }) => a + b }),
      ],
      handoffs: [new RealtimeAgent({ name: 'Cook', handoffDescription: 'Knows recipes.' })],
    });
    const call = await connected({
      agent,
      instructions: 'Be kind.',
      voice: 'marin',
      turnDetection: 'server_vad',
      sessionConfig: {
        audio: { output: { speed: 1.2 } },
        max_output_tokens: 200,
        tools: [{ type: 'mcp', server_label: 'm', connector_id: 'c' }],
      },
      tools: [
        { name: 'clock', execute: () => 'never' },
        { name: 'page_title', description: 'The title.', execute: () => document.title },
      ],
    });
    const [{ session } = { session: undefined }] = call.received('session.update');
    expect(session).toEqual({
      type: 'realtime',
      instructions: 'You are a clerk.',
      audio: { input: { turn_detection: { type: 'server_vad' } }, output: { voice: 'cedar', speed: 1.2 } },
      max_output_tokens: 200,
      tools: [
        { type: 'function', name: 'clock', description: 'Tells the time.', parameters: anything },
        expect.objectContaining({ type: 'function', name: 'add', parameters: expect.objectContaining({ required: ['a', 'b'] }) }),
        expect.objectContaining({ type: 'function', name: 'transfer_to_Cook' }),
        { type: 'function', name: 'page_title', description: 'The title.', parameters: { type: 'object', properties: {} } },
        { type: 'mcp', server_label: 'm', connector_id: 'c' },
      ],
    });
    expect(call.received('session.update')).toHaveLength(1);
  });

  test.each([
    ['no agent', { agent: { name: 'Not an agent' } }, 'agent is not a RealtimeAgent of @openai/agents.'],
    [
      'an agent for a transcription',
      { agent: new RealtimeAgent({ name: 'A' }), mode: 'transcription' },
      'Transcription mode does not support agent.',
    ],
  ] as const)('%s is rejected before a key is requested', async (_, options, message) => {
    const call = agentCall(options);
    await expect(call.call.connect()).rejects.toMatchObject({ code: 'unsupported', message, recoverable: false });
    expect(call.server.requests).toEqual([]);
    expect(call.server.streams).toEqual([]);
  });

  test('an unusable agent fails the attempt with its reason, and nothing stays open', async () => {
    const agents = [
      new RealtimeAgent({ name: 'Two', tools: [clock(), clock()] }),
      new RealtimeAgent({ name: 'Throws', instructions: () => Promise.reject(new Error('No instructions today.')) }),
    ];
    for (const [agent, message] of [
      [agents[0], /Duplicate Realtime tool name/],
      [agents[1], /No instructions today/],
    ] as const) {
      const call = agentCall({ agent: agent as object });
      await expect(call.call.connect()).rejects.toMatchObject({ code: 'unsupported', message: expect.stringMatching(message) });
      await vi.waitFor(() =>
        expect(call.server.streams.flatMap((stream) => stream.getTracks()).every(({ readyState }) => readyState === 'ended')).toBe(true),
      );
      expect(call.server.peers).toEqual([]);
    }
  });

  test('closing while the agent computes its instructions rejects with aborted; the agent is never connected', async () => {
    let answer: (text: string) => void = () => undefined;
    const instructions = vi.fn(() => new Promise<string>((resolve) => (answer = resolve)));
    const call = agentCall({ agent: new RealtimeAgent({ name: 'Slow', instructions }) });
    const connecting = call.call.connect();
    await vi.waitFor(() => expect(instructions).toHaveBeenCalled());
    void call.call.close();
    await expect(connecting).rejects.toMatchObject({ code: 'aborted' });
    answer('Too late.');
    await Promise.resolve();
    expect(call.server.peers).toEqual([]);
  });
});

describe('tools', () => {
  test('an agent’s tool runs once: one output, one response request, events, a finished call in the transcript', async () => {
    const execute = vi.fn(({ a, b }: { a: number; b: number }) => ({ sum: a + b }));
    const add = tool({ name: 'add', description: 'Adds.', parameters: z.object({ a: z.number(), b: z.number() }), execute });
    const call = await connected({
      agent: new RealtimeAgent({ name: 'A', tools: [add] }),
      tools: [{ name: 'other', execute: () => 'no' }],
    });
    call.modelCalls({ name: 'add', id: 'c1', arguments: '{"a":1,"b":2}' });
    await vi.waitFor(() => expect(call.emittedOf('tool-end')).toHaveLength(1));
    await call.arrived();
    expect(call.outputs()).toEqual([['c1', '{"sum":3}']]);
    expect(call.received('response.create')).toHaveLength(1);
    expect(execute).toHaveBeenCalledOnce();
    expect(call.emittedOf('tool-start')).toEqual([
      expect.objectContaining({ callId: 'c1', name: 'add', arguments: '{"a":1,"b":2}', status: 'running' }),
    ]);
    expect(call.emittedOf('tool-end')).toEqual([{ call: expect.objectContaining({ callId: 'c1', status: 'done' }), output: '{"sum":3}' }]);
    await vi.waitFor(() => expect(call.call.conversation.toolCalls).toEqual([expect.objectContaining({ name: 'add', status: 'done' })]));
    expect(call.emittedOf('error')).toEqual([]);
  });

  test('tools of the page and of the agent run side by side', async () => {
    const page = vi.fn(() => 'from the page');
    const call = await connected({
      agent: new RealtimeAgent({ name: 'A', tools: [clock(() => 'from the agent')] }),
      tools: [
        { name: 'page_title', execute: page },
        { name: 'clock', execute: page },
      ],
    });
    call.modelCalls({ name: 'clock', id: 'c1' }, { name: 'page_title', id: 'c2' });
    await vi.waitFor(() => expect(call.emittedOf('tool-end')).toHaveLength(2));
    await call.arrived();
    expect(call.outputs().sort()).toEqual([
      ['c1', 'from the agent'],
      ['c2', 'from the page'],
    ]);
    expect(page).toHaveBeenCalledOnce();
    expect(call.emittedOf('error')).toEqual([]);
  });

  test('a tool that throws sends an error to the model and counts as failed', async () => {
    const explode = (): never => {
      throw new Error('The kettle is on fire.');
    };
    const call = await connected({
      agent: new RealtimeAgent({ name: 'A', tools: [clock(explode), clock(explode, { name: 'silent', errorFunction: null })] }),
    });
    call.modelCalls({ name: 'clock', id: 'c1' });
    await vi.waitFor(() => expect(call.emittedOf('tool-end')).toHaveLength(1));
    call.modelCalls({ name: 'silent', id: 'c2' });
    await vi.waitFor(() => expect(call.emittedOf('tool-end')).toHaveLength(2));
    await call.arrived();
    expect(call.outputs()).toEqual([
      ['c1', 'An error occurred while running the tool. Please try again.'],
      ['c2', expect.stringContaining('The kettle is on fire.')],
    ]);
    expect(call.emittedOf('tool-end').map(({ error }) => error instanceof Error)).toEqual([true, true]);
    await vi.waitFor(() => expect(call.call.conversation.toolCalls.map(({ status }) => status)).toEqual(['failed', 'failed']));
    expect(call.call.status.state).toBe('connected');
  });

  test('an unknown tool gets an output, and is reported as an error that does not end the call', async () => {
    const call = await connected({ agent: new RealtimeAgent({ name: 'A', tools: [clock()] }) });
    call.modelCalls({ name: 'unknown', id: 'c1' });
    await vi.waitFor(() => expect(call.outputs()).toEqual([['c1', 'Tool unknown not found']]));
    await call.arrived();
    expect(call.emittedOf('error')).toEqual([
      expect.objectContaining({ code: 'invalid_request', recoverable: true, message: 'Tool unknown not found' }),
    ]);
    expect(call.call.status.state).toBe('connected');
  });

  test('a background result does not request a response', async () => {
    const call = await connected({ agent: new RealtimeAgent({ name: 'A', tools: [clock(() => backgroundResult('noted'))] }) });
    call.modelCalls({ name: 'clock', id: 'c1' });
    await vi.waitFor(() => expect(call.emittedOf('tool-end')).toHaveLength(1));
    await call.arrived();
    expect(call.outputs()).toEqual([['c1', 'noted']]);
    expect(call.received('response.create')).toEqual([]);
    // The end of the model's own response may still be pending.
    await vi.waitFor(() => expect(call.call.status).toMatchObject({ state: 'connected', activity: 'listening' }));
  });
});

describe('approvals', () => {
  const careful = () => {
    const execute = vi.fn(() => 'paid');
    return { execute, agent: new RealtimeAgent({ name: 'A', tools: [clock(execute, { name: 'pay', needsApproval: true })] }) };
  };

  test('approved: requested once with the arguments, then run', async () => {
    const { agent, execute } = careful();
    const call = await connected({ agent });
    call.modelCalls({ name: 'pay', id: 'c1', arguments: '{}' });
    await vi.waitFor(() => expect(call.call.approvals).toHaveLength(1));
    expect(call.call.approvals[0]).toMatchObject({ id: 'c1', kind: 'function', name: 'pay', arguments: '{}' });
    expect(execute).not.toHaveBeenCalled();
    expect(call.emittedOf('tool-start')).toEqual([]);
    call.call.decide('c1', true);
    await vi.waitFor(() => expect(call.outputs()).toEqual([['c1', 'paid']]));
    expect(call.call.approvals).toEqual([]);
    expect(call.emittedOf('tool-start')).toHaveLength(1);
  });

  test('denied by the page or by timeout: the model gets the result, nothing runs', async () => {
    const { agent, execute } = careful();
    const call = await connected({ agent, approvalTimeout: 300 });
    call.modelCalls({ name: 'pay', id: 'c1' });
    await vi.waitFor(() => expect(call.emittedOf('approval-request')).toHaveLength(1));
    call.emittedOf('approval-request')[0]?.reject();
    await vi.waitFor(() => expect(call.outputs()).toHaveLength(1));
    call.modelCalls({ name: 'pay', id: 'c2' });
    await vi.waitFor(() => expect(call.outputs()).toHaveLength(2));
    expect(call.outputs().map(([, output]) => output)).toEqual(['Tool execution was not approved.', 'Tool execution was not approved.']);
    expect(execute).not.toHaveBeenCalled();
    expect(call.emittedOf('tool-start')).toEqual([]);
    expect(call.emittedOf('tool-end').map(({ error }) => error instanceof Error)).toEqual([true, true]);
  });

  test('decided with the SDK’s own API: our request is closed, nothing runs twice', async () => {
    const { agent, execute } = careful();
    const call = await connected({ agent });
    call.session.on('tool_approval_requested', (_context, _agent, { approvalItem }) => void call.session.approve(approvalItem));
    call.modelCalls({ name: 'pay', id: 'c1' });
    await vi.waitFor(() => expect(call.outputs()).toEqual([['c1', 'paid']]));
    await vi.waitFor(() => expect(call.call.approvals).toEqual([]));
    expect(execute).toHaveBeenCalledOnce();
  });

  test('requests of a hosted MCP server are answered', async () => {
    const call = await connected({ agent: new RealtimeAgent({ name: 'A' }) });
    const ask = (id: string): void => {
      const item = { id, type: 'mcp_approval_request', server_label: 'shop', name: 'order', arguments: '{"what":"tea"}' };
      call.peer.send({ type: 'conversation.item.done', item, previous_item_id: null });
    };
    ask('mcpr_1');
    await vi.waitFor(() =>
      expect(call.call.approvals).toEqual([
        expect.objectContaining({ id: 'mcpr_1', kind: 'mcp', name: 'order', server: 'shop', arguments: '{"what":"tea"}' }),
      ]),
    );
    call.call.decide('mcpr_1', true);
    await vi.waitFor(() =>
      expect(call.items('mcp_approval_response')).toEqual([expect.objectContaining({ approval_request_id: 'mcpr_1', approve: true })]),
    );
    await call.arrived();
    expect(call.received('response.create')).toEqual([]);
    ask('mcpr_2');
    await vi.waitFor(() => expect(call.call.approvals).toHaveLength(1));
    call.call.decide('mcpr_2', false);
    await vi.waitFor(() => expect(call.items('mcp_approval_response')[1]).toMatchObject({ approval_request_id: 'mcpr_2', approve: false }));
    await vi.waitFor(() => expect(call.received('response.create')).toHaveLength(1));
  });
});
