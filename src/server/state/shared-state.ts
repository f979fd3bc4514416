/**
 * What several server processes have to agree on: how often somebody asked, what was spent, which calls are live. One
 * interface, three implementations: `memory-state.ts` (one process), `redis-state.ts`, `durable-state.ts` (Cloudflare).
 *
 * Owns nothing itself. Every method that changes something is atomic across all processes of one state. Any method may
 * reject with `StateUnavailable`; nothing else.
 */

/** The store did not answer. What then happens is the server's choice (`whenStateFails`). */
export class StateUnavailable extends Error {
  override readonly name = 'StateUnavailable';
}

/** One request for a place in a window of time. */
export interface RateWant {
  /** Who is counted, for example `address:192.0.2.1`; holds no plain personal data where the state leaves the process. */
  readonly key: string;
  /** Requests per window. */
  readonly count: number;
  /** Length of the window, which begins with its first request. */
  readonly seconds: number;
}

/** What a rate limit says. */
export type RateAnswer =
  | { readonly ok: true }
  /** `key` is the want that was refused, `retryAfter` whole seconds, at least 1. */
  | { readonly ok: false; readonly key: string; readonly retryAfter: number };

/** What calls cost. All whole numbers, none negative. */
export interface Amounts {
  readonly calls: number;
  readonly seconds: number;
  readonly tokens: number;
  /** Millionths of the currency that the owner thinks in. */
  readonly micros: number;
}

/** Who pays, and how much at most on one day (UTC) and at once. Left out: no bound. */
export interface Account {
  /** `all`, or `profile:<name>`. */
  readonly name: string;
  readonly perDay: Partial<Amounts>;
  /** Calls at the same time. */
  readonly atOnce?: number;
}

/** The most that something can cost, set aside before it begins. */
export interface Reservation {
  /** Chosen by the caller, unique. */
  readonly id: string;
  readonly accounts: readonly Account[];
  readonly amounts: Amounts;
  /** Milliseconds since the epoch. What nobody settled until then counts as spent in full, and its place is free. */
  readonly until: number;
}

/** What a budget says. */
export type BudgetAnswer =
  | { readonly ok: true }
  /** `retryAfter`: whole seconds until it may change: until midnight UTC, or until the next place can be free. */
  | { readonly ok: false; readonly account: string; readonly limit: keyof Amounts | 'atOnce'; readonly retryAfter: number };

/** One call that is under way, as every process may know it. JSON. */
export interface CallRecord {
  /** The name that the visitor's page has for it: at least 128 random bits, because whoever knows it may end the call. */
  readonly id: string;
  /** A name for logs and metrics; tells nothing. */
  readonly ref: string;
  /** The Realtime API's call id. Never leaves the server. */
  readonly upstreamId: string;
  readonly kind: 'browser' | 'phone';
  readonly profile: string;
  /** Keyed hash of who calls. */
  readonly visitor: string | undefined;
  /** Keyed hash of the proof with which a checked visitor asked for it. */
  readonly proof?: string | undefined;
  /** Origin of the page. */
  readonly origin: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds since the epoch; the call ends then at the latest. */
  readonly deadline: number;
  /** What was set aside for it. */
  readonly reservation: string;
  /** What was metered so far; a process that takes the call over goes on from here. */
  readonly spent: Amounts;
}

/** Why a call ended. */
export type CallEndReason =
  /** The visitor ended it, or the caller hung up. */
  | 'visitor'
  /** The visitor's page is gone. */
  | 'vanished'
  | 'duration' | 'idle' | 'budget'
  /** The client changed what is pinned. */
  | 'tampered'
  /** It could not be watched any more. */
  | 'unwatched'
  /** The Realtime API ended it. */
  | 'upstream'
  /** The agent or the site's own code ended or referred it. */
  | 'agent' | 'referred'
  | 'shutdown';

/** What the visitor's page is told about its call. */
export type CallNotice =
  | { readonly type: 'ending'; readonly reason: 'duration' | 'idle' | 'budget'; /** Until the end. */ readonly seconds: number }
  /** The end that was announced does not come: somebody spoke. */
  | { readonly type: 'continues' }
  /** Between processes, never sent to a page: the page listens; `fresh`: since this moment. */
  | { readonly type: 'here'; readonly fresh: boolean }
  /** Between processes, never sent to a page: the visitor types, or said that they are still there. */
  | { readonly type: 'active' }
  | { readonly type: 'ended'; readonly reason: CallEndReason };

/** The calls under way. Each has one watcher, a process that renews its lease. */
export interface CallBook {
  /** Writes a new call down, watched by `watcher` for `leaseMs`. */
  add(call: CallRecord, watcher: string, leaseMs: number): Promise<void>;
  /** A live call, or how it ended (kept for ten minutes); `undefined`: there is none of that name. */
  find(id: string): Promise<{ readonly call: CallRecord; readonly ended: CallEndReason | undefined } | undefined>;
  /** Renews the leases of these calls and writes down what they spent. Returns the ids that are not this watcher's any more. */
  renew(watcher: string, leaseMs: number, spent: ReadonlyMap<string, Amounts>): Promise<readonly string[]>;
  /** Takes over calls whose lease ran out, each given to one caller alone: as many as are good to take at once, the rest next time. */
  adopt(watcher: string, leaseMs: number): Promise<readonly CallRecord[]>;
  /** The call is over. Returns false where it was over before or nobody knows it. */
  end(id: string, reason: CallEndReason): Promise<boolean>;
  /** Live calls. */
  count(): Promise<number>;
  /** Tells whoever listens to this call, in any process. */
  tell(id: string, notice: CallNotice): Promise<void>;
  /** Hears what is told from now on; `end()` tells `ended` by itself. Returns how to stop. */
  listen(id: string, heard: (notice: CallNotice) => void): Promise<() => void>;
}

/** See the head of the file. */
export interface SharedState {
  /** True where calls are known after this process: another one, or this one after its restart, may take them over. */
  readonly lasting: boolean;
  /**
   * Takes one place in each window. Name first what stands for one visitor: once that refuses, the windows behind it are left
   * alone, so that who is refused for himself does not use up what all share. (Several processes may learn of a full window
   * one after the other, each by one request.)
   */
  take(wants: readonly RateWant[]): Promise<RateAnswer>;
  /**
   * Sets amounts aside in every account, or in none. Spent, set aside and asked for together never exceed a bound. A
   * reservation that is held already is not charged again.
   */
  reserve(reservation: Reservation): Promise<BudgetAnswer>;
  /** Replaces what was set aside by what was spent, and frees the place. Once; later calls and unknown ids change nothing. */
  settle(id: string, spent: Amounts): Promise<void>;
  /** True for the first who asks for this key within so many seconds. Against replays. */
  once(key: string, seconds: number): Promise<boolean>;
  readonly calls: CallBook;
  /** Resolves when the store answers. */
  ready(): Promise<void>;
  /** Lets go of connections and timers. */
  close(): Promise<void>;
}
