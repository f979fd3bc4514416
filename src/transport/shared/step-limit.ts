import { VoiceAgentError, type ErrorCode } from '../../contract/errors.js';
import type { Timers } from '../transport.js';

/** The time limit of the current step of a connection attempt: a new step's limit replaces the last one. */
export class StepLimit {
  readonly #timers: Timers;
  readonly #onLate: (error: VoiceAgentError) => void;
  #timer: unknown;

  constructor(timers: Timers, onLate: (error: VoiceAgentError) => void) {
    this.#timers = timers;
    this.#onLate = onLate;
  }

  /** Sets the limit to `milliseconds` from now; `code`: the error if the step takes longer. */
  set(milliseconds: number, code: ErrorCode): void {
    this.clear();
    this.#timer = this.#timers.setTimeout(() => this.#onLate(new VoiceAgentError(code)), milliseconds);
  }

  clear(): void {
    this.#timers.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
