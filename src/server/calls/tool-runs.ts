/**
 * Runs the profile's tools when the model of a call asks for them, here on the server: several at once, each with its own time
 * limit, then one `response.create` when all have answered.
 *
 * Owns what runs and what is still to be answered. Does not own what tools do, nor how results become text (`tool-output.ts`).
 * Only what an answer of the model holds is run; items that a page made itself are not.
 */
import type { Clock } from '../clock.js';
import type { ServerObserver } from '../observe/server-events.js';
import type { ServerTool } from '../options.js';
import { exposed, runServerTool } from './run-server-tool.js';
import type { ToolRun } from './run-server-tool.js';
import type { RealtimeEvent } from './sideband.js';

/** What running tools needs. */
export interface ToolRunsSetup {
  readonly tools: readonly ServerTool[];
  readonly clock: Clock;
  readonly call: ToolRun['call'];
  readonly tell: ServerObserver;
  send(event: RealtimeEvent): void;
}

/** Names our `response.create`, so that its refusal is told from other errors. */
const ANSWER_ID = 'server_tools_answer';

interface FunctionCall {
  readonly name: string;
  readonly call_id: string;
  readonly arguments: unknown;
}

/** See the head of the file. */
export class ToolRuns {
  readonly #setup: ToolRunsSetup;
  readonly #tools: ReadonlyMap<string, ServerTool>;
  readonly #over = new AbortController();
  /** Outputs by call id; `undefined` while the tool runs. */
  readonly #outputs = new Map<string, string | undefined>();
  readonly #sent = new Set<string>();
  readonly #answers = new Set<string>();
  #speaking = false;
  #owed = false;
  #running = 0;

  constructor(setup: ToolRunsSetup) {
    this.#setup = setup;
    this.#tools = new Map(setup.tools.map((tool) => [tool.name, tool]));
  }

  /** Reads an event; returns the name of what the page forged, `undefined` where that is nothing. */
  hear(event: RealtimeEvent): string | undefined {
    if (this.#tools.size === 0) return undefined;
    switch (event.type) {
      case 'response.created':
        this.#answers.add(idOf(event['response']));
        return undefined;
      case 'response.output_item.done':
        this.#run(event['item']);
        return undefined;
      case 'response.done':
        this.#answered(event['response']);
        return undefined;
      case 'input_audio_buffer.speech_started':
        this.#speaking = true;
        return undefined;
      case 'input_audio_buffer.speech_stopped':
        this.#speaking = false;
        return undefined;
      case 'conversation.item.added':
      case 'conversation.item.created':
        return this.#forged(event['item']);
      case 'error':
        // Somebody else's answer came first: ours follows it.
        if ((event['error'] as { event_id?: unknown } | null)?.event_id === ANSWER_ID && this.#answers.size > 0) this.#owed = true;
    }
    return undefined;
  }

  /** What went on while nobody listened is not known. */
  forget(): void {
    this.#answers.clear();
    this.#speaking = false;
    this.#answer();
  }

  /** Aborts what runs; nothing is sent any more. */
  release(): void {
    this.#over.abort(new Error('The call is over.'));
  }

  #answered(response: unknown): void {
    const { output } = (response ?? {}) as { output?: unknown };
    this.#answers.delete(idOf(response));
    // One whose own event was lost.
    if (Array.isArray(output)) for (const item of output) this.#run(item);
    this.#answer();
  }

  #run(item: unknown): void {
    const call = functionCall(item);
    const tool = call && this.#tools.get(call.name);
    if (!call || !tool || this.#outputs.has(call.call_id)) return;
    this.#outputs.set(call.call_id, undefined);
    void this.#execute(tool, call);
  }

  async #execute(tool: ServerTool, { call_id, arguments: text }: FunctionCall): Promise<void> {
    const { clock, call, tell } = this.#setup;
    this.#running += 1;
    const output = await runServerTool(tool, readArguments(text), { call, signal: this.#over.signal, clock, tell });
    this.#running -= 1;
    if (!this.#over.signal.aborted) this.#deliver(call_id, output);
  }

  #deliver(callId: string, output: string): void {
    const id = `tool_${crypto.randomUUID().replaceAll('-', '').slice(0, 24)}`;
    this.#sent.add(id);
    this.#outputs.set(callId, output);
    this.#setup.send({ type: 'conversation.item.create', item: { id, type: 'function_call_output', call_id: callId, output } });
    this.#owed = true;
    this.#answer();
  }

  /** Once nothing runs and the model is free. Somebody who speaks brings the next answer along. */
  #answer(): void {
    if (this.#over.signal.aborted || !this.#owed || this.#running > 0 || this.#answers.size > 0) return;
    this.#owed = false;
    if (!this.#speaking) this.#setup.send({ type: 'response.create', event_id: ANSWER_ID });
  }

  /** A result for one of our calls that we did not give: the page speaks for the tool. */
  #forged(item: unknown): string | undefined {
    const { id, type, call_id, output } = (item ?? {}) as { id?: unknown; type?: unknown; call_id?: unknown; output?: unknown };
    if (type !== 'function_call_output' || !this.#outputs.has(String(call_id))) return undefined;
    // Not every server keeps the ids that it is given.
    return this.#sent.has(String(id)) || this.#outputs.get(String(call_id)) === output ? undefined : 'conversation.item.output';
  }
}

const idOf = (response: unknown): string => String((response as { id?: unknown } | null)?.id);

function functionCall(item: unknown): FunctionCall | undefined {
  const { type, status, name, call_id } = (item ?? {}) as Record<string, unknown>;
  // One that was cut off has half of its arguments.
  const usable = type === 'function_call' && typeof name === 'string' && typeof call_id === 'string' && (status === undefined || status === 'completed');
  return usable ? (item as FunctionCall) : undefined;
}

/** An error for the model when they are no JSON object. */
function readArguments(text: unknown): unknown {
  if (text === '' || text === undefined) return {};
  let args: unknown;
  try {
    // A field of this name would become the prototype of whatever it is copied into.
    args = JSON.parse(typeof text === 'string' ? text : '', (key, value: unknown) => (key === '__proto__' ? undefined : value));
  } catch {
    // Told below, the same as JSON that is no object.
  }
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return exposed('The arguments are no JSON object.');
  return args;
}
