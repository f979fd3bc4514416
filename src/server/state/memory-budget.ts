/**
 * Spent and reserved amounts in the memory of one process. A reservation is charged to its accounts in full, and the difference is
 * refunded when it is settled; a reservation that is never settled therefore counts in full.
 *
 * Owns the charges of this and the previous day and month, and the concurrency slots. Each step takes logarithmic time in the number of held
 * reservations. Accounts without charges and slots take no memory, because there is one for each visitor.
 */
import { accountUsage } from '../contract/account-usage.js';
import { AMOUNT_NAMES, ZERO_AMOUNTS, addAmounts, levelReached, subtractAmounts } from '../contract/amounts.js';
import { localDay, monthOf, utcCalendar } from '../contract/calendar.js';
import type { Calendar } from '../contract/calendar.js';
import { DueQueue } from './due-queue.js';
import type { Account, AccountUsage, Amounts, BudgetAnswer, BudgetLevel, Reservation } from '../contract/shared-state.js';

/** An unsettled reservation. JSON. */
export interface Held {
  readonly id: string;
  /** Names of the charged accounts. */
  readonly accounts: readonly string[];
  /** Names of those that are also charged by month. */
  readonly monthly?: readonly string[];
  readonly amounts: Amounts;
  /** Number of the local day. */
  readonly day: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** True once another reservation has taken its slots. */
  readonly placeless?: boolean;
}

/** State to restore after a restart. JSON. */
export interface BudgetSnapshot {
  readonly charged: readonly (readonly [day: number, account: string, amounts: Amounts])[];
  readonly months?: readonly (readonly [month: number, account: string, amounts: Amounts])[];
  readonly held: readonly Held[];
}

/** Charges by period (a day or a month) and account. */
type Charges = Map<number, Map<string, Amounts>>;

/** What a reservation is checked against. */
interface Check {
  readonly amounts: Amounts;
  readonly day: number;
  readonly calendar: Calendar;
  readonly now: number;
  readonly replaced: readonly Held[];
}

/** Concurrency slots of one account. */
interface Slots {
  taken: number;
  /** Still contains settled reservations until they reach the front. */
  readonly due: DueQueue<Held>;
}

/** See the head of the file. */
export class MemoryBudget {
  readonly #days: Charges = new Map();
  readonly #months: Charges = new Map();
  readonly #held = new Map<string, Held>();
  readonly #slots = new Map<string, Slots>();
  /** Reservations without slots, by the time at which they can be forgotten. */
  readonly #placeless = new DueQueue<Held>();

