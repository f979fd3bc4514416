/**
 * Spent and reserved amounts in the memory of one process. A reservation is charged to its accounts in full, and the difference is
 * refunded when it is settled; a reservation that is never settled therefore counts in full.
 *
 * Owns the charges of today and yesterday, and the concurrency slots. Each step takes logarithmic time in the number of held
 * reservations.
 */
import { accountUsage } from '../contract/account-usage.js';
import { AMOUNT_NAMES, ZERO_AMOUNTS, subtractAmounts, addAmounts } from '../contract/amounts.js';
import { DueQueue } from './due-queue.js';
import type { Account, AccountUsage, Amounts, BudgetAnswer, Reservation } from '../contract/shared-state.js';

/** Milliseconds per day. */
export const DAY = 86_400_000;

/** An unsettled reservation. JSON. */
export interface Held {
  readonly id: string;
  /** Names of the charged accounts. */
  readonly accounts: readonly string[];
  readonly amounts: Amounts;
  /** Days since the epoch. */
  readonly day: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** State to restore after a restart. JSON. */
export interface BudgetSnapshot {
  readonly charged: readonly (readonly [day: number, account: string, amounts: Amounts])[];
  readonly held: readonly Held[];
}

/** Concurrency slots of one account. */
interface Slots {
  taken: number;
  /** Still contains settled reservations until they reach the front. */
  readonly due: DueQueue<Held>;
}

/** See the head of the file. */
export class MemoryBudget {
  readonly #charged = new Map<number, Map<string, Amounts>>();
  readonly #held = new Map<string, Held>();
  readonly #slots = new Map<string, Slots>();

  constructor({ charged, held }: BudgetSnapshot = { charged: [], held: [] }) {
    for (const [day, account, amounts] of charged) this.#charge(day, [account], amounts);
    for (const each of held) this.#hold(each);
  }

  reserve({ id, accounts, amounts, until }: Reservation, now: number): BudgetAnswer {
    const day = Math.floor(now / DAY);
    for (const { name } of accounts) this.#releaseExpired(this.#slotsOf(name), now);
    if (this.#held.has(id)) return { ok: true };
    for (const account of accounts) {
      const refusal = this.#refusal(account, amounts, day, now);
      if (refusal) return refusal;
    }
    const names = accounts.map(({ name }) => name);
    this.#charge(day, names, amounts);
    this.#hold({ id, accounts: names, amounts, day, until });
    return { ok: true };
  }

  settle(id: string, spent: Amounts, now: number): void {
    const held = this.#held.get(id);
    if (!held) return;
    this.#release(held);
    if (held.until > now) this.#charge(held.day, held.accounts, subtractAmounts(spent, held.amounts));
  }

  /** Today's use of each account. */
  usage(now: number): readonly AccountUsage[] {
    const day = Math.floor(now / DAY);
    const held = [...this.#held.values()].filter(({ until }) => until > now);
    return accountUsage(this.#charged.get(day) ?? new Map(), held, day);
  }

  snapshot(): BudgetSnapshot {
    return {
      charged: [...this.#charged].flatMap(([day, accounts]) => [...accounts].map(([name, amounts]) => [day, name, amounts] as const)),
      held: [...this.#held.values()],
    };
  }

  #refusal({ name, maxConcurrent, perDay }: Account, wanted: Amounts, day: number, now: number): BudgetAnswer | undefined {
    const { taken, due } = this.#slotsOf(name);
    if (maxConcurrent !== undefined && taken >= maxConcurrent) {
      // With a limit of 0, a slot never becomes free.
      const free = due.first()?.until ?? (day + 1) * DAY;
      return { ok: false, account: name, limit: 'maxConcurrent', retryAfter: Math.max(1, Math.ceil((free - now) / 1000)) };
    }
    const charged = this.#charged.get(day)?.get(name) ?? ZERO_AMOUNTS;
    const limit = AMOUNT_NAMES.find((each) => charged[each] + wanted[each] > (perDay[each] ?? Infinity));
    return limit && { ok: false, account: name, limit, retryAfter: Math.ceil(((day + 1) * DAY - now) / 1000) };
  }

  #charge(day: number, accounts: readonly string[], amounts: Amounts): void {
    let charged = this.#charged.get(day);
    if (!charged) {
      this.#charged.set(day, (charged = new Map<string, Amounts>()));
      for (const old of this.#charged.keys()) if (old < day - 1) this.#charged.delete(old);
    }
    for (const name of accounts) charged.set(name, addAmounts(charged.get(name) ?? ZERO_AMOUNTS, amounts));
  }

  #hold(held: Held): void {
    this.#held.set(held.id, held);
    for (const name of held.accounts) {
      const slots = this.#slotsOf(name);
      slots.taken += 1;
      slots.due.push(held);
    }
  }

  #release(held: Held): void {
    if (!this.#held.delete(held.id)) return;
    for (const name of held.accounts) {
      const slots = this.#slotsOf(name);
      slots.taken -= 1;
      if (slots.due.size > 64 + 2 * slots.taken) slots.due.keep((each) => this.#held.get(each.id) === each);
    }
  }

  /** Frees expired slots, so that the first reservation in the queue is still held. */
  #releaseExpired({ due }: Slots, now: number): void {
    for (let first = due.first(); first; first = due.first()) {
      const holds = this.#held.get(first.id) === first;
      if (holds && first.until > now) return;
      due.shift();
      if (holds) this.#release(first);
    }
  }

  #slotsOf(name: string): Slots {
    let slots = this.#slots.get(name);
    if (!slots) this.#slots.set(name, (slots = { taken: 0, due: new DueQueue<Held>() }));
    return slots;
  }
}
