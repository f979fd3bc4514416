/**
 * `whenStateFails: 'local'`: while the shared state cannot be reached, this process counts for itself, from nothing, with the
 * same bounds; two processes then give twice as much. It goes back by itself: each question is put to the shared state first,
 * which refuses at once while it is known to be gone.
 *
 * Owns what has to be made up for afterwards: settlements of reservations that the shared state holds. What was spent
 * meanwhile is not added to its day. Calls have a file of their own.
 */
import type { ServerObserver } from '../observe/server-events.js';
import { FallbackCallBook } from './fallback-call-book.js';
import { StateUnavailable } from './shared-state.js';
import type { Amounts, BudgetAnswer, RateAnswer, RateWant, Reservation, SharedState } from './shared-state.js';
import { WatchedState } from './watched-state.js';

/** What counts, and what counts meanwhile. */
export interface FallbackStateSetup {
  readonly state: SharedState;
  /** Of this process, empty. */
  readonly local: SharedState;
  readonly tell: ServerObserver;
}

/** Settlements kept for later; what does not fit counts in full, as if nobody had settled it. */
const MOST_LATER = 10_000;

/** See the head of the file. */
export class FallbackState implements SharedState {
  readonly calls: FallbackCallBook;
  readonly #shared: WatchedState;
  readonly #local: SharedState;
  /** Reservations that were made here. */
  readonly #reservedHere = new Set<string>();
  readonly #later = new Map<string, Amounts>();
  #making: Promise<void> = Promise.resolve();

  constructor({ state, local, tell }: FallbackStateSetup) {
    this.#local = local;
    this.#shared = new WatchedState({ state, tell, onBack: () => void (this.#making = this.#making.then(() => this.#makeUp())) });
    this.calls = new FallbackCallBook(this.#shared.calls);
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

  /** This process can always answer. */
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
    // The oldest was most likely never settled and has run out.
    for (const oldest of this.#reservedHere) {
      this.#reservedHere.delete(oldest);
      break;
    }
  }

  /** What fails again stays for the next time. */
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
