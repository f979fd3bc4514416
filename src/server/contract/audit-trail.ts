/** The audit log: who used what, and what it cost. Types only. */
import type { CallEndReason } from './shared-state.js';
import type { OperatorAction } from './server-events.js';

/** One entry. JSON, one line of a file. */
export type AuditEntry =
  | {
      /** ISO 8601: when the call ended. */
      readonly at: string;
      readonly kind: 'browser' | 'phone';
      /** Name of the call in logs; dashes after an erasure. */
      readonly ref: string;
      readonly profile: string;
      /** Keyed hash of the visitor or caller; dashes after an erasure, `null` if unknown. */
      readonly visitor: string | null;
      readonly startedAt: string;
      readonly seconds: number;
      readonly tokens: number;
      /** In the currency of `prices`. */
      readonly money: number;
      readonly reason: CallEndReason;
    }
  /** A key: the server does not see what it is used for. */
  | { readonly at: string; readonly kind: 'key'; readonly profile: string; readonly visitor: string | null }
  | { readonly at: string; readonly kind: 'operator'; readonly action: OperatorAction; readonly ref?: string; readonly calls?: number };

/** The log of one process or folder. Methods reject with the system's errors. */
export interface AuditTrail {
  /** All entries of a visitor, oldest first. */
  entriesOf(visitor: string): Promise<readonly AuditEntry[]>;
  /** Makes the entries of a visitor anonymous; their cost remains. Returns their number. */
  erase(visitor: string): Promise<number>;
}
