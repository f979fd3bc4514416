/**
 * Runs the profile's tools when the model of a call asks for them, here on the server: several at once, each with its own time
 * limit, then one `response.create` when all have answered.
 *
 * Owns what runs and what is still to be answered. Does not own what tools do, nor how results become text (`tool-output.ts`).
 * Only what an answer of the model holds is run; items that a page made itself are not.
 */
import type { Clock } from '../clock.js';
import type { ServerTool, ServerToolContext } from '../options.js';
import type { RealtimeEvent } from './sideband.js';
import { toolFailure, toolOutput } from './tool-output.js';

/** What running tools needs. */
export interface ToolRunsSetup {
  readonly tools: readonly ServerTool[];
  readonly clock: Clock;
  readonly context: Omit<ServerToolContext, 'signal'>;
  send(event: RealtimeEvent): void;
  onRun(run: { readonly name: string; readonly ms: number; readonly failed: boolean }): void;
}

/** Milliseconds for one tool that names no limit. */
export const TOOL_LIMIT = 15_000;

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
  readonly #running = new Set<AbortController>();
  /** Outputs by call id; `undefined` while the tool runs. */
  readonly #outputs = new Map<string, string | undefined>();
  readonly #sent = new Set<string>();
  readonly #answers = new Set<string>();
  #speaking = false;
  #owed = false;
  #over = false;

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
    this.#over = true;
    for (const controller of this.#running) controller.abort(new Error('The call is over.'));
    this.#running.clear();
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

  /** Never rejects: every failure becomes an output that tells the model. */
  async #execute(tool: ServerTool, call: FunctionCall): Promise<void> {
    const { clock, context, onRun } = this.#setup;
    const controller = new AbortController();
    this.#running.add(controller);
    const began = clock.now();
    const callOff = clock.after(tool.timeout ?? TOOL_LIMIT, () => controller.abort(exposed('The tool did not answer in time.')));
    let output: string;
    let failed = false;
    try {
      const aborted = new Promise<never>((_, reject) => {
        controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true });
      });
      const args = readArguments(call.arguments);
      output = toolOutput(await Promise.race([Promise.resolve().then(() => tool.execute(args, { ...context, signal: controller.signal })), aborted]));
    } catch (error) {
      failed = true;
      output = toolFailure(error);
    }
    callOff();
    this.#running.delete(controller);
    onRun({ name: tool.name, ms: clock.now() - began, failed });
    if (!this.#over) this.#deliver(call.call_id, output);
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
    if (this.#over || !this.#owed || this.#running.size > 0 || this.#answers.size > 0) return;
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

/** @throws an error for the model when they are no JSON object */
function readArguments(text: unknown): unknown {
  if (text === '' || text === undefined) return {};
  let args: unknown;
  try {
    // A field of this name would become the prototype of whatever it is copied into.
    args = JSON.parse(typeof text === 'string' ? text : '', (key, value: unknown) => (key === '__proto__' ? undefined : value));
  } catch {
    // Told below, the same as JSON that is no object.
  }
  if (typeof args !== 'object' || args === null || Array.isArray(args)) throw exposed('The arguments are no JSON object.');
  return args;
}

const exposed = (message: string): Error => Object.assign(new Error(message), { expose: true });
