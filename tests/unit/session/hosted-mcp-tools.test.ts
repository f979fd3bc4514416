/** Hosted MCP tools in a call: approval requests, responses, and when the model's next response is requested. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { callWithTools } from './call-with-tools.js';
import type { Fields } from './call-with-tools.js';
import { NOTHING, settle } from './fake-environment.js';

beforeEach(() => {
  vi.stubGlobal('MediaStream', class {});
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('hosted MCP tools', () => {
  const request = (id: string, more: Fields = {}): Fields => ({
    id,
    type: 'mcp_approval_request',
    server_label: 'docs',
    name: 'search',
    arguments: '{"q":"x"}',
    ...more,
  });
  const result = (id: string, more: Fields = {}): Fields => ({
    id,
    type: 'mcp_call',
    server_label: 'docs',
    name: 'search',
    arguments: '{"q":"x"}',
    output: 'found',
    error: null,
    ...more,
  });

  test('asks for approval, lets the server run an approved call, and requests the next response', async () => {
    const { emit, item, done, session, asked, sent, lines } = await callWithTools();
    emit('response.created', { response: { id: 'r1' } });
    item(request('m1'), 'r1');
    done('r1');
    await vi.waitFor(() => expect(session.approvals).toHaveLength(1));
    expect(asked).toMatchObject([{ id: 'm1', kind: 'mcp', name: 'search', server: 'docs', arguments: '{"q":"x"}' }]);
    await vi.waitFor(() => expect(lines()).toEqual(['docs/search waiting']));
    session.decide('m1', true);
    await vi.waitFor(() => expect(sent()).toEqual(['m1 yes']));
    await vi.waitFor(() => expect(lines()).toEqual(['docs/search running']));
    item({ id: 'a1', type: 'mcp_approval_response', approval_request_id: 'm1', approve: true });
    emit('conversation.item.added', { item: result('k1', { approval_request_id: 'm1', output: null }) });
    emit('response.mcp_call.in_progress', { item_id: 'k1', output_index: 0 });
    expect(sent()).toEqual(['m1 yes']);
    emit('response.mcp_call.completed', { item_id: 'k1', output_index: 0 });
    emit('conversation.item.done', { item: result('k1', { approval_request_id: 'm1' }) });
    expect(sent()).toEqual(['m1 yes', 'answer!']);
    await vi.waitFor(() => expect(lines()).toEqual(['docs/search done']));
  });

  test('reports a denied or undecided request to the server, and requests the next response', async () => {
    const { emit, item, done, session, sent, lines, time } = await callWithTools();
    emit('response.created', { response: { id: 'r1' } });
    item(request('m1'), 'r1');
    item(request('m2'), 'r1');
    done('r1');
    await vi.waitFor(() => expect(session.approvals).toHaveLength(2));
    session.decide('m1', false);
    await vi.waitFor(() => expect(sent()).toEqual(['m1 no']));
    await time.advance(60_000);
    await vi.waitFor(() => expect(sent()).toEqual(['m1 no', 'm2 no', 'answer!']));
    await vi.waitFor(() => expect(lines()).toEqual(['docs/search denied', 'docs/search denied']));
  });

  test('shows a failed call, and requests the next response', async () => {
    const { emit, item, done, session, sent, lines } = await callWithTools();
    emit('response.created', { response: { id: 'r1' } });
    item(request('m1'), 'r1');
    done('r1');
    await vi.waitFor(() => expect(session.approvals).toHaveLength(1));
    session.decide('m1', true);
    await vi.waitFor(() => expect(sent()).toEqual(['m1 yes']));
    item(result('k1', { approval_request_id: 'm1', output: null, error: { type: 'tool_execution_error', message: 'no' } }));
    expect(sent()).toEqual(['m1 yes', 'answer!']);
    await vi.waitFor(() => expect(lines()).toEqual(['docs/search failed']));
  });

  test('requests the next response after a call without approval, unless the model continued on its own', async () => {
    const { emit, item, done, sent, lines } = await callWithTools();
    emit('response.created', { response: { id: 'r1' } });
    item(result('k1'), 'r1');
    expect(sent()).toEqual([]);
    done('r1');
    await vi.waitFor(() => expect(sent()).toEqual(['answer!']));
    emit('response.created', { response: { id: 'r2' } });
    item(result('k2'), 'r2');
    emit('response.output_item.added', {
      response_id: 'r2',
      output_index: 1,
      item: { id: 'i9', type: 'message', role: 'assistant', content: [] },
    });
    done('r2');
    expect(sent()).toEqual(['answer!']);
    await vi.waitFor(() => expect(lines()).toEqual(['docs/search done', 'docs/search done']));
  });

  test('accepts an approval response that the page sends itself', async () => {
    const { emit, item, done, session, sent } = await callWithTools();
    emit('response.created', { response: { id: 'r1' } });
    item(request('m1'), 'r1');
    done('r1');
    await vi.waitFor(() => expect(session.approvals).toHaveLength(1));
    item({ id: 'a1', type: 'mcp_approval_response', approval_request_id: 'm1', approve: false });
    expect(session.approvals).toEqual([]);
    await vi.waitFor(() => expect(sent()).toEqual(['answer!']));
  });

  test('sends nothing if the call ends while a request is open', async () => {
    const { emit, item, done, session, sent, left } = await callWithTools();
    emit('response.created', { response: { id: 'r1' } });
    item(request('m1'), 'r1');
    done('r1');
    await vi.waitFor(() => expect(session.approvals).toHaveLength(1));
    await session.close();
    session.decide('m1', true);
    await settle();
    expect(sent()).toEqual([]);
    expect(session.approvals).toEqual([]);
    expect(left()).toEqual(NOTHING);
  });

  test('shows a failed tool list in the transcript, but not a received one', async () => {
    const { emit, item, lines, errors, session } = await callWithTools();
    item({ id: 'l1', type: 'mcp_list_tools', server_label: 'docs', tools: [] });
    emit('mcp_list_tools.completed', { item_id: 'l1' });
    emit('conversation.item.added', { item: { id: 'l2', type: 'mcp_list_tools', server_label: 'mail', tools: [] } });
    emit('mcp_list_tools.in_progress', { item_id: 'l2' });
    emit('mcp_list_tools.failed', { item_id: 'l2' });
    await vi.waitFor(() => expect(lines()).toEqual(['mail/mcp_list_tools failed']));
    await vi.waitFor(() => expect(errors).toEqual(['The MCP server "mail" did not list its tools.']));
    expect(session.status.state).toBe('connected');
  });

  test('handles tools that only one response adds', async () => {
    const { emit, item, done, session } = await callWithTools({ sessionConfig: { tools: [] } });
    emit('response.created', { response: { id: 'r1' } });
    item(request('m1'), 'r1');
    done('r1');
    await vi.waitFor(() => expect(session.approvals).toHaveLength(1));
  });

  test('leaves requests to the session of an agent', async () => {
    const { emit, item, done, session, sent } = await callWithTools({ agent: { getSystemPrompt: () => '' } });
    emit('response.created', { response: { id: 'r1' } });
    item(request('m1'), 'r1');
    item(result('k1'), 'r1');
    done('r1');
    await settle();
    expect(session.approvals).toEqual([]);
    expect(sent()).toEqual([]);
  });
});
