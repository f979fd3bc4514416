/**
 * Enforces `limits.toolRuns`: how often the tools of one call run, how many at once, and how large their arguments are. A page decides
 * what the model reads, so that it can make the model call tools with any arguments at any rate.
 *
 * Owns the counts and the waiting runs. A run above a limit is refused with a text for the model; a call that asks for more than twice
 * as many runs as allowed is reported as a flood.
 */
import type { Clock } from '../contract/clock.js';
import type { Profile } from '../resolved-options.js';
import { exposedError } from './run-server-tool.js';
import { toolFailure } from './tool-output.js';

/** Limits of the runs of one call. */
export type ToolLimits = Profile['limits']['toolRuns'];

/** A limit for which a tool is not run. */
export type ToolRefusal = 'perCall' | 'perMinute' | 'argumentBytes';

/** Dependencies and callbacks of a limiter. */
export interface ToolLimiterSetup {
  readonly limits: ToolLimits;
  readonly clock: Clock;
  /** Number of runs under previous watchers of the call. */
  readonly runs: number;
  /** A tool is about to run. `runs`: including this one. */
  onRun(runs: number): void;
  onFlood(): void;
}

/** One requested run. */
export interface LimitedRun {
  /** Size of the arguments in bytes. */
  readonly argumentBytes: number;
  /** Aborted when the call ends. */
  readonly signal: AbortSignal;
  /** Runs the tool; returns its output for the model. */
  run(): Promise<string>;
  /** The tool is not run. */
  onRefused(limit: ToolRefusal): void;
}

const MINUTE = 60_000;
/** Requested runs, as a multiple of a limit, above which a call counts as flooded. */
const FLOOD = 2;

/** What the model reads instead of an output. */
const REFUSALS: Readonly<Record<ToolRefusal, string>> = {
  perCall: 'The limit of tool calls for this conversation is reached. Continue without tools.',
  perMinute: 'Too many tool calls. Wait a minute before you call a tool again.',
  argumentBytes: 'The arguments are too long.',
};

/** See the head of the file. */
export class ToolLimiter {
  readonly #setup: ToolLimiterSetup;
  /** Times of the runs and of all requests within the last minute. */
  #recentRuns: number[] = [];
  #recentRequests: number[] = [];
  #runs: number;
  #requests: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(setup: ToolLimiterSetup) {
    this.#setup = setup;
    this.#runs = this.#requests = setup.runs;
  }

  /** Number of runs of the call. */
  get runs(): number {
    return this.#runs;
  }

  /** Runs a tool as soon as a place is free; returns its output, or a text that explains why it was not run. Never rejects. */
  async run({ argumentBytes, signal, run, onRefused }: LimitedRun): Promise<string> {
    const refusal = this.#request(argumentBytes);
    if (refusal) {
      onRefused(refusal);
      return toolFailure(exposedError(REFUSALS[refusal]));
    }
    if (this.#running >= this.#setup.limits.concurrent) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return signal.aborted ? '' : await run();
    } finally {
      // The next run takes over the place.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  /** Counts a request; returns the limit that refuses it. */
  #request(argumentBytes: number): ToolRefusal | undefined {
    const { limits, clock, onFlood } = this.#setup;
    const now = clock.now();
    const recent = (times: readonly number[]): number[] => times.filter((at) => at > now - MINUTE);
    this.#requests += 1;
    this.#recentRequests = [...recent(this.#recentRequests), now];
    this.#recentRuns = recent(this.#recentRuns);
    if (this.#requests > FLOOD * limits.perCall || this.#recentRequests.length > FLOOD * limits.perMinute) onFlood();
    if (this.#runs >= limits.perCall) return 'perCall';
    if (this.#recentRuns.length >= limits.perMinute) return 'perMinute';
    if (argumentBytes > limits.argumentBytes) return 'argumentBytes';
    this.#runs += 1;
    this.#recentRuns.push(now);
    this.#setup.onRun(this.#runs);
    return undefined;
  }
}
