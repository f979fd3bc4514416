/**
 * The state of a server that is alone on its machine and must not forget: a `MemoryState`, and a file in which each change is
 * a line. A process that starts again, after `kill -9` too, knows what was spent, what is set aside, which calls are under
 * way (their leases run out, and it takes them over) and which webhooks it has seen. Rate windows begin anew.
 *
 * Owns the file. A line is there when the answer is given; what the operating system had not yet written to the disk when the
 * power failed is lost. One process at a time: whoever opens the file last has it, and an older one is refused from then on.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { systemClock } from '../clock.js';
import type { Clock } from '../clock.js';
import { MemoryState } from '../state/memory-state.js';
import type { MemorySnapshot } from '../state/memory-state.js';
import { StateUnavailable } from '../state/shared-state.js';
import type { Amounts, BudgetAnswer, CallBook, CallEndReason, CallRecord, RateAnswer, RateWant, Reservation, SharedState } from '../state/shared-state.js';

/** Options of `journaledState`. */
export interface JournaledStateOptions {
  /** Path of the file; it is made where it is not there. Holds names of calls, so that only its owner may read it. */
  readonly file: string;
  /** Replaces the system's time. */
  readonly clock?: Clock;
}

/** The file cannot be used as it is. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

/** Bytes above which the file is written anew, with what still counts. */
const LARGE = 4_000_000;

/** What each kind of line does when it is read again. The order of its arguments is the file's format. */
const REPLAY = {
  reserve: (state: MemoryState, reservation: Reservation) => state.reserve(reservation),
  settle: (state: MemoryState, id: string, spent: Amounts) => state.settle(id, spent),
  once: (state: MemoryState, key: string, seconds: number) => state.once(key, seconds),
  add: (state: MemoryState, call: CallRecord, watcher: string, leaseMs: number) => state.calls.add(call, watcher, leaseMs),
  renew: (state: MemoryState, watcher: string, leaseMs: number, spent: [string, Amounts][]) => state.calls.renew(watcher, leaseMs, new Map(spent)),
  adopt: (state: MemoryState, watcher: string, leaseMs: number) => state.calls.adopt(watcher, leaseMs),
  end: (state: MemoryState, id: string, reason: CallEndReason) => state.calls.end(id, reason),
};

type Kind = keyof typeof REPLAY;
type Args<K extends Kind> = (typeof REPLAY)[K] extends (state: MemoryState, ...args: infer A) => unknown ? A : never;

/** See the head of the file. */
export class JournaledState implements SharedState {
  readonly lasting = true;
  readonly calls: CallBook;
  readonly #file: string;
  readonly #clock: Clock;
  readonly #memory: MemoryState;
  #descriptor: number | undefined;
  #size = 0;
  #large = LARGE;

  /** @throws JournalError, or the system's error when the file cannot be read or written */
  constructor({ file, clock = systemClock }: JournaledStateOptions) {
    this.#file = file;
    this.#clock = clock;
    this.#memory = restored(file, clock);
    this.#writeAnew();
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
      listen: (id, heard) => calls.listen(id, heard),
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
    this.#ours();
  }

  async close(): Promise<void> {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#large = 0;
  }

  /** @throws StateUnavailable where the line cannot be kept: what it says is then known to this process alone */
  #write<K extends Kind>(kind: K, ...args: Args<K>): void {
    const descriptor = this.#ours();
    const line = Buffer.from(`${JSON.stringify([this.#clock.now(), kind, ...args])}\n`);
    try {
      // A disk that is full takes a part of it.
      const whole = this.#size <= this.#large && writeSync(descriptor, line) === line.length;
      this.#size += line.length;
      if (!whole) this.#writeAnew();
    } catch (cause) {
      // The next attempt begins a new file, so that no broken line is left in the middle of this one.
      this.#size = Infinity;
      throw new StateUnavailable(`The journal cannot be written (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}).`);
    }
  }

  /** The open file, if nobody else has begun a new one in its place. */
  #ours(): number {
    if (this.#descriptor === undefined) throw new StateUnavailable('The state is closed.');
    if (fstatSync(this.#descriptor).nlink === 0) throw new StateUnavailable('Another process has taken the journal over.');
    return this.#descriptor;
  }

  #writeAnew(): void {
    const next = `${this.#file}.new`;
    const descriptor = openSync(next, 'w', 0o600);
    try {
      const text = Buffer.from(`${JSON.stringify(this.#memory.snapshot())}\n`);
      if (writeSync(descriptor, text) !== text.length) throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
      fsyncSync(descriptor);
      renameSync(next, this.#file);
      this.#size = text.length;
      this.#large = Math.max(LARGE, 2 * text.length);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = descriptor;
  }
}

/** A state that a server finds again after its restart, for the option `state`. */
export function journaledState(options: JournaledStateOptions): JournaledState {
  return new JournaledState(options);
}

/** Plays the file: the first line is a state, each other one a change at its time. */
function restored(file: string, clock: Clock): MemoryState {
  const [first = '', ...lines] = textOf(file).split('\n');
  let at: number | undefined;
  const then: Clock = { now: () => at ?? clock.now(), after: (ms, fire) => clock.after(ms, fire) };
  const last = lines.length - 1;
  const snapshot = first === '' ? undefined : parsed<Partial<MemorySnapshot>>(first, file, 1);
  if (snapshot && !(snapshot.budget && snapshot.calls && snapshot.once)) throw new JournalError(`${file} is no journal.`);
  const memory = new MemoryState({ clock: then, ...(snapshot && { snapshot: snapshot as MemorySnapshot }) });
  for (const [index, line] of lines.entries()) {
    // What follows the last line break is nothing, or the line in whose midst the process ended: nobody was answered.
    if (index === last) break;
    const change = parsed<[number, Kind, ...never[]] | null>(line, file, index + 2);
    const [time, kind, ...args] = Array.isArray(change) ? change : [];
    if (typeof time !== 'number' || kind === undefined || !Object.hasOwn(REPLAY, kind)) throw new JournalError(`Line ${String(index + 2)} of ${file} is no line of a journal.`);
    at = time;
    // Has its effect before it returns.
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
    throw new JournalError(`Line ${String(number)} of ${file} cannot be read. Is it a journal? Put it aside to begin anew.`, { cause });
  }
}
