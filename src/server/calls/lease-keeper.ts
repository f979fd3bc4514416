/**
 * Renews the leases of the calls that this process watches, and takes over calls whose lease expired because their process crashed,
 * restarted or released them.
 *
 * Owns the timer. Does not own the calls.
 */
import type { Clock } from '../contract/clock.js';
import type { Amounts, CallRegistry, CallRecord } from '../contract/shared-state.js';

/** Dependencies and callbacks of a keeper. */
export interface LeaseKeeperSetup {
  readonly calls: Pick<CallRegistry, 'renew' | 'adopt'>;
  readonly clock: Clock;
  /** ID of this process among all watchers. */
  readonly watcher: string;
  /** Calls watched here, with their usage. */
  watched(): ReadonlyMap<string, Amounts>;
  /** The call is no longer watched here: another process ended it or took it over. */
  onLost(id: string): void;
  onAdopted(call: CallRecord): void;
  /** The state is unavailable. This process still enforces limits, but receives no notices through the state. */
  onUnavailable(): void;
}

/** Duration of a lease in milliseconds; three rounds fit in. */
export const LEASE = 15_000;
const RENEW_INTERVAL = 5_000;

/** See the head of the file. */
export class LeaseKeeper {
  readonly #setup: LeaseKeeperSetup;
  #running: Promise<void> = Promise.resolve();
  #callOff: (() => void) | undefined;
  #closed = false;
  #retired = false;

  constructor(setup: LeaseKeeperSetup) {
    this.#setup = setup;
  }

  /** Starts the first round; safe to call again. */
  start(): void {
    if (this.#callOff || this.#closed) return;
    this.#callOff = () => undefined;
    this.#renewLeases();
  }

  /** Takes over no more calls, and runs only while calls are watched. */
  retire(): void {
    this.#retired = true;
  }

  /** Stops. Resolves when no round is in progress. */
  async stop(): Promise<void> {
    this.#closed = true;
    this.#callOff?.();
    await this.#running;
  }

  #renewLeases(): void {
    this.#running = this.#renewAndAdopt()
      // The next round tries again.
      .catch(() => this.#setup.onUnavailable())
      .finally(() => {
        if (this.#closed) return;
        const idle = this.#retired && this.#setup.watched().size === 0;
        // `start()` runs it again for a call whose request was in progress.
        this.#callOff = idle ? undefined : this.#setup.clock.after(RENEW_INTERVAL, () => this.#renewLeases());
      });
  }

  async #renewAndAdopt(): Promise<void> {
    const { calls, watcher, watched, onLost, onAdopted } = this.#setup;
    const own = watched();
    if (own.size > 0) for (const id of await calls.renew(watcher, LEASE, own)) onLost(id);
    if (this.#closed || this.#retired) return;
    for (const call of await calls.adopt(watcher, LEASE)) onAdopted(call);
  }
}
