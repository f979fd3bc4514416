/**
 * Runs one function of the page for the model, from the arguments as text to the output as text.
 *
 * Owns: reading the arguments, asking where the tool needs a yes, the time limit, the abort signal.
 * Does not own: what tools do, how results become safe (`tool-result.ts`), when they are sent (`tool-dispatcher.ts`).
 */
import type { ToolCall } from '../contract/messages.js';
import { toJson } from '../contract/to-json.js';
import type { ClientTool } from '../contract/options.js';
import type { Timers } from '../transport/transport.js';
import { openResult, toOutput } from './tool-result.js';
import { readBySchema } from './tool-schema.js';

/** Milliseconds for one tool that names no limit. */
const TOOL_LIMIT = 15_000;
/** Timers take no more: with 2^31 ms and above they fire at once. */
const LONGEST = 2 ** 31 - 1;

/** What running needs and whom it tells. */
export interface ToolRunnerSetup {
  readonly timers: Timers;
  /** Asks whether it may run; `onLapse` comes before a `false` for want of an answer. */
  ask(call: ToolCall, onLapse: () => void): Promise<boolean>;
  /** The function begins to run. */
  onStart(call: ToolCall): void;
}

/** How a call went. */
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

  /** Never rejects: every failure becomes an output that tells the model. */
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

  /** Aborts what runs. */
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
    if (given === undefined) throw new Error('The arguments are no JSON object.');
    const { args, asks } = await this.#limited(tool, controller, async () => {
      const args = await readBySchema(tool, given);
      return { args, asks: await needsApproval(tool, args, callId) };
    });
    if (asks) {
      let lapsed = false;
      const allowed = await this.#setup.ask(call, () => (lapsed = true));
      if (!allowed) {
        const error = new Error(lapsed ? 'The visitor did not say in time whether this may be done. It was not done.' : 'The visitor did not allow this. It was not done.');
        return { output: toOutput({ error: error.message }), status: 'denied', error };
      }
    }
    signal.throwIfAborted();
    this.#setup.onStart(call);
    const result = await this.#limited(tool, controller, async () => openResult(await tool.execute(args as never, { signal, callId })));
    return { output: toOutput(result), status: 'done' };
  }

  /** Runs code of the page, for as long as the tool may take; a throw at once is like a rejection. */
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
        () => controller.abort(new Error(`The tool did not answer within ${limit / 1000} s.`)),
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

/** The words of whatever was thrown, which may be anything. */
function said(error: unknown): unknown {
  try {
    return error instanceof Error ? error.message : error;
  } catch {
    return 'The tool failed.';
  }
}

/** A function that throws cannot say that it needs none. */
async function needsApproval({ needsApproval: needs = false }: ClientTool, args: unknown, callId: string): Promise<boolean> {
  if (typeof needs !== 'function') return needs;
  try {
    return Boolean(await needs(args, { callId }));
  } catch (reason) {
    (globalThis.reportError ?? console.error)(reason);
    return true;
  }
}

/** The arguments object, or `undefined` for anything else. No text at all stands for no arguments. */
function readArguments(text: string): object | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
