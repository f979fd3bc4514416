/**
 * Budgets of one Durable Object. Reservations are part of the day's sums from the start and are corrected once the actual cost is
 * known, so a check reads one row per account, regardless of the number of active calls. Used concurrency slots are counted in memory
 * and recounted from the reservations when the object starts.
 */
import type { Sql, SqlValue } from './durable-context.js';
import { accountUsage } from '../../contract/account-usage.js';
import { AMOUNT_NAMES, ZERO_AMOUNTS, levelReached } from '../../contract/amounts.js';
import { localDay, monthOf, utcCalendar } from '../../contract/calendar.js';
import type { Calendar } from '../../contract/calendar.js';
import type { Account, AccountUsage, Amounts, BudgetAnswer, BudgetLevel, Reservation } from '../../contract/shared-state.js';

/** Days and months for which sums are kept, for the owner's information. */
const KEPT_DAYS = 35;
const KEPT_MONTHS = 13;

/** What a reservation is checked against. */
interface Check {
  readonly amounts: Amounts;
  readonly day: number;
  readonly calendar: Calendar;
  readonly now: number;
  readonly replaced: readonly Held[];
}

/** The tables of sums. */
type Period = 'day' | 'month';
const SUMS = { day: 'sums', month: 'months' } as const satisfies Record<Period, string>;

/** Reservations that another one has not replaced. */
const WITH_PLACES = 'id NOT IN (SELECT id FROM placeless)';

type Held = Record<'calls' | 'seconds' | 'tokens' | 'micros' | 'day' | 'ends', number> & { id: string; accounts: string } & Record<
    string,
    SqlValue
  >;

