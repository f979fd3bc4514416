/** The owner of a journal: exactly one running process, whatever happens to it. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { JournalEvent } from '../../../src/server/contract/shared-state.js';
import { FileState } from '../../../src/server/runtime/node/file-state.js';
import { JournalOwnedError } from '../../../src/server/runtime/node/journal-error.js';
import { JournalOwner } from '../../../src/server/runtime/node/journal-owner.js';
import { ownerStatus } from '../../../src/server/runtime/node/owner-status.js';
import { journalHolder, killed } from '../../support/journal-holder.js';
import type { JournalHolder } from '../../support/journal-holder.js';

const folder = mkdtempSync(join(tmpdir(), 'owner-'));
const holders: JournalHolder[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(holders.splice(0).map(killed));
});
afterAll(() => rmSync(folder, { recursive: true }));
let serial = 0;
const newFile = (): string => {
  const home = join(folder, String((serial += 1)));
  mkdirSync(home);
  return join(home, 'journal');
};

const SILENT = { onLost: () => undefined, onHeartbeat: () => undefined };

async function holder(file: string): Promise<JournalHolder> {
  const one = await journalHolder(file);
  holders.push(one);
  return one;
}

/** Opens the journal in a separate process. */
async function opened(file: string): Promise<JournalHolder> {
  const one = await holder(file);
  one.child.send('begin');
  expect(await one.answer).toBe('open');
  return one;
}

/** The owner file that a process on another machine would write; its socket cannot be reached from here. */
function remoteOwner(file: string): string {
  const path = `${file}.owner-7`;
  writeFileSync(path, JSON.stringify({ pid: 1, host: 'far-away', since: '2026-11-20T00:00:00.000Z', machine: 'other', socket: true }));
  return path;
}

describe('the owner of a journal', { timeout: 60_000 }, () => {
  it('is the only one of several processes that start at the same moment', async () => {
    const file = newFile();
    const several = await Promise.all(Array.from({ length: 5 }, () => holder(file)));
    for (const { child } of several) child.send('begin');
    const answers = await Promise.all(several.map(({ answer }) => answer));
    const owner = several[answers.indexOf('open')];
    expect(answers.filter((answer) => answer === 'open')).toHaveLength(1);
    for (const answer of answers.filter((each) => each !== 'open'))
      expect(answer).toMatch(
        new RegExp(`^JournalOwnedError: The journal .* is in use by .* \\(process ${String(owner?.child.pid)} on host `),
      );
  });

  it('remains the owner while it is suspended', async () => {
    const file = newFile();
    const first = await opened(file);
    first.child.kill('SIGSTOP');
    const state = new FileState({ file });
    await expect(state.ready()).rejects.toMatchObject({ name: 'JournalOwnedError', owner: { pid: first.child.pid } });
    // More processes than a suspended one can accept connections from.
    for (let tries = 0; tries < 600; tries++) expect((await ownerStatus(`${file}.owner-1`)).runs).toBe(true);
    await state.close();
  });

  it('is succeeded at once after it was killed', async () => {
    const file = newFile();
    for (let round = 1; round <= 3; round++) {
      const owner = await opened(file);
      expect(readdirSync(join(file, '..')).sort()).toEqual([
        'journal',
        `journal.owner-${String(round)}`,
        `journal.owner-${String(round)}.sock`,
      ]);
      await killed(owner);
    }
    // The last one was killed, so its file says nothing about an end.
    expect(readFileSync(`${file}.owner-3`, 'utf8')).not.toContain('released');
    const next = new FileState({ file });
    // A wait for missing heartbeats would never end.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    await next.ready();
    vi.useRealTimers();
    await next.close();
    expect(readFileSync(`${file}.owner-4`, 'utf8')).toContain('"released":true');
  });

  it('is succeeded by only one of several processes after it was killed', async () => {
    const file = newFile();
    await killed(await opened(file));
    const several = await Promise.all(Array.from({ length: 4 }, () => holder(file)));
    for (const { child } of several) child.send('begin');
    const answers = await Promise.all(several.map(({ answer }) => answer));
    expect(answers.filter((answer) => answer === 'open')).toHaveLength(1);
  });

  it('on another machine counts as running while its heartbeats arrive, whatever its clock says', async () => {
    const file = newFile();
    const path = remoteOwner(file);
    let seconds = 2_000_000_000;
    const beating = setInterval(() => utimesSync(path, (seconds -= 3_600), seconds), 1_000);
    try {
      await expect(JournalOwner.take(file, SILENT)).rejects.toThrow(/process 1 on host far-away, since 2026-11-20T00:00:00\.000Z/);
    } finally {
      clearInterval(beating);
    }
    const owner = await JournalOwner.take(file, SILENT);
    expect(readdirSync(join(file, '..')).sort()).toEqual(['journal.owner-8', 'journal.owner-8.sock']);
    await owner.release();
  });

  it('that was killed before it wrote its details is succeeded', async () => {
    const file = newFile();
    writeFileSync(`${file}.owner-3`, '');
    const owner = await JournalOwner.take(file, SILENT);
    await expect(JournalOwner.take(file, SILENT)).rejects.toBeInstanceOf(JournalOwnedError);
    await owner.release();
    await (await JournalOwner.take(file, SILENT)).release();
  });

  it('stops writing when another process has taken over', async () => {
    const file = newFile();
    const events: JournalEvent[] = [];
    const state = new FileState({ file });
    const lost = new Promise<void>((resolve) =>
      state.observe((event) => {
        events.push(event);
        resolve();
      }),
    );
    await state.once('a', 600);
    // As if a process on another machine had received no heartbeat for too long.
    const beating = setInterval(() => utimesSync(remoteOwner(file), Date.now() / 1000, Date.now() / 1000), 500);
    try {
      await lost;
      expect(events).toEqual([{ type: 'journal', state: 'taken-over' }]);
      const before = readFileSync(file, 'utf8');
      await expect(state.once('b', 600)).rejects.toMatchObject({
        name: 'StateUnavailable',
        message: 'The journal is in use by process 1 on far-away.',
      });
      expect(readFileSync(file, 'utf8')).toBe(before);
    } finally {
      clearInterval(beating);
    }
    // When that process has ended, this one opens the journal again.
    expect(await state.once('a', 600)).toBe(false);
    await state.close();
  });
});
