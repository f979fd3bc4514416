/**
 * The progress and time limit of an attempt to connect.
 *
 * Owns: the time limit of the whole attempt, which is paused while a permission prompt is open, and the `slow` event.
 * Does not own: the action when the time limit is reached.
 */
import type { ConnectPhase } from '../contract/states.js';
import { Deadline } from './deadline.js';
import type { Environment } from './environment.js';
import type { CallEvent } from './transition.js';

/** Milliseconds after which a phase counts as slow. */
const SLOW = 2_000;

/** Dependencies and callbacks of `Progress`. */
export interface ProgressSetup {
  readonly environment: Pick<Environment, 'now' | 'setTimeout' | 'clearTimeout'>;
  /** Milliseconds that the attempt may take. */
  readonly timeout: number;
  change(event: CallEvent): void;
  onLate(): void;
}

/** See the head of the file. The time limit starts with the constructor. */
export class Progress {
  readonly #setup: ProgressSetup;
  readonly #deadline: Deadline;
  #slow: unknown;

  constructor(setup: ProgressSetup) {
    this.#setup = setup;
    this.#deadline = new Deadline(setup.environment, setup.timeout, () => setup.onLate());
  }

  enter(phase: ConnectPhase): void {
    const { environment, change } = this.#setup;
    environment.clearTimeout(this.#slow);
    this.#slow = environment.setTimeout(() => change({ type: 'slow' }), SLOW);
    change({ type: 'phase', phase });
  }

  /** The browser opened a permission prompt (`true`), which may stay open for any time, or the visitor answered it. */
  prompt(open: boolean): void {
    if (open) this.#deadline.stop();
    else this.#deadline.run();
  }

  /** Stops all timers when the attempt has succeeded or failed. */
  end(): void {
    this.#deadline.stop();
    this.#setup.environment.clearTimeout(this.#slow);
  }
}
