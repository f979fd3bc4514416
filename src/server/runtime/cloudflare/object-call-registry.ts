/**
 * The call registry of one call's Durable Object. It keeps the call in the object's own storage, so that notices, leases and usage
 * need no requests to other objects. The shared registry is only updated when the call starts and ends.
 *
 * Owns the stored call. After a restart, the object finds it there as a call without a watcher.
 */
import type { Amounts, CallRegistry, CallEndReason, CallMemory, CallNotice, CallRecord } from '../../contract/shared-state.js';
import type { Sql } from './durable-context.js';

/** Options of `ObjectCallRegistry`. */
export interface ObjectCallRegistrySetup {
  readonly sql: Sql;
  /** The call registry of all calls. */
  readonly shared: CallRegistry;
  /** Called when the call was stored. */
  onAdded(call: CallRecord): Promise<void>;
  onEnded(): Promise<void>;
}

/** Milliseconds after the deadline of a call until its lease in the shared registry expires. */
const LEASE_MARGIN = 60_000;

type Row = { call: string; ended: CallEndReason | null };

/** See the head of the file. */
export class ObjectCallRegistry implements CallRegistry {
  readonly #setup: ObjectCallRegistrySetup;
  readonly #listeners = new Set<(notice: CallNotice) => void>();
  #watcher: string | undefined;

  constructor(setup: ObjectCallRegistrySetup) {
    this.#setup = setup;
    setup.sql.exec('CREATE TABLE IF NOT EXISTS own (call TEXT NOT NULL, ended TEXT)');
  }

  /** The call of this object, if there is one. */
  own(): { readonly call: CallRecord; readonly ended: CallEndReason | undefined } | undefined {
    const [row] = this.#setup.sql.exec<Row>('SELECT call, ended FROM own').toArray();
    return row && { call: JSON.parse(row.call) as CallRecord, ended: row.ended ?? undefined };
  }

  async add(call: CallRecord, watcher: string): Promise<void> {
    this.#setup.sql.exec('INSERT INTO own (call) VALUES (?)', JSON.stringify(call));
    this.#watcher = watcher;
    await this.#setup.onAdded(call);
    // The object monitors the call until its end, so the lease covers the whole call.
    await this.#setup.shared.add(call, call.id, call.deadline - call.startedAt + LEASE_MARGIN);
  }

  async find(id: string): Promise<{ call: CallRecord; ended: CallEndReason | undefined } | undefined> {
    const own = this.own();
    return own?.call.id === id ? own : undefined;
  }

  async renew(watcher: string, _leaseMs: number, spent: ReadonlyMap<string, Amounts>): Promise<readonly string[]> {
    const own = this.own();
    const lost: string[] = [];
    for (const [id, amounts] of spent) {
      if (own?.call.id !== id || own.ended !== undefined || watcher !== this.#watcher) lost.push(id);
      // Seconds can be derived from the start time; store only tokens and money.
      else if (amounts.tokens !== own.call.spent.tokens || amounts.micros !== own.call.spent.micros)
        this.#write({ ...own.call, spent: amounts });
    }
    return lost;
  }

  async remember(watcher: string, id: string, memory: CallMemory): Promise<void> {
    const own = this.own();
    if (own?.call.id !== id || own.ended !== undefined || watcher !== this.#watcher) return;
    this.#write({ ...own.call, memory: { ...own.call.memory, ...memory } });
  }

  async adopt(watcher: string): Promise<readonly CallRecord[]> {
    const own = this.own();
    if (!own || own.ended !== undefined || this.#watcher !== undefined) return [];
    this.#watcher = watcher;
    return [own.call];
  }

  async end(id: string, reason: CallEndReason): Promise<boolean> {
    const own = this.own();
    if (own?.call.id !== id) return this.#setup.shared.end(id, reason);
    if (own.ended !== undefined) return false;
    this.#setup.sql.exec('UPDATE own SET ended = ?', reason);
    await this.tell(id, { type: 'ended', reason });
    this.#listeners.clear();
    await this.#setup.onEnded();
    await this.#setup.shared.end(id, reason);
    return true;
  }

  count(): Promise<number> {
    return this.#setup.shared.count();
  }

  list(): Promise<readonly CallRecord[]> {
    return this.#setup.shared.list();
  }

  async tell(_id: string, notice: CallNotice): Promise<void> {
    for (const onNotice of this.#listeners) onNotice(notice);
  }

  async listen(_id: string, onNotice: (notice: CallNotice) => void): Promise<() => void> {
    this.#listeners.add(onNotice);
    return () => void this.#listeners.delete(onNotice);
  }

  #write(call: CallRecord): void {
    this.#setup.sql.exec('UPDATE own SET call = ?', JSON.stringify(call));
  }
}
