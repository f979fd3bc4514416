/**
 * Keeps the leases of the calls that this process watches, and takes over calls whose watcher is gone: of a process that
 * crashed, was restarted, or gave them back.
 *
 * Owns one timer. Does not own the calls.
 */
import type { Clock } from '../clock.js';
import type { Amounts, CallBook, CallRecord } from '../state/shared-state.js';

/** What a keeper is made of. */
export interface CallKeeperSetup {
  readonly calls: Pick<CallBook, 'renew' | 'adopt'>;
  readonly clock: Clock;
  /** Name of this process among all watchers. */
  readonly watcher: string;
  /** Calls watched here, with what they spent. */
  watched(): ReadonlyMap<string, Amounts>;
  /** This call is not ours any more: it ended elsewhere, or somebody took it over. */
  onLost(id: string): void;
  onAdopted(call: CallRecord): void;
  /** The state did not answer. The limits are kept here meanwhile; what travels through the state does not arrive. */
  onUnavailable(): void;
}

/** Milliseconds for which a call is ours; three rounds fit in. */
export const LEASE = 15_000;
const ROUND = 5_000;

/** See the head of the file. */
export class CallKeeper {
  readonly #setup: CallKeeperSetup;
  #running: Promise<void> = Promise.resolve();
  #callOff: (() => void) | undefined;
  #closed = false;

  constructor(setup: CallKeeperSetup) {
    this.#setup = setup;
  }

  /** Begins with a first round; safe to call again. */
  start(): void {
    if (this.#callOff || this.#closed) return;
    this.#callOff = () => undefined;
    this.#round();
  }

  /** Stops. Resolves when no round is under way. */
  async stop(): Promise<void> {
    this.#closed = true;
    this.#callOff?.();
    await this.#running;
  }

  #round(): void {
    this.#running = this.#keep()
      // It may answer at the next round.
      .catch(() => this.#setup.onUnavailable())
      .finally(() => {
        if (!this.#closed) this.#callOff = this.#setup.clock.after(ROUND, () => this.#round());
      });
  }

  async #keep(): Promise<void> {
    const { calls, watcher, watched, onLost, onAdopted } = this.#setup;
    const own = watched();
    if (own.size > 0) for (const id of await calls.renew(watcher, LEASE, own)) onLost(id);
    if (this.#closed) return;
    for (const call of await calls.adopt(watcher, LEASE)) onAdopted(call);
  }
}
