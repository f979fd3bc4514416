/** Budgets for arbitrary histories: compared with a plain model of the rules, and with interleaved requests. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Account, Amounts } from '../../../src/server/contract/shared-state.js';
import { DAY, NONE, cost } from './samples.js';
import type { Fresh, StateUnderTest } from './state-under-test.js';

/** One step of a history: a reservation, a settlement, or elapsed time. */
type Step =
  | { readonly do: 'reserve'; readonly amounts: Amounts; readonly shop: boolean; readonly ms: number }
  | { readonly do: 'settle'; readonly nth: number; readonly share: number }
  | { readonly do: 'jump'; readonly ms: number };

const BOUNDS = { calls: 8, seconds: 100, tokens: 60, micros: 90 } as const;
const ALL: Account = { name: 'all', perDay: BOUNDS, maxConcurrent: 5 };
const SHOP: Account = { name: 'profile:shop', perDay: { calls: 4, seconds: 70 }, maxConcurrent: 3 };

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
      ms: fc.integer({ min: 1, max: 100_000 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('settle' as const), nth: fc.nat(30), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.oneof(fc.integer({ min: 1, max: 60_000 }), fc.constant(DAY / 2)) }),
  },
);

/** The rules of a budget in their simplest form: replays the whole history. */
class PlainBudget {
  readonly entries: { accounts: readonly Account[]; amounts: Amounts; day: number; until: number; settled: boolean }[] = [];

  reserve(accounts: readonly Account[], amounts: Amounts, until: number, now: number): boolean {
    const day = Math.floor(now / DAY);
    const fits = accounts.every((account) => {
      const mine = this.entries.filter((entry) => entry.accounts.includes(account));
      const places = mine.filter((entry) => !entry.settled && entry.until > now).length;
      const today = mine.filter((entry) => entry.day === day);
      return (
        places < (account.maxConcurrent ?? Infinity) &&
        Object.entries(account.perDay).every(
          ([name, most]) =>
            today.reduce((sum, entry) => sum + entry.amounts[name as keyof Amounts], 0) + amounts[name as keyof Amounts] <= most,
        )
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

export function properties(_: Fresh, open: () => Promise<StateUnderTest>, runs: number): void {
  describe('budget histories', () => {
    const LONG = 120_000;

    it(
      'matches the plain model for sequential steps',
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
                  await state.settle(ids[each.nth] ?? 'unknown', spent);
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
