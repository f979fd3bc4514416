/**
 * What the operator of a running server can see and do. The command, the admin port and the site's own code use this interface. Reports
 * contain no visitor data except keyed hashes. Types only.
 */
import type { AuditEntry } from './audit-trail.js';
import type { CallRecord } from './shared-state.js';

/** The cost of calls, in the owner's units. */
export interface OperatorAmounts {
  readonly calls: number;
  readonly seconds: number;
  readonly tokens: number;
  /** In the currency of `prices`. */
  readonly money: number;
}

/** One live call. */
export interface OperatedCall {
  /** The call's name in logs; `end()` accepts it. */
  readonly ref: string;
  readonly kind: CallRecord['kind'];
  readonly profile: string;
  /** Keyed hash; `undefined` if the visitor's address is unknown. */
  readonly visitor: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Usage so far. `seconds` is the call's age. */
  readonly spent: OperatorAmounts;
}

/** The use of one account in one day or month, with its limits. */
export interface OperatedPeriod {
  readonly spent: OperatorAmounts;
  /** Held for keys and calls that are not settled yet. */
  readonly reserved: OperatorAmounts;
  /** An omitted limit is unlimited. */
  readonly limits: Partial<OperatorAmounts>;
}

/** Today's use of one account, with its limits. */
export interface OperatedAccount extends OperatedPeriod {
  /** `all`, `profile:<name>`, or a kind and a keyed hash: `visitor`, `proof`, `caller`, `address`, `subnet` or `network`. */
  readonly account: string;
  /** Number of concurrent calls, including keys that have not expired. */
  readonly concurrent: number;
  /** Limits per day. Those of a network hold for the agent with the largest calls. */
  readonly limits: Partial<OperatorAmounts> & { readonly concurrent?: number };
  /** Use of this month; only for accounts with a limit per month. */
  readonly month?: OperatedPeriod;
}

/** The use of all accounts today and this month. */
export interface BudgetReport {
  /** IANA name of the time zone in which days and months begin. */
  readonly timeZone: string;
  /** `all` first, then the profiles, then the others by money, time and number of calls. */
  readonly accounts: readonly OperatedAccount[];
  /** Number of accounts that the list does not contain, because it is limited. */
  readonly omitted: number;
}

/** Numbers of events by name. */
export type Counts = Readonly<Record<string, number>>;

/** One hour of one process. */
export interface ActivityHour {
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly calls: number;
  readonly keys: number;
  /** In the currency of `prices`. */
  readonly money: number;
  readonly refusals: number;
  readonly errors: number;
}

/** What one process has counted in the last 24 hours. */
export interface ActivityReport {
  /** Start of the process, in milliseconds since the epoch. */
  readonly since: number;
  /** Oldest first; the last one is not over yet. */
  readonly hours: readonly ActivityHour[];
  /** By public code, most frequent first; rejected phone calls as `phone_<reason>`, changed settings as `tampered`. */
  readonly refusals: Counts;
  /** By name, most frequent first. */
  readonly errors: Counts;
}

/** Everything that the operator's page shows. */
export interface OperatorOverview {
  readonly paused: boolean;
  readonly calls: readonly OperatedCall[];
  readonly budget: BudgetReport;
  /** `undefined` if the process does not count activity. */
  readonly activity: ActivityReport | undefined;
}

/** How the owner knows a visitor: the subject of their visitor check, an IP address, or a phone number. */
export type VisitorName = { readonly subject: string } | { readonly address: string } | { readonly phone: string };

/** What the shared state has stored about a visitor. Ended calls are forgotten after ten minutes, counts at the end of their period. */
export interface VisitorData {
  /** Keyed hash. */
  readonly visitor: string;
  /** Live calls. */
  readonly calls: readonly OperatedCall[];
  readonly accounts: readonly OperatedAccount[];
}

/** All stored data of a visitor. */
export interface VisitorExport extends VisitorData {
  /** `undefined` without an audit log. */
  readonly audit: readonly AuditEntry[] | undefined;
}

/** See the head of the file. Every method may reject with `StateUnavailable`. */
export interface Operator {
  /** Live calls of all processes that share the state, oldest first. */
  calls(): Promise<readonly OperatedCall[]>;
  /** Ends one call, in any process. Returns false if no live call has this ref. */
  end(ref: string): Promise<boolean>;
  /** Ends all calls that are live now, in all processes, and returns their number. Pause first if no new call may start. */
  endAll(): Promise<number>;
  /** Refuses new keys, calls and phone calls, in all processes. Active calls continue. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  paused(): Promise<boolean>;
  budget(): Promise<BudgetReport>;
  /** The keyed hash of a visitor; `undefined` if the address or number is not valid. */
  visitorHash(name: VisitorName): Promise<string | undefined>;
  /** @param visitor keyed hash */
  visitorData(visitor: string): Promise<VisitorData>;
}
