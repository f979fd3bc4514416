/**
 * What every implementation of `SharedState` has to do, as tests. Each is run with two handles on one state, as two
 * processes have them; a state that lives in one process gives the same handle twice.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Account, Amounts, CallNotice, CallRecord, Reservation, SharedState } from '../../src/server/state/shared-state.js';

/** An empty state, and power over its time. */
export interface StateUnderTest {
  readonly one: SharedState;
  /** The same state, as another process sees it. */
  readonly other: SharedState;
  /** Milliseconds since the epoch, as the state sees it. */
  now(): number;
  /** Moves the time of budgets, leases and remembered calls. */
  jump(ms: number): void;
  /** Lets time pass for everything, also for rate windows and keys that a store forgets by its own time. */
  wait(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** How the suite is run. */
export interface SuiteOptions {
  /** Sequences that each property is tried with, default 40. */
  readonly runs?: number;
  /** Parts to run, for what implements only those; default all. */
  readonly only?: readonly (keyof typeof PARTS)[];
}

/** The suite's parts by name. */
const PARTS = {
  'rate windows': rates,
  budgets,
  once,
  'call book': callBook,
  'for every history': properties,
};

const DAY = 86_400_000;
const NONE: Amounts = { calls: 0, seconds: 0, tokens: 0, micros: 0 };
const cost = (amounts: Partial<Amounts>): Amounts => ({ ...NONE, ...amounts });
const CALL = cost({ calls: 1 });

/** Declares the tests; call it at the top level of a test file. */
export function sharedStateSuite(name: string, open: () => Promise<StateUnderTest>, { runs = 40, only = Object.keys(PARTS) as (keyof typeof PARTS)[] }: SuiteOptions = {}): void {
  describe(name, () => {
    const opened: StateUnderTest[] = [];
    const fresh = async (): Promise<StateUnderTest> => {
      const state = await open();
      opened.push(state);
      return state;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((state) => state.close()));
    });

    it('is ready', async () => {
      const { one, other } = await fresh();
      await one.ready();
      await other.ready();
    });

    for (const part of only) PARTS[part](fresh, open, runs);
  });
}

type Fresh = () => Promise<StateUnderTest>;

function rates(fresh: Fresh): void {
  describe('rate windows', () => {
    const want = { key: 'address:192.0.2.1', count: 3, seconds: 2 };

    it('gives as many places as a window has, then says how long to wait', async () => {
      const { one, other } = await fresh();
      for (const state of [one, other, one]) expect(await state.take([want])).toEqual({ ok: true });
      for (const state of [other, one]) {
        const refusal = await state.take([want]);
        expect(refusal).toEqual({ ok: false, key: want.key, retryAfter: expect.any(Number) });
        expect(!refusal.ok && refusal.retryAfter).toBeOneOf([1, 2]);
      }
    });

    it('opens a new window when the old one is over', async () => {
      const { one, other, wait } = await fresh();
      const short = { ...want, count: 1, seconds: 1 };
      expect((await one.take([short])).ok).toBe(true);
      expect((await other.take([short])).ok).toBe(false);
      await wait(1_100);
      expect((await other.take([short])).ok).toBe(true);
      expect((await one.take([short])).ok).toBe(false);
    });

    it('counts each key, and each kind of window, by itself', async () => {
      const { one, other } = await fresh();
      for (let each = 0; each < 3; each++) await one.take([want]);
      expect((await other.take([want])).ok).toBe(false);
      expect((await other.take([{ ...want, key: 'address:192.0.2.2' }])).ok).toBe(true);
      expect((await other.take([{ ...want, seconds: 60 }])).ok).toBe(true);
    });

    it('names the window that is full, whatever keys are called', async () => {
      const { one } = await fresh();
      const strange = { key: 'visitor:__proto__ {a}\r\n:*\u{1f642}', count: 1, seconds: 60 };
      expect(await one.take([want, strange])).toEqual({ ok: true });
      expect(await one.take([want, strange])).toEqual({ ok: false, key: strange.key, retryAfter: expect.any(Number) });
    });

    it('gives exactly as many places as there are to many who ask at the same moment', async () => {
      const { one, other } = await fresh();
      const crowd = { key: 'all', count: 25, seconds: 60 };
      const answers = await Promise.all(Array.from({ length: 120 }, (_, each) => (each % 2 ? one : other).take([crowd])));
      expect(answers.filter(({ ok }) => ok)).toHaveLength(25);
    });

    it('does not let one who is refused use up what all share', async () => {
      const { one } = await fresh();
      const all = { key: 'all', count: 10, seconds: 60 };
      for (let each = 0; each < 50; each++) await one.take([want, all]);
      const others = [];
      for (let each = 0; each < 6; each++) others.push(await one.take([{ ...want, key: `address:198.51.100.${String(each)}` }, all]));
      expect(others.map(({ ok }) => ok)).toEqual([true, true, true, true, true, true]);
    });
  });
}

