/**
 * State shared by several server processes: request counts, spending and active calls. One interface, three implementations:
 * `MemoryState` (one process), `RedisState` and `DurableState` (Cloudflare).
 *
 * Types only, apart from the error class and the budget levels. Every method that changes something is atomic across all processes of one state. Any method
 * may reject with `StateUnavailable`, and with no other error.
 */

import type { Calendar } from './calendar.js';

/** The store did not respond. The server's option `onStateFailure` decides what happens next. */
export class StateUnavailable extends Error {
  override readonly name = 'StateUnavailable';
}

/** One request that counts against a rate window. */
export interface RateWant {
  /** The counted subject, such as `address:192.0.2.1`; contains no plain personal data if the state leaves the process. */
  readonly key: string;
  /** Maximum requests per window. */
  readonly count: number;
  /** Length of the window, which starts with its first request. */
  readonly seconds: number;
}

/** Result of checking rate limits. */
export type RateAnswer =
  | { readonly ok: true }
  /** `key` is the key of the exceeded limit; `retryAfter` is in whole seconds, at least 1. */
  | { readonly ok: false; readonly key: string; readonly retryAfter: number };

/** Cost of calls, as non-negative integers. */
export interface Amounts {
  readonly calls: number;
  readonly seconds: number;
  readonly tokens: number;
  /** Millionths of the currency in which the owner states prices. */
  readonly micros: number;
}

/** A charged account with its limits per day, per month and for concurrent calls. An omitted limit is unlimited. */
export interface Account {
  /** `all`, `profile:<name>`, or a kind and a keyed hash: `visitor:<hash>`, `address:<hash>`. */
  readonly name: string;
  readonly perDay: Partial<Amounts>;
  /** If omitted, the account is not counted by month. */
  readonly perMonth?: Partial<Amounts>;
  /** Whether to report which share of its limits is used. */
  readonly reports?: boolean;
  /** Maximum number of concurrent calls. */
  readonly maxConcurrent?: number;
  /** When all places are taken, the reservation that ends first loses its places in all its accounts, instead of a refusal. */
  readonly replaces?: boolean;
}

/** The maximum cost of a call, reserved before it starts. */
export interface Reservation {
  /** Unique, chosen by the calling code. */
  readonly id: string;
  readonly accounts: readonly Account[];
  readonly amounts: Amounts;
  /** Milliseconds since the epoch. An unsettled reservation then counts as spent in full, and its concurrency slot is freed. */
  readonly until: number;
  /** Determines day and month. Default: UTC. */
  readonly calendar?: Calendar;
}

/** The share of a limit that is spent or reserved, in percent. */
export const BUDGET_LEVELS = [50, 80, 100] as const;

/** A limit of which a reservation has reached another share. */
export interface BudgetLevel {
  readonly account: string;
  readonly limit: keyof Amounts;
  readonly period: 'day' | 'month';
  readonly percent: (typeof BUDGET_LEVELS)[number];
}

/** Result of a reservation. */
export type BudgetAnswer =
  /**
   * `replaced`: IDs of the reservations that lost their places; their amounts stay reserved until they are settled. `reached`: the highest
   * level of each limit that this reservation reached; settlements can lower the share again, so a level can be reached repeatedly.
   */
  | { readonly ok: true; readonly replaced?: readonly string[]; readonly reached?: readonly BudgetLevel[] }
  /**
   * `period`: only for a monthly limit. `retryAfter`: whole seconds until a retry can succeed: until the day or month ends, or the next slot
   * is freed.
   */
  | {
      readonly ok: false;
      readonly account: string;
      readonly limit: keyof Amounts | 'maxConcurrent';
      readonly period?: 'month';
      readonly retryAfter: number;
    }
  /** The owner has paused the server. */
  | { readonly ok: false; readonly limit: 'paused' };

/** Amounts of one account in one day or month. */
export interface PeriodUsage {
  /** Settled amounts, and reservations that were not settled in time. */
  readonly spent: Amounts;
  /** Held for keys and calls that are not settled yet. */
  readonly reserved: Amounts;
}

/** What one account has used today. */
export interface AccountUsage extends PeriodUsage {
  readonly account: string;
  /** Number of concurrent calls, including keys that have not expired. */
  readonly places: number;
  /** What it has used this month; only for accounts that are counted by month. */
  readonly month?: PeriodUsage;
}

/** An active call, as shared between processes. JSON. */
export interface CallRecord {
  /** The call's ID on the visitor's page: at least 128 random bits, because knowing it is enough to end the call. */
  readonly id: string;
  /** A short name for logs and metrics; grants no access. */
  readonly ref: string;
  /** The Realtime API's call ID. Never leaves the server. */
  readonly upstreamId: string;
  readonly kind: 'browser' | 'phone';
  readonly profile: string;
  /** Keyed hash of the visitor or caller. */
  readonly visitor: string | undefined;
  /** Keyed hash of the proof with which an identified visitor started the call. */
  readonly proof?: string | undefined;
  /** Origin of the page. */
  readonly origin: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds since the epoch: the latest end of the call. */
  readonly deadline: number;
  /** ID of the call's reservation. */
  readonly reservation: string;
  /** Metered usage so far; a process that takes the call over continues from it. */
  readonly spent: Amounts;
  /** What its watchers learned about the call; a process that takes the call over continues from it. */
  readonly memory?: CallMemory | undefined;
}

/** Facts about a call that its next watcher cannot learn from the Realtime API. JSON. */
export interface CallMemory {
  /** The session as the API first reported it: values by path, without secrets (`session-values.ts`). */
  readonly session?: Readonly<Record<string, string>>;
  /** The server's tools. */
  readonly tools?: {
    /** Number of runs so far. */
    readonly runs: number;
    /** IDs of the function calls that are still running. */
    readonly open: readonly string[];
  };
}

