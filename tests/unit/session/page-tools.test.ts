/** Tools in a call: which calls run, in which order results go back, when the model is asked to go on, and hosted MCP tools. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import type { Approval, ToolCall } from '../../../src/contract/messages.js';
import type { CallOptions, ClientTool } from '../../../src/contract/options.js';
import { VoiceSession } from '../../../src/session/voice-session.js';
import { deferred, fakeEnvironment, NOTHING, settle } from './fake-environment.js';

beforeEach(() => {
  vi.stubGlobal('MediaStream', class {});
});
afterEach(() => {
  vi.unstubAllGlobals();
});

type Fields = Record<string, unknown>;

async function live(options: CallOptions = {}) {
  const fake = fakeEnvironment();
  const session = new VoiceSession({ tokenUrl: '/token', ...options }, fake.environment);
  const heard: string[] = [];
  const errors: string[] = [];
  const asked: Approval[] = [];
  session.on('tool-start', ({ name }) => heard.push(`start ${name}`));
  session.on('tool-end', ({ call: { name, status }, output }) => heard.push(`${status} ${name} ${output}`));
  session.on('approval-request', ({ approval }) => asked.push(approval));
  session.on('error', ({ message }) => errors.push(message));
  await session.connect();
  const transport = fake.transports[0];
  if (!transport) throw new Error('no transport');
  let count = 0;
  const emit = (type: string, fields: Fields = {}): void => transport.options.onEvent({ type, event_id: `event_${++count}`, ...fields });
  // The fake says nothing of tools in its `session.updated`, a server does.
  emit('session.updated', { session: { tools: transport.options.session['tools'] ?? [{ type: 'mcp', server_label: 'docs' }] } });
  /** The model calls functions, one after the other, in one response. */
  const respond = (id: string, calls: readonly (readonly [name: string, callId: string, args?: string])[]): void => {
    emit('response.created', { response: { id } });
    calls.forEach(([name, callId, args = '{}'], index) => {
      const item = { id: `item_${callId}`, type: 'function_call', call_id: callId, name, arguments: args, status: 'completed' };
      emit('response.output_item.done', { response_id: id, output_index: index, item });
    });
  };
  const done = (id: string): void => emit('response.done', { response: { id, status: 'completed', output: [] } });
  /** An MCP item in the conversation, inside a response or not. */
  const item = (fields: Fields, response?: string): void => {
    if (response) emit('response.output_item.done', { response_id: response, output_index: 0, item: fields });
    emit('conversation.item.added', { item: fields, previous_item_id: null });
    emit('conversation.item.done', { item: fields, previous_item_id: null });
  };
  /** What was sent since the configuration, in short. */
  const sent = (): string[] =>
    transport.sent.flatMap(({ type, item: one }) => {
      const given = (one ?? {}) as Fields;
      if (type === 'response.create') return 'answer!';
      if (given['type'] === 'function_call_output') return `${String(given['call_id'])}=${String(given['output'])}`;
      return given['type'] === 'mcp_approval_response' ? `${String(given['approval_request_id'])} ${given['approve'] === true ? 'yes' : 'no'}` : [];
    });
  const lines = (): string[] => session.conversation.toolCalls.map(({ name, server, status }: ToolCall) => `${server ? `${server}/` : ''}${name} ${status}`);
  return { ...fake, session, transport, emit, respond, done, item, sent, heard, errors, asked, lines };
}

const echo: ClientTool = { name: 'echo', execute: (args) => args };
const held = () => {
  const gates = [deferred<string>(), deferred<string>()] as const;
  const tools: ClientTool[] = [
    { name: 'first', execute: () => gates[0].promise },
    { name: 'second', execute: () => gates[1].promise },
  ];
  return { gates, tools };
};

describe('before the call', () => {
  test('a mistake in the tools costs no key, shows no prompt, and names the tool', async () => {
    const { environment, requests, tracks, left } = fakeEnvironment();
    const session = new VoiceSession({ tokenUrl: '/token', tools: [{ ...echo, name: 'two words' }] }, environment);
    await expect(session.connect()).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringContaining('"two words"') as string });
    expect(session.status.state).toBe('failed');
    expect(requests).toEqual([]);
    expect(tracks).toEqual([]);
    expect(left()).toEqual(NOTHING);
  });

  test('the settings declare them', async () => {
    const { transport } = await live({ tools: [echo, { name: 'b', parameters: z.object({ x: z.number() }), execute: echo.execute }] });
    expect(transport.options.session['tools']).toMatchObject([{ name: 'echo' }, { name: 'b', parameters: { required: ['x'] } }]);
  });
});

