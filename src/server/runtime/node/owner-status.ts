/**
 * Decides whether the process behind an owner file still runs. Never relies on process IDs, which are reused and have different
 * meanings in containers, or on comparing clocks.
 *
 * On the same machine the answer is exact: the owner listens on a socket, which the system closes when the process ends for any
 * reason; a suspended process still counts as running. Otherwise (another machine on a network file system, or a file system
 * without sockets) only the heartbeat remains: an owner whose file does not change for four seconds no longer runs.
 */
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { relative } from 'node:path';
import { codeOf } from './journal-error.js';
import type { JournalOwnerInfo } from './journal-error.js';

/** Content of an owner file. JSON. */
export interface OwnerRecord extends JournalOwnerInfo {
  /** Random, so that an owner recognizes its own file. */
  readonly id: string;
  /** See `thisMachine`. */
  readonly machine?: string | undefined;
  /** Whether the owner listens on the socket `socketOf(path)`. */
  readonly socket: boolean;
  /** Set when the owner has closed the journal. */
  readonly released?: true;
}

/** Whether the owner runs, with its details if they are readable. */
export type OwnerStatus = { readonly runs: false } | { readonly runs: true; readonly owner: OwnerRecord | undefined };

/** Milliseconds between two heartbeats, which change the modification time of the owner file. */
export const HEARTBEAT = 1_000;
/** Milliseconds between two looks at an owner file, and the number of looks without a heartbeat until the owner counts as ended. */
const LOOK_INTERVAL = 200;
const LOOKS = 20;
/** Maximum bytes of a socket's path; some systems silently shorten longer ones. */
const MAX_SOCKET_PATH = 100;

/** Reads the owner file and finds out whether its owner runs. Takes up to four seconds. */
export async function ownerStatus(path: string): Promise<OwnerStatus> {
  let last = await look(path);
  for (let looks = 0; looks < LOOKS; looks++) {
    if (!last || last.record?.released) return { runs: false };
    if (last.record?.socket) {
      const accepts = await acceptsConnections(path);
      if (accepts) return { runs: true, owner: last.record };
      // On another machine the socket is refused too, although its owner may run there.
      if (accepts === false && last.record.machine !== undefined && last.record.machine === thisMachine()) return { runs: false };
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL));
    const next = await look(path);
    if (next && next.text === last.text && next.changed !== last.changed) return { runs: true, owner: next.record };
    // A new file is empty for a moment, before its owner writes its details.
    if (next && next.text !== last.text) looks = 0;
    last = next;
  }
  return { runs: false };
}

/** The path of the owner's socket, in the shorter of its absolute and relative forms; `undefined` if both are too long. */
export function socketOf(path: string): string | undefined {
  const socket = `${path}.sock`;
  const shortest = [socket, relative(process.cwd(), socket)].reduce((one, other) => (other.length < one.length ? other : one));
  return Buffer.byteLength(shortest) > MAX_SOCKET_PATH ? undefined : shortest;
}

let machine: string | undefined | null = null;

/**
 * An ID that only processes under the same kernel share, across containers: the ID of the current boot, or that of the
 * installation where the former is hidden. `undefined` outside Linux.
 */
export function thisMachine(): string | undefined {
  if (machine === null) {
    machine = ['/proc/sys/kernel/random/boot_id', '/etc/machine-id'].map(firstLine).find((id) => id !== undefined);
  }
  return machine;
}

interface Look {
  readonly text: string;
  /** Modification time in milliseconds. */
  readonly changed: number;
  /** `undefined` if the text is not a record. */
  readonly record: OwnerRecord | undefined;
}

/** Opens the file anew each time, because network file systems otherwise answer from a cache. */
async function look(path: string): Promise<Look | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const { mtimeMs } = await file.stat();
      const text = await file.readFile('utf8');
      return { text, changed: mtimeMs, record: recordOf(text) };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function recordOf(text: string): OwnerRecord | undefined {
  try {
    const record = JSON.parse(text) as OwnerRecord | null;
    return typeof record?.pid === 'number' && typeof record.host === 'string' && typeof record.since === 'string' ? record : undefined;
  } catch {
    return undefined;
  }
}

/** True if a process accepts connections, false if none does, `undefined` if unknown. */
function acceptsConnections(path: string): Promise<boolean | undefined> {
  const socket = socketOf(path);
  if (socket === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', (error) => {
      const code = codeOf(error);
      // A suspended process no longer takes connections out of its queue.
      resolve(code === 'EAGAIN' ? true : code === 'ECONNREFUSED' ? false : undefined);
    });
  });
}

function firstLine(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').split('\n')[0]?.trim() || undefined;
  } catch {
    return undefined;
  }
}
