/** Functions and hosted MCP tools of the imitated agent. */
import { describe, expect, it } from 'vitest';
import { connect, expectRequiredFields, sent, start, type } from './harness.js';

describe('tools', () => {
  const tools = [
    {
      type: 'function',
      name: 'get_weather',
      description: 'w',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  ];

  it('are called by name, and the agent reads their output', async () => {
    const connected = await connect(await start(), { tools });
    type(connected, 'Please call get_weather for Paris');
    const done = await connected.next('response.done');
    const call = done['response'].output[0];
    expect(call).toMatchObject({ type: 'function_call', name: 'get_weather', status: 'completed', arguments: '{"city":"Paris"}' });
    const deltas = connected.peer.received.filter((event) => event['type'] === 'response.function_call_arguments.delta');
    expect(deltas.map((event) => event['delta']).join('')).toBe(call.arguments);
    expect(connected.peer.received.find((event) => event['type'] === 'response.function_call_arguments.done')).toMatchObject({
      name: 'get_weather',
      call_id: call.call_id,
    });
    expect(connected.peer.received.find((event) => event['type'] === 'response.output_item.added')?.['item']).toMatchObject({
      status: 'in_progress',
      arguments: '',
    });
    connected.say({
      type: 'conversation.item.create',
      item: { type: 'function_call_output', call_id: call.call_id, output: '{"temperature":21,"sky":"clear"}' },
    });
    connected.say({ type: 'response.create' });
    await connected.next('response.done');
    expect(connected.call.items.at(-1)?.content?.[0]?.transcript).toBe('The tool get weather answered: temperature 21, sky clear');
    expectRequiredFields(connected.call.events);
  });

  it('reject an output for an unknown call', async () => {
    const connected = await connect(await start());
    connected.say({
      type: 'conversation.item.create',
      event_id: 'mine',
      item: { type: 'function_call_output', call_id: 'call_x', output: '' },
    });
    expect((await connected.next('error'))['error']).toMatchObject({ code: 'invalid_tool_call_id', event_id: 'mine' });
  });

  it('can be required or disabled by the request', async () => {
    const connected = await connect(await start(), { tools });
    connected.say({ type: 'response.create', response: { tool_choice: 'required' } });
    expect((await connected.next('response.done'))['response'].output[0]).toMatchObject({
      type: 'function_call',
      arguments: '{"city":"Berlin"}',
    });
    connected.say({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'call get_weather' }] },
    });
    connected.say({ type: 'response.create', response: { tool_choice: 'none' } });
    expect((await connected.next('response.done'))['response'].output[0]).toMatchObject({ type: 'message' });
  });
});

describe('hosted MCP', () => {
  const tools = [{ type: 'mcp', server_label: 'docs', server_url: 'https://example.com/mcp' }];

  it('lists tools, calls them and requests approval', async () => {
    const connected = await connect(
      await start({
        script: {
          mcp: { docs: { tools: [{ name: 'search' }] } },
          replies: [
            { items: [{ mcpCall: 'search', server: 'docs', arguments: { q: 'x' }, output: 'found' }, { say: 'Found it.' }] },
            { items: [{ mcpCall: 'search', server: 'docs', error: 'down' }] },
            { items: [{ mcpApproval: 'search', server: 'docs', arguments: { q: 'y' }, output: 'approved result' }] },
          ],
        },
      }),
      { tools },
    );
    await connected.next('mcp_list_tools.completed');
    expect(connected.call.items[0]).toMatchObject({ type: 'mcp_list_tools', tools: [{ name: 'search', description: '' }] });
    connected.say({ type: 'response.create' });
    const first = await connected.next('response.done');
    expect(first['response'].output.map((item: { type: string }) => item.type)).toEqual(['mcp_call', 'message']);
    expect(first['response'].output[0]).toMatchObject({ output: 'found', error: null });
    connected.say({ type: 'response.create' });
    expect((await connected.next('response.done'))['response'].output[0]).toMatchObject({
      error: { type: 'tool_execution_error', message: 'down' },
    });
    connected.say({ type: 'response.create' });
    const request = (await connected.next('response.done'))['response'].output[0];
    expect(request).toMatchObject({ type: 'mcp_approval_request', name: 'search' });
    connected.say({
      type: 'conversation.item.create',
      item: { type: 'mcp_approval_response', id: 'item_ok', approval_request_id: request.id, approve: true },
    });
    await connected.call.waitForServerEvent(
      ({ type, event }) =>
        type === 'conversation.item.done' &&
        (event['item'] as { approval_request_id?: string }).approval_request_id === request.id &&
        (event['item'] as { type: string }).type === 'mcp_call',
    );
    expect(connected.call.items.at(-1)).toMatchObject({ type: 'mcp_call', output: 'approved result' });
    expectRequiredFields(connected.call.events);
    const types = new Set(sent(connected.call.events));
    for (const name of [
      'mcp_list_tools.in_progress',
      'response.mcp_call_arguments.done',
      'response.mcp_call.in_progress',
      'response.mcp_call.completed',
      'response.mcp_call.failed',
    ])
      expect(types).toContain(name);
  });

  it('cannot reach a server that the script does not define', async () => {
    const connected = await connect(await start(), { tools });
    await connected.next('mcp_list_tools.failed');
    expectRequiredFields(connected.call.events);
  });
});
