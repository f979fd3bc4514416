/** Errors of a journal that cannot be used. Their messages are complete: path, problem and possible fixes. */

/** The journal cannot be opened, or the file is not a journal. */
export class JournalError extends Error {
  override readonly name: string = 'JournalError';
  /** Absolute path of the journal. */
  readonly file: string;
  /** The system's error code, such as `ENOSPC`; `undefined` if the content is the problem. */
  readonly code: string | undefined;

  constructor(file: string, problem: string, cause?: unknown) {
    super(`The journal ${file} ${problem}`, { cause });
    this.file = file;
    this.code = codeOf(cause);
  }
}

/** The process that owns a journal. */
export interface JournalOwnerInfo {
  /** Process ID, as seen by the process itself; in containers it is often 1. */
  readonly pid: number;
  /** Host name; for a container, usually the ID of the container. */
  readonly host: string;
  /** ISO 8601 time at which the process opened the journal. */
  readonly since: string;
}

/** Another running process owns the journal. */
export class JournalOwnedError extends JournalError {
  override readonly name = 'JournalOwnedError';
  /** `undefined` if the process did not write its details. */
  readonly owner: JournalOwnerInfo | undefined;

  constructor(file: string, owner: JournalOwnerInfo | undefined) {
    const who = owner ? `process ${String(owner.pid)} on host ${owner.host}, since ${owner.since}` : 'its details are unreadable';
    super(
      file,
      `is in use by another running server (${who}). End that server first, or set a different state.journal for this one. ` +
        'Several processes can only share limits through Redis (state.redis).',
    );
    this.owner = owner;
  }
}

const WITHOUT_JOURNAL = 'With state "memory", the server keeps no journal: a restart then forgets budgets and active calls.';

/** What to do about each system error. */
const FIXES: Readonly<Record<string, string>> = {
  EISDIR: 'is a folder. Set state.journal to the path of a file in it.',
  ENOENT: `is in a folder that does not exist and cannot be created. Set state.journal to another path. ${WITHOUT_JOURNAL}`,
  ENOTDIR: 'has a parent that is a file, not a folder. Set state.journal to another path.',
  EROFS: `is on a read-only file system. Mount a writable volume there, or set state.journal to another path. ${WITHOUT_JOURNAL}`,
  EACCES: `cannot be read and written by this user. Change its owner, or set state.journal to another path. ${WITHOUT_JOURNAL}`,
  ENOSPC: `cannot be written because the disk is full. Free space, or set state.journal to another path. ${WITHOUT_JOURNAL}`,
};

const SAME: Readonly<Record<string, string>> = { EEXIST: 'ENOTDIR', EPERM: 'EACCES', EDQUOT: 'ENOSPC', EFBIG: 'ENOSPC' };

/** Describes a system error of the file and how to fix it. Returns other errors of a journal unchanged. */
export function journalError(file: string, cause: unknown): JournalError {
  if (cause instanceof JournalError) return cause;
  const code = codeOf(cause) ?? 'unknown error';
  const fix = FIXES[SAME[code] ?? code] ?? `cannot be used. ${WITHOUT_JOURNAL}`;
  return new JournalError(
    file,
    fix.replace(/^[^.]*/, (problem) => `${problem} (${code})`),
    cause,
  );
}

/** The code of a system error, such as `ENOSPC`. */
export function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? code : undefined;
}
