/**
 * The state of one process, in its memory: exact, fast, forgotten with the process.
 *
 * Owns all counts and the call book. Does not own what they mean.
 */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { systemClock } from '../clock.js';
import type { Clock } from '../clock.js';
import type { Account, Amounts, BudgetAnswer, CallBook, CallEndReason, CallNotice, CallRecord, RateAnswer, RateWant, Reservation, SharedState } from './shared-state.js';

const DAY = 86_400_000;
/** Milliseconds that the end of a call is remembered. */
const REMEMBERED = 600_000;
const NAMES = ['calls', 'seconds', 'tokens', 'micros'] as const;

interface Held extends Reservation {
  readonly day: number;
}

interface Booked {
  call: CallRecord;
  watcher: string;
  leaseUntil: number;
  ended: CallEndReason | undefined;
}

/** See the head of the file. */
export class MemoryState implements SharedState {
  readonly lasting = false;
  readonly calls: CallBook;
  readonly #clock: Clock;
  readonly #limiters = new Map<string, RateLimiterMemory>();
  readonly #spent = new Map<string, Amounts>();
  readonly #held = new Map<string, Held>();
  readonly #once = new Map<string, number>();

  constructor({ clock = systemClock }: { clock?: Clock } = {}) {
    this.#clock = clock;
    this.calls = new MemoryCallBook(clock);
  }

  async take(wants: readonly RateWant[]): Promise<RateAnswer> {
    const answers = await Promise.all(wants.map((want) => this.#takeOne(want)));
    const refused = answers.filter((answer) => !answer.ok);
    return refused.reduce<RateAnswer>((worst, answer) => (worst.ok || answer.retryAfter > worst.retryAfter ? answer : worst), { ok: true });
  }

  async reserve(reservation: Reservation): Promise<BudgetAnswer> {
    const now = this.#clock.now();
    const day = Math.floor(now / DAY);
    this.#expire(now);
    for (const account of reservation.accounts) {
      const refusal = this.#refusal(account, reservation.amounts, day, now);
      if (refusal) return refusal;
    }
    this.#held.set(reservation.id, { ...reservation, day });
    return { ok: true };
  }

  async settle(id: string, spent: Amounts): Promise<void> {
    const held = this.#held.get(id);
    if (!held) return;
    this.#held.delete(id);
    this.#spend(held, spent);
  }

  async once(key: string, seconds: number): Promise<boolean> {
    const now = this.#clock.now();
    for (const [known, until] of this.#once) if (until <= now) this.#once.delete(known);
    if (this.#once.has(key)) return false;
    this.#once.set(key, now + seconds * 1000);
    return true;
  }

  async ready(): Promise<void> {
    // Always there.
  }

  async close(): Promise<void> {
    // Nothing is held open.
  }

  async #takeOne({ key, count, seconds }: RateWant): Promise<RateAnswer> {
    const name = `${String(count)}/${String(seconds)}`;
    const limiter = this.#limiters.get(name) ?? new RateLimiterMemory({ points: count, duration: seconds });
    this.#limiters.set(name, limiter);
    try {
      await limiter.consume(key);
      return { ok: true };
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      return { ok: false, key, retryAfter: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)) };
    }
  }

  #refusal(account: Account, wanted: Amounts, day: number, now: number): BudgetAnswer | undefined {
    const holding = [...this.#held.values()].filter((held) => held.accounts.some(({ name }) => name === account.name));
    if (account.atOnce !== undefined && holding.length >= account.atOnce) {
      const free = Math.min(...holding.map(({ until }) => until));
      return { ok: false, account: account.name, limit: 'atOnce', retryAfter: Math.max(1, Math.ceil((free - now) / 1000)) };
    }
    const spent = this.#spent.get(`${account.name} ${String(day)}`);
    for (const name of NAMES) {
      const most = account.perDay[name];
      if (most === undefined) continue;
      const aside = holding.filter((held) => held.day === day).reduce((sum, { amounts }) => sum + amounts[name], 0);
      if ((spent?.[name] ?? 0) + aside + wanted[name] > most) {
        return { ok: false, account: account.name, limit: name, retryAfter: Math.ceil(((day + 1) * DAY - now) / 1000) };
      }
    }
    return undefined;
  }

  #expire(now: number): void {
    for (const held of this.#held.values()) {
      if (held.until > now) continue;
      this.#held.delete(held.id);
      this.#spend(held, held.amounts);
    }
  }

  #spend({ accounts, day }: Held, amounts: Amounts): void {
    for (const { name } of accounts) {
      const key = `${name} ${String(day)}`;
      const before = this.#spent.get(key);
      this.#spent.set(key, Object.fromEntries(NAMES.map((each) => [each, (before?.[each] ?? 0) + amounts[each]])) as unknown as Amounts);
    }
  }
}

class MemoryCallBook implements CallBook {
  readonly #clock: Clock;
  readonly #calls = new Map<string, Booked>();
  readonly #listeners = new Map<string, Set<(notice: CallNotice) => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async add(call: CallRecord, watcher: string, leaseMs: number): Promise<void> {
    this.#calls.set(call.id, { call, watcher, leaseUntil: this.#clock.now() + leaseMs, ended: undefined });
  }

  async find(id: string): Promise<{ call: CallRecord; ended: CallEndReason | undefined } | undefined> {
    const booked = this.#calls.get(id);
    return booked && { call: booked.call, ended: booked.ended };
  }

  async renew(watcher: string, leaseMs: number, spent: ReadonlyMap<string, Amounts>): Promise<readonly string[]> {
    const lost: string[] = [];
    for (const [id, amounts] of spent) {
      const booked = this.#calls.get(id);
      if (!booked || booked.ended !== undefined || booked.watcher !== watcher) {
        lost.push(id);
        continue;
      }
      booked.call = { ...booked.call, spent: amounts };
      booked.leaseUntil = this.#clock.now() + leaseMs;
    }
    return lost;
  }

  async adopt(watcher: string, leaseMs: number): Promise<readonly CallRecord[]> {
    const now = this.#clock.now();
    const adopted = [...this.#calls.values()].filter(({ ended, leaseUntil }) => ended === undefined && leaseUntil <= now);
    for (const booked of adopted) Object.assign(booked, { watcher, leaseUntil: now + leaseMs });
    return adopted.map(({ call }) => call);
  }

  async end(id: string, reason: CallEndReason): Promise<boolean> {
    const booked = this.#calls.get(id);
    if (!booked || booked.ended !== undefined) return false;
    booked.ended = reason;
    this.#clock.after(REMEMBERED, () => this.#calls.delete(id));
    await this.tell(id, { type: 'ended', reason });
    this.#listeners.delete(id);
    return true;
  }

  async count(): Promise<number> {
    return [...this.#calls.values()].filter(({ ended }) => ended === undefined).length;
  }

  async tell(id: string, notice: CallNotice): Promise<void> {
    for (const heard of this.#listeners.get(id) ?? []) heard(notice);
  }

  async listen(id: string, heard: (notice: CallNotice) => void): Promise<() => void> {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(heard));
    return () => void listeners.delete(heard);
  }
}
