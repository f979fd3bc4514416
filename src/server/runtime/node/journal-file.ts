/**
 * The file of a journal: a snapshot, then one line per change. A change is confirmed when it is on the disk; changes that arrive
 * together share one write. When the file has grown, a new snapshot replaces it in one step.
 *
 * If the disk fails (full, read-only, removed, too slow), changes are confirmed without being written, because the process itself still
 * knows them, and the complete state is written as soon as the disk accepts it again. Owns the file and these attempts; the content
 * is in `restored-journal.ts`.
 */
import { constants } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './journal-error.js';

/** Dependencies and callbacks of a file. */
export interface JournalFileSetup {
  /** Absolute path, without symbolic links. */
  readonly file: string;
  /** The complete state as one line, including changes that were not written yet. */
  snapshot(): string;
  /** Whether this process still owns the journal. */
  owns(): Promise<boolean>;
  /** Size in bytes above which the file is replaced by a snapshot, default 4 MB. */
  readonly replaceAbove?: number;
  /** Called with a reason when writing starts to fail, and with `undefined` when it works again. */
  onChange(failure: string | undefined): void;
}

const REPLACE_ABOVE = 4_000_000;
/** Milliseconds between two attempts to write to a failing disk. */
const RETRY_INTERVAL = 5_000;
/** Milliseconds for one write; then the disk counts as failing. */
const WRITE_TIMEOUT = 5_000;
/** Codes of file systems on which a folder cannot be synced. */
const NO_FOLDER_SYNC = new Set(['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'EBADF', 'ENOTSUP']);
const { O_APPEND, O_CREAT, O_TRUNC, O_WRONLY } = constants;

interface Waiting {
  readonly line: string;
  readonly confirm: () => void;
}

/** See the head of the file. */
export class JournalFile {
  readonly #setup: JournalFileSetup;
  #handle: FileHandle | undefined;
  #size = 0;
  #replaceAbove = 0;
  #waiting: Waiting[] = [];
  #working = false;
  /** Resolves when the current work is done. */
  #worked: Promise<void> = Promise.resolve();
  #failure: string | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** Requests for the next round of work. */
  #replaceDue = false;
  #checkDue = false;
  #closed = false;

  private constructor(setup: JournalFileSetup) {
    this.#setup = setup;
  }

  /** Writes the first snapshot. @throws the system's error */
  static async open(setup: JournalFileSetup): Promise<JournalFile> {
    const journal = new JournalFile(setup);
    await journal.#replace([]);
    return journal;
  }

  /** Resolves when the line is on the disk, or the disk has failed. Never rejects. */
  append(line: string): Promise<void> {
    // The next attempt writes the whole state.
    if (this.#closed || (this.#failure !== undefined && !this.#working)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ line: `${line}\n`, confirm: resolve });
      if (this.#failure === undefined) this.#work();
      else resolve();
    });
  }

  /** Checks that the file was not removed or replaced by another program. */
  check(): void {
    if (this.#closed || this.#failure !== undefined) return;
    this.#checkDue = true;
    this.#work();
  }

  /** Stops writing at once, because another process owns the file. */
  abandon(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    for (const { confirm } of this.#waiting.splice(0)) confirm();
    void this.#handle?.close().catch(() => undefined);
  }

  /** Writes what is missing, for at most five seconds, and closes the file. */
  async close(): Promise<void> {
    clearTimeout(this.#retryTimer);
    if (this.#failure !== undefined) this.#replaceDue = true;
    this.#work();
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([this.#worked, new Promise((resolve) => (timer = setTimeout(resolve, WRITE_TIMEOUT)))]);
    clearTimeout(timer);
    this.abandon();
  }

  #work(): void {
    if (this.#working) return;
    this.#working = true;
    this.#worked = this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    while (!this.#closed && (this.#waiting.length > 0 || this.#replaceDue || this.#checkDue)) {
      const failing = this.#failure !== undefined;
      const batch = this.#waiting.splice(0);
      const slow = failing ? undefined : setTimeout(() => this.#fail('the disk is too slow', batch), WRITE_TIMEOUT);
      try {
        if (this.#checkDue) await this.#checkFile();
        if (failing || this.#replaceDue || this.#size > this.#replaceAbove) await this.#replace(batch);
        else if (batch.length > 0) await this.#write(batch);
        if (failing) this.#recover();
        // The batch was confirmed, and later changes were not written: start again with a snapshot.
        else if (this.#failure !== undefined) this.#replaceDue = true;
      } catch (error) {
        this.#fail(codeOf(error) ?? (error as Error).message, batch);
        this.#scheduleRetry();
      } finally {
        clearTimeout(slow);
        for (const { confirm } of batch) confirm();
      }
    }
    // In the same step as the last look at the queue, so that no line is left in it.
    this.#working = false;
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const text = Buffer.from(batch.map(({ line }) => line).join(''));
    await this.#handle?.appendFile(text);
    this.#size += text.length;
    await this.#handle?.datasync();
  }

  async #checkFile(): Promise<void> {
    this.#checkDue = false;
    const [own, there] = await Promise.all([this.#handle?.stat(), stat(this.#setup.file).catch(() => undefined)]);
    if (own?.ino !== there?.ino) throw new Error('the file was removed');
  }

  /** Replaces the file by a snapshot. If the power fails meanwhile, either the old or the new file is complete. */
  async #replace(batch: Waiting[]): Promise<void> {
    const { file, snapshot, owns, replaceAbove = REPLACE_ABOVE } = this.#setup;
    const text = Buffer.from(`${snapshot()}\n`);
    // All lines that wait at this moment are part of the snapshot. The line of a change that was just made may still follow; it has
    // no effect when the file is read.
    batch.push(...this.#waiting.splice(0));
    this.#replaceDue = false;
    const next = `${file}.new`;
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await rm(next, { force: true });
    const handle = await open(next, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o600);
    try {
      await handle.appendFile(text);
      await handle.sync();
      if (this.#closed || !(await owns())) throw new Error('another process owns the journal');
      await rename(next, file);
    } catch (error) {
      await handle.close().catch(() => undefined);
      await rm(next, { force: true }).catch(() => undefined);
      throw error;
    }
    const old = this.#handle;
    this.#handle = handle;
    this.#size = text.length;
    this.#replaceAbove = Math.max(replaceAbove, 2 * text.length);
    await old?.close().catch(() => undefined);
    await syncFolder(dirname(file));
  }

  /** Confirms all changes from now on without writing them. */
  #fail(reason: string, batch: readonly Waiting[]): void {
    for (const { confirm } of [...batch, ...this.#waiting.splice(0)]) confirm();
    if (this.#failure !== undefined || this.#closed) return;
    this.#failure = reason;
    this.#setup.onChange(reason);
  }

  #recover(): void {
    this.#failure = undefined;
    this.#setup.onChange(undefined);
  }

  #scheduleRetry(): void {
    if (this.#closed) return;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => {
      this.#replaceDue = true;
      this.#work();
    }, RETRY_INTERVAL);
    this.#retryTimer.unref();
  }
}

/** Makes the renaming of a file in this folder durable. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(codeOf(error) ?? '')) throw error;
  }
}
