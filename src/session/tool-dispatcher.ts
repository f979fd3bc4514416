/**
 * What follows, in one call, from the model's calls of tools: the page's functions run, hosted MCP tools are allowed or
 * refused, results go back, and the model is asked to go on.
 *
 * Owns: the order of results, the one request for an answer after the last of them, the answers to MCP servers.
 * Does not own: running one function (`tool-runner.ts`), the open questions (`approvals.ts`), showing (`conversation/`).
 *
 * Calls of one response belong together: their results are sent in the order of the calls, and the request for an answer
 * follows the last. Calls of another response do not wait for them. Over hosted MCP tools the server says itself what came
 * out, but it does not go on by itself (so the Agents SDK asks, too, when an MCP call is done).
 */
import { VoiceAgentError } from '../contract/errors.js';
import { fieldsOf, type Fields } from '../contract/fields.js';
import type { Approval, ToolCall } from '../contract/messages.js';
import type { RealtimeEvent } from '../contract/options.js';
import { toJson } from '../contract/to-json.js';
import { Approvals } from './approvals.js';
import type { PageToolsSetup } from './page-tools.js';
import { ToolRunner, type ToolOutcome } from './tool-runner.js';

export { declareTools } from './tool-schema.js';

/** Responses whose batches are remembered. */
const KEPT = 32;

/** The calls of one response. */
interface Batch {
  /** The response is out of band: its calls are its author's to answer. */
  readonly aside: boolean;
  /** False while the response is being made: it may hold further calls. */
  made: boolean;
  /** Functions whose output is not sent, in order; nothing stands for one that still runs. */
  readonly outputs: { readonly call: ToolCall; outcome?: ToolOutcome }[];
  /** MCP requests that are not answered, and calls that follow from them and are not over. */
  readonly mcp: Set<string>;
  /** The model has something new to answer to. */
  owed: boolean;
  /** The same, unless it goes on by itself in this response. */
  owedByHost: boolean;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** See the head of the file. */
export class ToolDispatcher {
  readonly approvals: Approvals;
  readonly #setup: PageToolsSetup;
  readonly #runner: ToolRunner;
  /** Call ids and item ids that were dealt with: events may come twice. */
  readonly #seen = new Set<string>();
  /** Batches with open MCP requests or calls, by the id of the request. */
  readonly #requests = new Map<string, Batch>();
  /** MCP requests that somebody else has answered. */
  readonly #answered = new Set<string>();
  /** MCP servers that list their tools, by the id of the list. */
  readonly #labels = new Map<string, string>();
  /** The batches of the latest responses by their ids, and that of the latest one of the conversation. */
  readonly #batches = new Map<string, Batch>();
  #batch: Batch = newBatch(true);
  #released = false;

  constructor(setup: PageToolsSetup) {
    this.#setup = setup;
    const { options, timers, onApprovalRequest: onRequest, onApprovals: onChange } = setup;
    this.approvals = new Approvals({ timers, timeout: options.approvalTimeout, onRequest, onChange });
    this.#runner = new ToolRunner(options.tools ?? [], {
      timers,
      onStart: setup.onStart,
      ask: ({ callId: id, name, arguments: args }, onLapse) => this.ask({ id, kind: 'function', name, arguments: args }, onLapse),
    });
  }

  /** Asks the page and the visitor; meanwhile the call of that id is shown as waiting. */
  async ask(question: Omit<Approval, 'expires'>, onLapse?: () => void): Promise<boolean> {
    const { onStep } = this.#setup;
    onStep(question.id, 'waiting');
    const allowed = await this.approvals.ask(question, onLapse);
    onStep(question.id, allowed ? 'running' : 'denied');
    return allowed;
  }

  /** Runs a function once and sends what comes out. Never rejects. */
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
    this.#setup.onStep(call.callId, status);
    this.#setup.onEnd(Object.freeze({ ...call, status }), output, error);
    this.#advance(batch);
  }

  /** Works in one event of the server. */
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
        // The model goes on by itself after a call of a hosted tool.
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
    // A conversation has one response at a time: the end of the one before was lost. This one has read what was sent for it.
    if (typeof conversation === 'string' && !this.#batch.made) {
      this.#batch.made = true;
      this.#batch.owed = this.#batch.owedByHost = false;
    }
    this.#batch = batch;
  }

  /** The batch of a response; of the latest one if none is named or its beginning was lost. */
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
        return this.#noteAnswer(item);
      case 'mcp_approval_request':
        return done ? void this.#askForMcp(item, batch) : undefined;
      case 'mcp_call':
      case 'mcp_tool_call':
        if (done) this.#noteMcpCall(item, batch);
    }
  }

  /** Aborts what runs and drops what is open; nothing is told or sent any more. */
  release(): void {
    this.#released = true;
    this.#runner.release();
    this.approvals.release();
  }

  /** Sends what is there, as far as nothing before it is missing; asks for an answer once all of it is sent. */
  #advance(batch: Batch): void {
    const { outputs, mcp } = batch;
    while (outputs[0]?.outcome) {
      const { call, outcome } = outputs.shift() as Required<Batch['outputs'][number]>;
      const item = { type: 'function_call_output', call_id: call.callId, output: outcome.output };
      if (this.#send({ type: 'conversation.item.create', item })) batch.owed = true;
    }
    if (!batch.made || !(batch.owed || batch.owedByHost) || outputs.length > 0 || mcp.size > 0) return;
    batch.owed = batch.owedByHost = false;
    this.#attempt(this.#setup.request);
  }

  async #askForMcp(item: Fields, batch: Batch): Promise<void> {
    const id = textOf(item['id']);
    if (id === '' || this.#seen.has(id)) return;
    this.#seen.add(id);
    batch.mcp.add(id);
    this.#requests.set(id, batch);
    const approve = await this.ask({ id, kind: 'mcp', name: textOf(item['name']), server: textOf(item['server_label']), arguments: textOf(item['arguments']) });
    if (this.#released) return;
    const told = this.#answered.has(id) || this.#send({ type: 'conversation.item.create', item: { type: 'mcp_approval_response', approval_request_id: id, approve } });
    // An allowed call is over when the server says so; a refused one is over now.
    if (told && approve) return;
    this.#close(id, told);
  }

  /** The server has an answer to a request, ours or one that the page sent itself. */
  #noteAnswer(item: Fields): void {
    const id = textOf(item['approval_request_id']);
    if (!this.#requests.has(id)) return;
    this.#answered.add(id);
    this.approvals.decide(id, item['approve'] === true);
  }

  #noteMcpCall(item: Fields, batch: Batch): void {
    const id = textOf(item['id']);
    if (id === '' || this.#seen.has(id)) return;
    this.#seen.add(id);
    // Where the server makes a response of it, the model may go on in there.
    const inside = !batch.made;
    if (this.#close(textOf(item['approval_request_id']), !inside) && !inside) return;
    batch.owedByHost = true;
    this.#advance(batch);
  }

  /** An MCP request is dealt with; `owed`: the model can now answer to what became of it. */
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
    this.#setup.onError(new VoiceAgentError('server_error', { message: `The MCP server ${toJson(this.#labels.get(id) ?? '')} did not list its tools.` }));
  }

  #send(event: RealtimeEvent): boolean {
    return this.#attempt(() => this.#setup.send(event));
  }

  #attempt(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (reason) {
      this.#setup.onError(VoiceAgentError.from(reason, 'invalid_request'));
      return false;
    }
  }
}

const newBatch = (made: boolean, aside = false): Batch => ({ aside, made, outputs: [], mcp: new Set(), owed: false, owedByHost: false });
