/**
 * The audit log as files: one line of JSON for each ended call, key and action of the operator. Owns the files of a folder, one per day (UTC),
 * and deletes them when they are too old. Reading and erasing is in `audit-files.ts`.
 *
 * A line is written when it happens, but not synced to disk. Several processes may share a folder: each line is one append.
 */
import { closeSync, mkdirSync, openSync, readdirSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../contract/clock.js';
import type { Clock } from '../../contract/clock.js';
import type { AuditEntry, AuditTrail } from '../../contract/audit-trail.js';
import type { ServerEvent, ServerObserver } from '../../contract/server-events.js';
import { auditEntriesOf, auditFileDay, auditFileName, eraseAuditEntries } from './audit-files.js';

/** Options of `auditLog`. */
export interface AuditLogOptions {
  /** Created if it does not exist, readable only by this user. */
  readonly folder: string;
  /** Number of days after which a file is deleted, default 90. */
  readonly days?: number;
  /** Called once if lines cannot be written, and again after they could be. The server does not stop. */
  readonly onFailure?: (error: NodeJS.ErrnoException) => void;
  readonly clock?: Clock;
}

/** An observer for `observers`, with access to what it has written. */
export type AuditLog = ServerObserver &
  AuditTrail & {
    /** Closes the file; a later event opens it again. */
    close(): void;
  };

const MICRO = 1_000_000;

/** Creates the log. @throws the system's error if the folder cannot be created or written */
export function auditLog({ folder, days = 90, onFailure, clock = systemClock }: AuditLogOptions): AuditLog {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let open: { readonly day: string; readonly descriptor: number } | undefined;
  let failed = false;

  const close = (): void => {
    if (open) closeSync(open.descriptor);
    open = undefined;
  };
  const descriptor = (): number => {
    const day = dayOf(clock.now());
    if (open?.day === day) return open.descriptor;
    close();
    deleteOld(folder, dayOf(clock.now() - days * 86_400_000));
    open = { day, descriptor: openSync(join(folder, auditFileName(day)), 'a', 0o600) };
    return open.descriptor;
  };
  const observe = (event: ServerEvent): void => {
    const entry = auditEntry(event, clock.now());
    if (!entry) return;
    try {
      writeSync(descriptor(), `${JSON.stringify(entry)}\n`);
      failed = false;
    } catch (error) {
      if (!failed) onFailure?.(error as NodeJS.ErrnoException);
      failed = true;
    }
  };
  // Reports a folder that cannot be written now, not with the first call.
  descriptor();
  return Object.assign(observe, {
    close,
    entriesOf: (visitor: string) => auditEntriesOf(folder, visitor),
    erase: (visitor: string) => eraseAuditEntries(folder, visitor),
  });
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Deletes files of days before the given one. */
function deleteOld(folder: string, day: string): void {
  for (const name of readdirSync(folder)) {
    const of = auditFileDay(name);
    if (of !== undefined && of < day) unlinkSync(join(folder, name));
  }
}

/** The entry for an event; `undefined` for events that are not audited. */
function auditEntry(event: ServerEvent, now: number): AuditEntry | undefined {
  const at = new Date(now).toISOString();
  switch (event.type) {
    case 'call-ended': {
      const { kind, ref, profile, visitor = null, startedAt, reason, spent } = event;
      const { seconds, tokens, micros } = spent;
      const started = new Date(startedAt).toISOString();
      return { at, kind, ref, profile, visitor, startedAt: started, seconds, tokens, money: micros / MICRO, reason };
    }
    case 'minted':
      return { at, kind: 'key', profile: event.profile, visitor: event.visitor ?? null };
    case 'operator': {
      const { action, ref, calls } = event;
      return { at, kind: 'operator', action, ...(ref !== undefined && { ref }), ...(calls !== undefined && { calls }) };
    }
    default:
      return undefined;
  }
}
