/**
 * Budgets of one Durable Object. Reservations are part of the day's sums from the start and are corrected once the actual cost is
 * known, so a check reads one row per account, regardless of the number of active calls. Used concurrency slots are counted in memory
 * and recounted from the reservations when the object starts.
 */
import type { Sql, SqlValue } from './durable-context.js';
import { AMOUNT_NAMES } from '../../contract/amounts.js';
import type { Account, Amounts, BudgetAnswer, Reservation } from '../../contract/shared-state.js';

const DAY = 86_400_000;
/** Days for which sums are kept, for the owner's information. */
const KEPT_DAYS = 35;

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
      CREATE TABLE IF NOT EXISTS held (id TEXT PRIMARY KEY, accounts TEXT NOT NULL, day INTEGER NOT NULL, ends INTEGER NOT NULL,
        calls INTEGER NOT NULL, seconds INTEGER NOT NULL, tokens INTEGER NOT NULL, micros INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS held_ends ON held (ends);
      CREATE TABLE IF NOT EXISTS placeless (id TEXT PRIMARY KEY) WITHOUT ROWID;
    `);
    for (const held of sql.exec<Held>(`SELECT * FROM held WHERE ${WITH_PLACES}`).toArray()) this.#countSlots(held, 1);
  }

  reserve({ id, accounts, amounts, until }: Reservation, now: number): BudgetAnswer {
    this.#expire(now);
    const day = Math.floor(now / DAY);
    // A repeated request after a lost response: already reserved.
    if (this.#sql.exec('SELECT 1 AS one FROM held WHERE id = ?', id).toArray().length > 0) return { ok: true };
    const replaced = this.#replacedBy(accounts);
    for (const account of accounts) {
      const refusal = this.#refusal(account, amounts, day, now, replaced);
      if (refusal) return refusal;
    }
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
    this.#add(names, day, values);
    this.#countSlots({ accounts: JSON.stringify(names) }, 1);
    return replaced.length === 0 ? { ok: true } : { ok: true, replaced: replaced.map((held) => held.id) };
  }

  settle(id: string, spent: Amounts, now: number): null {
    this.#expire(now);
    const [held] = this.#sql.exec<Held>('SELECT * FROM held WHERE id = ?', id).toArray();
    if (!held) return null;
    this.#free(held);
    const values = AMOUNT_NAMES.map((name) => spent[name] - held[name]);
    if (values.some((value) => value !== 0)) this.#add(JSON.parse(held.accounts) as string[], held.day, values);
    return null;
  }

  /** Deletes expired data. Returns whether any data remains. */
  clear(now: number): boolean {
    this.#expire(now);
    this.#sql.exec('DELETE FROM sums WHERE day < ?', Math.floor(now / DAY) - KEPT_DAYS);
    return this.#sql.exec('SELECT 1 AS one FROM held UNION ALL SELECT 1 FROM sums LIMIT 1').toArray().length > 0;
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

  #refusal(
    { name: account, perDay, maxConcurrent }: Account,
    wanted: Amounts,
    day: number,
    now: number,
    replaced: readonly Held[],
  ): BudgetAnswer | undefined {
    const freed = replaced.filter(({ accounts }) => accounts.includes(JSON.stringify(account))).length;
    if (maxConcurrent !== undefined && (this.#taken.get(account) ?? 0) - freed >= maxConcurrent) {
      return {
        ok: false,
        account,
        limit: 'maxConcurrent',
        retryAfter: Math.max(1, Math.ceil((this.#firstFree(account, now) - now) / 1000)),
      };
    }
    const [sum] = this.#sql
      .exec<Record<keyof Amounts, number>>('SELECT calls, seconds, tokens, micros FROM sums WHERE account = ? AND day = ?', account, day)
      .toArray();
    for (const name of AMOUNT_NAMES) {
      const most = perDay[name];
      if (most !== undefined && (sum?.[name] ?? 0) + wanted[name] > most) {
        return { ok: false, account, limit: name, retryAfter: Math.ceil(((day + 1) * DAY - now) / 1000) };
      }
    }
    return undefined;
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

  #add(accounts: readonly string[], day: number, values: readonly number[]): void {
    for (const account of accounts) {
      this.#sql.exec(
        `INSERT INTO sums (account, day, calls, seconds, tokens, micros) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (account, day) DO UPDATE SET
          calls = calls + excluded.calls, seconds = seconds + excluded.seconds, tokens = tokens + excluded.tokens, micros = micros + excluded.micros`,
        account,
        day,
        ...values,
      );
    }
  }
}
