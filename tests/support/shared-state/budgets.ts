/** Budgets: reservations, refunds and full charges, per day and concurrent. */
import { describe, expect, it } from 'vitest';
import type { Calendar } from '../../../src/server/contract/calendar.js';
import type { Account, Amounts, Reservation } from '../../../src/server/contract/shared-state.js';
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

    it('reserves up to a bound and reports until when it is exhausted', async () => {
      const { one, other, now } = await fresh();
      for (const state of [one, other, one]) expect(await state.reserve(reservation(now(), CALL))).toEqual({ ok: true });
      const midnight = (Math.floor(now() / DAY) + 1) * DAY;
      for (const state of [one, other]) {
        expect(await state.reserve(reservation(now(), CALL))).toEqual({
          ok: false,
          account: 'all',
          limit: 'calls',
          retryAfter: Math.ceil((midnight - now()) / 1000),
        });
      }
    });

    it('reserves in all accounts or in none', async () => {
      const { one, other, now } = await fresh();
      const refused = await one.reserve(reservation(now(), cost({ calls: 1, seconds: 60 }), [all, shop]));
      expect(refused).toMatchObject({ ok: false, account: 'profile:shop', limit: 'seconds' });
      expect(await other.reserve(reservation(now(), cost({ seconds: 100 })))).toEqual({ ok: true });
      for (let each = 0; each < 3; each++) expect((await one.reserve(reservation(now(), CALL))).ok).toBe(true);
    });

    it('returns the unspent amount', async () => {
      const { one, other, now } = await fresh();
      const first = reservation(now(), cost({ calls: 1, seconds: 100 }));
      await one.reserve(first);
      expect(await other.reserve(reservation(now(), cost({ seconds: 1 })))).toMatchObject({ ok: false, limit: 'seconds' });
      await other.settle(first.id, cost({ calls: 1, seconds: 40 }));
      expect((await one.reserve(reservation(now(), cost({ seconds: 61 })))).ok).toBe(false);
      expect((await one.reserve(reservation(now(), cost({ seconds: 60 })))).ok).toBe(true);
    });

    it('charges spending beyond the reservation', async () => {
      const { one, now } = await fresh();
      const first = reservation(now(), cost({ seconds: 10 }));
      await one.reserve(first);
      await one.settle(first.id, cost({ seconds: 95 }));
      expect((await one.reserve(reservation(now(), cost({ seconds: 6 })))).ok).toBe(false);
      expect((await one.reserve(reservation(now(), cost({ seconds: 5 })))).ok).toBe(true);
    });

    it('settles once and ignores unknown ids', async () => {
      const { one, other, now } = await fresh();
      const first = reservation(now(), cost({ seconds: 100 }));
      await one.reserve(first);
      await one.settle(first.id, cost({ seconds: 50 }));
      await Promise.all([one.settle(first.id, NONE), other.settle(first.id, NONE), other.settle('unknown', cost({ seconds: 99 }))]);
      expect((await other.reserve(reservation(now(), cost({ seconds: 51 })))).ok).toBe(false);
      expect((await other.reserve(reservation(now(), cost({ seconds: 50 })))).ok).toBe(true);
    });

    it('charges a repeated reservation only once', async () => {
      const { one, other, now } = await fresh();
      const again = reservation(now(), cost({ calls: 1, seconds: 60 }));
      expect(await one.reserve(again)).toEqual({ ok: true });
      expect(await other.reserve(again)).toEqual({ ok: true });
      expect((await other.reserve(reservation(now(), cost({ seconds: 40 })))).ok).toBe(true);
    });

    it('charges a reservation in full if it is not settled in time', async () => {
      const { one, other, now, jump } = await fresh();
      const first = reservation(now(), cost({ seconds: 100 }));
      await one.reserve(first);
      jump(60_000);
      await other.settle(first.id, NONE);
      expect(await other.reserve(reservation(now(), cost({ seconds: 1 })))).toMatchObject({ ok: false, limit: 'seconds' });
    });

    it('resets at midnight UTC', async () => {
      const { one, other, now, jump } = await fresh();
      const yesterday = reservation(now(), cost({ calls: 3 }), [all], 2 * DAY);
      await one.reserve(yesterday);
      const midnight = (Math.floor(now() / DAY) + 1) * DAY;
      jump(midnight - now() - 1);
      expect(await one.reserve(reservation(now(), CALL))).toMatchObject({ ok: false, retryAfter: 1 });
      jump(1);
      for (const state of [one, other, one]) expect((await state.reserve(reservation(now(), CALL))).ok).toBe(true);
      // Refunds of yesterday's reservations count towards yesterday.
      await other.settle(yesterday.id, NONE);
      expect((await other.reserve(reservation(now(), CALL))).ok).toBe(false);
      jump(3 * DAY);
      expect((await other.reserve(reservation(now(), CALL))).ok).toBe(true);
    });

    it('resets at midnight of the given calendar', async () => {
      const { one, other, now, jump } = await fresh();
      const utcMidnight = (Math.floor(now() / DAY) + 1) * DAY;
      // Local midnight is two hours before that of UTC.
      const local = (): Calendar => ({ offset: 7_200_000, dayEnds: 90_500, monthEnds: 100_000 });
      jump(utcMidnight - 7_200_000 - now() - 1);
      await one.reserve({ ...reservation(now(), cost({ calls: 3 })), calendar: local() });
      expect(await other.reserve({ ...reservation(now(), CALL), calendar: local() })).toMatchObject({
        ok: false,
        limit: 'calls',
        retryAfter: 91,
      });
      jump(1);
      expect((await other.reserve({ ...reservation(now(), CALL), calendar: local() })).ok).toBe(true);
      expect((await one.reserve({ ...reservation(now(), cost({ calls: 3 })), calendar: local() })).ok).toBe(false);
    });

    it('limits months, and refunds them', async () => {
      const { one, other, now, jump } = await fresh();
      const shop: Account = { name: 'profile:shop', perDay: { seconds: 60 }, perMonth: { seconds: 100 } };
      const first = reservation(now(), cost({ seconds: 60 }), [shop]);
      await one.reserve(first);
      jump(DAY);
      expect(
        await other.reserve({
          ...reservation(now(), cost({ seconds: 50 }), [shop]),
          calendar: { offset: 0, dayEnds: 1, monthEnds: 5_500 },
        }),
      ).toEqual({
        ok: false,
        account: 'profile:shop',
        limit: 'seconds',
        period: 'month',
        retryAfter: 6,
      });
      const second = reservation(now(), cost({ seconds: 40 }), [shop]);
      expect(await one.reserve(second)).toEqual({ ok: true });
      await other.settle(second.id, cost({ seconds: 10 }));
      expect((await other.reserve(reservation(now(), cost({ seconds: 31 }), [shop]))).ok).toBe(false);
      expect((await other.reserve(reservation(now(), cost({ seconds: 30 }), [shop]))).ok).toBe(true);
      const date = new Date(now());
      const nextMonth = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
      jump(nextMonth - now() - 1);
      expect(await one.reserve(reservation(now(), cost({ seconds: 1 }), [shop]))).toMatchObject({
        ok: false,
        period: 'month',
        retryAfter: 1,
      });
      jump(1);
      expect((await one.reserve(reservation(now(), cost({ seconds: 60 }), [shop]))).ok).toBe(true);
    });

    it('reports the highest level of each limit that a reservation reaches', async () => {
      const { one, other, now } = await fresh();
      const watched: Account = { name: 'all', perDay: { calls: 10, seconds: 100 }, perMonth: { seconds: 200 }, reports: true };
      const reach = (amounts: Partial<Amounts>) => one.reserve(reservation(now(), cost(amounts), [watched]));
      expect(await reach({ calls: 4, seconds: 49 })).toEqual({ ok: true });
      expect(await reach({ calls: 1, seconds: 40 })).toEqual({
        ok: true,
        reached: [
          { account: 'all', limit: 'calls', period: 'day', percent: 50 },
          { account: 'all', limit: 'seconds', period: 'day', percent: 80 },
        ],
      });
      expect(await reach({ seconds: 11 })).toEqual({
        ok: true,
        reached: [
          { account: 'all', limit: 'seconds', period: 'day', percent: 100 },
          { account: 'all', limit: 'seconds', period: 'month', percent: 50 },
        ],
      });
      // Other accounts report nothing.
      expect(await other.reserve(reservation(now(), cost({ calls: 3 }), [{ name: 'quiet', perDay: { calls: 3 } }]))).toEqual({ ok: true });
    });

    it('limits concurrent places, and reports when the next one can be free', async () => {
      const { one, other, now, jump } = await fresh();
      const lines: Account = { name: 'profile:lines', perDay: {}, maxConcurrent: 2 };
      const long = reservation(now(), CALL, [lines], 90_000);
      const short = reservation(now(), CALL, [lines], 30_500);
      await one.reserve(long);
      await other.reserve(short);
      expect(await one.reserve(reservation(now(), CALL, [lines]))).toEqual({
        ok: false,
        account: 'profile:lines',
        limit: 'maxConcurrent',
        retryAfter: 31,
      });
      jump(30_499);
      expect(await one.reserve(reservation(now(), CALL, [lines]))).toEqual({
        ok: false,
        account: 'profile:lines',
        limit: 'maxConcurrent',
        retryAfter: 1,
      });
      jump(1);
      const third = reservation(now(), CALL, [lines]);
      expect((await other.reserve(third)).ok).toBe(true);
      // It has expired, so it holds no place that it could free again.
      await one.settle(short.id, NONE);
      expect((await other.reserve(reservation(now(), CALL, [lines]))).ok).toBe(false);
      await one.settle(third.id, CALL);
      expect((await other.reserve(reservation(now(), CALL, [lines]))).ok).toBe(true);
    });

    it('replaces the oldest reservation of an account that allows it, and keeps its amounts until it is settled', async () => {
      const { one, other, now } = await fresh();
      const visitor: Account = { name: 'visitor:a', perDay: { seconds: 100 }, maxConcurrent: 1, replaces: true };
      const line: Account = { name: 'profile:line', perDay: {}, maxConcurrent: 1 };
      const first = reservation(now(), cost({ calls: 1, seconds: 40 }), [line, visitor]);
      const second = reservation(now(), cost({ calls: 1, seconds: 40 }), [line, visitor], 61_000);
      expect(await one.reserve(first)).toEqual({ ok: true });
      expect(await other.reserve(second)).toEqual({ ok: true, replaced: [first.id] });
      // The first one counts, but has no place.
      expect(await one.reserve(reservation(now(), cost({ seconds: 40 }), [line, visitor]))).toMatchObject({ ok: false, limit: 'seconds' });
      await other.settle(first.id, cost({ calls: 1, seconds: 10 }));
      expect(await one.reserve(reservation(now(), CALL, [line]))).toMatchObject({ ok: false, account: 'profile:line' });
      expect(await one.reserve(reservation(now(), cost({ seconds: 40 }), [line, visitor]))).toEqual({ ok: true, replaced: [second.id] });
    });

    it('replaces nothing for a reservation that another account refuses', async () => {
      const { one, other, now } = await fresh();
      const visitor: Account = { name: 'visitor:a', perDay: {}, maxConcurrent: 1, replaces: true };
      const spent: Account = { name: 'profile:spent', perDay: { calls: 1 } };
      const full: Account = { name: 'profile:full', perDay: {}, maxConcurrent: 1 };
      const first = reservation(now(), CALL, [visitor, spent]);
      await one.reserve(first);
      await one.reserve(reservation(now(), NONE, [full]));
      expect(await other.reserve(reservation(now(), CALL, [visitor, spent]))).toMatchObject({ ok: false, account: 'profile:spent' });
      expect(await other.reserve(reservation(now(), CALL, [visitor, full]))).toMatchObject({ ok: false, account: 'profile:full' });
      expect(await one.reserve(reservation(now(), NONE, [visitor]))).toEqual({ ok: true, replaced: [first.id] });
    });

    it('charges a replaced reservation in full if it is not settled in time', async () => {
      const { one, other, now, jump } = await fresh();
      const visitor: Account = { name: 'visitor:a', perDay: { seconds: 100 }, maxConcurrent: 1, replaces: true };
      const first = reservation(now(), cost({ seconds: 60 }), [visitor]);
      await one.reserve(first);
      await other.reserve(reservation(now(), cost({ seconds: 10 }), [visitor], 120_000));
      jump(60_000);
      await one.settle(first.id, NONE);
      expect(await other.reserve(reservation(now(), cost({ seconds: 31 }), [visitor]))).toMatchObject({ ok: false, limit: 'seconds' });
      expect((await other.reserve(reservation(now(), cost({ seconds: 30 }), [visitor]))).ok).toBe(true);
    });

    it('grants nothing if the bound is 0', async () => {
      const { one, now } = await fresh();
      expect(await one.reserve(reservation(now(), CALL, [{ name: 'closed', perDay: {}, maxConcurrent: 0 }]))).toMatchObject({
        ok: false,
        limit: 'maxConcurrent',
      });
      expect(await one.reserve(reservation(now(), CALL, [{ name: 'broke', perDay: { calls: 0 } }]))).toMatchObject({
        ok: false,
        limit: 'calls',
      });
      expect((await one.reserve(reservation(now(), NONE, [{ name: 'broke', perDay: { calls: 0 } }]))).ok).toBe(true);
    });

    it('counts large amounts exactly', async () => {
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

    it('accepts accounts with any name', async () => {
      const { one, other, now } = await fresh();
      const names = ['constructor', '__proto__', 'calls', 'a b', 'a', '{x}', ''];
      const strange = names.map((each) => ({ name: each, perDay: { calls: 1 }, maxConcurrent: 5 }));
      expect(await one.reserve(reservation(now(), CALL, strange))).toEqual({ ok: true });
      for (const account of strange)
        expect(await other.reserve(reservation(now(), CALL, [account]))).toMatchObject({
          ok: false,
          account: account.name,
          limit: 'calls',
        });
    });
  });
}
