import type { Environment } from './environment.js';

/** A time limit that can be paused, for example while a permission prompt is open. */
export class Deadline {
  readonly #environment: Pick<Environment, 'now' | 'setTimeout' | 'clearTimeout'>;
  readonly #late: () => void;
  #left: number;
  #since = 0;
  #timer: unknown;

  constructor(environment: Pick<Environment, 'now' | 'setTimeout' | 'clearTimeout'>, milliseconds: number, late: () => void) {
    this.#environment = environment;
    this.#left = milliseconds;
    this.#late = late;
    this.run();
  }

  /** Continues the countdown. */
  run(): void {
    this.stop();
    this.#since = this.#environment.now();
    this.#timer = this.#environment.setTimeout(this.#late, Math.max(this.#left, 0));
  }

  /** Pauses the countdown until `run()` is called. */
  stop(): void {
    if (this.#timer === undefined) return;
    this.#environment.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#left -= this.#environment.now() - this.#since;
  }
}
