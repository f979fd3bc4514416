/**
 * The state of one process, in memory: exact and fast, but lost when the process ends (`runtime/node/file-state.ts` persists it).
 * Every method takes effect before it returns its promise.
 *
 * Owns the `once` keys and whether the server is paused; rates, budget and calls have files of their own.
 */
import type { Calendar } from '../contract/calendar.js';
import { systemClock } from '../contract/clock.js';
import type { Clock } from '../contract/clock.js';
import { DueQueue } from './due-queue.js';
import { MemoryBudget } from './memory-budget.js';
import type { BudgetSnapshot } from './memory-budget.js';
import { MemoryCallRegistry } from './memory-call-registry.js';
import type { CallRegistrySnapshot } from './memory-call-registry.js';
import { MemoryRates } from './memory-rates.js';
import type { AccountUsage, Amounts, BudgetAnswer, RateAnswer, RateWant, Reservation, SharedState } from '../contract/shared-state.js';

/** The complete state except rate windows. JSON. */
export interface MemorySnapshot {
  readonly budget: BudgetSnapshot;
  readonly calls: CallRegistrySnapshot;
  readonly once: readonly { readonly key: string; readonly until: number }[];
  /** Omitted by earlier versions. */
  readonly paused?: boolean;
}

/** Options of `MemoryState`. */
export interface MemoryStateOptions {
  /** Replaces the system clock. */
  readonly clock?: Clock;
  /** Snapshot of an earlier state to restore. */
  readonly snapshot?: MemorySnapshot;
}

/** See the head of the file. */
export class MemoryState implements SharedState {
  readonly lasting = false;
  readonly calls: MemoryCallRegistry;
  readonly #clock: Clock;
  readonly #rates: MemoryRates;
  readonly #budget: MemoryBudget;
  readonly #once = new Map<string, { readonly key: string; readonly until: number }>();
  #paused: boolean;
  readonly #onceDue = new DueQueue<{ readonly key: string; readonly until: number }>();

  constructor({ clock = systemClock, snapshot }: MemoryStateOptions = {}) {
    this.#clock = clock;
    this.#rates = new MemoryRates(clock);
    this.#budget = new MemoryBudget(snapshot?.budget);
    this.calls = new MemoryCallRegistry(clock, snapshot?.calls);
    this.#paused = snapshot?.paused === true;
    for (const used of snapshot?.once ?? []) this.#use(used);
  }

  take(wants: readonly RateWant[]): Promise<RateAnswer> {
    return this.#rates.take(wants);
  }

  async reserve(reservation: Reservation): Promise<BudgetAnswer> {
    return this.#paused ? { ok: false, limit: 'paused' } : this.#budget.reserve(reservation, this.#clock.now());
  }

  async settle(id: string, spent: Amounts): Promise<void> {
    this.#budget.settle(id, spent, this.#clock.now());
  }

  async once(key: string, seconds: number): Promise<boolean> {
    const now = this.#clock.now();
    for (let first = this.#onceDue.first(); first && first.until <= now; first = this.#onceDue.first()) {
      this.#onceDue.shift();
      this.#once.delete(first.key);
    }
    if (this.#once.has(key)) return false;
    this.#use({ key, until: now + seconds * 1000 });
    return true;
  }

  async setPaused(paused: boolean): Promise<void> {
    this.#paused = paused;
  }

  async paused(): Promise<boolean> {
    return this.#paused;
  }

  async usage(calendar?: Calendar): Promise<readonly AccountUsage[]> {
    return this.#budget.usage(this.#clock.now(), calendar);
  }

  async ready(): Promise<void> {
    // Always available.
  }

  async close(): Promise<void> {
    // Nothing to close.
  }

  snapshot(): MemorySnapshot {
    return { budget: this.#budget.snapshot(), calls: this.calls.snapshot(), once: [...this.#once.values()], paused: this.#paused };
  }

  #use(used: { readonly key: string; readonly until: number }): void {
    this.#once.set(used.key, used);
    this.#onceDue.push(used);
  }
}
