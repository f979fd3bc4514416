/** The call book: calls are found from every process, ended once, watched by only one process, and reported in order. */
import { describe, expect, it } from 'vitest';
import type { CallNotice } from '../../../src/server/contract/shared-state.js';
import { CALL, NONE, callRecord, cost, listener } from './samples.js';
import type { Fresh } from './state-under-test.js';

export function callBook(fresh: Fresh): void {
  describe('call book', () => {
    it('finds a call with all fields from every process', async () => {
      const { one, other, now } = await fresh();
      const call = callRecord('a', now(), {
        kind: 'phone',
        origin: undefined,
        visitor: undefined,
        profile: 'tür "1"\n',
        spent: cost({ seconds: 7 }),
      });
      await one.calls.add(call, 'first', 15_000);
      for (const state of [one, other]) expect(await state.calls.find('a')).toEqual({ call, ended: undefined });
      expect(await other.calls.find('b')).toBeUndefined();
    });

    it('counts active calls', async () => {
      const { one, other, now } = await fresh();
      expect(await one.calls.count()).toBe(0);
      for (const id of ['a', 'b', 'c']) await one.calls.add(callRecord(id, now()), 'first', 15_000);
      expect(await other.calls.count()).toBe(3);
      await other.calls.end('b', 'visitor');
      expect(await one.calls.count()).toBe(2);
    });

    it('ends a call once from any process, and keeps the reason for ten minutes', async () => {
      const { one, other, now, jump } = await fresh();
      const call = callRecord('a', now());
      await one.calls.add(call, 'first', 15_000);
      const answers = await Promise.all([one.calls.end('a', 'duration'), other.calls.end('a', 'duration'), one.calls.end('a', 'duration')]);
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await other.calls.end('unknown', 'visitor')).toBe(false);
      jump(599_999);
      expect(await other.calls.find('a')).toEqual({ call, ended: 'duration' });
      jump(1);
      expect(await other.calls.find('a')).toBeUndefined();
      expect(await one.calls.end('a', 'visitor')).toBe(false);
    });

    it('renews the leases of its own calls and records their spending', async () => {
      const { one, other, now, jump } = await fresh();
      const call = callRecord('a', now());
      await one.calls.add(call, 'first', 15_000);
      await one.calls.add(callRecord('b', now()), 'first', 15_000);
      await one.calls.add(callRecord('ended', now()), 'first', 15_000);
      await one.calls.end('ended', 'visitor');
      jump(10_000);
      const spent = cost({ calls: 1, seconds: 10, tokens: 1_234, micros: 9_007_199_254_740_991 });
      expect(
        await one.calls.renew(
          'first',
          15_000,
          new Map([
            ['a', spent],
            ['ended', NONE],
            ['unknown', NONE],
          ]),
        ),
      ).toEqual(['ended', 'unknown']);
      expect(await other.calls.renew('second', 15_000, new Map([['a', NONE]]))).toEqual(['a']);
      expect(await other.calls.find('a')).toEqual({ call: { ...call, spent }, ended: undefined });
      jump(5_000);
      expect((await other.calls.adopt('second', 15_000)).map(({ id }) => id)).toEqual(['b']);
    });

    it('keeps the memory of a call for the next watcher, written only by the current one', async () => {
      const { one, other, now, jump } = await fresh();
      const call = callRecord('a', now());
      await one.calls.add(call, 'first', 15_000);
      const session = { 'audio.output.voice': '"marin"', instructions: `"Say \\"tür\\"."`, tools: 'null' };
      await one.calls.remember('first', 'a', { session, tools: { runs: 1, open: ['call_1', 'call_2'] } });
      // Replaces a part and keeps the others.
      await one.calls.remember('first', 'a', { tools: { runs: 2, open: [] } });
      await other.calls.remember('second', 'a', { tools: { runs: 99, open: ['forged'] } });
      await one.calls.remember('first', 'unknown', { session });
      await one.calls.renew('first', 15_000, new Map([['a', CALL]]));
      jump(15_000);
      const memory = { session, tools: { runs: 2, open: [] } };
      expect(await other.calls.adopt('second', 15_000)).toEqual([{ ...call, spent: CALL, memory }]);
      // A call that is added again keeps its memory, for example after the store lost it.
      await other.calls.add(callRecord('b', now(), { memory }), 'second', 15_000);
      jump(15_000);
      const adopted = await one.calls.adopt('third', 15_000);
      expect(adopted.find(({ id }) => id === 'b')?.memory).toEqual(memory);
      expect(await one.calls.end('b', 'visitor')).toBe(true);
      await one.calls.remember('third', 'b', { tools: { runs: 3, open: [] } });
      expect((await other.calls.find('b'))?.ended).toBe('visitor');
    });

    it('accepts an empty renewal', async () => {
      const { one } = await fresh();
      expect(await one.calls.renew('first', 15_000, new Map())).toEqual([]);
    });

    it('renews many calls at once', async () => {
      const { one, other, now, jump } = await fresh();
      const ids = Array.from({ length: 2_500 }, (_, each) => `call-${String(each)}`);
      await Promise.all(ids.map((id) => one.calls.add(callRecord(id, now()), id.endsWith('7') ? 'second' : 'first', 15_000)));
      jump(14_000);
      const lost = await one.calls.renew('first', 15_000, new Map(ids.map((id) => [id, CALL])));
      expect([...lost].sort()).toEqual(ids.filter((id) => id.endsWith('7')).sort());
      jump(1_000);
      expect((await other.calls.adopt('third', 15_000)).map(({ id }) => id).sort()).toEqual([...lost].sort());
    });

    it('gives a call with an expired lease to only one process', async () => {
      const { one, other, now, jump } = await fresh();
      const call = callRecord('a', now(), { spent: cost({ seconds: 3 }) });
      await one.calls.add(call, 'first', 15_000);
      jump(14_999);
      expect(await other.calls.adopt('second', 15_000)).toEqual([]);
      jump(1);
      const adopted = await Promise.all([
        other.calls.adopt('second', 15_000),
        one.calls.adopt('third', 15_000),
        other.calls.adopt('fourth', 15_000),
      ]);
      expect(adopted.flat()).toEqual([call]);
      expect(await one.calls.renew('first', 15_000, new Map([['a', NONE]]))).toEqual(['a']);
      jump(15_000);
      expect(await one.calls.adopt('first', 15_000)).toEqual([call]);
    });

    it('does not adopt an ended call', async () => {
      const { one, other, now, jump } = await fresh();
      await one.calls.add(callRecord('a', now()), 'first', 15_000);
      await other.calls.end('a', 'vanished');
      jump(60_000);
      expect(await other.calls.adopt('second', 15_000)).toEqual([]);
    });

    it('notifies the listeners of a call in every process and in order, and no others', async () => {
      const { one, other, now } = await fresh();
      await one.calls.add(callRecord('a', now()), 'first', 15_000);
      await one.calls.add(callRecord('b', now()), 'first', 15_000);
      const here = listener();
      const there = listener();
      const wrong = listener();
      await one.calls.listen('a', here.heard);
      await other.calls.listen('a', there.heard);
      await other.calls.listen('b', wrong.heard);
      await other.calls.tell('a', { type: 'ending', reason: 'idle', seconds: 15 });
      await other.calls.tell('a', { type: 'continues' });
      await one.calls.end('a', 'idle');
      const all: CallNotice[] = [{ type: 'ending', reason: 'idle', seconds: 15 }, { type: 'continues' }, { type: 'ended', reason: 'idle' }];
      expect(await here.hears(3)).toEqual(all);
      expect(await there.hears(3)).toEqual(all);
      await one.calls.end('b', 'visitor');
      expect(await wrong.hears(1)).toEqual([{ type: 'ended', reason: 'visitor' }]);
    });

    it('reports an end once, even if several processes end the call', async () => {
      const { one, other, now } = await fresh();
      await one.calls.add(callRecord('a', now()), 'first', 15_000);
      await one.calls.add(callRecord('b', now()), 'first', 15_000);
      const a = listener();
      const b = listener();
      await other.calls.listen('a', a.heard);
      await other.calls.listen('b', b.heard);
      await Promise.all([one.calls.end('a', 'duration'), other.calls.end('a', 'duration')]);
      await one.calls.end('b', 'duration');
      await b.hears(1);
      expect(await a.hears(1)).toEqual([{ type: 'ended', reason: 'duration' }]);
    });

    it('stops notifying a removed listener; other listeners of the call still receive notices', async () => {
      const { one, other, now } = await fresh();
      await one.calls.add(callRecord('a', now()), 'first', 15_000);
      const gone = listener();
      const stays = listener();
      const stop = await other.calls.listen('a', gone.heard);
      await other.calls.listen('a', stays.heard);
      stop();
      stop();
      await one.calls.tell('a', { type: 'continues' });
      expect(await stays.hears(1)).toEqual([{ type: 'continues' }]);
      expect(gone.all).toEqual([]);
      // All listeners were removed, and one was added again.
      const again = listener();
      (await other.calls.listen('c', listener().heard))();
      await other.calls.listen('c', again.heard);
      await one.calls.tell('c', { type: 'continues' });
      expect(await again.hears(1)).toEqual([{ type: 'continues' }]);
    });

    it('notifies other listeners if one throws', async () => {
      const { one, other, now } = await fresh();
      await one.calls.add(callRecord('a', now()), 'first', 15_000);
      const fine = listener();
      await other.calls.listen('a', () => {
        throw new Error('listener failed');
      });
      await other.calls.listen('a', fine.heard);
      await one.calls.end('a', 'agent');
      expect(await fine.hears(1)).toEqual([{ type: 'ended', reason: 'agent' }]);
    });
  });
}
