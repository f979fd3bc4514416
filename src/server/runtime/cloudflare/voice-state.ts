/**
 * The Durable Object behind `DurableState`: rate windows, budgets and the call registry in its SQLite database. A single thread and
 * synchronous SQL make each request atomic; no data is lost if the object's memory is, and a response is sent only after its changes
 * were written.
 *
 * Owns request handling and the deletion of expired data by an alarm. The data itself is in `sql-*.ts`.
 */
import type { Calendar } from '../../contract/calendar.js';
import type { DurableContext } from './durable-context.js';
import type {
  AccountUsage,
  Amounts,
  BudgetAnswer,
  CallEndReason,
  CallMemory,
  CallNotice,
  CallRecord,
  RateAnswer,
  RateWant,
  Reservation,
} from '../../contract/shared-state.js';
import { SqlBudgets } from './sql-budgets.js';
import { SqlCallRegistry } from './sql-call-registry.js';
import { SqlPause } from './sql-pause.js';
import { SqlWindows } from './sql-windows.js';

/** Methods of the object with arguments and results; all values are JSON. */
export interface StateMethods {
  take(wants: readonly RateWant[]): RateAnswer;
  once(key: string, seconds: number): boolean;
  reserve(reservation: Reservation): BudgetAnswer;
  settle(id: string, spent: Amounts): null;
  add(call: CallRecord, watcher: string, leaseMs: number): null;
  find(id: string): { readonly call: CallRecord; readonly ended: CallEndReason | null } | null;
  renew(watcher: string, leaseMs: number, spent: readonly (readonly [id: string, spent: Amounts])[]): readonly string[];
  remember(watcher: string, id: string, memory: CallMemory): null;
  adopt(watcher: string, leaseMs: number): readonly CallRecord[];
  end(id: string, reason: CallEndReason): boolean;
  count(): number;
  list(): readonly CallRecord[];
  tell(id: string, notice: CallNotice): null;
  setPaused(paused: boolean): null;
  paused(): boolean;
  usage(calendar?: Calendar): readonly AccountUsage[];
}

/** One request. `now` is the Worker's time, which deadlines are also based on. */
export interface StateRequest {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly now: number;
}

/** Milliseconds between cleanups. */
const CLEANUP_INTERVAL = 300_000;

/** See the head of the file. Export it from the Worker's main module and bind it as `VOICE_STATE`. */
export class VoiceState {
  declare readonly __DURABLE_OBJECT_BRAND: never;
  readonly #ctx: DurableContext;
  readonly #windows: SqlWindows;
  readonly #budgets: SqlBudgets;
  readonly #calls: SqlCallRegistry;
  readonly #pause: SqlPause;
  #alarmSet = false;

  constructor(ctx: DurableContext) {
    this.#ctx = ctx;
    const { sql } = ctx.storage;
    this.#windows = new SqlWindows(sql);
    this.#budgets = new SqlBudgets(sql);
    this.#calls = new SqlCallRegistry(sql);
    this.#pause = new SqlPause(sql);
  }

  /** Handles a request from a Worker's `DurableState`; the object is not reachable otherwise. */
  async fetch(request: Request): Promise<Response> {
    const { method, args, now } = (await request.json()) as StateRequest;
    if (method === 'listen') return new Response(this.#calls.listen(String(args[0])));
    const answers = this.#answers(now);
    if (!Object.hasOwn(answers, method)) return new Response(null, { status: 400 });
    const answer = answers[method as keyof StateMethods] as (...args: readonly unknown[]) => unknown;
    const body = JSON.stringify(this.#ctx.storage.transactionSync(() => answer(...args)));
    await this.#wakeLater();
    return new Response(body, { headers: { 'Content-Type': 'application/json' } });
  }

  /** Deletes expired data and schedules another run while data remains. */
  async alarm(): Promise<void> {
    this.#alarmSet = false;
    const now = Date.now();
    const left = this.#ctx.storage.transactionSync(() =>
      [this.#windows.clear(now), this.#budgets.clear(now), this.#calls.clear(now)].some(Boolean),
    );
    if (left) await this.#wakeLater();
  }

  #answers(now: number): StateMethods {
    return {
      take: (wants) => this.#windows.take(wants, now),
      once: (key, seconds) => this.#windows.once(key, seconds, now),
      reserve: (reservation) => (this.#pause.paused ? { ok: false, limit: 'paused' } : this.#budgets.reserve(reservation, now)),
      settle: (id, spent) => this.#budgets.settle(id, spent, now),
      add: (call, watcher, leaseMs) => this.#calls.add(call, watcher, now + leaseMs),
      find: (id) => this.#calls.find(id, now),
      renew: (watcher, leaseMs, spent) => this.#calls.renew(watcher, now + leaseMs, spent),
      remember: (watcher, id, memory) => this.#calls.remember(watcher, id, memory),
      adopt: (watcher, leaseMs) => this.#calls.adopt(watcher, now, now + leaseMs),
      end: (id, reason) => this.#calls.end(id, reason, now),
      count: () => this.#calls.count(),
      list: () => this.#calls.list(),
      tell: (id, notice) => this.#calls.tell(id, notice),
      setPaused: (paused) => this.#pause.set(paused),
      paused: () => this.#pause.paused,
      usage: (calendar) => this.#budgets.usage(now, calendar),
    };
  }

  async #wakeLater(): Promise<void> {
    if (this.#alarmSet) return;
    this.#alarmSet = true;
    if ((await this.#ctx.storage.getAlarm()) === null) await this.#ctx.storage.setAlarm(Date.now() + CLEANUP_INTERVAL);
  }
}
