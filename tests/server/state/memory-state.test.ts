/** The state of one process: the common suite, and bounded memory and time under a flood of requests. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { MemoryState } from '../../../src/server/state/memory-state.js';
import { sharedStateSuite } from '../../support/shared-state-suite.js';
import { callRecord } from '../../support/shared-state/samples.js';
import { HandClock } from '../token-route-support.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

sharedStateSuite(
  'memory',
  async () => {
    const clock = new HandClock();
    const state = new MemoryState({ clock });
    return {
      one: state,
      other: state,
      now: () => clock.now(),
      jump: (ms) => clock.advance(ms),
      wait: async (ms) => clock.advance(ms),
      close: () => state.close(),
    };
  },
  { runs: 200 },
);

describe('the memory of one process', { timeout: 60_000 }, () => {
  /** Bytes on the heap after garbage collection. */
  const heap = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };

  it('stays bounded in a flood from 200,000 addresses, refuses those it cannot count and is freed when the windows close', async () => {
    const clock = new HandClock();
    const state = new MemoryState({ clock });
    const from = (at: number) => state.take([{ key: `address:2001:db8::${at.toString(16)}`, count: 10, seconds: 60 }]);
    const before = heap();
    let refused = 0;
    for (let at = 0; at < 200_000; at++) {
      const answer = await from(at);
      if (answer.ok) continue;
      refused += 1;
      expect(answer.retryAfter).toBeLessThanOrEqual(60);
    }
    expect(refused).toBe(100_000);
    expect(heap() - before).toBeLessThan(40_000_000);
    // No count was evicted.
    for (let each = 1; each < 10; each++) expect((await from(0)).ok).toBe(true);
    expect((await from(0)).ok).toBe(false);
    clock.advance(60_000);
    expect((await from(200_001)).ok).toBe(true);
    expect(heap() - before).toBeLessThan(5_000_000);
  });

  it('discards past days and expired reservations, webhooks and calls', async () => {
    const clock = new HandClock();
    const state = new MemoryState({ clock });
    const before = heap();
    for (let day = 0; day < 300; day++) {
      for (let each = 0; each < 100; each++) {
        const id = `${String(day)}-${String(each)}`;
        const accounts = [
          { name: 'all', perDay: { calls: 100 } },
          { name: `profile:${id}`, perDay: {} },
        ];
        expect(
          (await state.reserve({ id, accounts, amounts: { calls: 1, seconds: 0, tokens: 0, micros: 0 }, until: clock.now() + 600_000 })).ok,
        ).toBe(true);
        if (each % 2) await state.settle(id, { calls: 1, seconds: 0, tokens: 0, micros: 0 });
        await state.once(`webhook:${id}`, 600);
        await state.calls.add(callRecord(id, clock.now()), 'me', 15_000);
        await state.calls.end(id, 'visitor');
      }
      clock.advance(86_400_000);
    }
    const { budget, calls, once } = state.snapshot();
    expect([budget.charged.length, calls.ended.length, calls.live.length]).toEqual([
      expect.toSatisfy((length: number) => length <= 202),
      0,
      0,
    ]);
    expect(once.length).toBeLessThanOrEqual(100);
    expect(heap() - before).toBeLessThan(25_000_000);
  });

  it('stays fast with 50,000 held reservations', async () => {
    const clock = new HandClock();
    const state = new MemoryState({ clock });
    const accounts = [{ name: 'all', perDay: {}, maxConcurrent: 50_000 }];
    const reserve = (id: number, ms = 600_000) =>
      state.reserve({ id: String(id), accounts, amounts: { calls: 1, seconds: 1, tokens: 0, micros: 0 }, until: clock.now() + ms });
    for (let id = 0; id < 50_000; id++) expect((await reserve(id, 600_000 + ((id * 7_919) % 50_000))).ok).toBe(true);
    // Iterating over all of them each time would take ten billion steps here.
    for (let id = 50_000; id < 250_000; id++) expect((await reserve(id)).ok).toBe(false);
    clock.advance(600_000);
    let free = 0;
    while ((await reserve(1_000_000 + free)).ok) free += 1;
    expect(free).toBe(1);
    clock.advance(50_000);
    for (let id = 2_000_000; id < 2_049_999; id++) expect((await reserve(id)).ok).toBe(true);
    expect((await reserve(3_000_000)).ok).toBe(false);
  });
});
