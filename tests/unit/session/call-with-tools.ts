/** A call with tools on a scripted transport: takes the model's function calls, and records what the call sends in short lines. */
import type { Approval, ToolCall } from '../../../src/contract/messages.js';
import type { CallOptions } from '../../../src/contract/options.js';
import { VoiceSession } from '../../../src/session/voice-session.js';
import { fakeEnvironment } from './fake-environment.js';

export type Fields = Record<string, unknown>;

/** Connects. */
export async function callWithTools(options: CallOptions = {}) {
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
  const emit = (type: string, fields: Fields = {}): void =>
    transport.options.bus.emit('server-event', { type, event_id: `event_${++count}`, ...fields });
  // Unlike a server, the fake sends no tools in its `session.updated`.
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
  /** An MCP item in the conversation, inside or outside a response. */
  const item = (fields: Fields, response?: string): void => {
    if (response) emit('response.output_item.done', { response_id: response, output_index: 0, item: fields });
    emit('conversation.item.added', { item: fields, previous_item_id: null });
    emit('conversation.item.done', { item: fields, previous_item_id: null });
  };
  /** The events sent since the configuration, in short form. */
  const sent = (): string[] =>
    transport.sent.flatMap(({ type, item: one }) => {
      const given = (one ?? {}) as Fields;
      if (type === 'response.create') return 'answer!';
      if (given['type'] === 'function_call_output') return `${String(given['call_id'])}=${String(given['output'])}`;
      return given['type'] === 'mcp_approval_response'
        ? `${String(given['approval_request_id'])} ${given['approve'] === true ? 'yes' : 'no'}`
        : [];
    });
  const lines = (): string[] =>
    session.conversation.toolCalls.map(({ name, server, status }: ToolCall) => `${server ? `${server}/` : ''}${name} ${status}`);
  return { ...fake, session, transport, emit, respond, done, item, sent, heard, errors, asked, lines };
}