  constructor({ charged, months = [], held }: BudgetSnapshot = { charged: [], held: [] }) {
    for (const [day, account, amounts] of charged) charge(this.#days, day, [account], amounts);
    for (const [month, account, amounts] of months) charge(this.#months, month, [account], amounts);
    for (const each of held) this.#hold(each);
  }

  reserve({ id, accounts, amounts, until, ...given }: Reservation, now: number): BudgetAnswer {
    const calendar = given.calendar ?? utcCalendar(now);
    const day = localDay(now, calendar.offset);
    for (const { name } of accounts) this.#releaseExpired(this.#slots.get(name)?.due, now);
    this.#releaseExpired(this.#placeless, now);
    if (this.#held.has(id)) return { ok: true };
    const replaced = this.#replacedBy(accounts);
    const check: Check = { amounts, day, calendar, now, replaced };
    for (const account of accounts) {
      const refusal = this.#refusal(account, check);
      if (refusal) return refusal;
    }
    const reached = accounts.flatMap((account) => this.#reached(account, check));
    for (const held of replaced) this.#freeSlots(held);
    const names = accounts.map(({ name }) => name);
    const monthly = accounts.filter(({ perMonth }) => perMonth).map(({ name }) => name);
    charge(this.#days, day, names, amounts);
    charge(this.#months, monthOf(day), monthly, amounts);
    this.#hold({ id, accounts: names, ...(monthly.length > 0 && { monthly }), amounts, day, until });
    return {
      ok: true,
      ...(replaced.length > 0 && { replaced: replaced.map((held) => held.id) }),
      ...(reached.length > 0 && { reached }),
    };
  }

  settle(id: string, spent: Amounts, now: number): void {
    const held = this.#held.get(id);
    if (!held) return;
    this.#release(held);
    if (held.until <= now) return;
    const difference = subtractAmounts(spent, held.amounts);
    charge(this.#days, held.day, held.accounts, difference);
    charge(this.#months, monthOf(held.day), held.monthly ?? [], difference);
  }

  /** The use of each account. */
  usage(now: number, calendar: Calendar = utcCalendar(now)): readonly AccountUsage[] {
    const day = localDay(now, calendar.offset);
    const none = new Map<string, Amounts>();
    const charged = { day, today: this.#days.get(day) ?? none, month: this.#months.get(monthOf(day)) ?? none };
    return accountUsage(
      charged,
      [...this.#held.values()].filter(({ until }) => until > now),
    );
  }

  snapshot(): BudgetSnapshot {
    return { charged: listed(this.#days), months: listed(this.#months), held: [...this.#held.values()] };
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

  #refusal({ name, maxConcurrent, perDay, perMonth = {} }: Account, check: Check): BudgetAnswer | undefined {
    const { amounts, day, calendar, now, replaced } = check;
    const { taken = 0, due } = this.#slots.get(name) ?? {};
    const freed = replaced.filter(({ accounts }) => accounts.includes(name)).length;
    if (maxConcurrent !== undefined && taken - freed >= maxConcurrent) {
      // With a limit of 0, a slot never becomes free.
      const wait = (due?.first()?.until ?? now + calendar.dayEnds) - now;
      return { ok: false, account: name, limit: 'maxConcurrent', retryAfter: seconds(wait) };
    }
    const exceeded = (charged: Amounts, limits: Partial<Amounts>): keyof Amounts | undefined =>
      AMOUNT_NAMES.find((each) => charged[each] + amounts[each] > (limits[each] ?? Infinity));
    const today = exceeded(this.#chargedOn(day, name), perDay);
    if (today) return { ok: false, account: name, limit: today, retryAfter: seconds(calendar.dayEnds) };
    const limit = exceeded(this.#chargedIn(monthOf(day), name), perMonth);
    return limit && { ok: false, account: name, limit, period: 'month', retryAfter: seconds(calendar.monthEnds) };
  }

  /** The levels that this reservation reaches. */
  #reached({ name, perDay, perMonth = {}, reports }: Account, { amounts, day }: Check): readonly BudgetLevel[] {
    if (reports !== true) return [];
    const levels = (charged: Amounts, limits: Partial<Amounts>, period: BudgetLevel['period']): readonly BudgetLevel[] =>
      AMOUNT_NAMES.flatMap((limit) => {
        const percent = levelReached(charged[limit], amounts[limit], limits[limit]);
        return percent === undefined ? [] : [{ account: name, limit, period, percent }];
      });
    return [...levels(this.#chargedOn(day, name), perDay, 'day'), ...levels(this.#chargedIn(monthOf(day), name), perMonth, 'month')];
  }

  #chargedOn(day: number, account: string): Amounts {
    return this.#days.get(day)?.get(account) ?? ZERO_AMOUNTS;
  }

  #chargedIn(month: number, account: string): Amounts {
    return this.#months.get(month)?.get(account) ?? ZERO_AMOUNTS;
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

/** Adds amounts to accounts. Forgets all periods but the latest two. */
function charge(charges: Charges, period: number, accounts: readonly string[], amounts: Amounts): void {
  if (accounts.length === 0) return;
  let charged = charges.get(period);
  if (!charged) {
    charges.set(period, (charged = new Map<string, Amounts>()));
    for (const old of charges.keys()) if (old < period - 1) charges.delete(old);
  }
  for (const name of accounts) charged.set(name, addAmounts(charged.get(name) ?? ZERO_AMOUNTS, amounts));
}

const listed = (charges: Charges): (readonly [period: number, account: string, amounts: Amounts])[] =>
  [...charges].flatMap(([period, accounts]) => [...accounts].map(([name, amounts]) => [period, name, amounts] as const));

/** Whole seconds, at least 1. */
const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));
