/**
 * Runs one of the owner's tools with its time limit and returns text for the model. When it runs and where the result goes is up to
 * `tool-runs.ts` (browser calls) or the Agents SDK (phone calls).
 */
import type { Clock } from '../contract/clock.js';
import type { ServerObserver } from '../contract/server-events.js';
import type { ServerTool } from '../options.js';
import type { CallRecord } from '../contract/shared-state.js';
import { toolFailure, toolOutput } from './tool-output.js';

/** Default time limit of a tool, in milliseconds. */
const TOOL_LIMIT = 15_000;

/** Context of one run. */
export interface ToolRun {
  readonly call: Pick<CallRecord, 'ref' | 'profile' | 'visitor'>;
  /** Aborted when the call ends. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly emit: ServerObserver;
}

/** An error whose message the model may see. */
export const exposedError = (message: string): Error => Object.assign(new Error(message), { expose: true });

/**
 * Returns the result as text; failures become text as well. Never rejects.
 *
 * @param args the arguments, or an error if they could not be read
 */
export async function runServerTool(tool: ServerTool, args: unknown, { call, signal, clock, emit }: ToolRun): Promise<string> {
  const began = clock.now();
  const late = new AbortController();
  const cancelTimer = clock.after(tool.timeout ?? TOOL_LIMIT, () => late.abort(exposedError('The tool did not answer in time.')));
  const until = AbortSignal.any([signal, late.signal]);
  let output: string;
  let failed = false;
  try {
    if (args instanceof Error) throw args;
    const context = { signal: until, profile: call.profile, ref: call.ref, visitor: call.visitor };
    output = toolOutput(await Promise.race([Promise.resolve().then(() => tool.execute(args, context)), aborted(until)]));
  } catch (error) {
    failed = true;
    output = toolFailure(error);
  }
  cancelTimer();
  emit({ type: 'tool', ref: call.ref, profile: call.profile, name: tool.name, ms: clock.now() - began, failed });
  return output;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
