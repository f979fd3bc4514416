/** The journaled state: data survives `kill -9`, and the file stays small and valid. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { FileState } from '../../../src/server/runtime/node/file-state.js';
import { JournalError, JournalOwnedError } from '../../../src/server/runtime/node/journal-error.js';
import { StateUnavailable } from '../../../src/server/contract/shared-state.js';
import type { JournalEvent } from '../../../src/server/contract/shared-state.js';
import { BOUND, CALL } from '../../support/journal-writer.js';
import { sharedStateSuite } from '../../support/shared-state-suite.js';
import { callRecord } from '../../support/shared-state/samples.js';
import { HandClock } from '../token-route-support.js';

const folder = mkdtempSync(join(tmpdir(), 'journal-'));
afterAll(() => rmSync(folder, { recursive: true }));
let serial = 0;
const newFile = (): string => join(folder, `${String((serial += 1))}.jsonl`);
/** The snapshot of an empty state, as the first version of the format wrote it. */
const EMPTY = '{"budget":{"charged":[],"held":[]},"calls":{"live":[],"ended":[]},"once":[]}';
const reservation = (id: string) => ({ id, accounts: [BOUND], amounts: CALL, until: Date.now() + 3_600_000 });

sharedStateSuite('memory with a journal', async () => {
  const clock = new HandClock();
  const state = new FileState({ file: newFile(), clock });
  return {
    one: state,
    other: state,
    now: () => clock.now(),
    jump: (ms) => clock.advance(ms),
    wait: async (ms) => clock.advance(ms),
    close: () => state.close(),
  };
});

sharedStateSuite(
  'memory with a journal, restarted before every operation',
  async () => {
    const clock = new HandClock();
    const file = newFile();
    let state = new FileState({ file, clock });
    // Operations run one after the other, because the process cannot restart between concurrent ones.
    let asked: Promise<unknown> = Promise.resolve();
    const one = new Proxy(state, {
      get:
        (_, name) =>
        (...args: unknown[]) =>
          (asked = asked.then(async () => {
            if (name !== 'take') {
              await state.close();
              state = new FileState({ file, clock });
            }
            return (Reflect.get(state, name) as (...all: unknown[]) => unknown).apply(state, args);
          })),
    });
    return {
      one,
      other: one,
      now: () => clock.now(),
      jump: (ms) => clock.advance(ms),
      wait: async (ms) => clock.advance(ms),
      close: () => state.close(),
    };
  },
  { runs: 8, only: ['budgets', 'for every history'] },
);

