/**
 * Handles the model's tool calls of one call: runs the page's functions, approves or denies hosted MCP tools, sends the results,
 * and requests the model's next response.
 *
 * Owns: the order of results, the single response request after the last of them, the approval responses for MCP servers.
 * Does not own: running a function (`tool-runner.ts`), the open questions (`approvals.ts`), the transcript (`conversation/`).
 *
 * Calls of one response form a batch: their results are sent in call order, and the response request follows the last one.
 * Batches do not wait for each other. For hosted MCP tools the server reports the result itself but does not continue on its own,
 * so a response is requested when an MCP call is done (as the Agents SDK does).
 */
import type { CallBus } from '../contract/call-bus.js';
import { VoiceAgentError } from '../contract/errors.js';
import { fieldsOf, type Fields } from '../contract/fields.js';
import type { Approval, ToolCall } from '../contract/messages.js';
import type { RealtimeEvent } from '../contract/options.js';
import { toJson } from '../contract/to-json.js';
import type { Answering } from './answering.js';
import { Approvals } from './approvals.js';
import type { CallContext } from './call-context.js';
import { ToolRunner, type ToolOutcome } from './tool-runner.js';

export { declareTools } from './tool-schema.js';

/** Maximum number of responses whose batches are remembered. */
const KEPT = 32;

/** The calls of one response. */
interface Batch {
  /** The response is out of band: the page that requested it answers its calls. */
  readonly aside: boolean;
  /** False while the response is in progress and may contain further calls. */
  made: boolean;
  /** Functions whose output is not sent yet, in order; `outcome` is absent while one runs. */
  readonly outputs: { readonly call: ToolCall; outcome?: ToolOutcome }[];
  /** Unanswered MCP approval requests, and approved calls that are not done. */
  readonly mcp: Set<string>;
  /** The model has new input and needs a response request. */
  owed: boolean;
  /** Like `owed`, unless the model continues on its own in this response. */
  owedByHost: boolean;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** See the head of the file. */
export class ToolDispatcher {
  readonly approvals: Approvals;
  readonly #call: CallContext;
  readonly #answering: Answering;
  readonly #bus: CallBus;
  readonly #runner: ToolRunner;
  /** Call and item ids that were handled, because events may arrive twice. */
  readonly #seen = new Set<string>();
  /** Batches with open MCP requests or calls, by the id of the request. */
  readonly #requests = new Map<string, Batch>();
  /** MCP requests that were answered elsewhere. */
  readonly #answered = new Set<string>();
  /** Labels of MCP servers, by the id of their tool list item. */
  readonly #labels = new Map<string, string>();
  /** The batches of the latest responses by response id, and the batch of the conversation's latest response. */
  readonly #batches = new Map<string, Batch>();
  #batch: Batch = newBatch(true);
  #released = false;

