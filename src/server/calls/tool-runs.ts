/**
 * Runs the profile's tools on the server when the model calls them: in parallel, each with its own time limit, followed by one
 * `response.create` when all have finished.
 *
 * Owns the running tools and the pending response. Results become text in `tool-output.ts`, `tool-limiter.ts` bounds the runs, and
 * `item-origins.ts` detects items that a page created. Only function calls in a response of the conversation are run: the API accepts
 * no result for the calls of other responses.
 */
import type { Clock } from '../contract/clock.js';
import type { ServerObserver } from '../contract/server-events.js';
import type { ServerTool } from '../options.js';
import type { ConversationResponses } from './conversation-responses.js';
import { exposedError, runServerTool } from './run-server-tool.js';
import type { ToolRun } from './run-server-tool.js';
import type { RealtimeEvent } from './sideband.js';
import type { ToolLimiter } from './tool-limiter.js';

/** Dependencies and callbacks for running tools. */
export interface ToolRunsSetup {
  readonly tools: readonly ServerTool[];
  readonly clock: Clock;
  readonly call: ToolRun['call'];
  readonly emit: ServerObserver;
  readonly limiter: ToolLimiter;
  readonly responses: ConversationResponses;
  send(event: RealtimeEvent): void;
  /** An output is about to be sent. `id`: of its item. */
  onOutput(callId: string, id: string, output: string): void;
  /** An output was sent. `open`: IDs of the function calls that still have none. */
  onFinished(open: readonly string[]): void;
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
  /** IDs of all function calls, and of those without an output. */
  readonly #known = new Set<string>();
  readonly #open = new Set<string>();
  #speaking = false;
  #responsePending = false;

  constructor(setup: ToolRunsSetup) {
    this.#setup = setup;
    this.#tools = new Map(setup.tools.map((tool) => [tool.name, tool]));
  }

  /** IDs of the function calls without an output. */
  get open(): readonly string[] {
    return [...this.#open];
  }

  handleEvent(event: RealtimeEvent): void {
    if (this.#tools.size === 0) return;
    switch (event.type) {
      case 'response.output_item.done':
        if (!this.#setup.responses.isOutOfBand(event['response_id'])) this.#run(event['item']);
        return;
      case 'response.done':
        return this.#responseDone(event['response']);
      case 'input_audio_buffer.speech_started':
        this.#speaking = true;
        return;
      case 'input_audio_buffer.speech_stopped':
        this.#speaking = false;
        return;
      case 'error':
        // Another response was already active: send ours after it.
        if ((event['error'] as { event_id?: unknown } | null)?.event_id === RESPONSE_EVENT_ID && this.#setup.responses.active)
          this.#responsePending = true;
    }
  }

  /** The sideband was reattached: activity in the meantime is unknown. */
  sidebandReattached(): void {
    this.#speaking = false;
    this.#requestResponse();
  }

  /** Aborts running tools; nothing more is sent. */
  abort(): void {
    this.#ended.abort(new Error('The call has ended.'));
  }

  #responseDone(response: unknown): void {
    const { id, output } = (response ?? {}) as { id?: unknown; output?: unknown };
    // Covers calls whose `response.output_item.done` was missed.
    if (Array.isArray(output) && !this.#setup.responses.isOutOfBand(id)) for (const item of output) this.#run(item);
    this.#requestResponse();
  }

  #run(item: unknown): void {
    const call = functionCall(item);
    const tool = call && this.#tools.get(call.name);
    if (!call || !tool || this.#known.has(call.call_id)) return;
    this.#known.add(call.call_id);
    this.#open.add(call.call_id);
    void this.#execute(tool, call);
  }

  async #execute(tool: ServerTool, { call_id, arguments: text }: FunctionCall): Promise<void> {
    const { clock, call, emit, limiter, onFinished } = this.#setup;
    const { signal } = this.#ended;
    const output = await limiter.run({
      argumentBytes: typeof text === 'string' ? new TextEncoder().encode(text).length : 0,
      signal,
      run: () => runServerTool(tool, readArguments(text), { call, signal, clock, emit }),
      onRefused: (refused) => emit({ type: 'tool', ref: call.ref, profile: call.profile, name: tool.name, ms: 0, failed: true, refused }),
    });
    if (signal.aborted) return;
    this.#open.delete(call_id);
    this.#deliver(call_id, output);
    onFinished(this.open);
  }

  #deliver(callId: string, output: string): void {
    const id = `tool_${crypto.randomUUID().replaceAll('-', '').slice(0, 24)}`;
    this.#setup.onOutput(callId, id, output);
    this.#setup.send({ type: 'conversation.item.create', item: { id, type: 'function_call_output', call_id: callId, output } });
    this.#responsePending = true;
    this.#requestResponse();
  }

  /** Requests a response once no tool runs and the model is idle. While the visitor speaks, their turn triggers the response. */
  #requestResponse(): void {
    if (this.#ended.signal.aborted || !this.#responsePending || this.#open.size > 0 || this.#setup.responses.active) return;
    this.#responsePending = false;
    if (!this.#speaking) this.#setup.send({ type: 'response.create', event_id: RESPONSE_EVENT_ID });
  }
}

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
