/**
 * Runs the page's tools for the model.
 *
 * Owns: the time limit, the abort signal, turning whatever a tool gives into a safe string, the one answer that follows.
 * Does not own: what tools do, how calls are shown (`conversation/`).
 */
import type { ToolCall } from '../contract/messages.js';
import type { ClientTool } from '../contract/options.js';
import type { Timers } from '../transport/transport.js';

/** Milliseconds for one tool that names no limit. */
const TOOL_LIMIT = 15_000;
/** Bytes of an output. */
const OUTPUT_SIZE = 16_384;
const CUT_MARK = '…[cut]';

/** What the runner needs and whom it tells. */
export interface ToolRunnerSetup {
  readonly timers: Timers;
  onStart(call: ToolCall): void;
  /** Sends the output to the server; `last` when no other tool is running. Must not throw. */
  onEnd(call: ToolCall, output: string, error: unknown, last: boolean): void;
}

/** The tools of one call. */
export class ToolRunner {
  readonly #tools: ReadonlyMap<string, ClientTool>;
  readonly #setup: ToolRunnerSetup;
  readonly #running = new Set<AbortController>();
  readonly #seen = new Set<string>();
  #ended = false;

  constructor(tools: readonly ClientTool[], setup: ToolRunnerSetup) {
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
    this.#setup = setup;
  }

  /** Runs one call, once per `callId`. Never rejects: every failure becomes an output that tells the model. */
  async run(call: ToolCall): Promise<void> {
    if (this.#ended || this.#seen.has(call.callId)) return;
    this.#seen.add(call.callId);
    const controller = new AbortController();
    this.#running.add(controller);
    this.#setup.onStart(call);
    let output: string;
    let failure: unknown;
    try {
      output = toOutput(await this.#execute(call, controller));
    } catch (reason) {
      failure = reason;
      output = toOutput({ error: reason instanceof Error ? reason.message : reason });
    }
    this.#running.delete(controller);
    if (!this.#ended) this.#setup.onEnd(call, output, failure, this.#running.size === 0);
  }

  /** Aborts what runs; nothing is reported any more. */
  release(): void {
    this.#ended = true;
    for (const controller of this.#running) controller.abort(new Error('The call is over.'));
    this.#running.clear();
  }

  #execute(call: ToolCall, controller: AbortController): Promise<unknown> {
    const tool = this.#tools.get(call.name);
    if (!tool) return Promise.reject(new Error(`There is no tool named ${JSON.stringify(call.name)}.`));
    const args = readArguments(call.arguments);
    if (args === undefined) return Promise.reject(new Error('The arguments are no JSON object.'));
    const limit = tool.timeout ?? TOOL_LIMIT;
    const { timers } = this.#setup;
    return new Promise((resolve, reject) => {
      const timer = timers.setTimeout(
        () => controller.abort(new Error(`The tool did not answer within ${limit / 1000} s.`)),
        limit,
      );
      controller.signal.addEventListener('abort', () => {
        timers.clearTimeout(timer);
        reject(controller.signal.reason as Error);
      });
      // In a promise chain of its own, so that a tool that throws at once is like one that rejects.
      Promise.resolve()
        .then(() => tool.execute(args as never, { signal: controller.signal, callId: call.callId }))
        .then(resolve, reject)
        .finally(() => timers.clearTimeout(timer));
    });
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

/** Whatever a tool gives as text of at most 16 KB: strings as they are, the rest as JSON. Never throws. */
export function toOutput(value: unknown): string {
  const text = typeof value === 'string' ? value : toJson(value);
  if (text.length * 3 <= OUTPUT_SIZE) return text;
  // A UTF-16 unit takes at least one byte, so that no more than this many can fit.
  const bytes = new Uint8Array(OUTPUT_SIZE);
  const { read } = new TextEncoder().encodeInto(text.slice(0, OUTPUT_SIZE), bytes);
  if (read === text.length) return text;
  const room = bytes.subarray(0, OUTPUT_SIZE - new TextEncoder().encode(CUT_MARK).length);
  return text.slice(0, new TextEncoder().encodeInto(text.slice(0, OUTPUT_SIZE), room).read) + CUT_MARK;
}

function toJson(value: unknown): string {
  const path: unknown[] = [];
  try {
    const text = JSON.stringify(value, function (this: unknown, _key: string, field: unknown) {
      while (path.length > 0 && path.at(-1) !== this) path.pop();
      if (typeof field === 'bigint') return String(field);
      if (typeof field !== 'object' || field === null) return field;
      if (path.includes(field)) return '[circular]';
      path.push(field);
      return field;
    }) as string | undefined;
    return text ?? '';
  } catch {
    return '{"error":"The result cannot be written as JSON."}';
  }
}