describe('results', () => {
  test('one after the other in the order of the calls, whichever is ready first; one request for an answer after the last', async () => {
    const { gates, tools } = held();
    const { respond, done, sent, heard } = await live({ tools: [...tools, echo] });
    respond('r1', [['first', 'c1'], ['second', 'c2'], ['echo', 'c3']]);
    done('r1');
    gates[1].resolve('2');
    await vi.waitFor(() => expect(heard).toContain('done second 2'));
    expect(heard).toContain('done echo {}');
    expect(sent()).toEqual([]);
    gates[0].resolve('1');
    await vi.waitFor(() => expect(sent()).toEqual(['c1=1', 'c2=2', 'c3={}', 'answer!']));
  });

  test('a call that is ready while the response is still being made does not ask for an answer yet', async () => {
    const { respond, done, emit, sent } = await live({ tools: [echo] });
    respond('r1', [['echo', 'c1']]);
    await vi.waitFor(() => expect(sent()).toEqual(['c1={}']));
    emit('response.output_item.done', { response_id: 'r1', output_index: 1, item: { id: 'i2', type: 'function_call', call_id: 'c2', name: 'echo', arguments: '{"x":2}', status: 'completed' } });
    await vi.waitFor(() => expect(sent()).toEqual(['c1={}', 'c2={"x":2}']));
    done('r1');
    expect(sent()).toEqual(['c1={}', 'c2={"x":2}', 'answer!']);
  });

  test('the calls of another response do not wait', async () => {
    const { gates, tools } = held();
    const { respond, done, sent } = await live({ tools });
    respond('r1', [['first', 'c1']]);
    done('r1');
    respond('r2', [['second', 'c2']]);
    done('r2');
    gates[1].resolve('2');
    await vi.waitFor(() => expect(sent()).toEqual(['c2=2', 'answer!']));
    gates[0].resolve('1');
    await vi.waitFor(() => expect(sent()).toEqual(['c2=2', 'answer!', 'c1=1', 'answer!']));
  });

  test('the visitor interrupts while a tool runs: its result still goes back', async () => {
    const { gates, tools } = held();
    const { respond, emit, session, sent } = await live({ tools });
    respond('r1', [['first', 'c1']]);
    emit('output_audio_buffer.started', { response_id: 'r1' });
    emit('input_audio_buffer.speech_started', { item_id: 'u1' });
    session.interrupt();
    emit('response.done', { response: { id: 'r1', status: 'cancelled', output: [] } });
    gates[0].resolve('1');
    await vi.waitFor(() => expect(sent()).toEqual(['c1=1', 'answer!']));
  });

  test('a call that arrives twice runs once', async () => {
    const execute = vi.fn(() => 'x');
    const { respond, done, emit, sent } = await live({ tools: [{ name: 'a', execute }] });
    respond('r1', [['a', 'c1']]);
    emit('conversation.item.done', { item: { id: 'item_c1', type: 'function_call', call_id: 'c1', name: 'a', arguments: '{}', status: 'completed' } });
    done('r1');
    await vi.waitFor(() => expect(sent()).toEqual(['c1=x', 'answer!']));
    expect(execute).toHaveBeenCalledTimes(1);
  });

  test('what fails is told to the model and the page', async () => {
    const { respond, done, sent, heard, lines, session } = await live({ tools: [{ name: 'bad', execute: () => Promise.reject(new Error('broken')) }] });
    respond('r1', [['bad', 'c1'], ['none', 'c2']]);
    done('r1');
    await vi.waitFor(() => expect(sent()).toEqual(['c1={"error":"broken"}', 'c2={"error":"There is no tool named \\"none\\"."}', 'answer!']));
    expect(heard).toEqual(expect.arrayContaining(['start bad', 'failed bad {"error":"broken"}']));
    expect(heard).not.toContain('start none');
    await vi.waitFor(() => expect(lines()).toEqual(['bad failed', 'none failed']));
    expect(session.status.state).toBe('connected');
  });

  test('the end of the call aborts what runs; what it says later goes nowhere', async () => {
    const late = deferred<string>();
    let signal: AbortSignal | undefined;
    const { respond, done, session, sent, heard, left } = await live({ tools: [{ name: 'slow', execute: (_, context) => { ({ signal } = context); return late.promise; } }] });
    respond('r1', [['slow', 'c1']]);
    done('r1');
    await vi.waitFor(() => expect(heard).toEqual(['start slow']));
    await session.close();
    expect(signal?.aborted).toBe(true);
    late.resolve('too late');
    await settle();
    expect(sent()).toEqual([]);
    expect(heard).toEqual(['start slow']);
    expect(left()).toEqual(NOTHING);
  });

  test('what cannot be sent is an error of the page\'s to know, not the end', async () => {
    const { respond, done, transport, errors, heard, session } = await live({ tools: [echo] });
    transport.sendEvent = () => { throw new Error('closing'); };
    respond('r1', [['echo', 'c1']]);
    done('r1');
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    expect(heard).toContain('done echo {}');
    expect(session.status.state).toBe('connected');
  });
});

