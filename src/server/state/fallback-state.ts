/**
 * `onStateFailure: 'local'`: while the shared state is unavailable, this process counts on its own, from zero and with the same limits;
 * two processes then allow twice as much. It recovers automatically: each request goes to the shared state first, which fails at once
 * while it is known to be unavailable.
 *
 * Owns the updates to make afterwards: settlements of reservations that the shared state holds. Amounts spent in the meantime are not
 * added to its daily sums. Calls are in `fallback-call-registry.ts`.
 */
import type { ServerObserver } from '../contract/server-events.js';
import { FallbackCallRegistry } from './fallback-call-registry.js';
import { StateUnavailable } from '../contract/shared-state.js';
import type { Amounts, BudgetAnswer, RateAnswer, RateWant, Reservation, SharedState } from '../contract/shared-state.js';
import { InstrumentedState } from './instrumented-state.js';

/** The shared state and its local replacement. */
export interface FallbackStateSetup {
  readonly state: SharedState;
  /** An empty state of this process. */
  readonly local: SharedState;
  readonly tell: ServerObserver;
}

/** Maximum number of deferred settlements; reservations beyond it count in full, as if they were never settled. */
const MOST_LATER = 10_000;

/** See the head of the file. */
export class FallbackState implements SharedState {
  readonly calls: FallbackCallRegistry;
  readonly #shared: InstrumentedState;
  readonly #local: SharedState;
  /** IDs of reservations in the local state. */
  readonly #reservedHere = new Set<string>();
  readonly #later = new Map<string, Amounts>();
  #making: Promise<void> = Promise.resolve();

  constructor({ state, local, tell }: FallbackStateSetup) {
    this.#local = local;
    this.#shared = new InstrumentedState({ state, tell, onBack: () => void (this.#making = this.#making.then(() => this.#makeUp())) });
    this.calls = new FallbackCallRegistry(this.#shared.calls);
  }

  get lasting(): boolean {
    return this.#shared.lasting;
  }

  take(wants: readonly RateWant[]): Promise<RateAnswer> {
    return this.#ask((state) => state.take(wants));
  }

  async reserve(reservation: Reservation): Promise<BudgetAnswer> {
    try {
      return await this.#shared.reserve(reservation);
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      const answer = await this.#local.reserve(reservation);
      if (answer.ok) this.#remember(reservation.id);
      return answer;
    }
  }

  async settle(id: string, spent: Amounts): Promise<void> {
    if (this.#reservedHere.delete(id)) return this.#local.settle(id, spent);
    try {
      await this.#shared.settle(id, spent);
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      if (this.#later.size < MOST_LATER && !this.#later.has(id)) this.#later.set(id, spent);
    }
  }

  once(key: string, seconds: number): Promise<boolean> {
    return this.#ask((state) => state.once(key, seconds));
  }

  /** Always succeeds, because the local state can respond. */
  async ready(): Promise<void> {
    await this.#ask((state) => state.ready());
  }

  async close(): Promise<void> {
    await Promise.all([this.#shared.close(), this.#local.close()]);
  }

  async #ask<T>(question: (state: SharedState) => Promise<T>): Promise<T> {
    try {
      return await question(this.#shared);
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      return question(this.#local);
    }
  }

  #remember(id: string): void {
    this.#reservedHere.add(id);
    if (this.#reservedHere.size <= MOST_LATER) return;
    // The oldest was most likely never settled and has expired.
    for (const oldest of this.#reservedHere) {
      this.#reservedHere.delete(oldest);
      break;
    }
  }

  /** Sends deferred updates; those that fail again are kept for the next time. */
  async #makeUp(): Promise<void> {
    for (const [id, spent] of [...this.#later]) {
      try {
        await this.#shared.settle(id, spent);
        this.#later.delete(id);
      } catch {
        return;
      }
    }
    await this.calls.makeUp();
  }
}
