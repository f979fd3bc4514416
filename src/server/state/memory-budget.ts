/**
 * Spent and reserved amounts in the memory of one process. A reservation is charged to its accounts in full, and the difference is
 * refunded when it is settled; a reservation that is never settled therefore counts in full.
 *
 * Owns the charges of today and yesterday, and the concurrency slots. Each step takes logarithmic time in the number of held
 * reservations. Accounts without charges and slots take no memory, because there is one for each visitor.
 */
import { AMOUNT_NAMES, ZERO_AMOUNTS, subtractAmounts, addAmounts } from '../contract/amounts.js';
import { DueQueue } from './due-queue.js';
import type { Account, Amounts, BudgetAnswer, Reservation } from '../contract/shared-state.js';

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
  /** True once another reservation has taken its slots. */
  readonly placeless?: boolean;
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
  /** Reservations without slots, by the time at which they can be forgotten. */
  readonly #placeless = new DueQueue<Held>();

  constructor({ charged, held }: BudgetSnapshot = { charged: [], held: [] }) {
    for (const [day, account, amounts] of charged) this.#charge(day, [account], amounts);
    for (const each of held) this.#hold(each);
  }

  reserve({ id, accounts, amounts, until }: Reservation, now: number): BudgetAnswer {
    const day = Math.floor(now / DAY);
    for (const { name } of accounts) this.#releaseExpired(this.#slots.get(name)?.due, now);
    this.#releaseExpired(this.#placeless, now);
    if (this.#held.has(id)) return { ok: true };
    const replaced = this.#replacedBy(accounts);
    for (const account of accounts) {
      const refusal = this.#refusal(account, amounts, day, now, replaced);
      if (refusal) return refusal;
    }
    for (const held of replaced) this.#freeSlots(held);
    const names = accounts.map(({ name }) => name);
    this.#charge(day, names, amounts);
    this.#hold({ id, accounts: names, amounts, day, until });
    return replaced.length === 0 ? { ok: true } : { ok: true, replaced: replaced.map((held) => held.id) };
  }

  settle(id: string, spent: Amounts, now: number): void {
    const held = this.#held.get(id);
    if (!held) return;
    this.#release(held);
    if (held.until > now) this.#charge(held.day, held.accounts, subtractAmounts(spent, held.amounts));
  }

  snapshot(): BudgetSnapshot {
    return {
      charged: [...this.#charged].flatMap(([day, accounts]) => [...accounts].map(([name, amounts]) => [day, name, amounts] as const)),
      held: [...this.#held.values()],
    };
  }

  /** The reservations that would lose their slots. */
  #replacedBy(accounts: readonly Account[]): readonly Held[] {
    const replaced = new Set<Held>();
    for (const { name, maxConcurrent = Infinity, replaces } of accounts) {
      const slots = this.#slots.get(name);
      if (replaces !== true || maxConcurrent === 0 || !slots || slots.taken < maxConcurrent) continue;
      const holding = slots.due.items().filter((held) => this.#holds(held));
      // More than one only after the owner has lowered the limit.
      for (const held of holding.sort((a, b) => a.until - b.until).slice(0, slots.taken - maxConcurrent + 1)) replaced.add(held);
    }
    return [...replaced];
  }

  #refusal(
    { name, maxConcurrent, perDay }: Account,
    wanted: Amounts,
    day: number,
    now: number,
    replaced: readonly Held[],
  ): BudgetAnswer | undefined {
    const { taken = 0, due } = this.#slots.get(name) ?? {};
    const freed = replaced.filter(({ accounts }) => accounts.includes(name)).length;
    if (maxConcurrent !== undefined && taken - freed >= maxConcurrent) {
      // With a limit of 0, a slot never becomes free.
      const free = due?.first()?.until ?? (day + 1) * DAY;
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
    if (held.placeless === true) {
      this.#placeless.push(held);
      return;
    }
    for (const name of held.accounts) {
      let slots = this.#slots.get(name);
      if (!slots) this.#slots.set(name, (slots = { taken: 0, due: new DueQueue<Held>() }));
      slots.taken += 1;
      slots.due.push(held);
    }
  }

  #release(held: Held): void {
    if (!this.#held.delete(held.id) || held.placeless === true) return;
    for (const name of held.accounts) {
      const slots = this.#slots.get(name);
      if (!slots) continue;
      slots.taken -= 1;
      if (slots.taken === 0) this.#slots.delete(name);
      else if (slots.due.size > 64 + 2 * slots.taken) slots.due.keep((each) => this.#holds(each));
    }
  }

  /** Frees the slots; the amounts stay charged until the reservation is settled. */
  #freeSlots(held: Held): void {
    this.#release(held);
    this.#hold({ ...held, placeless: true });
  }

  #holds(held: Held): boolean {
    return this.#held.get(held.id) === held;
  }

  /** Releases expired reservations, so that the first one in the queue is still held. */
  #releaseExpired(due: DueQueue<Held> | undefined, now: number): void {
    for (let first = due?.first(); due && first; first = due.first()) {
      const holds = this.#holds(first);
      if (holds && first.until > now) return;
      due.shift();
      if (holds) this.#release(first);
    }
  }
}
