/** Budgets for arbitrary histories: compared with a plain model of the rules, and with interleaved requests. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUDGET_LEVELS } from '../../../src/server/contract/shared-state.js';
import type { Account, Amounts, BudgetLevel } from '../../../src/server/contract/shared-state.js';
import { DAY, NONE, cost } from './samples.js';
import type { Fresh, StateUnderTest } from './state-under-test.js';

/** One step of a history: a reservation, a settlement, or elapsed time. */
type Step =
  | { readonly do: 'reserve'; readonly amounts: Amounts; readonly shop: boolean; readonly visitor: number; readonly ms: number }
  | { readonly do: 'settle'; readonly nth: number; readonly share: number }
  | { readonly do: 'jump'; readonly ms: number };

const BOUNDS = { calls: 8, seconds: 100, tokens: 60, micros: 90 } as const;
const ALL: Account = { name: 'all', perDay: BOUNDS, perMonth: { calls: 15, seconds: 250 }, reports: true, maxConcurrent: 5 };
const SHOP: Account = { name: 'profile:shop', perDay: { calls: 4, seconds: 70 }, maxConcurrent: 3 };
/** Accounts of visitors, whose newer reservations replace older ones. */
const VISITORS: readonly Account[] = [
  { name: 'visitor:a', perDay: { calls: 6 }, maxConcurrent: 1, replaces: true },
  { name: 'visitor:b', perDay: {}, maxConcurrent: 2, replaces: true },
];
/** Milliseconds by which local time is ahead of UTC. */
const OFFSETS = [0, 5.5 * 3_600_000, -8 * 3_600_000];
const NAMES = ['calls', 'seconds', 'tokens', 'micros'] as const;

const accountsOf = (shop: boolean, visitor: number): readonly Account[] => [
  ALL,
  ...(shop ? [SHOP] : []),
  ...VISITORS.slice(visitor, visitor + 1),
];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      amounts: fc.record({
        calls: fc.integer({ min: 0, max: 2 }),
        seconds: fc.integer({ min: 0, max: 40 }),
        tokens: fc.integer({ min: 0, max: 20 }),
        micros: fc.integer({ min: 0, max: 30 }),
      }),
      shop: fc.boolean(),
      visitor: fc.nat(VISITORS.length),
      ms: fc.integer({ min: 1, max: 1_000 }).map((ms) => ms * 100),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('settle' as const), nth: fc.nat(30), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('jump' as const),
      ms: fc.oneof(
        fc.integer({ min: 1, max: 600 }).map((ms) => ms * 100),
        fc.constant(DAY / 2),
      ),
    }),
  },
);

interface Entry {
  readonly id: string;
  readonly accounts: readonly Account[];
  amounts: Amounts;
  readonly day: number;
  readonly month: string;
  readonly until: number;
  settled: boolean;
  placed: boolean;
}

/** What a reservation is expected to return. */
interface Granted {
  readonly replaced: readonly string[];
  readonly reached: readonly BudgetLevel[];
}

/** The rules of a budget in their simplest form: replays the whole history. */
class PlainBudget {
  readonly entries: Entry[] = [];
  readonly #offset: number;

  constructor(offset: number) {
    this.#offset = offset;
  }

