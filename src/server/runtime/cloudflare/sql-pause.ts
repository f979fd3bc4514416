/** Whether the operator has paused the server, in one Durable Object. Cached in memory, because every reservation reads it. */
import type { Sql } from './durable-context.js';

/** See the head of the file. */
export class SqlPause {
  readonly #sql: Sql;
  #paused: boolean;

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec('CREATE TABLE IF NOT EXISTS paused (one INTEGER PRIMARY KEY) WITHOUT ROWID');
    this.#paused = sql.exec('SELECT 1 AS one FROM paused').toArray().length > 0;
  }

  get paused(): boolean {
    return this.#paused;
  }

  set(paused: boolean): null {
    this.#sql.exec(paused ? 'INSERT OR IGNORE INTO paused (one) VALUES (1)' : 'DELETE FROM paused');
    this.#paused = paused;
    return null;
  }
}
