/** What the operator reads and sets: live calls, the pause, and the use of each account today and this month. */
import { describe, expect, it } from 'vitest';
import { localDay, nextMonth } from '../../../src/server/contract/calendar.js';
import type { Calendar } from '../../../src/server/contract/calendar.js';
import type { Account, AccountUsage, SharedState } from '../../../src/server/contract/shared-state.js';
import { CALL, DAY, NONE, callRecord, cost } from './samples.js';
import type { Fresh } from './state-under-test.js';

/** Milliseconds. */
const HOUR = 3_600_000;

export function operation(fresh: Fresh): void {
  describe('operation', () => {
    const all: Account = { name: 'all', perDay: { calls: 5, seconds: 1_000 } };
    const shop: Account = { name: 'profile:shop', perDay: {} };
    const visitor: Account = { name: 'visitor:a b {x} __proto__', perDay: {} };
    const usageOf = async (state: SharedState): Promise<readonly AccountUsage[]> =>
      [...(await state.usage())].sort((one, other) => (one.account < other.account ? -1 : 1));

    it('lists the live calls of all processes, with their usage', async () => {
      const { one, other, now } = await fresh();
      expect(await one.calls.list()).toEqual([]);
      const first = callRecord('a', now());
      const second = callRecord('b', now(), { visitor: undefined, origin: undefined, kind: 'phone', profile: 'tür "1"\n' });
      await one.calls.add(first, 'first', 15_000);
      await other.calls.add(second, 'second', 15_000);
      await one.calls.add(callRecord('ended', now()), 'first', 15_000);
      await one.calls.end('ended', 'operator');
      const spent = cost({ calls: 1, seconds: 4, tokens: 9, micros: 9_007_199_254_740_991 });
      await one.calls.renew('first', 15_000, new Map([['a', spent]]));
      for (const state of [one, other]) {
        const listed = [...(await state.calls.list())].sort((a, b) => (a.id < b.id ? -1 : 1));
        expect(listed).toEqual([{ ...first, spent }, second]);
      }
      expect(await other.calls.find('ended')).toMatchObject({ ended: 'operator' });
    });

    it('lists many calls', async () => {
      const { one, other, now } = await fresh();
      const ids = Array.from({ length: 1_203 }, (_, each) => `call-${String(each)}`);
      await Promise.all(ids.map((id) => one.calls.add(callRecord(id, now()), 'first', 15_000)));
      expect((await other.calls.list()).map(({ id }) => id).sort()).toEqual([...ids].sort());
    });

    it('refuses every reservation in all processes while it is paused, and settles those that it holds', async () => {
      const { one, other, now } = await fresh();
      const reserve = (state: SharedState, id: string) => state.reserve({ id, accounts: [all], amounts: CALL, until: now() + 60_000 });
      expect([await one.paused(), await other.paused()]).toEqual([false, false]);
      expect(await reserve(one, 'before')).toEqual({ ok: true });
      await one.setPaused(true);
      await one.setPaused(true);
      expect([await one.paused(), await other.paused()]).toEqual([true, true]);
      for (const state of [one, other]) expect(await reserve(state, 'meanwhile')).toEqual({ ok: false, limit: 'paused' });
      await other.settle('before', NONE);
      await other.setPaused(false);
      expect([await one.paused(), await other.paused()]).toEqual([false, false]);
      for (const state of [one, other, one, other, one]) expect(await reserve(state, crypto.randomUUID())).toEqual({ ok: true });
      expect(await reserve(one, 'too many')).toMatchObject({ ok: false, limit: 'calls' });
    });

    it('separates what is spent and what is reserved, by account', async () => {
      const { one, other, now } = await fresh();
      expect(await one.usage()).toEqual([]);
      const amounts = cost({ calls: 1, seconds: 100, micros: 4_000_000_000_000_000 });
      const reserve = (state: SharedState, id: string, accounts: readonly Account[], ms = 600_000) =>
        state.reserve({ id, accounts, amounts, until: now() + ms });
      await reserve(one, 'settled', [all, shop]);
      await reserve(other, 'held', [all, shop, visitor]);
      await reserve(one, 'also held', [all]);
      const spent = cost({ calls: 1, seconds: 7, micros: 3 });
      await other.settle('settled', spent);
      const twice = cost({ calls: 2, seconds: 200, micros: 8_000_000_000_000_000 });
      const expected: AccountUsage[] = [
        { account: 'all', spent, reserved: twice, places: 2 },
        { account: shop.name, spent, reserved: amounts, places: 1 },
        { account: visitor.name, spent: NONE, reserved: amounts, places: 1 },
      ];
      for (const state of [one, other]) expect(await usageOf(state)).toEqual(expected);
    });

    it('counts a reservation that was not settled in time as spent', async () => {
      const { one, other, now, jump } = await fresh();
      const amounts = cost({ calls: 1, seconds: 100 });
      await one.reserve({ id: 'forgotten', accounts: [all], amounts, until: now() + 60_000 });
      jump(60_000);
      expect(await usageOf(other)).toEqual([{ account: 'all', spent: amounts, reserved: NONE, places: 0 }]);
    });

    it('reports the current day: a call that began yesterday only takes a place', async () => {
      const { one, other, now, jump } = await fresh();
      const amounts = cost({ calls: 1, seconds: 100 });
      const midnight = (Math.floor(now() / DAY) + 1) * DAY;
      jump(midnight - now() - 1);
      await one.reserve({ id: 'yesterday', accounts: [all], amounts, until: now() + 600_000 });
      jump(1);
      expect(await usageOf(other)).toEqual([{ account: 'all', spent: NONE, reserved: NONE, places: 1 }]);
      await other.reserve({ id: 'today', accounts: [all], amounts, until: now() + 600_000 });
      expect(await usageOf(one)).toEqual([{ account: 'all', spent: NONE, reserved: amounts, places: 2 }]);
    });

    it('reports days and months of the owner, months only of accounts that count them', async () => {
      const { one, other, now, jump } = await fresh();
      // Local midnight at the end of a month is 90 minutes from now.
      const lastDay = nextMonth(localDay(now(), 0)) - 1;
      jump(lastDay * DAY + 12 * HOUR - now());
      const offset = 10.5 * HOUR;
      const calendar = (): Calendar => {
        const ends = (localDay(now(), offset) + 1) * DAY - offset - now();
        return { offset, dayEnds: ends, monthEnds: ends };
      };
      const monthly: Account = { ...all, perDay: {}, perMonth: { calls: 100 } };
      const amounts = cost({ calls: 1, seconds: 100 });
      const reserve = (state: SharedState, id: string, ms = 3 * HOUR) =>
        state.reserve({ id, accounts: [monthly, visitor], amounts, until: now() + ms, calendar: calendar() });
      const used = async (state: SharedState): Promise<readonly AccountUsage[]> =>
        [...(await state.usage(calendar()))].sort((a, b) => (a.account < b.account ? -1 : 1));
      const spent = cost({ calls: 1, seconds: 7, micros: 5 });
      await reserve(one, 'settled');
      await reserve(other, 'open');
      await other.settle('settled', spent);
      const today = { spent, reserved: amounts };
      const expected: AccountUsage[] = [
        { account: 'all', ...today, places: 1, month: today },
        { account: visitor.name, ...today, places: 1 },
      ];
      for (const state of [one, other]) expect(await used(state)).toEqual(expected);
      // The next local day is in another month, while UTC is still on the last day of this month.
      jump(1.5 * HOUR);
      await reserve(other, 'next day');
      const next = { spent: NONE, reserved: amounts };
      for (const state of [one, other])
        expect(await used(state)).toEqual([
          { account: 'all', ...next, places: 2, month: next },
          { account: visitor.name, ...next, places: 2 },
        ]);
      jump(12 * HOUR);
      expect(await used(one)).toEqual([
        { account: 'all', spent: amounts, reserved: NONE, places: 0, month: { spent: amounts, reserved: NONE } },
        { account: visitor.name, spent: amounts, reserved: NONE, places: 0 },
      ]);
      // On a day without calls, the month counts.
      jump(DAY);
      expect(await used(other)).toEqual([
        { account: 'all', spent: NONE, reserved: NONE, places: 0, month: { spent: amounts, reserved: NONE } },
      ]);
    });

    it('reports what a replaced reservation still holds, without a place', async () => {
      const { one, other, now } = await fresh();
      const single: Account = { name: visitor.name, perDay: {}, maxConcurrent: 1, replaces: true };
      const reserve = (state: SharedState, id: string) =>
        state.reserve({ id, accounts: [single, all], amounts: CALL, until: now() + 60_000 });
      await reserve(one, 'older');
      expect(await reserve(other, 'newer')).toEqual({ ok: true, replaced: ['older'] });
      const both = cost({ calls: 2 });
      for (const state of [one, other])
        expect(await usageOf(state)).toEqual([
          { account: 'all', spent: NONE, reserved: both, places: 1 },
          { account: visitor.name, spent: NONE, reserved: both, places: 1 },
        ]);
      await other.settle('older', CALL);
      expect((await usageOf(one))[0]).toEqual({ account: 'all', spent: CALL, reserved: CALL, places: 1 });
    });

    it('reports many accounts', async () => {
      const { one, other, now } = await fresh();
      const names = Array.from({ length: 1_203 }, (_, each) => `visitor:${String(each)}`);
      await Promise.all(
        names.map((name) => one.reserve({ id: name, accounts: [{ name, perDay: {} }], amounts: CALL, until: now() + 60_000 })),
      );
      const reported = await other.usage();
      expect(reported.map(({ account }) => account).sort()).toEqual([...names].sort());
      expect(reported.every(({ places, reserved: { calls } }) => places === 1 && calls === 1)).toBe(true);
    });
  });
}
