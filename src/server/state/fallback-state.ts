/**
 * `onStateFailure: 'local'`: while the shared state is unavailable, this process counts on its own, from zero and with the same limits;
 * two processes then allow twice as much. It recovers automatically: each request goes to the shared state first, which fails at once
 * while it is known to be unavailable.
 *
 * The server stays paused if the shared state last reported that it is.
 *
 * Owns the updates to make afterwards: settlements of reservations that the shared state holds. Amounts spent in the meantime are not
 * added to its daily sums. Calls are in `fallback-call-registry.ts`.
 */
import type { Calendar } from '../contract/calendar.js';
import type { ServerObserver } from '../contract/server-events.js';
import { FallbackCallRegistry } from './fallback-call-registry.js';
import { StateUnavailable } from '../contract/shared-state.js';
import type { AccountUsage, Amounts, BudgetAnswer, RateAnswer, RateWant, Reservation, SharedState } from '../contract/shared-state.js';
import { InstrumentedState } from './instrumented-state.js';

/** The shared state and its local replacement. */
export interface FallbackStateSetup {
  readonly state: SharedState;
  /** An empty state of this process. */
  readonly local: SharedState;
  readonly emit: ServerObserver;
}

/** Maximum number of deferred settlements; reservations beyond it count in full, as if they were never settled. */
const MAX_DEFERRED = 10_000;

/** See the head of the file. */
export class FallbackState implements SharedState {
  readonly calls: FallbackCallRegistry;
  readonly #shared: InstrumentedState;
  readonly #local: SharedState;
  /** IDs of reservations in the local state. */
  readonly #localReservations = new Set<string>();
  readonly #deferred = new Map<string, Amounts>();
  #synchronizing: Promise<void> = Promise.resolve();

  constructor({ state, local, emit }: FallbackStateSetup) {
    this.#local = local;
    this.#shared = new InstrumentedState({
      state,
      emit,
      onAvailable: () => void (this.#synchronizing = this.#synchronizing.then(() => this.#synchronize())),
    });
    this.calls = new FallbackCallRegistry(this.#shared.calls);
  }

  get lasting(): boolean {
    return this.#shared.lasting;
  }

  take(wants: readonly RateWant[]): Promise<RateAnswer> {
    return this.#withFallback((state) => state.take(wants));
  }

  async reserve(reservation: Reservation): Promise<BudgetAnswer> {
    try {
      const answer = await this.#shared.reserve(reservation);
      await this.#local.setPaused(!answer.ok && answer.limit === 'paused');
      return answer;
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      const answer = await this.#local.reserve(reservation);
      if (answer.ok) this.#remember(reservation.id);
      return answer;
    }
  }

  async settle(id: string, spent: Amounts): Promise<void> {
    if (this.#localReservations.delete(id)) return this.#local.settle(id, spent);
    try {
      await this.#shared.settle(id, spent);
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      if (this.#deferred.size < MAX_DEFERRED && !this.#deferred.has(id)) this.#deferred.set(id, spent);
    }
  }

  once(key: string, seconds: number): Promise<boolean> {
    return this.#withFallback((state) => state.once(key, seconds));
  }

  /**
   * @throws StateUnavailable, so that the operator learns that other processes have not received the change; this process applies it
   * until the shared state is available again
   */
  async setPaused(paused: boolean): Promise<void> {
    await this.#local.setPaused(paused);
    await this.#shared.setPaused(paused);
  }

  async paused(): Promise<boolean> {
    const paused = await this.#withFallback((state) => state.paused());
    await this.#local.setPaused(paused);
    return paused;
  }

  usage(calendar?: Calendar): Promise<readonly AccountUsage[]> {
    return this.#withFallback((state) => state.usage(calendar));
  }

  /** Always succeeds, because the local state can respond. */
  async ready(): Promise<void> {
    await this.#withFallback((state) => state.ready());
  }

  async close(): Promise<void> {
    await Promise.all([this.#shared.close(), this.#local.close()]);
  }

  async #withFallback<T>(operation: (state: SharedState) => Promise<T>): Promise<T> {
    try {
      return await operation(this.#shared);
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      return operation(this.#local);
    }
  }

  #remember(id: string): void {
    this.#localReservations.add(id);
    if (this.#localReservations.size <= MAX_DEFERRED) return;
    // The oldest was most likely never settled and has expired.
    for (const oldest of this.#localReservations) {
      this.#localReservations.delete(oldest);
      break;
    }
  }

  /** Sends deferred updates; those that fail again are kept for the next time. */
  async #synchronize(): Promise<void> {
    for (const [id, spent] of [...this.#deferred]) {
      try {
        await this.#shared.settle(id, spent);
        this.#deferred.delete(id);
      } catch {
        return;
      }
    }
    await this.calls.synchronize();
  }
}