describe('functions that need a yes', () => {
  const pay: ClientTool = { name: 'pay', needsApproval: true, execute: ({ sum }: { sum: number }) => `paid ${sum}` };

  test('asked, shown as waiting, decided by the visitor', async () => {
    const { respond, done, asked, session, sent, heard, lines } = await live({ tools: [pay] });
    respond('r1', [['pay', 'c1', '{"sum":5}'], ['pay', 'c2', '{"sum":6}']]);
    done('r1');
    await vi.waitFor(() => expect(session.approvals).toHaveLength(2));
    expect(asked).toMatchObject([{ id: 'c1', kind: 'function', name: 'pay', arguments: '{"sum":5}' }, { id: 'c2' }]);
    await vi.waitFor(() => expect(lines()).toEqual(['pay waiting', 'pay waiting']));
    expect(session.status).toMatchObject({ activity: 'listening' });
    session.decide('c2', true);
    await vi.waitFor(() => expect(heard).toEqual(['start pay', 'done pay paid 6']));
    expect(sent()).toEqual([]);
    session.decide('c1', false);
    await vi.waitFor(() => expect(sent()).toEqual(['c1={"error":"The visitor did not allow this. It was not done."}', 'c2=paid 6', 'answer!']));
    expect(heard.at(-1)).toMatch(/^denied pay /);
    await vi.waitFor(() => expect(lines()).toEqual(['pay denied', 'pay done']));
    expect(session.approvals).toEqual([]);
  });

  test('decided by the page inside the event', async () => {
    const { respond, done, session, sent } = await live({ tools: [pay] });
    const lists = vi.fn();
    session.on('approvals', lists);
    session.on('approval-request', ({ approve }) => approve());
    respond('r1', [['pay', 'c1', '{"sum":5}']]);
    done('r1');
    await vi.waitFor(() => expect(sent()).toEqual(['c1=paid 5', 'answer!']));
    expect(lists).not.toHaveBeenCalled();
  });

  test('nobody decides: refused after the limit', async () => {
    const { respond, done, session, sent, time } = await live({ tools: [pay], approvalTimeout: 9_000 });
    respond('r1', [['pay', 'c1', '{"sum":5}']]);
    done('r1');
    await vi.waitFor(() => expect(session.approvals).toHaveLength(1));
    await time.advance(8_999);
    expect(sent()).toEqual([]);
    await time.advance(1);
    await vi.waitFor(() => expect(sent()).toEqual([expect.stringContaining('did not say in time'), 'answer!']));
  });

  test('the call ends while it is open: nothing runs, nothing is sent, the line says so', async () => {
    const { respond, done, session, sent, heard, lines, left } = await live({ tools: [pay] });
    respond('r1', [['pay', 'c1', '{"sum":5}']]);
    done('r1');
    await vi.waitFor(() => expect(session.approvals).toHaveLength(1));
    await session.close();
    session.decide('c1', true);
    await settle();
    expect(sent()).toEqual([]);
    expect(heard).toEqual([]);
    expect(lines()).toEqual(['pay denied']);
    expect(left()).toEqual(NOTHING);
  });
});

