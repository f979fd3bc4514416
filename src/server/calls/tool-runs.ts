/**
 * Runs the profile's tools on the server when the model calls them: in parallel, each with its own time limit, followed by one
 * `response.create` when all have finished.
 *
 * Owns the running tools and the pending response. Results become text in `tool-output.ts`. Only function calls in a response of the
 * model are run, not items that a page created.
 */
import type { Clock } from '../contract/clock.js';
import type { ServerObserver } from '../contract/server-events.js';
import type { ServerTool } from '../options.js';
import { exposedError, runServerTool } from './run-server-tool.js';
import type { ToolRun } from './run-server-tool.js';
import type { RealtimeEvent } from './sideband.js';

/** Dependencies for running tools. */
export interface ToolRunsSetup {
  readonly tools: readonly ServerTool[];
  readonly clock: Clock;
  readonly call: ToolRun['call'];
  readonly emit: ServerObserver;
  send(event: RealtimeEvent): void;
}

/** Event ID of the server's `response.create`, to recognize an error that refers to it. */
const RESPONSE_EVENT_ID = 'server_tools_answer';

interface FunctionCall {
  readonly name: string;
  readonly call_id: string;
  readonly arguments: unknown;
}

/** See the head of the file. */
export class ToolRuns {
  readonly #setup: ToolRunsSetup;
  readonly #tools: ReadonlyMap<string, ServerTool>;
  readonly #ended = new AbortController();
  /** Outputs by call ID; `undefined` while the tool runs. */
  readonly #outputs = new Map<string, string | undefined>();
  readonly #sentItems = new Set<string>();
  readonly #activeResponses = new Set<string>();
  #speaking = false;
  #responsePending = false;
  #running = 0;

  constructor(setup: ToolRunsSetup) {
    this.#setup = setup;
    this.#tools = new Map(setup.tools.map((tool) => [tool.name, tool]));
  }

  /** Reads an event; returns the field that the page forged, or `undefined` if there is none. */
  handleEvent(event: RealtimeEvent): string | undefined {
    if (this.#tools.size === 0) return undefined;
    switch (event.type) {
      case 'response.created':
        this.#activeResponses.add(idOf(event['response']));
        return undefined;
      case 'response.output_item.done':
        this.#run(event['item']);
        return undefined;
      case 'response.done':
        this.#responseDone(event['response']);
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
        // Another response was already active: send ours after it.
        if ((event['error'] as { event_id?: unknown } | null)?.event_id === RESPONSE_EVENT_ID && this.#activeResponses.size > 0)
          this.#responsePending = true;
    }
    return undefined;
  }

  /** The sideband was reattached: activity in the meantime is unknown. */
  sidebandReattached(): void {
    this.#activeResponses.clear();
    this.#speaking = false;
    this.#requestResponse();
  }

  /** Aborts running tools; nothing more is sent. */
  abort(): void {
    this.#ended.abort(new Error('The call has ended.'));
  }

  #responseDone(response: unknown): void {
    const { output } = (response ?? {}) as { output?: unknown };
    this.#activeResponses.delete(idOf(response));
    // Covers calls whose `response.output_item.done` was missed.
    if (Array.isArray(output)) for (const item of output) this.#run(item);
    this.#requestResponse();
  }

  #run(item: unknown): void {
    const call = functionCall(item);
    const tool = call && this.#tools.get(call.name);
    if (!call || !tool || this.#outputs.has(call.call_id)) return;
    this.#outputs.set(call.call_id, undefined);
    void this.#execute(tool, call);
  }

  async #execute(tool: ServerTool, { call_id, arguments: text }: FunctionCall): Promise<void> {
    const { clock, call, emit } = this.#setup;
    this.#running += 1;
    const output = await runServerTool(tool, readArguments(text), { call, signal: this.#ended.signal, clock, emit });
    this.#running -= 1;
    if (!this.#ended.signal.aborted) this.#deliver(call_id, output);
  }

  #deliver(callId: string, output: string): void {
    const id = `tool_${crypto.randomUUID().replaceAll('-', '').slice(0, 24)}`;
    this.#sentItems.add(id);
    this.#outputs.set(callId, output);
    this.#setup.send({ type: 'conversation.item.create', item: { id, type: 'function_call_output', call_id: callId, output } });
    this.#responsePending = true;
    this.#requestResponse();
  }

  /** Requests a response once no tool runs and the model is idle. While the visitor speaks, their turn triggers the response. */
  #requestResponse(): void {
    if (this.#ended.signal.aborted || !this.#responsePending || this.#running > 0 || this.#activeResponses.size > 0) return;
    this.#responsePending = false;
    if (!this.#speaking) this.#setup.send({ type: 'response.create', event_id: RESPONSE_EVENT_ID });
  }

  /** Detects an output for one of the server's tools that the server did not send. */
  #forged(item: unknown): string | undefined {
    const { id, type, call_id, output } = (item ?? {}) as { id?: unknown; type?: unknown; call_id?: unknown; output?: unknown };
    if (type !== 'function_call_output' || !this.#outputs.has(String(call_id))) return undefined;
    // Not every server keeps the IDs of client items.
    return this.#sentItems.has(String(id)) || this.#outputs.get(String(call_id)) === output ? undefined : 'conversation.item.output';
  }
}

const idOf = (response: unknown): string => String((response as { id?: unknown } | null)?.id);

function functionCall(item: unknown): FunctionCall | undefined {
  const { type, status, name, call_id } = (item ?? {}) as Record<string, unknown>;
  // A call that was cut off has incomplete arguments.
  const usable =
    type === 'function_call' && typeof name === 'string' && typeof call_id === 'string' && (status === undefined || status === 'completed');
  return usable ? (item as FunctionCall) : undefined;
}

/** Returns the arguments, or an error for the model if they are not a JSON object. */
function readArguments(text: unknown): unknown {
  if (text === '' || text === undefined) return {};
  let args: unknown;
  try {
    // A `__proto__` field could set the prototype of an object that it is copied into.
    args = JSON.parse(typeof text === 'string' ? text : '', (key, value: unknown) => (key === '__proto__' ? undefined : value));
  } catch {
    // Handled below, like JSON that is not an object.
  }
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return exposedError('The arguments are not a JSON object.');
  return args;
}