  /** Returns `undefined` if it refuses. */
  reserve(id: string, accounts: readonly Account[], amounts: Amounts, until: number, now: number): Granted | undefined {
    const day = Math.floor((now + this.#offset) / DAY);
    const month = new Date(day * DAY).toISOString().slice(0, 7);
    const placed = (account: Account): Entry[] =>
      this.entries.filter((entry) => entry.placed && !entry.settled && entry.until > now && entry.accounts.includes(account));
    const replaced = new Set(
      accounts
        .filter(({ replaces }) => replaces)
        .flatMap((account) => {
          const mine = placed(account).sort((a, b) => a.until - b.until);
          return mine.slice(0, Math.max(0, mine.length - (account.maxConcurrent ?? Infinity) + 1));
        }),
    );
    const periods = (account: Account) =>
      [
        ['day', this.entries.filter((entry) => entry.day === day && entry.accounts.includes(account)), account.perDay],
        ['month', this.entries.filter((entry) => entry.month === month && entry.accounts.includes(account)), account.perMonth ?? {}],
      ] as const;
    const sum = (entries: readonly Entry[], name: keyof Amounts): number => entries.reduce((all, entry) => all + entry.amounts[name], 0);
    const fits = accounts.every(
      (account) =>
        placed(account).filter((entry) => !replaced.has(entry)).length < (account.maxConcurrent ?? Infinity) &&
        periods(account).every(([, entries, limits]) =>
          NAMES.every((name) => sum(entries, name) + amounts[name] <= (limits[name] ?? Infinity)),
        ),
    );
    if (!fits) return undefined;
    const reached = accounts
      .filter(({ reports }) => reports)
      .flatMap((account) =>
        periods(account).flatMap(([period, entries, limits]) =>
          NAMES.flatMap((limit) => {
            const [before, bound = Infinity] = [sum(entries, limit), limits[limit]];
            const percent = BUDGET_LEVELS.findLast(
              (each) => before < (bound * each) / 100 && before + amounts[limit] >= (bound * each) / 100,
            );
            return percent === undefined ? [] : [{ account: account.name, limit, period, percent }];
          }),
        ),
      );
    for (const entry of replaced) entry.placed = false;
    this.entries.push({ id, accounts, amounts, day, month, until, settled: false, placed: true });
    return { replaced: [...replaced].map((entry) => entry.id), reached };
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

export function properties(_: Fresh, open: () => Promise<StateUnderTest>, runs: number): void {
  describe('budget histories', () => {
    const LONG = 120_000;

    it(
      'matches the plain model for sequential steps',
      async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), fc.constantFrom(...OFFSETS), async (steps, offset) => {
            const { one, other, now, jump, close } = await open();
            const plain = new PlainBudget(offset);
            const ids: string[] = [];
            try {
              for (const [at, each] of steps.entries()) {
                const state = at % 2 ? one : other;
                if (each.do === 'jump') jump(each.ms);
                else if (each.do === 'settle') {
                  const entry = plain.entries[each.nth];
                  const spent = partOf(entry?.amounts ?? NONE, each.share);
                  plain.settle(each.nth, spent, now());
                  await state.settle(ids[each.nth] ?? 'unknown', spent);
                } else {
                  const accounts = accountsOf(each.shop, each.visitor);
                  const id = `step-${String(at)}`;
                  // All other times are multiples of 100 ms, so no two reservations end at once.
                  const until = now() + each.ms + at;
                  const expected = plain.reserve(id, accounts, each.amounts, until, now());
                  const calendar = { offset, dayEnds: 1_000, monthEnds: 2_000 };
                  const answer = await state.reserve({ id, accounts, amounts: each.amounts, until, calendar });
                  expect(answer.ok, `step ${String(at)}`).toBe(expected !== undefined);
                  if (!answer.ok) continue;
                  expect([...(answer.replaced ?? [])].sort(), `step ${String(at)}`).toEqual([...(expected?.replaced ?? [])].sort());
                  expect(answer.reached ?? [], `step ${String(at)}`).toEqual(expected?.reached);
                  ids.push(id);
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
      'never exceeds a bound and wastes nothing when requests of several processes interleave',
      async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(
              fc.array(fc.record({ settles: fc.boolean(), share: fc.double({ min: 0, max: 1, noNaN: true }), shop: fc.boolean() }), {
                minLength: 1,
                maxLength: 12,
              }),
              { minLength: 1, maxLength: 8 },
            ),
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
                    expect(places).toBeLessThanOrEqual(account.maxConcurrent ?? Infinity);
                    expect(sum.calls + places).toBeLessThanOrEqual(account.perDay.calls ?? Infinity);
                    expect(sum.seconds + places * 10).toBeLessThanOrEqual(account.perDay.seconds ?? Infinity);
                    return (
                      sum.calls + places < (account.perDay.calls ?? Infinity) &&
                      sum.seconds + places * 10 + 10 <= (account.perDay.seconds ?? Infinity) &&
                      places < (account.maxConcurrent ?? Infinity)
                    );
                  });
                  // Nothing was settled in this round, so requests were rejected only because the budget is full.
                  const alone = round.every(({ settles }) => !settles) || before === 0;
                  if (alone && round.every(({ shop }) => !shop))
                    expect(room[0] === false || live.length - before === round.length).toBe(true);
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