describe('hosted MCP tools', () => {
  const request = (id: string, more: Fields = {}): Fields => ({ id, type: 'mcp_approval_request', server_label: 'docs', name: 'search', arguments: '{"q":"x"}', ...more });
  const result = (id: string, more: Fields = {}): Fields => ({ id, type: 'mcp_call', server_label: 'docs', name: 'search', arguments: '{"q":"x"}', output: 'found', error: null, ...more });

  test('a request is asked for; allowed, the server runs it, and the model is asked to go on', async () => {
    const { emit, item, done, session, asked, sent, lines } = await live();
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

  test('refused, or not decided in time: the server is told, and the model goes on', async () => {
    const { emit, item, done, session, sent, lines, time } = await live();
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

  test('an allowed call that fails is shown as failed and answered to', async () => {
    const { emit, item, done, session, sent, lines } = await live();
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

  test('a call that needs no yes: asked to go on after the response, unless the model went on by itself', async () => {
    const { emit, item, done, sent, lines } = await live();
    emit('response.created', { response: { id: 'r1' } });
    item(result('k1'), 'r1');
    expect(sent()).toEqual([]);
    done('r1');
    await vi.waitFor(() => expect(sent()).toEqual(['answer!']));
    emit('response.created', { response: { id: 'r2' } });
    item(result('k2'), 'r2');
    emit('response.output_item.added', { response_id: 'r2', output_index: 1, item: { id: 'i9', type: 'message', role: 'assistant', content: [] } });
    done('r2');
    expect(sent()).toEqual(['answer!']);
    await vi.waitFor(() => expect(lines()).toEqual(['docs/search done', 'docs/search done']));
  });

  test('a page that answers by itself is not contradicted', async () => {
    const { emit, item, done, session, sent } = await live();
    emit('response.created', { response: { id: 'r1' } });
    item(request('m1'), 'r1');
    done('r1');
    await vi.waitFor(() => expect(session.approvals).toHaveLength(1));
    item({ id: 'a1', type: 'mcp_approval_response', approval_request_id: 'm1', approve: false });
    expect(session.approvals).toEqual([]);
    await vi.waitFor(() => expect(sent()).toEqual(['answer!']));
  });

  test('the call ends while it is open: nothing is sent', async () => {
    const { emit, item, done, session, sent, left } = await live();
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

  test('a list of tools that fails is told; one that comes is no line', async () => {
    const { emit, item, lines, errors, session } = await live();
    item({ id: 'l1', type: 'mcp_list_tools', server_label: 'docs', tools: [] });
    emit('mcp_list_tools.completed', { item_id: 'l1' });
    emit('conversation.item.added', { item: { id: 'l2', type: 'mcp_list_tools', server_label: 'mail', tools: [] } });
    emit('mcp_list_tools.in_progress', { item_id: 'l2' });
    emit('mcp_list_tools.failed', { item_id: 'l2' });
    await vi.waitFor(() => expect(lines()).toEqual(['mail/mcp_list_tools failed']));
    await vi.waitFor(() => expect(errors).toEqual(['The MCP server "mail" did not list its tools.']));
    expect(session.status.state).toBe('connected');
  });

  test('tools that only one response brings are seen, too', async () => {
    const { emit, item, done, session } = await live({ sessionConfig: { tools: [] } });
    emit('response.created', { response: { id: 'r1' } });
    item(request('m1'), 'r1');
    done('r1');
    await vi.waitFor(() => expect(session.approvals).toHaveLength(1));
  });

  test('with an agent, its own session asks and answers', async () => {
    const { emit, item, done, session, sent } = await live({ agent: { getSystemPrompt: () => '' } });
    emit('response.created', { response: { id: 'r1' } });
    item(request('m1'), 'r1');
    item(result('k1'), 'r1');
    done('r1');
    await settle();
    expect(session.approvals).toEqual([]);
    expect(sent()).toEqual([]);
  });
});
