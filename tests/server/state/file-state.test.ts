/** The journaled state: data survives `kill -9`, and the file stays small and valid. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { JournalError, FileState } from '../../../src/server/runtime/node/file-state.js';
import { StateUnavailable } from '../../../src/server/contract/shared-state.js';
import { BOUND, CALL } from '../../support/journal-writer.js';
import { sharedStateSuite } from '../../support/shared-state-suite.js';
import { callRecord } from '../../support/shared-state/samples.js';
import { HandClock } from '../token-route-support.js';

const folder = mkdtempSync(join(tmpdir(), 'journal-'));
afterAll(() => rmSync(folder, { recursive: true }));
let serial = 0;
const newFile = (): string => join(folder, `${String((serial += 1))}.jsonl`);

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
          (asked = asked.then(() => {
            if (name !== 'take') state = new FileState({ file, clock });
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
  { runs: 15, only: ['budgets', 'for every history'] },
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
    const adopted = await vi.waitFor(async () => {
      const calls = await state.calls.adopt('the next one', 15_000);
      expect(calls).toHaveLength(1);
      return calls;
    });
    expect(adopted).toMatchObject([{ id: 'live', spent: { seconds: 7 } }]);
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

  it.each([
    ['a file of another format', 'listen: 8080\n'],
    ['other JSON', '{"port":8080}\n'],
    [
      'a broken line in the middle',
      '{"budget":{"charged":[],"held":[]},"calls":{"live":[],"ended":[]},"once":[]}\n[17,"once","a"\n[18,"once","b",1]\n',
    ],
    ['an unknown kind of change', '{"budget":{"charged":[],"held":[]},"calls":{"live":[],"ended":[]},"once":[]}\n[17,"constructor","a"]\n'],
    ['a line that is not a change', '{"budget":{"charged":[],"held":[]},"calls":{"live":[],"ended":[]},"once":[]}\nnull\n'],
  ])('rejects %s and leaves the file unchanged', (_, text) => {
    const file = newFile();
    writeFileSync(file, text);
    expect(() => new FileState({ file })).toThrow(JournalError);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('throws the system error if the file cannot be created', () => {
    expect(() => new FileState({ file: join(folder, 'nowhere', 'file') })).toThrow(/ENOENT/);
  });

  it('belongs to the process that opened it last; an older process is rejected and changes nothing', async () => {
    const file = newFile();
    const old = new FileState({ file });
    await old.once('a', 600);
    const next = new FileState({ file });
    await expect(old.once('b', 600)).rejects.toBeInstanceOf(StateUnavailable);
    await expect(old.ready()).rejects.toBeInstanceOf(StateUnavailable);
    expect(await next.once('a', 600)).toBe(false);
    expect(await next.once('b', 600)).toBe(true);
    await old.close();
    await next.close();
    await expect(next.once('c', 600)).rejects.toBeInstanceOf(StateUnavailable);
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
