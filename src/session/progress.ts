/**
 * The progress and time limit of an attempt to connect.
 *
 * Owns: the time limit of the whole attempt, which is paused while a permission prompt is open, and the `slow` event.
 * Does not own: the action when the time limit is reached.
 */
import type { ConnectPhase } from '../contract/states.js';
import type { CallContext } from './call-context.js';
import { Deadline } from './deadline.js';

/** Milliseconds after which a phase counts as slow. */
const SLOW = 2_000;

/** See the head of the file. The time limit starts with the constructor. */
export class Progress {
  readonly #call: CallContext;
  readonly #deadline: Deadline;
  #slow: unknown;

  /** @param expire called when the time limit is reached */
  constructor(call: CallContext, expire: () => void) {
    this.#call = call;
    const { environment, timeout, bus } = call.setup;
    this.#deadline = new Deadline(environment, timeout, expire);
    bus.on('phase', (phase) => this.#enter(phase));
    bus.on('prompt', (open) => this.#pause(open));
  }

  /** Stops all timers when the attempt has succeeded or failed. */
  end(): void {
    this.#deadline.stop();
    this.#call.setup.environment.clearTimeout(this.#slow);
  }

  #enter(phase: ConnectPhase): void {
    const { signal, setup } = this.#call;
    if (signal.aborted) return;
    const { environment, bus } = setup;
    environment.clearTimeout(this.#slow);
    this.#slow = environment.setTimeout(() => bus.emit('change', { type: 'slow' }), SLOW);
    bus.emit('change', { type: 'phase', phase });
  }

  /** Pauses the time limit while a prompt is open. */
  #pause(open: boolean): void {
    if (open) this.#deadline.stop();
    else if (!this.#call.signal.aborted) this.#deadline.run();
  }
}
