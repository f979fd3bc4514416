/**
 * Persistent state for a single process: a `MemoryState` plus a journal, a file with one line per change. After the process was
 * killed or the power failed, the next one restores spending, reservations, active calls (which it takes over at once) and webhooks
 * and proofs already used. Rate windows start again from zero.
 *
 * Opens the journal on first use, not when it is created. Only one process at a time: another one is refused while the owner runs
 * (`journal-owner.ts`). If the disk fails later, the process continues in memory and reports it (`journal-file.ts`).
 */
import { constants } from 'node:fs';
import { copyFile, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Calendar } from '../../contract/calendar.js';
import { systemClock } from '../../contract/clock.js';
import type { Clock } from '../../contract/clock.js';
import { StateUnavailable } from '../../contract/shared-state.js';
import type {
  AccountUsage,
  Amounts,
  BudgetAnswer,
  CallRegistry,
  JournalEvent,
  RateAnswer,
  RateWant,
  Reservation,
  SharedState,
} from '../../contract/shared-state.js';
import type { MemoryState } from '../../state/memory-state.js';
import { createPrivateFolder } from './create-private-folder.js';
import { JournalFile } from './journal-file.js';
import { JournalOwnedError, codeOf, journalError } from './journal-error.js';
import { JournalOwner } from './journal-owner.js';
import { changeLine, restoredJournal, snapshotLine } from './restored-journal.js';
import type { ChangeArgs, ChangeKind } from './restored-journal.js';

/** Options of `fileState`. */
export interface FileStateOptions {
  /**
   * Path of the journal; created if missing, with its folder. It contains IDs of calls, so only its owner can read it. The folder
   * must be on a disk that outlives the process, and also holds files whose names begin with that of the journal.
   */
  readonly file: string;
  /** Replaces the system clock. */
  readonly clock?: Clock;
}

/** An open journal. */
interface Opened {
  readonly memory: MemoryState;
  readonly journal: JournalFile;
  readonly owner: JournalOwner;
}

/** See the head of the file. */
export class FileState implements SharedState {
  readonly lasting = true;
  readonly calls: CallRegistry;
  readonly #file: string;
  readonly #clock: Clock;
  #opening: Promise<Opened> | undefined;
  #closed = false;
  #emit: ((event: JournalEvent) => void) | undefined;
  /** Events before `observe()`. */
  readonly #early: JournalEvent[] = [];

