/**
 * Runs one of the owner's tools for somebody who keeps track of the conversation himself, as the Agents SDK does. In calls of pages,
 * `tool-runs.ts` does both.
 */
import type { Clock } from '../clock.js';
import type { ServerObserver } from '../observe/server-events.js';
import type { ServerTool } from '../options.js';
import type { CallRecord } from '../state/shared-state.js';
import { toolFailure, toolOutput } from './tool-output.js';
import { TOOL_LIMIT } from './tool-runs.js';

/** For which call, and until when. */
export interface ToolRun {
  readonly call: Pick<CallRecord, 'ref' | 'profile' | 'visitor'>;
  /** Ends with the call. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly tell: ServerObserver;
}

/** The result as text; a failure is one, too. Never rejects. */
export async function runServerTool(tool: ServerTool, args: unknown, { call, signal, clock, tell }: ToolRun): Promise<string> {
  const began = clock.now();
  const late = new AbortController();
  const callOff = clock.after(tool.timeout ?? TOOL_LIMIT, () => late.abort(Object.assign(new Error('The tool did not answer in time.'), { expose: true })));
  const until = AbortSignal.any([signal, late.signal]);
  let output: string;
  let failed = false;
  try {
    const context = { signal: until, profile: call.profile, ref: call.ref, visitor: call.visitor };
    output = toolOutput(await Promise.race([Promise.resolve().then(() => tool.execute(args, context)), aborted(until)]));
  } catch (error) {
    failed = true;
    output = toolFailure(error);
  }
  callOff();
  tell({ type: 'tool', ref: call.ref, profile: call.profile, name: tool.name, ms: clock.now() - began, failed });
  return output;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
