/**
 * Exclusive ownership of a journal, among all processes that can reach its folder.
 *
 * Each owner creates the file `<journal>.owner-<number>` with the next number, which succeeds for one process only. The owner is the
 * process with the highest number, as long as it runs and has not released the journal (`owner-status.ts`). Numbers are never
 * reused: the file of the last owner remains, so that two processes that find the same ended owner cannot both succeed it.
 *
 * Owns the owner file, its socket and the heartbeat. Does not touch the journal.
 */
import { randomUUID } from 'node:crypto';
import { open, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { hostname } from 'node:os';
import { basename, dirname } from 'node:path';
import { JournalOwnedError, codeOf } from './journal-error.js';
import { HEARTBEAT, ownerStatus, socketOf, thisMachine } from './owner-status.js';
import type { OwnerRecord } from './owner-status.js';

/** Callbacks of an owner. */
export interface JournalOwnerEvents {
  /** Another process has taken the journal over, because no heartbeat reached it for too long. The last callback. */
  onLost(): void;
  /** After each heartbeat. */
  onHeartbeat(): void;
}

/** See the head of the file. */
export class JournalOwner {
  readonly #file: string;
  readonly #number: number;
  readonly #events: JournalOwnerEvents;
  /** The content of the owner file. */
  #record = '';
  #server: Server | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #beating: Promise<void> | undefined;
  #checking: Promise<boolean> | undefined;
  #ended = false;

  private constructor(file: string, number: number, events: JournalOwnerEvents) {
    this.#file = file;
    this.#number = number;
    this.#events = events;
  }

  /**
   * Takes ownership. Takes up to four seconds if an earlier owner may still run on another machine.
   *
   * @param file absolute path of the journal, without symbolic links
   * @throws JournalOwnedError if another process owns the journal; the system's error if the folder cannot be written
   */
  static async take(file: string, events: JournalOwnerEvents): Promise<JournalOwner> {
    for (;;) {
      const last = await highestNumber(file);
      if (last > 0) {
        const status = await ownerStatus(ownerPath(file, last));
        if (status.runs) throw new JournalOwnedError(file, status.owner);
      }
      const owner = new JournalOwner(file, last + 1, events);
      if (await owner.#claim()) return owner.#begin();
    }
  }

  /**
   * Whether this process still owns the journal. Creates the owner file again if it was removed.
   *
   * @throws the system's error if the folder cannot be read or written
   */
  owns(): Promise<boolean> {
    return (this.#checking ??= this.#check().finally(() => (this.#checking = undefined)));
  }

  async #check(): Promise<boolean> {
    if (this.#ended || (await highestNumber(this.#file)) > this.#number) return false;
    try {
      return (await readFile(this.#path, 'utf8')) === this.#record;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    return this.#claim();
  }

  /** Lets other processes own the journal. Safe to call twice. */
  async release(): Promise<void> {
    if (this.#ended) return;
    this.#stop();
    await this.#beating;
    // If it cannot be written, the closed socket or the missing heartbeat shows the same.
    const released = { ...(JSON.parse(this.#record) as OwnerRecord), released: true };
    await writeFile(this.#path, JSON.stringify(released)).catch(() => undefined);
    await this.#closeSocket();
  }

  get #path(): string {
    return ownerPath(this.#file, this.#number);
  }

  /** Creates the owner file. Returns false if another process was faster. */
  async #claim(): Promise<boolean> {
    try {
      await this.#create();
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      await this.#closeSocket();
      throw error;
    }
    // A process that was suspended while it looked at the previous owner may be several numbers late.
    if ((await highestNumber(this.#file)) > this.#number) {
      await this.#closeSocket();
      await rm(this.#path, { force: true });
      return false;
    }
    await removeOlder(this.#file, this.#number);
    return true;
  }

  #begin(): this {
    this.#timer = setInterval(() => void (this.#beating ??= this.#beat().finally(() => (this.#beating = undefined))), HEARTBEAT);
    this.#timer.unref();
    return this;
  }

  async #create(): Promise<void> {
    const created = await open(this.#path, 'wx', 0o600);
    try {
      const socket = await this.#listen();
      const { pid } = process;
      const record: OwnerRecord = {
        id: randomUUID(),
        pid,
        host: hostname(),
        since: new Date().toISOString(),
        machine: thisMachine(),
        socket,
      };
      this.#record = JSON.stringify(record);
      await created.writeFile(this.#record);
      await created.sync();
    } catch (error) {
      await rm(this.#path, { force: true });
      throw error;
    } finally {
      await created.close();
    }
  }

  /** Returns false where sockets are not supported. */
  async #listen(): Promise<boolean> {
    await this.#closeSocket();
    const path = socketOf(this.#path);
    if (path === undefined) return false;
    // Left behind by a process that was killed while it created this number's file.
    await rm(path, { force: true });
    const server = createServer((connection) => connection.destroy());
    server.unref();
    return new Promise((resolve) => {
      server.once('error', () => resolve(false));
      // `exclusive`: a worker of a cluster must not share the socket of another worker.
      server.listen({ path, exclusive: true }, () => {
        this.#server = server;
        server.on('error', () => undefined);
        resolve(true);
      });
    });
  }

  async #beat(): Promise<void> {
    try {
      if (!(await this.owns())) return this.#lose();
      const now = new Date();
      await utimes(this.#path, now, now);
    } catch {
      // The folder was removed, or the disk fails: the journal itself notices both and reports them.
    }
    if (!this.#ended) this.#events.onHeartbeat();
  }

  #lose(): void {
    if (this.#ended) return;
    this.#stop();
    void this.#closeSocket();
    this.#events.onLost();
  }

  #stop(): void {
    this.#ended = true;
    clearInterval(this.#timer);
  }

  async #closeSocket(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server) await new Promise((resolve) => server.close(resolve));
  }
}

const ownerPath = (file: string, number: number): string => `${file}.owner-${String(number)}`;

/** The numbers of all owner files of this journal. */
async function numbers(file: string): Promise<readonly number[]> {
  const prefix = `${basename(file)}.owner-`;
  let names: string[];
  try {
    names = await readdir(dirname(file));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((text) => /^\d{1,15}$/.test(text))
    .map(Number);
}

/** 0 if the journal never had an owner. */
const highestNumber = async (file: string): Promise<number> => Math.max(0, ...(await numbers(file)));

async function removeOlder(file: string, number: number): Promise<void> {
  for (const older of await numbers(file)) {
    if (older >= number) continue;
    const path = ownerPath(file, older);
    for (const each of [path, `${path}.sock`]) await rm(each, { force: true }).catch(() => undefined);
  }
}