describe('a journal', () => {
  it('restores everything after the process was killed', { timeout: 60_000 }, async () => {
    const file = newFile();
    const child = fork(fileURLToPath(new URL('../../support/journal-writer.ts', import.meta.url)), ['write', file], {
      execArgv: ['--import', 'tsx'],
    });
    try {
      expect(await once(child, 'message')).toEqual(['done', undefined]);
    } finally {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    const state = new FileState({ file });
    const reserve = (id: string) => state.reserve({ id, accounts: [BOUND], amounts: CALL, until: Date.now() + 3_600_000 });
    let granted = 0;
    while ((await reserve(`after-${String(granted)}`)).ok) granted += 1;
    // One is reserved and one was spent; the process may have been killed with another reservation.
    expect(granted).toBeOneOf([7, 8]);
    expect(await state.once('webhook:1', 3_600)).toBe(false);
    expect(await state.calls.find('over')).toMatchObject({ ended: 'idle' });
    // Its lease is over, because only one process at a time can own the journal.
    expect(await state.calls.adopt('the next one', 15_000)).toMatchObject([{ id: 'live', spent: { seconds: 7 } }]);
    await state.close();
  });

  it('stays paused after a restart until it is resumed', async () => {
    const file = newFile();
    let state = new FileState({ file });
    const reopen = async (): Promise<boolean> => {
      await state.close();
      state = new FileState({ file });
      return state.paused();
    };
    await state.setPaused(true);
    expect([await reopen(), await reopen()]).toEqual([true, true]);
    const reservation = { id: 'a', accounts: [BOUND], amounts: CALL, until: Date.now() + 60_000 };
    expect(await state.reserve(reservation)).toEqual({ ok: false, limit: 'paused' });
    await state.setPaused(false);
    expect(await reopen()).toBe(false);
    expect(await state.reserve(reservation)).toEqual({ ok: true });
    await state.close();
  });

  it('ignores an incomplete last line', async () => {
    const file = newFile();
    const first = new FileState({ file });
    await first.once('a', 600);
    await first.close();
    appendFileSync(file, '[1763700000000,"once","b",6');
    const second = new FileState({ file });
    expect(await second.once('a', 600)).toBe(false);
    expect(await second.once('b', 600)).toBe(true);
    await second.close();
    const third = new FileState({ file });
    expect(await third.once('b', 600)).toBe(false);
    await third.close();
  });

  it('touches nothing before its first use, and keeps the folder that it creates out of version control', async () => {
    const home = join(folder, 'state');
    const state = new FileState({ file: join(home, 'journal') });
    expect(existsSync(home)).toBe(false);
    await state.ready();
    expect(readFileSync(join(home, '.gitignore'), 'utf8')).toBe('*\n');
    expect(statSync(home).mode & 0o777).toBe(0o700);
    await state.close();
  });

  it.each([
    ['a file of another format', 'listen: 8080\n', /is not a journal, or its first line is damaged/],
    ['other JSON', '{"port":8080}\n', /is not a journal/],
    [
      'a journal of a newer version',
      `${EMPTY.replace('{', '{"version":2,')}\n`,
      /was written by a newer version of this server \(format 2\)/,
    ],
  ])('rejects %s and leaves the folder unchanged', async (_, text, problem) => {
    const file = newFile();
    writeFileSync(file, text);
    const before = readdirSync(folder);
    const state = new FileState({ file });
    const error: unknown = await state.ready().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(JournalError);
    expect((error as Error).message).toMatch(problem);
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(before);
    // All other operations fail as they do when any state is unavailable.
    await expect(state.once('a', 1)).rejects.toBeInstanceOf(StateUnavailable);
  });

  it.each([
    ['a broken line in the middle', '[17,"once","a"', 1],
    ['zeros, as a power failure leaves them', '\0'.repeat(4_096), 1],
    ['an unknown kind of change', '[17,"constructor","a"]', 1],
    ['lines that are not changes', 'null\n[17,"reserve",null]', 2],
  ])('skips %s, reports it and keeps a copy', async (_, damage, lines) => {
    const file = newFile();
    const text = `${EMPTY}\n[${String(Date.now())},"once","before",600]\n${damage}\n[${String(Date.now())},"once","after",600]\n`;
    writeFileSync(file, text);
    const events: JournalEvent[] = [];
    const state = new FileState({ file });
    await state.ready();
    state.observe((event) => events.push(event));
    const copy = readdirSync(folder).find((name) => name.startsWith(`${basename(file)}.damaged-`)) ?? '';
    expect(events).toEqual([{ type: 'journal', state: 'damaged', reason: `${String(lines)} damaged lines skipped, see ${copy}` }]);
    expect(readFileSync(join(folder, copy), 'utf8')).toBe(text);
    expect(await state.once('before', 600)).toBe(false);
    expect(await state.once('after', 600)).toBe(false);
    await state.close();
  });

  it('reads a journal without a version, and one that a power failure cut at any byte', async () => {
    const file = newFile();
    const first = new FileState({ file });
    for (const id of ['a', 'b', 'c']) expect((await first.reserve(reservation(id))).ok).toBe(true);
    await first.close();
    const whole = readFileSync(file, 'utf8').replace('"version":1,', '');
    const header = whole.indexOf('\n') + 1;
    for (let length = header; length <= whole.length; length += 7) {
      writeFileSync(file, whole.slice(0, length));
      const state = new FileState({ file });
      const kept = whole.slice(header, length).split('\n').length - 1;
      let granted = 0;
      while ((await state.reserve(reservation(`more-${String(granted)}`))).ok) granted += 1;
      expect(granted).toBe(10 - kept);
      await state.close();
    }
  });

  it('explains why a path cannot be used', async () => {
    await expect(new FileState({ file: folder }).ready()).rejects.toThrow(
      /is a folder \(EISDIR\)\. Set state\.journal to the path of a file in it\./,
    );
    const file = newFile();
    writeFileSync(file, '');
    await expect(new FileState({ file: join(file, 'journal') }).ready()).rejects.toThrow(
      /has a parent that is a file, not a folder \(E\w+\)/,
    );
  });

  it('has one owner, whatever the path, until it is closed', async () => {
    const file = newFile();
    const first = new FileState({ file });
    await first.once('a', 600);
    const link = newFile();
    symlinkSync(file, link);
    for (const path of [file, link]) {
      const second = new FileState({ file: path });
      const error = (await second.ready().catch((reason: unknown) => reason)) as JournalOwnedError;
      expect(error).toBeInstanceOf(JournalOwnedError);
      expect(error.message).toContain(`in use by another running server (process ${String(process.pid)} on host ${hostname()}, since 20`);
      expect(error.owner).toMatchObject({ pid: process.pid, host: hostname() });
      await expect(second.once('b', 600)).rejects.toMatchObject({
        name: 'StateUnavailable',
        message: `The journal is in use by process ${String(process.pid)} on ${hostname()}.`,
      });
      await second.close();
    }
    expect(await first.once('b', 600)).toBe(true);
    await first.close();
    await expect(first.once('c', 600)).rejects.toBeInstanceOf(StateUnavailable);
    const next = new FileState({ file: link });
    expect(await next.once('b', 600)).toBe(false);
    expect(await next.once('c', 600)).toBe(true);
    await next.close();
    // The symbolic link is not replaced by a file.
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(link, 'utf8'));
  });

  it('stays small while calls are renewed, and is only readable by its owner', async () => {
    const file = newFile();
    const clock = new HandClock();
    const state = new FileState({ file, clock });
    const ids = Array.from({ length: 400 }, (_, at) => `call-${String(at)}`);
    for (const id of ids) await state.calls.add(callRecord(id, clock.now()), 'me', 15_000);
    let most = 0;
    for (let round = 1; round <= 400; round++) {
      clock.advance(5_000);
      await state.calls.renew('me', 15_000, new Map(ids.map((id) => [id, { ...CALL, seconds: round * 5 }])));
      most = Math.max(most, statSync(file).size);
    }
    // Without compaction the file would be several times larger.
    expect(most).toBeLessThan(4_200_000);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await state.close();
    const next = new FileState({ file, clock });
    expect((await next.calls.find('call-399'))?.call.spent.seconds).toBe(2_000);
    expect(await next.calls.count()).toBe(400);
    await next.close();
  });
});
