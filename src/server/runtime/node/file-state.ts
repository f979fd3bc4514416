/**
 * Persistent state for a single process: a `MemoryState` plus a file with one line per change. After a restart, even after
 * `kill -9`, the process restores spending, reservations, active calls (it takes them over when their leases expire) and
 * webhooks already processed. Rate windows start again from zero.
 *
 * Owns the file. Each line is written before the operation resolves, but not synced to disk, so a power failure can lose the
 * latest changes. One process at a time: opening the file takes it over, and the previous process can no longer use it.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { systemClock } from '../../contract/clock.js';
import type { Clock } from '../../contract/clock.js';
import { MemoryState } from '../../state/memory-state.js';
import type { MemorySnapshot } from '../../state/memory-state.js';
import { StateUnavailable } from '../../contract/shared-state.js';
import type {
  Amounts,
  BudgetAnswer,
  CallRegistry,
  CallEndReason,
  CallMemory,
  CallRecord,
  RateAnswer,
  RateWant,
  Reservation,
  SharedState,
} from '../../contract/shared-state.js';

/** Options of `fileState`. */
export interface FileStateOptions {
  /** Path of the file, created if missing. It contains IDs of calls, so only its owner can read it. */
  readonly file: string;
  /** Replaces the system clock. */
  readonly clock?: Clock;
}

/** Thrown if the file is not a valid journal. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

/** Size in bytes above which the file is compacted. */
const COMPACT_ABOVE = 4_000_000;

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
};

type Kind = keyof typeof REPLAY;
type Args<K extends Kind> = (typeof REPLAY)[K] extends (state: MemoryState, ...args: infer A) => unknown ? A : never;

/** See the head of the file. */
export class FileState implements SharedState {
  readonly lasting = true;
  readonly calls: CallRegistry;
  readonly #file: string;
  readonly #clock: Clock;
  readonly #memory: MemoryState;
  #descriptor: number | undefined;
  #size = 0;
  #compactAbove = COMPACT_ABOVE;

  /** @throws JournalError, or the system's error if the file cannot be read or written */
  constructor({ file, clock = systemClock }: FileStateOptions) {
    this.#file = file;
    this.#clock = clock;
    this.#memory = restoredState(file, clock);
    this.#compact();
    const { calls } = this.#memory;
    this.calls = {
      add: async (call, watcher, leaseMs) => {
        await calls.add(call, watcher, leaseMs);
        this.#write('add', call, watcher, leaseMs);
      },
      find: (id) => calls.find(id),
      renew: async (watcher, leaseMs, spent) => {
        const lost = await calls.renew(watcher, leaseMs, spent);
        if (spent.size > lost.length) this.#write('renew', watcher, leaseMs, [...spent]);
        return lost;
      },
      remember: async (watcher, id, memory) => {
        await calls.remember(watcher, id, memory);
        this.#write('remember', watcher, id, memory);
      },
      adopt: async (watcher, leaseMs) => {
        const adopted = await calls.adopt(watcher, leaseMs);
        if (adopted.length > 0) this.#write('adopt', watcher, leaseMs);
        return adopted;
      },
      end: async (id, reason) => {
        const first = await calls.end(id, reason);
        if (first) this.#write('end', id, reason);
        return first;
      },
      count: () => calls.count(),
      tell: (id, notice) => calls.tell(id, notice),
      listen: (id, onNotice) => calls.listen(id, onNotice),
    };
  }

  take(wants: readonly RateWant[]): Promise<RateAnswer> {
    return this.#memory.take(wants);
  }

  async reserve(reservation: Reservation): Promise<BudgetAnswer> {
    const answer = await this.#memory.reserve(reservation);
    if (answer.ok) this.#write('reserve', reservation);
    return answer;
  }

  async settle(id: string, spent: Amounts): Promise<void> {
    await this.#memory.settle(id, spent);
    this.#write('settle', id, spent);
  }

  async once(key: string, seconds: number): Promise<boolean> {
    const first = await this.#memory.once(key, seconds);
    if (first) this.#write('once', key, seconds);
    return first;
  }

  async ready(): Promise<void> {
    this.#openDescriptor();
  }

  async close(): Promise<void> {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#compactAbove = 0;
  }

  /** @throws StateUnavailable if the line cannot be written; the change then only exists in this process */
  #write<K extends Kind>(kind: K, ...args: Args<K>): void {
    const descriptor = this.#openDescriptor();
    const line = Buffer.from(`${JSON.stringify([this.#clock.now(), kind, ...args])}\n`);
    try {
      // A full disk may accept only part of the line.
      const whole = this.#size <= this.#compactAbove && writeSync(descriptor, line) === line.length;
      this.#size += line.length;
      if (!whole) this.#compact();
    } catch (cause) {
      // The next write starts a new file, so that no broken line remains in the middle of this one.
      this.#size = Infinity;
      throw new StateUnavailable(`The journal cannot be written (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}).`);
    }
  }

  /** The open file, unless another process has replaced it. */
  #openDescriptor(): number {
    if (this.#descriptor === undefined) throw new StateUnavailable('The state is closed.');
    if (fstatSync(this.#descriptor).nlink === 0) throw new StateUnavailable('Another process has taken over the journal.');
    return this.#descriptor;
  }

  #compact(): void {
    const next = `${this.#file}.new`;
    const descriptor = openSync(next, 'w', 0o600);
    try {
      const text = Buffer.from(`${JSON.stringify(this.#memory.snapshot())}\n`);
      if (writeSync(descriptor, text) !== text.length) throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
      fsyncSync(descriptor);
      renameSync(next, this.#file);
      this.#size = text.length;
      this.#compactAbove = Math.max(COMPACT_ABOVE, 2 * text.length);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = descriptor;
  }
}

/** A state that survives restarts, for the option `state`. */
export function fileState(options: FileStateOptions): FileState {
  return new FileState(options);
}

/** Replays the file: the first line is a snapshot, each other line a change with its time. */
function restoredState(file: string, clock: Clock): MemoryState {
  const [first = '', ...lines] = textOf(file).split('\n');
  let at: number | undefined;
  const then: Clock = { now: () => at ?? clock.now(), after: (ms, fire) => clock.after(ms, fire) };
  const last = lines.length - 1;
  const snapshot = first === '' ? undefined : parsed<Partial<MemorySnapshot>>(first, file, 1);
  if (snapshot && !(snapshot.budget && snapshot.calls && snapshot.once)) throw new JournalError(`${file} is not a journal.`);
  const memory = new MemoryState({ clock: then, ...(snapshot && { snapshot: snapshot as MemorySnapshot }) });
  for (const [index, line] of lines.entries()) {
    // After the last line break there is nothing, or an incomplete line whose operation never resolved.
    if (index === last) break;
    const change = parsed<[number, Kind, ...never[]] | null>(line, file, index + 2);
    const [time, kind, ...args] = Array.isArray(change) ? change : [];
    if (typeof time !== 'number' || kind === undefined || !Object.hasOwn(REPLAY, kind))
      throw new JournalError(`Line ${String(index + 2)} of ${file} is not a valid journal entry.`);
    at = time;
    // Takes effect synchronously.
    void (REPLAY[kind] as (state: MemoryState, ...args: never[]) => Promise<unknown>)(memory, ...args);
  }
  at = undefined;
  return memory;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function parsed<T>(line: string, file: string, number: number): T {
  try {
    return JSON.parse(line) as T;
  } catch (cause) {
    throw new JournalError(
      `Line ${String(number)} of ${file} cannot be parsed. Is this file a journal? Move it away to start with an empty one.`,
      { cause },
    );
  }
}