  constructor(call: CallContext, answering: Answering) {
    this.#call = call;
    this.#answering = answering;
    const { options, environment: timers, bus } = call.setup;
    this.#bus = bus;
    this.approvals = new Approvals({ timers, timeout: options.approvalTimeout, bus });
    this.#runner = new ToolRunner(options.tools ?? [], {
      timers,
      bus,
      ask: ({ callId: id, name, arguments: args }, onLapse) => this.ask({ id, kind: 'function', name, arguments: args }, onLapse),
    });
  }

  /** Asks the page and the visitor; until the decision, the call with that id has the status `waiting`. */
  async ask(question: Omit<Approval, 'expires'>, onLapse?: () => void): Promise<boolean> {
    const { id: callId } = question;
    this.#bus.emit('tool-step', { callId, status: 'waiting' });
    const allowed = await this.approvals.ask(question, onLapse);
    this.#bus.emit('tool-step', { callId, status: allowed ? 'running' : 'denied' });
    return allowed;
  }

  /** Runs a function once and sends its output. Never rejects. */
  async run(call: ToolCall, response: string): Promise<void> {
    if (this.#released || this.#seen.has(call.callId)) return;
    const batch = this.#of(response);
    if (batch.aside) return;
    this.#seen.add(call.callId);
    const entry: Batch['outputs'][number] = { call };
    batch.outputs.push(entry);
    const outcome = await this.#runner.run(call);
    if (this.#released) return;
    entry.outcome = outcome;
    const { output, status, error } = outcome;
    this.#bus.emit('tool-end', { call: Object.freeze({ ...call, status }), output, error });
    this.#advance(batch);
  }

  /** Processes one server event. */
  apply(event: RealtimeEvent): void {
    const item = fieldsOf(event['item']);
    const { id: made, conversation_id: conversation } = fieldsOf(event['response']);
    switch (event.type) {
      case 'response.created':
        return this.#begin(textOf(made), conversation);
      case 'response.done': {
        const batch = this.#of(made);
        batch.made = true;
        return this.#advance(batch);
      }
      case 'mcp_list_tools.failed':
        return this.#listingFailed(textOf(event['item_id']));
      case 'response.output_item.added':
        // The model continues on its own after a hosted tool call.
        if (item['type'] === 'message') this.#of(event['response_id']).owedByHost = false;
        return;
      case 'response.output_item.done':
      case 'conversation.item.added':
      case 'conversation.item.done':
        return this.#applyItem(item, event.type.endsWith('done'), this.#of(event['response_id']));
    }
  }

  #begin(id: string, conversation: unknown): void {
    const batch = newBatch(false, conversation === null);
    this.#batches.set(id, batch);
    if (this.#batches.size > KEPT) this.#batches.delete(this.#batches.keys().next().value as string);
    if (batch.aside) return;
    // A conversation has one response at a time, so the end of the previous one was lost. The new response has read its outputs.
    if (typeof conversation === 'string' && !this.#batch.made) {
      this.#batch.made = true;
      this.#batch.owed = this.#batch.owedByHost = false;
    }
    this.#batch = batch;
  }

  /** The batch of a response; the latest batch if the event names no response or its start was lost. */
  #of(response: unknown): Batch {
    return this.#batches.get(textOf(response)) ?? this.#batch;
  }

  #applyItem(item: Fields, done: boolean, batch: Batch): void {
    if (batch.aside) return;
    switch (item['type']) {
      case 'mcp_list_tools':
        this.#labels.set(textOf(item['id']), textOf(item['server_label']));
        return;
      case 'mcp_approval_response':
        return this.#applyMcpAnswer(item);
      case 'mcp_approval_request':
        return done ? void this.#askForMcp(item, batch) : undefined;
      case 'mcp_call':
      case 'mcp_tool_call':
        if (done) this.#applyMcpCall(item, batch);
    }
  }

  /** Aborts running tools and drops open questions; nothing is sent or reported afterwards. */
  release(): void {
    this.#released = true;
    this.#runner.release();
    this.approvals.release();
  }

  /** Sends finished outputs in order; requests a response once all of them are sent. */
  #advance(batch: Batch): void {
    const { outputs, mcp } = batch;
    while (outputs[0]?.outcome) {
      const { call, outcome } = outputs.shift() as Required<Batch['outputs'][number]>;
      const item = { type: 'function_call_output', call_id: call.callId, output: outcome.output };
      if (this.#send({ type: 'conversation.item.create', item })) batch.owed = true;
    }
    if (!batch.made || !(batch.owed || batch.owedByHost) || outputs.length > 0 || mcp.size > 0) return;
    batch.owed = batch.owedByHost = false;
    this.#attempt(() => this.#answering.request());
  }

  async #askForMcp(item: Fields, batch: Batch): Promise<void> {
    const id = textOf(item['id']);
    if (id === '' || this.#seen.has(id)) return;
    this.#seen.add(id);
    batch.mcp.add(id);
    this.#requests.set(id, batch);
    const approve = await this.ask({
      id,
      kind: 'mcp',
      name: textOf(item['name']),
      server: textOf(item['server_label']),
      arguments: textOf(item['arguments']),
    });
    if (this.#released) return;
    const answered =
      this.#answered.has(id) ||
      this.#send({ type: 'conversation.item.create', item: { type: 'mcp_approval_response', approval_request_id: id, approve } });
    // An approved call is done when the server reports it; a denied one is done now.
    if (answered && approve) return;
    this.#close(id, answered);
  }

  /** The server received an answer to a request, from here or sent by the page. */
  #applyMcpAnswer(item: Fields): void {
    const id = textOf(item['approval_request_id']);
    if (!this.#requests.has(id)) return;
    this.#answered.add(id);
    this.approvals.decide(id, item['approve'] === true);
  }

  #applyMcpCall(item: Fields, batch: Batch): void {
    const id = textOf(item['id']);
    if (id === '' || this.#seen.has(id)) return;
    this.#seen.add(id);
    // If the call is part of a response, the model may continue in that response.
    const inside = !batch.made;
    if (this.#close(textOf(item['approval_request_id']), !inside) && !inside) return;
    batch.owedByHost = true;
    this.#advance(batch);
  }

  /** Closes an MCP request; `owed`: the model can now respond to its result. */
  #close(id: string, owed: boolean): boolean {
    const batch = this.#requests.get(id);
    if (!batch) return false;
    this.#requests.delete(id);
    batch.mcp.delete(id);
    batch.owed ||= owed;
    this.#advance(batch);
    return true;
  }

  #listingFailed(id: string): void {
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    this.#bus.emit(
      'error',
      new VoiceAgentError('server_error', { message: `The MCP server ${toJson(this.#labels.get(id) ?? '')} did not list its tools.` }),
    );
  }

  #send(event: RealtimeEvent): boolean {
    return this.#attempt(() => this.#call.liveTransport().sendEvent(event));
  }

  #attempt(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (reason) {
      this.#bus.emit('error', VoiceAgentError.from(reason, 'invalid_request'));
      return false;
    }
  }
}

const newBatch = (made: boolean, aside = false): Batch => ({ aside, made, outputs: [], mcp: new Set(), owed: false, owedByHost: false });
