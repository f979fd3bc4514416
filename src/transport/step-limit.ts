import { VoiceAgentError, type ErrorCode } from '../contract/errors.js';
import type { Timers } from './transport.js';

/** The time that one step of an attempt to connect may take: a new step's limit replaces the last one's. */
export class StepLimit {
  readonly #timers: Timers;
  readonly #onLate: (error: VoiceAgentError) => void;
  #timer: unknown;

  constructor(timers: Timers, onLate: (error: VoiceAgentError) => void) {
    this.#timers = timers;
    this.#onLate = onLate;
  }

  /** `milliseconds` from now; `code`: what a step that takes longer is called. */
  set(milliseconds: number, code: ErrorCode): void {
    this.clear();
    this.#timer = this.#timers.setTimeout(() => this.#onLate(new VoiceAgentError(code)), milliseconds);
  }

  clear(): void {
    this.#timers.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