  constructor({ file, clock = systemClock }: FileStateOptions) {
    this.#file = resolve(file);
    this.#clock = clock;
    this.calls = {
      add: async (...args) => {
        const opened = await this.#use();
        await opened.memory.calls.add(...args);
        await this.#write(opened, 'add', ...args);
      },
      find: async (id) => (await this.#use()).memory.calls.find(id),
      renew: async (watcher, leaseMs, spent) => {
        const opened = await this.#use();
        const lost = await opened.memory.calls.renew(watcher, leaseMs, spent);
        if (spent.size > lost.length) await this.#write(opened, 'renew', watcher, leaseMs, [...spent]);
        return lost;
      },
      remember: async (...args) => {
        const opened = await this.#use();
        await opened.memory.calls.remember(...args);
        await this.#write(opened, 'remember', ...args);
      },
      adopt: async (watcher, leaseMs) => {
        const opened = await this.#use();
        const adopted = await opened.memory.calls.adopt(watcher, leaseMs);
        if (adopted.length > 0) await this.#write(opened, 'adopt', watcher, leaseMs);
        return adopted;
      },
      end: async (id, reason) => {
        const opened = await this.#use();
        const first = await opened.memory.calls.end(id, reason);
        if (first) await this.#write(opened, 'end', id, reason);
        return first;
      },
      count: async () => (await this.#use()).memory.calls.count(),
      list: async () => (await this.#use()).memory.calls.list(),
      tell: async (id, notice) => (await this.#use()).memory.calls.tell(id, notice),
      listen: async (id, onNotice) => (await this.#use()).memory.calls.listen(id, onNotice),
    };
  }

  async take(wants: readonly RateWant[]): Promise<RateAnswer> {
    return (await this.#use()).memory.take(wants);
  }

  async reserve(reservation: Reservation): Promise<BudgetAnswer> {
    const opened = await this.#use();
    const answer = await opened.memory.reserve(reservation);
    if (answer.ok) await this.#write(opened, 'reserve', reservation);
    return answer;
  }

  async settle(id: string, spent: Amounts): Promise<void> {
    const opened = await this.#use();
    await opened.memory.settle(id, spent);
    await this.#write(opened, 'settle', id, spent);
  }

  async once(key: string, seconds: number): Promise<boolean> {
    const opened = await this.#use();
    const first = await opened.memory.once(key, seconds);
    if (first) await this.#write(opened, 'once', key, seconds);
    return first;
  }

  async setPaused(paused: boolean): Promise<void> {
    const opened = await this.#use();
    await opened.memory.setPaused(paused);
    await this.#write(opened, 'paused', paused);
  }

  async paused(): Promise<boolean> {
    return (await this.#use()).memory.paused();
  }

  async usage(calendar?: Calendar): Promise<readonly AccountUsage[]> {
    return (await this.#use()).memory.usage(calendar);
  }

  /** @throws JournalError, JournalOwnedError if the journal cannot be opened; StateUnavailable if the state is closed */
  async ready(): Promise<void> {
    await this.#open();
  }

  observe(emit: (event: JournalEvent) => void): void {
    this.#emit = emit;
    for (const event of this.#early.splice(0)) emit(event);
  }

  /** Writes what is missing and lets another process own the journal. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const opened = await this.#opening?.catch(() => undefined);
    await opened?.journal.close();
    await opened?.owner.release();
  }

  /** @throws StateUnavailable */
  async #use(): Promise<Opened> {
    try {
      return await this.#open();
    } catch (error) {
      if (error instanceof StateUnavailable) throw error;
      const { owner } = error instanceof JournalOwnedError ? error : {};
      const reason = owner
        ? `The journal is in use by process ${String(owner.pid)} on ${owner.host}.`
        : `The journal cannot be opened (${codeOf(error) ?? (error as Error).name}).`;
      throw new StateUnavailable(reason, { cause: error });
    }
  }

  #open(): Promise<Opened> {
    if (this.#closed) return Promise.reject(new StateUnavailable('The state is closed.'));
    // After a failure, the next use tries again.
    return (this.#opening ??= this.#openJournal().catch((error: unknown) => {
      this.#opening = undefined;
      throw journalError(this.#file, error);
    }));
  }

  async #openJournal(): Promise<Opened> {
    const file = await preparedPath(this.#file);
    let journal: JournalFile | undefined;
    const owner = await JournalOwner.take(file, {
      onHeartbeat: () => journal?.check(),
      onLost: () => {
        this.#opening = undefined;
        journal?.abandon();
        this.#report('taken-over');
      },
    });
    try {
      const { memory, damaged } = await restoredJournal(await textOf(file), file, this.#clock);
      if (damaged > 0) this.#report('damaged', `${String(damaged)} damaged lines skipped, see ${await copyOf(file, this.#clock.now())}`);
      journal = await JournalFile.open({
        file,
        snapshot: () => snapshotLine(memory),
        owns: () => owner.owns(),
        onChange: (failure) => this.#report(failure === undefined ? 'writable' : 'unwritable', failure),
      });
      return { memory, journal, owner };
    } catch (error) {
      await owner.release();
      throw error;
    }
  }

  /** Resolves when the change is on the disk, or the disk has failed. */
  #write<K extends ChangeKind>({ journal }: Opened, kind: K, ...args: ChangeArgs<K>): Promise<void> {
    return journal.append(changeLine(this.#clock.now(), kind, args));
  }

  #report(state: JournalEvent['state'], reason?: string): void {
    const event: JournalEvent = { type: 'journal', state, ...(reason !== undefined && { reason }) };
    if (this.#emit) this.#emit(event);
    else this.#early.push(event);
  }
}

/** A state that survives restarts, for the option `state`. Opens the journal on first use, or with `ready()`. */
export function fileState(options: FileStateOptions): FileState {
  return new FileState(options);
}

/**
 * Creates the folder and resolves symbolic links, so that every path to the same journal has the same owner. A file that is not a
 * journal is refused before anything is written beside it.
 */
async function preparedPath(file: string): Promise<string> {
  const folder = dirname(file);
  await createPrivateFolder(folder);
  const path = await realpath(file).catch(async () => join(await realpath(folder), basename(file)));
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isFile()) throw Object.assign(new Error('not a file'), { code: found.isDirectory() ? 'EISDIR' : 'EINVAL' });
  await restoredJournal((await textOf(path)).split('\n', 1)[0] ?? '', path, systemClock);
  return path;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

/** Keeps a copy of a damaged journal. Returns its name. */
async function copyOf(file: string, now: number): Promise<string> {
  const copy = `${file}.damaged-${new Date(now).toISOString().replace(/[:.]/g, '-')}`;
  await copyFile(file, copy, constants.COPYFILE_EXCL);
  return basename(copy);
}
