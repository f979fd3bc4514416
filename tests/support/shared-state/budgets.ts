/** Budgets: what is set aside, given back and counted in full, per day and at once. */
import { describe, expect, it } from 'vitest';
import type { Account, Amounts, Reservation } from '../../../src/server/state/shared-state.js';
import { CALL, DAY, NONE, cost } from './samples.js';
import type { Fresh } from './state-under-test.js';

export function budgets(fresh: Fresh): void {
  describe('budgets', () => {
    const all: Account = { name: 'all', perDay: { calls: 3, seconds: 100 } };
    const shop: Account = { name: 'profile:shop', perDay: { seconds: 50 } };
    let serial = 0;
    const reservation = (now: number, amounts: Amounts, accounts: readonly Account[] = [all], ms = 60_000): Reservation => ({
      id: `reservation-${String((serial += 1))}`,
      accounts,
      amounts,
      until: now + ms,
    });

    it('sets aside up to a bound and not beyond, and says until when', async () => {
      const { one, other, now } = await fresh();
      for (const state of [one, other, one]) expect(await state.reserve(reservation(now(), CALL))).toEqual({ ok: true });
      const midnight = (Math.floor(now() / DAY) + 1) * DAY;
      for (const state of [one, other]) {
        expect(await state.reserve(reservation(now(), CALL))).toEqual({ ok: false, account: 'all', limit: 'calls', retryAfter: Math.ceil((midnight - now()) / 1000) });
      }
    });

    it('sets aside in every account or in none', async () => {
      const { one, other, now } = await fresh();
      const refused = await one.reserve(reservation(now(), cost({ calls: 1, seconds: 60 }), [all, shop]));
      expect(refused).toMatchObject({ ok: false, account: 'profile:shop', limit: 'seconds' });
      expect(await other.reserve(reservation(now(), cost({ seconds: 100 })))).toEqual({ ok: true });
      for (let each = 0; each < 3; each++) expect((await one.reserve(reservation(now(), CALL))).ok).toBe(true);
    });

    it('gives back what was not spent', async () => {
      const { one, other, now } = await fresh();
      const first = reservation(now(), cost({ calls: 1, seconds: 100 }));
      await one.reserve(first);
      expect(await other.reserve(reservation(now(), cost({ seconds: 1 })))).toMatchObject({ ok: false, limit: 'seconds' });
      await other.settle(first.id, cost({ calls: 1, seconds: 40 }));
      expect((await one.reserve(reservation(now(), cost({ seconds: 61 })))).ok).toBe(false);
      expect((await one.reserve(reservation(now(), cost({ seconds: 60 })))).ok).toBe(true);
    });

    it('counts what a call spent beyond what was set aside', async () => {
      const { one, now } = await fresh();
      const first = reservation(now(), cost({ seconds: 10 }));
      await one.reserve(first);
      await one.settle(first.id, cost({ seconds: 95 }));
      expect((await one.reserve(reservation(now(), cost({ seconds: 6 })))).ok).toBe(false);
      expect((await one.reserve(reservation(now(), cost({ seconds: 5 })))).ok).toBe(true);
    });

    it('settles once; unknown ids change nothing', async () => {
      const { one, other, now } = await fresh();
      const first = reservation(now(), cost({ seconds: 100 }));
      await one.reserve(first);
      await one.settle(first.id, cost({ seconds: 50 }));
      await Promise.all([one.settle(first.id, NONE), other.settle(first.id, NONE), other.settle('nobody', cost({ seconds: 99 }))]);
      expect((await other.reserve(reservation(now(), cost({ seconds: 51 })))).ok).toBe(false);
      expect((await other.reserve(reservation(now(), cost({ seconds: 50 })))).ok).toBe(true);
    });

    it('charges the same reservation once, also when it is asked for again', async () => {
      const { one, other, now } = await fresh();
      const again = reservation(now(), cost({ calls: 1, seconds: 60 }));
      expect(await one.reserve(again)).toEqual({ ok: true });
      expect(await other.reserve(again)).toEqual({ ok: true });
      expect((await other.reserve(reservation(now(), cost({ seconds: 40 })))).ok).toBe(true);
    });

    it('counts in full what nobody settled in time', async () => {
      const { one, other, now, jump } = await fresh();
      const first = reservation(now(), cost({ seconds: 100 }));
      await one.reserve(first);
      jump(60_000);
      await other.settle(first.id, NONE);
      expect(await other.reserve(reservation(now(), cost({ seconds: 1 })))).toMatchObject({ ok: false, limit: 'seconds' });
    });

    it('begins again at midnight UTC', async () => {
      const { one, other, now, jump } = await fresh();
      const yesterday = reservation(now(), cost({ calls: 3 }), [all], 2 * DAY);
      await one.reserve(yesterday);
      const midnight = (Math.floor(now() / DAY) + 1) * DAY;
      jump(midnight - now() - 1);
      expect(await one.reserve(reservation(now(), CALL))).toMatchObject({ ok: false, retryAfter: 1 });
      jump(1);
      for (const state of [one, other, one]) expect((await state.reserve(reservation(now(), CALL))).ok).toBe(true);
      // What comes back of yesterday belongs to yesterday.
      await other.settle(yesterday.id, NONE);
      expect((await other.reserve(reservation(now(), CALL))).ok).toBe(false);
      jump(3 * DAY);
      expect((await other.reserve(reservation(now(), CALL))).ok).toBe(true);
    });

    it('keeps places at once, and says when the next can be free', async () => {
      const { one, other, now, jump } = await fresh();
      const lines: Account = { name: 'profile:lines', perDay: {}, atOnce: 2 };
      const long = reservation(now(), CALL, [lines], 90_000);
      const short = reservation(now(), CALL, [lines], 30_500);
      await one.reserve(long);
      await other.reserve(short);
      expect(await one.reserve(reservation(now(), CALL, [lines]))).toEqual({ ok: false, account: 'profile:lines', limit: 'atOnce', retryAfter: 31 });
      jump(30_499);
      expect(await one.reserve(reservation(now(), CALL, [lines]))).toEqual({ ok: false, account: 'profile:lines', limit: 'atOnce', retryAfter: 1 });
      jump(1);
      const third = reservation(now(), CALL, [lines]);
      expect((await other.reserve(third)).ok).toBe(true);
      // Its time was over: it holds no place that it could free a second time.
      await one.settle(short.id, NONE);
      expect((await other.reserve(reservation(now(), CALL, [lines]))).ok).toBe(false);
      await one.settle(third.id, CALL);
      expect((await other.reserve(reservation(now(), CALL, [lines]))).ok).toBe(true);
    });

    it('gives nothing where the bound is 0', async () => {
      const { one, now } = await fresh();
      expect(await one.reserve(reservation(now(), CALL, [{ name: 'closed', perDay: {}, atOnce: 0 }]))).toMatchObject({ ok: false, limit: 'atOnce' });
      expect(await one.reserve(reservation(now(), CALL, [{ name: 'broke', perDay: { calls: 0 } }]))).toMatchObject({ ok: false, limit: 'calls' });
      expect((await one.reserve(reservation(now(), NONE, [{ name: 'broke', perDay: { calls: 0 } }]))).ok).toBe(true);
    });

    it('counts large amounts to the last unit', async () => {
      const { one, other, now } = await fresh();
      const most = 4_000_000_000_000_001;
      const rich: Account = { name: 'rich', perDay: { micros: most } };
      const first = reservation(now(), cost({ micros: 4_000_000_000_000_000 }), [rich]);
      await one.reserve(first);
      await other.settle(first.id, cost({ micros: 3_999_999_999_999_999 }));
      expect((await one.reserve(reservation(now(), cost({ micros: 3 }), [rich]))).ok).toBe(false);
      expect((await one.reserve(reservation(now(), cost({ micros: 2 }), [rich]))).ok).toBe(true);
      expect((await one.reserve(reservation(now(), cost({ micros: 1 }), [rich]))).ok).toBe(false);
    });

    it('takes accounts of any name', async () => {
      const { one, other, now } = await fresh();
      const names = ['constructor', '__proto__', 'calls', 'a b', 'a', '{x}', ''];
      const strange = names.map((each) => ({ name: each, perDay: { calls: 1 }, atOnce: 5 }));
      expect(await one.reserve(reservation(now(), CALL, strange))).toEqual({ ok: true });
      for (const account of strange) expect(await other.reserve(reservation(now(), CALL, [account]))).toMatchObject({ ok: false, account: account.name, limit: 'calls' });
    });
  });
}
