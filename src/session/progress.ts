/**
 * How far an attempt to connect is, and how long it may take.
 *
 * Owns: the time limit of the whole attempt, which stands still while the visitor reads a prompt, and the word that a phase is slow.
 * Does not own: what is done when the time is over.
 */
import type { ConnectPhase } from '../contract/states.js';
import { Deadline } from './deadline.js';
import type { Environment } from './environment.js';
import type { CallEvent } from './transition.js';

/** Milliseconds after which a phase counts as slow. */
const SLOW = 2_000;

/** What an attempt needs and whom it tells. */
export interface ProgressSetup {
  readonly environment: Pick<Environment, 'now' | 'setTimeout' | 'clearTimeout'>;
  /** Milliseconds that the attempt may take. */
  readonly timeout: number;
  change(event: CallEvent): void;
  onLate(): void;
}

/** See the head of the file. The time runs from the beginning. */
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

  /** The browser asks the visitor (`true`), who may take any time, or got an answer. */
  prompt(open: boolean): void {
    if (open) this.#deadline.stop();
    else this.#deadline.run();
  }

  /** The attempt is over, whatever came of it. */
  end(): void {
    this.#deadline.stop();
    this.#setup.environment.clearTimeout(this.#slow);
  }
}