function budgets(fresh: Fresh): void {
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

function once(fresh: Fresh): void {
  describe('once', () => {
    it('is true for one alone of many who ask at the same moment', async () => {
      const { one, other } = await fresh();
      const answers = await Promise.all(Array.from({ length: 40 }, (_, each) => (each % 2 ? one : other).once('webhook:1', 300)));
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await other.once('webhook:1', 300)).toBe(false);
      expect(await other.once('webhook:2', 300)).toBe(true);
    });

    it('forgets when the time is over', async () => {
      const { one, other, wait } = await fresh();
      expect(await one.once('webhook:1', 1)).toBe(true);
      expect(await one.once('webhook:2', 600)).toBe(true);
      await wait(1_100);
      expect(await other.once('webhook:1', 1)).toBe(true);
      expect(await other.once('webhook:2', 600)).toBe(false);
    });
  });
}

/** A call of this moment. */
export function callRecord(id: string, now: number, rest: Partial<CallRecord> = {}): CallRecord {
  return {
    id,
    ref: `ref-${id}`,
    upstreamId: `rtc_${id}`,
    kind: 'browser',
    profile: 'default',
    visitor: 'v-1',
    origin: 'https://www.example.com',
    startedAt: now,
    deadline: now + 600_000,
    reservation: `reservation-${id}`,
    spent: NONE,
    ...rest,
  };
}

