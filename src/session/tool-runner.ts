/**
 * Runs the page's functions for the model, from arguments as text to output as text.
 *
 * Owns: parsing the arguments, asking for approval, the time limit, the abort signal.
 * Does not own: the tools themselves, converting results (`tool-result.ts`), sending them (`tool-dispatcher.ts`).
 */
import type { CallBus } from '../contract/call-bus.js';
import type { ToolCall } from '../contract/messages.js';
import { toJson } from '../contract/to-json.js';
import type { ClientTool } from '../contract/options.js';
import type { Timers } from '../transport/transport.js';
import { resolveToolResult, toOutput } from './tool-result.js';
import { parseByToolSchema } from './tool-schema.js';

/** Default time limit of a tool in milliseconds. */
const TOOL_LIMIT = 15_000;
/** Maximum timer delay: timers of 2^31 ms and above fire at once. */
const LONGEST = 2 ** 31 - 1;

/** Dependencies of the tool runner. */
export interface ToolRunnerSetup {
  readonly timers: Timers;
  /** Asks whether the tool may run; calls `onLapse` before resolving with `false` because of a timeout. */
  ask(call: ToolCall, onLapse: () => void): Promise<boolean>;
  /** Receives `tool-start` when a function starts to run. */
  readonly bus: Pick<CallBus, 'emit'>;
}

/** The outcome of a tool call. */
export interface ToolOutcome {
  readonly output: string;
  readonly status: 'done' | 'failed' | 'denied';
  /** Why there is no result. */
  readonly error?: unknown;
}

/** The tools of one call. */
export class ToolRunner {
  readonly #tools: ReadonlyMap<string, ClientTool>;
  readonly #setup: ToolRunnerSetup;
  readonly #running = new Set<AbortController>();

  constructor(tools: readonly ClientTool[], setup: ToolRunnerSetup) {
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
    this.#setup = setup;
  }

  /** Never rejects: every failure becomes an output for the model. */
  async run(call: ToolCall): Promise<ToolOutcome> {
    const controller = new AbortController();
    this.#running.add(controller);
    try {
      return await this.#run(call, controller);
    } catch (error) {
      return { output: toOutput({ error: said(error) }), status: 'failed', error };
    } finally {
      this.#running.delete(controller);
    }
  }

  /** Aborts all running tools. */
  release(): void {
    for (const controller of this.#running) controller.abort(new Error('The call is over.'));
    this.#running.clear();
  }

  async #run(call: ToolCall, controller: AbortController): Promise<ToolOutcome> {
    const { signal } = controller;
    const { callId } = call;
    const tool = this.#tools.get(call.name);
    if (!tool) throw new Error(`There is no tool named ${toJson(call.name)}.`);
    const given = readArguments(call.arguments);
    if (given === undefined) throw new Error('The arguments are not a JSON object.');
    const { args, asks } = await this.#limited(tool, controller, async () => {
      const args = await parseByToolSchema(tool, given);
      return { args, asks: await needsApproval(tool, args, callId) };
    });
    if (asks) {
      let lapsed = false;
      const allowed = await this.#setup.ask(call, () => (lapsed = true));
      if (!allowed) {
        const error = new Error(
          lapsed ? 'The visitor did not decide in time. The tool did not run.' : 'The visitor denied this. The tool did not run.',
        );
        return { output: toOutput({ error: error.message }), status: 'denied', error };
      }
    }
    signal.throwIfAborted();
    this.#setup.bus.emit('tool-start', call);
    const result = await this.#limited(tool, controller, async () =>
      resolveToolResult(await tool.execute(args as never, { signal, callId })),
    );
    return { output: toOutput(result), status: 'done' };
  }

  /** Runs code of the page with the tool's time limit; a synchronous throw counts as a rejection. */
  #limited<T>(tool: ClientTool, controller: AbortController, work: () => Promise<T>): Promise<T> {
    const limit = tool.timeout ?? TOOL_LIMIT;
    const { timers } = this.#setup;
    const { signal } = controller;
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        timers.clearTimeout(timer);
        reject(signal.reason as Error);
      };
      const timer = timers.setTimeout(
        () => controller.abort(new Error(`The tool did not finish within ${limit / 1000} s.`)),
        Math.min(limit, LONGEST),
      );
      signal.addEventListener('abort', stop);
      work()
        .then(resolve, reject)
        .finally(() => {
          timers.clearTimeout(timer);
          signal.removeEventListener('abort', stop);
        });
    });
  }
}

/** The message of a thrown value, which can be of any type. */
function said(error: unknown): unknown {
  try {
    return error instanceof Error ? error.message : error;
  } catch {
    return 'The tool failed.';
  }
}

/** Whether the call needs approval; if the page's function throws, it does. */
async function needsApproval({ needsApproval: needs = false }: ClientTool, args: unknown, callId: string): Promise<boolean> {
  if (typeof needs !== 'function') return needs;
  try {
    return Boolean(await needs(args, { callId }));
  } catch (reason) {
    (globalThis.reportError ?? console.error)(reason);
    return true;
  }
}

/** The arguments object, or `undefined` for anything else. Empty text means no arguments. */
function readArguments(text: string): object | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