/** Why a call ended. */
export type CallEndReason =
  /** The visitor ended it, or the caller hung up. */
  | 'visitor'
  /** The visitor's page is gone. */
  | 'vanished'
  | 'duration'
  | 'idle'
  | 'budget'
  /** The client changed a pinned field, or sent an item or a request that its profile does not allow. */
  | 'tampered'
  /** Tools were called far beyond `limits.toolRuns`. */
  | 'flooded'
  /** The visitor started another call, and one visitor has no more places. */
  | 'replaced'
  /** The server could no longer watch the call. */
  | 'unwatched'
  /** The Realtime API ended it. */
  | 'upstream'
  /** The agent or the site's own code ended or transferred the call. */
  | 'agent'
  | 'referred'
  /** The server's operator ended it. */
  | 'operator'
  | 'shutdown';

/** A notice about a call for the visitor's page or between processes. */
export type CallNotice =
  | { readonly type: 'ending'; readonly reason: 'duration' | 'idle' | 'budget'; /** Seconds until the end. */ readonly seconds: number }
  /** The announced end was called off, because there was new activity. */
  | { readonly type: 'continues' }
  /** Between processes, never sent to a page: the page is connected; `fresh`: it has just connected, with this notice stream. */
  | { readonly type: 'here'; readonly fresh: boolean; readonly stream?: string }
  /** Between processes, never sent to a page: the visitor types, or confirmed that they are still there. */
  | { readonly type: 'active' }
  | { readonly type: 'ended'; readonly reason: CallEndReason };

/** The active calls. Each has one watcher, a process that renews its lease. */
export interface CallRegistry {
  /** Adds a call with a lease of `leaseMs` for `watcher`. */
  add(call: CallRecord, watcher: string, leaseMs: number): Promise<void>;
  /** Returns a live call, or an ended one for ten minutes after its end; `undefined` for unknown IDs. It may lack the call's memory. */
  find(id: string): Promise<{ readonly call: CallRecord; readonly ended: CallEndReason | undefined } | undefined>;
  /** Renews the leases of these calls and stores their usage. Returns the IDs of calls that this watcher no longer holds. */
  renew(watcher: string, leaseMs: number, spent: ReadonlyMap<string, Amounts>): Promise<readonly string[]>;
  /** Stores these parts of the call's memory and keeps the others. No effect if the watcher does not hold the call. */
  remember(watcher: string, id: string, memory: CallMemory): Promise<void>;
  /** Takes over calls with an expired lease. Each is returned to one caller only; implementations may limit the number per request. */
  adopt(watcher: string, leaseMs: number): Promise<readonly CallRecord[]>;
  /** Marks a call as ended. Returns false if it had already ended or is unknown. */
  end(id: string, reason: CallEndReason): Promise<boolean>;
  /** Returns the number of live calls. */
  count(): Promise<number>;
  /** Returns all live calls in any order. Calls that start or end during the request may be missing or included. */
  list(): Promise<readonly CallRecord[]>;
  /** Sends a notice to the listeners of this call in all processes. */
  tell(id: string, notice: CallNotice): Promise<void>;
  /** Subscribes to notices from now on; `end()` sends `ended` automatically. Returns a function that unsubscribes. */
  listen(id: string, onNotice: (notice: CallNotice) => void): Promise<() => void>;
}

/**
 * A change of the journal of a `fileState`. `unwritable`: the disk fails, so the process continues in memory; `writable`: it works
 * again; `damaged`: some lines could not be read; `taken-over`: another process owns it now.
 */
export interface JournalEvent {
  readonly type: 'journal';
  readonly state: 'unwritable' | 'writable' | 'damaged' | 'taken-over';
  /** For example `ENOSPC`. */
  readonly reason?: string;
}

/** See the head of the file. */
export interface SharedState {
  /** True if calls outlive the process, so that another process, or this one after a restart, can take them over. */
  readonly lasting: boolean;
  /**
   * Counts one request in each window. Put the visitor's own windows first: once one refuses, later windows are not counted, so a
   * visitor over their own limit does not use up shared limits. (Several processes may each need one request to learn that a window
   * is full.)
   */
  take(wants: readonly RateWant[]): Promise<RateAnswer>;
  /**
   * Reserves amounts in every account, or in none. The sum of spent, reserved and requested amounts never exceeds a limit. A
   * reservation that is already held is not charged again.
   */
  reserve(reservation: Reservation): Promise<BudgetAnswer>;
  /** Replaces the reserved amounts with the spent ones and frees the concurrency slot. Repeated calls and unknown IDs have no effect. */
  settle(id: string, spent: Amounts): Promise<void>;
  /** Returns true for the first request with this key within the given number of seconds. For replay protection. */
  once(key: string, seconds: number): Promise<boolean>;
  /**
   * Pauses or resumes: while paused, `reserve` refuses every reservation, in all processes from the next request on. The setting is kept
   * until it is changed, also across restarts if the state is lasting.
   */
  setPaused(paused: boolean): Promise<void>;
  paused(): Promise<boolean>;
  /**
   * Returns the use of every account that was charged today or this month, or has calls. Not atomic: each account may be from a different
   * moment.
   *
   * @param calendar determines day and month; default: UTC
   */
  usage(calendar?: Calendar): Promise<readonly AccountUsage[]>;
  readonly calls: CallRegistry;
  /** Resolves when the store responds. Rejects with another error than `StateUnavailable` if it cannot be used as configured. */
  ready(): Promise<void>;
  /** Receives the observers of the server that uses this state. */
  observe?(emit: (event: JournalEvent) => void): void;
  /** Closes connections and timers. */
  close(): Promise<void>;
}