/** See the head of the file. Times are milliseconds since the epoch. */
export class SqlBudgets {
  readonly #sql: Sql;
  readonly #taken = new Map<string, number>();

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS sums (account TEXT, day INTEGER, calls INTEGER NOT NULL, seconds INTEGER NOT NULL, tokens INTEGER NOT NULL, micros INTEGER NOT NULL,
        PRIMARY KEY (account, day)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS months (account TEXT, month INTEGER, calls INTEGER NOT NULL, seconds INTEGER NOT NULL, tokens INTEGER NOT NULL, micros INTEGER NOT NULL,
        PRIMARY KEY (account, month)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS held (id TEXT PRIMARY KEY, accounts TEXT NOT NULL, day INTEGER NOT NULL, ends INTEGER NOT NULL,
        calls INTEGER NOT NULL, seconds INTEGER NOT NULL, tokens INTEGER NOT NULL, micros INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS held_ends ON held (ends);
      CREATE TABLE IF NOT EXISTS placeless (id TEXT PRIMARY KEY) WITHOUT ROWID;
    `);
    for (const held of sql.exec<Held>(`SELECT * FROM held WHERE ${WITH_PLACES}`).toArray()) this.#countSlots(held, 1);
  }

  reserve({ id, accounts, amounts, until, ...given }: Reservation, now: number): BudgetAnswer {
    this.#expire(now);
    const calendar = given.calendar ?? utcCalendar(now);
    const day = localDay(now, calendar.offset);
    // A repeated request after a lost response: already reserved.
    if (this.#sql.exec('SELECT 1 AS one FROM held WHERE id = ?', id).toArray().length > 0) return { ok: true };
    const replaced = this.#replacedBy(accounts);
    const check: Check = { amounts, day, calendar, now, replaced };
    for (const account of accounts) {
      const refusal = this.#refusal(account, check);
      if (refusal) return refusal;
    }
    const reached = accounts.flatMap((account) => this.#reached(account, check));
    for (const held of replaced) {
      this.#sql.exec('INSERT INTO placeless (id) VALUES (?)', held.id);
      this.#countSlots(held, -1);
    }
    const names = accounts.map(({ name }) => name);
    const values = AMOUNT_NAMES.map((name) => amounts[name]);
    this.#sql.exec(
      'INSERT INTO held (id, accounts, day, ends, calls, seconds, tokens, micros) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      id,
      JSON.stringify(names),
      day,
      until,
      ...values,
    );
    this.#add('day', names, day, values);
    const monthly = accounts.filter(({ perMonth }) => perMonth).map(({ name }) => name);
    this.#add('month', monthly, monthOf(day), values);
    this.#countSlots({ accounts: JSON.stringify(names) }, 1);
    return {
      ok: true,
      ...(replaced.length > 0 && { replaced: replaced.map((held) => held.id) }),
      ...(reached.length > 0 && { reached }),
    };
  }

  settle(id: string, spent: Amounts, now: number): null {
    this.#expire(now);
    const [held] = this.#sql.exec<Held>('SELECT * FROM held WHERE id = ?', id).toArray();
    if (!held) return null;
    this.#free(held);
    const values = AMOUNT_NAMES.map((name) => spent[name] - held[name]);
    if (values.every((value) => value === 0)) return null;
    const accounts = JSON.parse(held.accounts) as string[];
    this.#add('day', accounts, held.day, values);
    // Only accounts that count months have a row.
    this.#add(
      'month',
      accounts.filter((account) => this.#sum('month', account, monthOf(held.day))),
      monthOf(held.day),
      values,
    );
    return null;
  }

  /** The use of each account. */
  usage(now: number, calendar: Calendar = utcCalendar(now)): readonly AccountUsage[] {
    this.#expire(now);
    const day = localDay(now, calendar.offset);
    const month = this.#sums('month', monthOf(day));
    const replaced = new Set(
      this.#sql
        .exec<{ id: string }>('SELECT id FROM placeless')
        .toArray()
        .map(({ id }) => id),
    );
    const held = this.#sql.exec<Held>('SELECT * FROM held').toArray();
    return accountUsage(
      { day, today: this.#sums('day', day), month },
      held.map(({ id, accounts: json, day: reservedOn, ...amounts }) => {
        const accounts = JSON.parse(json) as string[];
        return { accounts, monthly: accounts.filter((name) => month.has(name)), day: reservedOn, amounts, placeless: replaced.has(id) };
      }),
    );
  }

  /** Deletes expired data. Returns whether any data remains. */
  clear(now: number): boolean {
    this.#expire(now);
    const today = localDay(now, 0);
    this.#sql.exec('DELETE FROM sums WHERE day < ?', today - KEPT_DAYS);
    // Counts of visitors are only kept as long as limits need them.
    this.#sql.exec(`DELETE FROM sums WHERE day < ? AND account <> 'all' AND account NOT LIKE 'profile:%'`, today - 1);
    this.#sql.exec('DELETE FROM months WHERE month < ?', monthOf(today) - KEPT_MONTHS);
    const kept = 'SELECT 1 AS one FROM held UNION ALL SELECT 1 FROM sums UNION ALL SELECT 1 FROM months LIMIT 1';
    return this.#sql.exec(kept).toArray().length > 0;
  }

  /** The reservations that would lose their places. */
  #replacedBy(accounts: readonly Account[]): readonly Held[] {
    const replaced = new Map<string, Held>();
    for (const { name, maxConcurrent = Infinity, replaces } of accounts) {
      const taken = this.#taken.get(name) ?? 0;
      if (replaces !== true || maxConcurrent === 0 || taken < maxConcurrent) continue;
      // More than one only after the owner has lowered the limit.
      for (const held of this.#holding(name, taken - maxConcurrent + 1)) replaced.set(held.id, held);
    }
    return [...replaced.values()];
  }

  /** Reservations with a place in an account, those that end first. */
  #holding(account: string, count: number): readonly Held[] {
    return this.#sql
      .exec<Held>(
        `SELECT * FROM held WHERE instr(accounts, ?) > 0 AND ${WITH_PLACES} ORDER BY ends LIMIT ?`,
        JSON.stringify(account),
        count,
      )
      .toArray();
  }

  #refusal({ name: account, perDay, perMonth = {}, maxConcurrent }: Account, check: Check): BudgetAnswer | undefined {
    const { amounts, day, calendar, now, replaced } = check;
    const freed = replaced.filter(({ accounts }) => accounts.includes(JSON.stringify(account))).length;
    if (maxConcurrent !== undefined && (this.#taken.get(account) ?? 0) - freed >= maxConcurrent) {
      return { ok: false, account, limit: 'maxConcurrent', retryAfter: seconds(this.#firstFree(account, now) - now) };
    }
    const exceeded = (period: Period, number: number, limits: Partial<Amounts>): keyof Amounts | undefined => {
      const sum = this.#sum(period, account, number) ?? ZERO_AMOUNTS;
      return AMOUNT_NAMES.find((name) => sum[name] + amounts[name] > (limits[name] ?? Infinity));
    };
    const today = exceeded('day', day, perDay);
    if (today) return { ok: false, account, limit: today, retryAfter: seconds(calendar.dayEnds) };
    const limit = Object.keys(perMonth).length === 0 ? undefined : exceeded('month', monthOf(day), perMonth);
    return limit && { ok: false, account, limit, period: 'month', retryAfter: seconds(calendar.monthEnds) };
  }

  /** The levels that this reservation reaches. */
  #reached({ name: account, perDay, perMonth = {}, reports }: Account, { amounts, day }: Check): readonly BudgetLevel[] {
    if (reports !== true) return [];
    const levels = (period: Period, number: number, limits: Partial<Amounts>): readonly BudgetLevel[] => {
      if (Object.keys(limits).length === 0) return [];
      const sum = this.#sum(period, account, number) ?? ZERO_AMOUNTS;
      return AMOUNT_NAMES.flatMap((limit) => {
        const percent = levelReached(sum[limit], amounts[limit], limits[limit]);
        return percent === undefined ? [] : [{ account, limit, period, percent }];
      });
    };
    return [...levels('day', day, perDay), ...levels('month', monthOf(day), perMonth)];
  }

  #sums(period: Period, number: number): ReadonlyMap<string, Amounts> {
    const query = `SELECT account, calls, seconds, tokens, micros FROM ${SUMS[period]} WHERE ${period} = ?`;
    const rows = this.#sql.exec<Record<keyof Amounts, number> & { account: string }>(query, number).toArray();
    return new Map(rows.map(({ account, ...amounts }) => [account, amounts]));
  }

  #sum(period: Period, account: string, number: number): Amounts | undefined {
    const query = `SELECT calls, seconds, tokens, micros FROM ${SUMS[period]} WHERE account = ? AND ${period} = ?`;
    return this.#sql.exec<Record<keyof Amounts, number>>(query, account, number).toArray()[0];
  }

  /** Latest time at which the next concurrency slot of an account is freed. */
  #firstFree(account: string, now: number): number {
    return this.#holding(account, 1)[0]?.ends ?? now;
  }

  /** Releases expired reservations. They count in full, as they are already part of the sums. */
  #expire(now: number): void {
    for (const held of this.#sql.exec<Held>('SELECT * FROM held WHERE ends <= ?', now).toArray()) this.#free(held);
  }

  #free(held: Held): void {
    this.#sql.exec('DELETE FROM held WHERE id = ?', held.id);
    const placeless = this.#sql.exec('DELETE FROM placeless WHERE id = ?', held.id).rowsWritten > 0;
    if (!placeless) this.#countSlots(held, -1);
  }

  #countSlots({ accounts }: Pick<Held, 'accounts'>, by: 1 | -1): void {
    for (const name of JSON.parse(accounts) as string[]) {
      const taken = (this.#taken.get(name) ?? 0) + by;
      // There is an account for each visitor.
      if (taken > 0) this.#taken.set(name, taken);
      else this.#taken.delete(name);
    }
  }

  #add(period: Period, accounts: readonly string[], number: number, values: readonly number[]): void {
    for (const account of accounts) {
      this.#sql.exec(
        `INSERT INTO ${SUMS[period]} (account, ${period}, calls, seconds, tokens, micros) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (account, ${period}) DO UPDATE SET
          calls = calls + excluded.calls, seconds = seconds + excluded.seconds, tokens = tokens + excluded.tokens, micros = micros + excluded.micros`,
        account,
        number,
        ...values,
      );
    }
  }
}

/** Whole seconds, at least 1. */
const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));