function callBook(fresh: Fresh): void {
  describe('call book', () => {
    it('finds a call from every process, field by field', async () => {
      const { one, other, now } = await fresh();
      const call = callRecord('a', now(), { kind: 'phone', origin: undefined, visitor: undefined, profile: 'tür "1"\n', spent: cost({ seconds: 7 }) });
      await one.calls.add(call, 'first', 15_000);
      for (const state of [one, other]) expect(await state.calls.find('a')).toEqual({ call, ended: undefined });
      expect(await other.calls.find('b')).toBeUndefined();
    });

    it('counts live calls', async () => {
      const { one, other, now } = await fresh();
      expect(await one.calls.count()).toBe(0);
      for (const id of ['a', 'b', 'c']) await one.calls.add(callRecord(id, now()), 'first', 15_000);
      expect(await other.calls.count()).toBe(3);
      await other.calls.end('b', 'visitor');
      expect(await one.calls.count()).toBe(2);
    });

    it('ends a call once, whoever asks, and remembers why for ten minutes', async () => {
      const { one, other, now, jump } = await fresh();
      const call = callRecord('a', now());
      await one.calls.add(call, 'first', 15_000);
      const answers = await Promise.all([one.calls.end('a', 'duration'), other.calls.end('a', 'duration'), one.calls.end('a', 'duration')]);
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await other.calls.end('nobody', 'visitor')).toBe(false);
      jump(599_999);
      expect(await other.calls.find('a')).toEqual({ call, ended: 'duration' });
      jump(1);
      expect(await other.calls.find('a')).toBeUndefined();
      expect(await one.calls.end('a', 'visitor')).toBe(false);
    });

    it('renews leases of its own calls and writes down what they spent', async () => {
      const { one, other, now, jump } = await fresh();
      const call = callRecord('a', now());
      await one.calls.add(call, 'first', 15_000);
      await one.calls.add(callRecord('b', now()), 'first', 15_000);
      await one.calls.add(callRecord('ended', now()), 'first', 15_000);
      await one.calls.end('ended', 'visitor');
      jump(10_000);
      const spent = cost({ calls: 1, seconds: 10, tokens: 1_234, micros: 9_007_199_254_740_991 });
      expect(await one.calls.renew('first', 15_000, new Map([['a', spent], ['ended', NONE], ['nobody', NONE]]))).toEqual(['ended', 'nobody']);
      expect(await other.calls.renew('second', 15_000, new Map([['a', NONE]]))).toEqual(['a']);
      expect(await other.calls.find('a')).toEqual({ call: { ...call, spent }, ended: undefined });
      jump(5_000);
      expect((await other.calls.adopt('second', 15_000)).map(({ id }) => id)).toEqual(['b']);
    });

    it('renews nothing without complaint', async () => {
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

    it('gives a call whose lease ran out to one process alone', async () => {
      const { one, other, now, jump } = await fresh();
      const call = callRecord('a', now(), { spent: cost({ seconds: 3 }) });
      await one.calls.add(call, 'first', 15_000);
      jump(14_999);
      expect(await other.calls.adopt('second', 15_000)).toEqual([]);
      jump(1);
      const adopted = await Promise.all([other.calls.adopt('second', 15_000), one.calls.adopt('third', 15_000), other.calls.adopt('fourth', 15_000)]);
      expect(adopted.flat()).toEqual([call]);
      expect(await one.calls.renew('first', 15_000, new Map([['a', NONE]]))).toEqual(['a']);
      jump(15_000);
      expect(await one.calls.adopt('first', 15_000)).toEqual([call]);
    });

    it('adopts no call that is over', async () => {
      const { one, other, now, jump } = await fresh();
      await one.calls.add(callRecord('a', now()), 'first', 15_000);
      await other.calls.end('a', 'vanished');
      jump(60_000);
      expect(await other.calls.adopt('second', 15_000)).toEqual([]);
    });

    it('tells whoever listens, in every process and in order, and nobody else', async () => {
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

    it('tells an end once, also when several end it', async () => {
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

    it('stops telling who does not listen any more; another listener of the same call still hears', async () => {
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
      // Everybody left, and somebody came again.
      const again = listener();
      (await other.calls.listen('c', listener().heard))();
      await other.calls.listen('c', again.heard);
      await one.calls.tell('c', { type: 'continues' });
      expect(await again.hears(1)).toEqual([{ type: 'continues' }]);
    });

    it('lets no listener keep another from hearing', async () => {
      const { one, other, now } = await fresh();
      await one.calls.add(callRecord('a', now()), 'first', 15_000);
      const fine = listener();
      await other.calls.listen('a', () => {
        throw new Error('not my day');
      });
      await other.calls.listen('a', fine.heard);
      await one.calls.end('a', 'agent');
      expect(await fine.hears(1)).toEqual([{ type: 'ended', reason: 'agent' }]);
    });
  });
}

/** Collects notices, and says when there are enough. */
export function listener(): { all: CallNotice[]; heard: (notice: CallNotice) => void; hears: (count: number) => Promise<readonly CallNotice[]> } {
  const all: CallNotice[] = [];
  let enough: (() => void) | undefined;
  return {
    all,
    heard: (notice) => {
      all.push(notice);
      enough?.();
    },
    hears: (count) =>
      new Promise((resolve) => {
        enough = () => {
          if (all.length >= count) resolve([...all]);
        };
        enough();
      }),
  };
}

/** One step of a history: somebody sets aside, settles, or time passes. */
type Step =
  | { readonly do: 'reserve'; readonly amounts: Amounts; readonly shop: boolean; readonly ms: number }
  | { readonly do: 'settle'; readonly nth: number; readonly share: number }
  | { readonly do: 'jump'; readonly ms: number };

const BOUNDS = { calls: 8, seconds: 100, tokens: 60, micros: 90 } as const;
const ALL: Account = { name: 'all', perDay: BOUNDS, atOnce: 5 };
const SHOP: Account = { name: 'profile:shop', perDay: { calls: 4, seconds: 70 }, atOnce: 3 };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      amounts: fc.record({ calls: fc.integer({ min: 0, max: 2 }), seconds: fc.integer({ min: 0, max: 40 }), tokens: fc.integer({ min: 0, max: 20 }), micros: fc.integer({ min: 0, max: 30 }) }),
      shop: fc.boolean(),
      ms: fc.integer({ min: 1, max: 100_000 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('settle' as const), nth: fc.nat(30), share: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.oneof(fc.integer({ min: 1, max: 60_000 }), fc.constant(DAY / 2)) }) },
);

/** The rules of a budget in the plainest form: walks through everything that ever happened. */
class PlainBudget {
  readonly entries: { accounts: readonly Account[]; amounts: Amounts; day: number; until: number; settled: boolean }[] = [];

  reserve(accounts: readonly Account[], amounts: Amounts, until: number, now: number): boolean {
    const day = Math.floor(now / DAY);
    const fits = accounts.every((account) => {
      const mine = this.entries.filter((entry) => entry.accounts.includes(account));
      const places = mine.filter((entry) => !entry.settled && entry.until > now).length;
      const today = mine.filter((entry) => entry.day === day);
      return (
        places < (account.atOnce ?? Infinity) &&
        Object.entries(account.perDay).every(([name, most]) => today.reduce((sum, entry) => sum + entry.amounts[name as keyof Amounts], 0) + amounts[name as keyof Amounts] <= most)
      );
    });
    if (fits) this.entries.push({ accounts, amounts, day, until, settled: false });
    return fits;
  }

  settle(nth: number, spent: Amounts, now: number): void {
    const entry = this.entries[nth];
    if (!entry || entry.settled || entry.until <= now) return;
    Object.assign(entry, { amounts: spent, settled: true });
  }
}

const partOf = (amounts: Amounts, share: number): Amounts => ({
  calls: Math.floor(amounts.calls * share),
  seconds: Math.floor(amounts.seconds * share),
  tokens: Math.floor(amounts.tokens * share),
  micros: Math.floor(amounts.micros * share),
});

function properties(_: Fresh, open: () => Promise<StateUnderTest>, runs: number): void {
  describe('for every history', () => {
    const LONG = 120_000;

    it(
      'one step after the other, a budget answers as its plainest form does',
      async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
            const { one, other, now, jump, close } = await open();
            const plain = new PlainBudget();
            const ids: string[] = [];
            try {
              for (const [at, each] of steps.entries()) {
                const state = at % 2 ? one : other;
                if (each.do === 'jump') jump(each.ms);
                else if (each.do === 'settle') {
                  const entry = plain.entries[each.nth];
                  const spent = partOf(entry?.amounts ?? NONE, each.share);
                  plain.settle(each.nth, spent, now());
                  await state.settle(ids[each.nth] ?? 'nobody', spent);
                } else {
                  const accounts = each.shop ? [ALL, SHOP] : [ALL];
                  const expected = plain.reserve(accounts, each.amounts, now() + each.ms, now());
                  const id = `step-${String(at)}`;
                  const answer = await state.reserve({ id, accounts, amounts: each.amounts, until: now() + each.ms });
                  expect(answer.ok, `step ${String(at)}`).toBe(expected);
                  if (answer.ok) ids.push(id);
                }
              }
            } finally {
              await close();
            }
          }),
          { numRuns: runs },
        );
      },
      LONG,
    );

    it(
      'however requests of several processes interleave, spent and set aside never exceed a bound, and nothing is wasted',
      async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.array(fc.record({ settles: fc.boolean(), share: fc.double({ min: 0, max: 1, noNaN: true }), shop: fc.boolean() }), { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 }),
            async (rounds) => {
              const { one, other, now, close } = await open();
              const unit = cost({ calls: 1, seconds: 10 });
              const live: { id: string; accounts: readonly Account[] }[] = [];
              const spent = new Map<string, Amounts>();
              let serial = 0;
              try {
                for (const round of rounds) {
                  const before = live.length;
                  await Promise.all(
                    round.map(async ({ settles, share, shop }, at) => {
                      const state = at % 2 ? one : other;
                      const mine = settles ? live.splice(0, 1)[0] : undefined;
                      if (mine) {
                        const amounts = partOf(unit, share);
                        await state.settle(mine.id, amounts);
                        for (const { name } of mine.accounts) {
                          const sum = spent.get(name) ?? NONE;
                          spent.set(name, cost({ calls: sum.calls + amounts.calls, seconds: sum.seconds + amounts.seconds }));
                        }
                        return;
                      }
                      const id = `call-${String((serial += 1))}`;
                      const accounts = shop ? [ALL, SHOP] : [ALL];
                      const answer = await state.reserve({ id, accounts, amounts: unit, until: now() + 60_000 });
                      if (answer.ok) live.push({ id, accounts });
                    }),
                  );
                  const room = [ALL, SHOP].map((account) => {
                    const places = live.filter(({ accounts }) => accounts.includes(account)).length;
                    const sum = spent.get(account.name) ?? NONE;
                    expect(places).toBeLessThanOrEqual(account.atOnce ?? Infinity);
                    expect(sum.calls + places).toBeLessThanOrEqual(account.perDay.calls ?? Infinity);
                    expect(sum.seconds + places * 10).toBeLessThanOrEqual(account.perDay.seconds ?? Infinity);
                    return sum.calls + places < (account.perDay.calls ?? Infinity) && sum.seconds + places * 10 + 10 <= (account.perDay.seconds ?? Infinity) && places < (account.atOnce ?? Infinity);
                  });
                  // Nothing was settled in this round: whoever was refused, was refused because it is full.
                  const alone = round.every(({ settles }) => !settles) || before === 0;
                  if (alone && round.every(({ shop }) => !shop)) expect(room[0] === false || live.length - before === round.length).toBe(true);
                }
              } finally {
                await close();
              }
            },
          ),
          { numRuns: runs },
        );
      },
      LONG,
    );
  });
}
