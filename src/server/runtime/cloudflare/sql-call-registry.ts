/** The call registry of one Durable Object. Listeners are kept in memory, because streams end with the object anyway. */
import type { Sql } from './durable-context.js';
import { NoticeStreams } from './notice-streams.js';
import type { Amounts, CallEndReason, CallMemory, CallNotice, CallRecord } from '../../contract/shared-state.js';

/** Milliseconds for which an ended call is kept. */
const RETENTION = 600_000;

type CallRow = { id: string; call: string; ended: CallEndReason | null };

/** See the head of the file. Times are milliseconds since the epoch. */
export class SqlCallRegistry {
  readonly #sql: Sql;
  readonly #listeners = new Map<string, NoticeStreams>();

  constructor(sql: Sql) {
    this.#sql = sql;
    // `ends`: when the lease of a live call expires, or when an ended call is deleted.
    sql.exec(`
      CREATE TABLE IF NOT EXISTS calls (id TEXT PRIMARY KEY, call TEXT NOT NULL, watcher TEXT NOT NULL, ends INTEGER NOT NULL, ended TEXT) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS calls_live ON calls (ends) WHERE ended IS NULL;
    `);
  }

  add(call: CallRecord, watcher: string, leaseUntil: number): null {
    this.#sql.exec(
      'INSERT OR IGNORE INTO calls (id, call, watcher, ends) VALUES (?, ?, ?, ?)',
      call.id,
      JSON.stringify(call),
      watcher,
      leaseUntil,
    );
    return null;
  }

  find(id: string, now: number): { call: CallRecord; ended: CallEndReason | null } | null {
    const [row] = this.#sql.exec<CallRow & { ends: number }>('SELECT id, call, ended, ends FROM calls WHERE id = ?', id).toArray();
    if (!row || (row.ended !== null && row.ends <= now)) return null;
    return { call: JSON.parse(row.call) as CallRecord, ended: row.ended };
  }

  renew(watcher: string, leaseUntil: number, spent: readonly (readonly [id: string, spent: Amounts])[]): readonly string[] {
    return spent.flatMap(([id, amounts]) => {
      const changed = this.#sql.exec<{ id: string }>(
        `UPDATE calls SET ends = ?, call = json_set(call, '$.spent', json(?)) WHERE id = ? AND watcher = ? AND ended IS NULL RETURNING id`,
        leaseUntil,
        JSON.stringify(amounts),
        id,
        watcher,
      );
      return changed.toArray().length > 0 ? [] : [id];
    });
  }

  remember(watcher: string, id: string, memory: CallMemory): null {
    for (const [part, value] of Object.entries(memory)) {
      // The merge patch creates an empty memory if there is none.
      this.#sql.exec(
        `UPDATE calls SET call = json_set(json_patch(call, '{"memory":{}}'), '$.memory.' || ?, json(?)) WHERE id = ? AND watcher = ? AND ended IS NULL`,
        part,
        JSON.stringify(value),
        id,
        watcher,
      );
    }
    return null;
  }

  adopt(watcher: string, now: number, leaseUntil: number): readonly CallRecord[] {
    const adopted = this.#sql.exec<CallRow>(
      'UPDATE calls SET watcher = ?, ends = ? WHERE ended IS NULL AND ends <= ? RETURNING id, call, ended',
      watcher,
      leaseUntil,
      now,
    );
    return adopted.toArray().map(({ call }) => JSON.parse(call) as CallRecord);
  }

  end(id: string, reason: CallEndReason, now: number): boolean {
    const ended = this.#sql.exec<{ id: string }>(
      "UPDATE calls SET ended = ?, ends = ?, call = json_remove(call, '$.memory') WHERE id = ? AND ended IS NULL RETURNING id",
      reason,
      now + RETENTION,
      id,
    );
    if (ended.toArray().length === 0) return false;
    this.tell(id, { type: 'ended', reason });
    this.#listeners.get(id)?.close();
    this.#listeners.delete(id);
    return true;
  }

  count(): number {
    return this.#sql.exec<{ live: number }>('SELECT COUNT(*) AS live FROM calls WHERE ended IS NULL').toArray()[0]?.live ?? 0;
  }

  list(): readonly CallRecord[] {
    const live = this.#sql.exec<{ call: string }>('SELECT call FROM calls WHERE ended IS NULL').toArray();
    return live.map(({ call }) => JSON.parse(call) as CallRecord);
  }

  tell(id: string, notice: CallNotice): null {
    this.#listeners.get(id)?.send(notice);
    return null;
  }

  listen(id: string): ReadableStream<Uint8Array> {
    const streams = this.#listeners.get(id) ?? new NoticeStreams();
    this.#listeners.set(id, streams);
    return streams.add(() => {
      if (streams.size === 0 && this.#listeners.get(id) === streams) this.#listeners.delete(id);
    });
  }

  /** Deletes expired data. Returns whether any data remains. */
  clear(now: number): boolean {
    this.#sql.exec('DELETE FROM calls WHERE ended IS NOT NULL AND ends <= ?', now);
    // Abandoned calls that no process took over; their reservations have long counted in full.
    this.#sql.exec('DELETE FROM calls WHERE ended IS NULL AND ends <= ?', now - 2 * 3_600_000);
    return this.#sql.exec('SELECT 1 AS one FROM calls LIMIT 1').toArray().length > 0;
  }
}
