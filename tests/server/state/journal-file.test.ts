/** The file of a journal on a disk that is slow, and in a folder that disappears. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../../src/server/contract/shared-state.js';
import { FileState } from '../../../src/server/runtime/node/file-state.js';
import { JournalFile } from '../../../src/server/runtime/node/journal-file.js';
import { changeLine, restoredJournal, snapshotLine } from '../../../src/server/runtime/node/restored-journal.js';
import type { ChangeArgs, ChangeKind } from '../../../src/server/runtime/node/restored-journal.js';
import { MemoryState } from '../../../src/server/state/memory-state.js';
import { callRecord, cost } from '../../support/shared-state/samples.js';
import { HandClock } from '../token-route-support.js';

const folder = mkdtempSync(join(tmpdir(), 'journal-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

let serial = 0;
const ACCOUNT = { name: 'all', perDay: { calls: 40 }, maxConcurrent: 20 };

/** The snapshot of a state, independent of the order in which concurrent changes were made, and of leases. */
function sorted(memory: MemoryState): unknown {
  const { budget, calls, once } = memory.snapshot();
  const live = calls.live.map(({ call }) => call.id);
  const ended = calls.ended.map(({ call, reason }) => [call.id, reason]);
  return [
    budget.charged,
    budget.held.map((each) => JSON.stringify(each)).sort(),
    live.sort(),
    ended.sort(),
    once.map(({ key }) => key).sort(),
  ];
}

/** Collects values and waits for the next ones. */
class Received<T> {
  readonly all: T[] = [];
  #wake = (): void => undefined;

  readonly add = (value: T): void => {
    this.all.push(value);
    this.#wake();
  };

  async count(count: number): Promise<readonly T[]> {
    while (this.all.length < count) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.all;
  }
}

describe('the file of a journal', { timeout: 60_000 }, () => {
  it('does not keep changes waiting for a slow disk, and is complete when the disk has caught up', async () => {
    const file = join(folder, 'slow');
    const state: string[] = ['snapshot'];
    const changes = new Received<string | undefined>();
    let asked = (): void => undefined;
    let resume: ((owns: boolean) => void) | undefined;
    let slow = false;
    const journal = await JournalFile.open({
      file,
      snapshot: () => JSON.stringify(state),
      // A replacement of the file waits for this answer, as it would for the disk.
      owns: () => (slow ? new Promise((resolve) => ((resume = resolve), asked())) : Promise.resolve(true)),
      replaceAbove: 100,
      onChange: changes.add,
    });
    const append = (line: string): Promise<void> => {
      state.push(line);
      return journal.append(line);
    };
    await append('x'.repeat(200));
    slow = true;
    const replacing = new Promise<void>((resolve) => (asked = resolve));
    // The file is large enough to be replaced by a snapshot.
    const first = append('one');
    await replacing;
    const second = append('two');
    await Promise.all([first, second]);
    expect(await changes.count(1)).toEqual(['the disk is too slow']);
    await append('three');
    slow = false;
    resume?.(true);
    expect(await changes.count(2)).toEqual(['the disk is too slow', undefined]);
    await append('four');
    const [snapshot, ...lines] = readFileSync(file, 'utf8').split('\n');
    const kept = new Set([...(JSON.parse(snapshot ?? '') as string[]), ...lines]);
    for (const line of ['one', 'two', 'three', 'four']) expect(kept).toContain(line);
    await journal.close();
    expect(readdirSync(folder).filter((name) => name.startsWith('slow'))).toEqual(['slow']);
  });

  it('holds the state of the process at every moment, while it is replaced again and again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.nat(9), { minLength: 1, maxLength: 12 }), { minLength: 3, maxLength: 12 }), async (bursts) => {
        const file = join(folder, `history-${String((serial += 1))}`);
        const clock = new HandClock();
        const memory = new MemoryState({ clock });
        const journal = await JournalFile.open({
          file,
          snapshot: () => snapshotLine(memory),
          owns: () => Promise.resolve(true),
          onChange: (failure) => expect.fail(failure),
          replaceAbove: 500,
        });
        const write = <K extends ChangeKind>(kind: K, ...args: ChangeArgs<K>) => journal.append(changeLine(clock.now(), kind, args));
        /** One call from its reservation to its end, up to a step. */
        const call = async (id: string, steps: number): Promise<void> => {
          const reservation = { id, accounts: [ACCOUNT], amounts: cost({ calls: 1, seconds: 60 }), until: clock.now() + 60_000 };
          if (!(await memory.reserve(reservation)).ok) return;
          await write('reserve', reservation);
          if (steps > 1 && (await memory.once(id, 60))) await write('once', id, 60);
          if (steps > 2)
            await Promise.all([memory.calls.add(callRecord(id, clock.now()), 'me', 0), write('add', callRecord(id, clock.now()), 'me', 0)]);
          if (steps > 4 && (await memory.calls.end(id, 'visitor'))) await write('end', id, 'visitor');
          if (steps > 6)
            await Promise.all([
              memory.settle(id, cost({ calls: 1, seconds: steps })),
              write('settle', id, cost({ calls: 1, seconds: steps })),
            ]);
        };
        for (const [round, burst] of bursts.entries()) {
          await Promise.all(burst.map((steps, at) => call(`${String(round)}-${String(at)}`, steps)));
          const restored = await restoredJournal(readFileSync(file, 'utf8'), file, clock);
          expect(restored.damaged).toBe(0);
          expect(sorted(restored.memory)).toEqual(sorted(memory));
          clock.advance(1_000);
        }
        await journal.close();
      }),
      { numRuns: 25 },
    );
  });

  it('is written again when its folder was removed', async () => {
    const home = join(folder, 'removed');
    const file = join(home, 'journal');
    const events = new Received<JournalEvent>();
    const state = new FileState({ file });
    state.observe(events.add);
    await state.once('a', 600);
    rmSync(home, { recursive: true });
    expect(await events.count(2)).toEqual([
      { type: 'journal', state: 'unwritable', reason: 'the file was removed' },
      { type: 'journal', state: 'writable' },
    ]);
    await state.once('b', 600);
    await expect(new FileState({ file }).ready()).rejects.toMatchObject({ name: 'JournalOwnedError' });
    await state.close();
    const next = new FileState({ file });
    for (const key of ['a', 'b']) expect(await next.once(key, 600)).toBe(false);
    await next.close();
  });
});
