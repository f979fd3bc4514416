/** Rate windows and proofs of one Durable Object. A refused request writes nothing, so a flood costs only reads. */
import type { Sql } from './durable-context.js';
import type { RateAnswer, RateWant } from '../../contract/shared-state.js';

/** See the head of the file. Times are milliseconds since the epoch. */
export class SqlWindows {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS windows (key TEXT PRIMARY KEY, taken INTEGER NOT NULL, ends INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS proofs (key TEXT PRIMARY KEY, ends INTEGER NOT NULL) WITHOUT ROWID;
    `);
  }

  /** In order: a visitor who is over their own limit does not use up shared limits. */
  take(wants: readonly RateWant[], now: number): RateAnswer {
    for (const want of wants) {
      const answer = this.#takeOne(want, now);
      if (!answer.ok) return answer;
    }
    return { ok: true };
  }

  once(key: string, seconds: number, now: number): boolean {
    const [proof] = this.#sql.exec<{ ends: number }>('SELECT ends FROM proofs WHERE key = ?', key).toArray();
    if (proof && proof.ends > now) return false;
    this.#sql.exec('INSERT OR REPLACE INTO proofs (key, ends) VALUES (?, ?)', key, now + seconds * 1000);
    return true;
  }

  /** Deletes expired data. Returns whether any data remains. */
  clear(now: number): boolean {
    this.#sql.exec('DELETE FROM windows WHERE ends <= ?', now);
    this.#sql.exec('DELETE FROM proofs WHERE ends <= ?', now);
    return this.#sql.exec('SELECT 1 AS one FROM windows UNION ALL SELECT 1 FROM proofs LIMIT 1').toArray().length > 0;
  }

  #takeOne({ key, count, seconds }: RateWant, now: number): RateAnswer {
    // Different limits for the same key use separate windows, for example after a configuration change.
    const name = `${String(count)}/${String(seconds)} ${key}`;
    const [window] = this.#sql.exec<{ taken: number; ends: number }>('SELECT taken, ends FROM windows WHERE key = ?', name).toArray();
    if (!window || window.ends <= now) {
      this.#sql.exec('INSERT OR REPLACE INTO windows (key, taken, ends) VALUES (?, 1, ?)', name, now + seconds * 1000);
      return { ok: true };
    }
    if (window.taken >= count) return { ok: false, key, retryAfter: Math.max(1, Math.ceil((window.ends - now) / 1000)) };
    this.#sql.exec('UPDATE windows SET taken = taken + 1 WHERE key = ?', name);
    return { ok: true };
  }
}
