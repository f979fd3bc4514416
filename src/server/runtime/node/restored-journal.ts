/**
 * The format of a journal: its first line is a snapshot of a `MemoryState`, each other line a change with its time. Owns reading it;
 * writing is in `journal-file.ts`.
 *
 * Lines that a power failure or a fault of the disk has damaged are skipped and counted. A change is confirmed only when it is on the
 * disk, so lines that a power failure destroyed belong to operations that never completed.
 */
import type { Clock } from '../../contract/clock.js';
import { MemoryState } from '../../state/memory-state.js';
import type { MemorySnapshot } from '../../state/memory-state.js';
import type { Amounts, CallEndReason, CallMemory, CallRecord, Reservation } from '../../contract/shared-state.js';
import { JournalError } from './journal-error.js';

/** Version of the format; files without one are of version 1. */
const VERSION = 1;

/** Replays each kind of line. The order of the arguments is part of the file format. */
const REPLAY = {
  reserve: (state: MemoryState, reservation: Reservation) => state.reserve(reservation),
  settle: (state: MemoryState, id: string, spent: Amounts) => state.settle(id, spent),
  once: (state: MemoryState, key: string, seconds: number) => state.once(key, seconds),
  add: (state: MemoryState, call: CallRecord, watcher: string, leaseMs: number) => state.calls.add(call, watcher, leaseMs),
  renew: (state: MemoryState, watcher: string, leaseMs: number, spent: [string, Amounts][]) =>
    state.calls.renew(watcher, leaseMs, new Map(spent)),
  remember: (state: MemoryState, watcher: string, id: string, memory: CallMemory) => state.calls.remember(watcher, id, memory),
  adopt: (state: MemoryState, watcher: string, leaseMs: number) => state.calls.adopt(watcher, leaseMs),
  end: (state: MemoryState, id: string, reason: CallEndReason) => state.calls.end(id, reason),
  paused: (state: MemoryState, paused: boolean) => state.setPaused(paused),
};

/** Kinds of changes. */
export type ChangeKind = keyof typeof REPLAY;
/** Arguments of a change. */
export type ChangeArgs<K extends ChangeKind> = (typeof REPLAY)[K] extends (state: MemoryState, ...args: infer A) => unknown ? A : never;

/** One change as a line. `time`: milliseconds since the epoch. */
export const changeLine = <K extends ChangeKind>(time: number, kind: K, args: ChangeArgs<K>): string =>
  JSON.stringify([time, kind, ...args]);

/** The first line of a journal. */
export const snapshotLine = (memory: MemoryState): string => JSON.stringify({ version: VERSION, ...memory.snapshot() });

/** A state restored from a journal, and the number of damaged lines. */
export interface RestoredJournal {
  readonly memory: MemoryState;
  readonly damaged: number;
}

/**
 * Restores the state. The process that watched its calls has ended, so their leases are over: they can be adopted at once.
 *
 * @param text content of the file; an empty file is a new journal
 * @throws JournalError if the text is not a journal, or one of a newer version
 */
export async function restoredJournal(text: string, file: string, clock: Clock): Promise<RestoredJournal> {
  const [first = '', ...lines] = text.split('\n');
  if (text === '') return { memory: new MemoryState({ clock }), damaged: 0 };
  let at: number | undefined;
  const then: Clock = { now: () => at ?? clock.now(), after: (ms, fire) => clock.after(ms, fire) };
  const replayed = new MemoryState({ clock: then, snapshot: snapshotOf(first, file) });
  let damaged = 0;
  // After the last line break there is nothing, or an incomplete line whose operation never completed.
  for (const line of lines.slice(0, -1)) {
    const change = changeOf(line);
    if (!change) {
      damaged += 1;
      continue;
    }
    const [time, kind, ...args] = change;
    at = time;
    try {
      await (REPLAY[kind] as (state: MemoryState, ...args: never[]) => Promise<unknown>)(replayed, ...args);
    } catch {
      damaged += 1;
    }
  }
  at = undefined;
  const snapshot = replayed.snapshot();
  const live = snapshot.calls.live.map((call) => ({ ...call, leaseUntil: 0 }));
  return { memory: new MemoryState({ clock, snapshot: { ...snapshot, calls: { ...snapshot.calls, live } } }), damaged };
}

function snapshotOf(line: string, file: string): MemorySnapshot {
  const snapshot = parsed(line) as (Partial<MemorySnapshot> & { version?: unknown }) | null | undefined;
  const { version = VERSION, budget, calls, once } = snapshot ?? {};
  if (typeof version === 'number' && version > VERSION)
    throw new JournalError(file, `was written by a newer version of this server (format ${String(version)}). Use that version.`);
  if (!budget || !calls || !once) {
    throw new JournalError(
      file,
      'is not a journal, or its first line is damaged. Set state.journal to another path, or move the file away to start without the budgets and calls in it.',
    );
  }
  return snapshot as MemorySnapshot;
}

function changeOf(line: string): [number, ChangeKind, ...never[]] | undefined {
  const change = parsed(line);
  if (!Array.isArray(change)) return undefined;
  const [time, kind] = change as unknown[];
  const known = typeof time === 'number' && typeof kind === 'string' && Object.hasOwn(REPLAY, kind);
  return known ? (change as [number, ChangeKind, ...never[]]) : undefined;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
