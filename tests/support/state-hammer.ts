/** A process that puts concurrent load on one Redis, controlled by its parent; see `redis-processes.test.ts`. */
import { Redis } from 'ioredis';
import { RedisState } from '../../src/server/state/redis/redis-state.js';
import type { Account, Amounts } from '../../src/server/contract/shared-state.js';

/** The result of one process; the parent adds them up. */
export interface HammerReport {
  readonly taken: number;
  readonly reserved: number;
  readonly spentSeconds: number;
  readonly mostAtOnce: number;
  readonly first: number;
  readonly adopted: readonly string[];
}

export const RATE = { key: 'all', count: 137, seconds: 300 };
export const CALLS: Account = { name: 'all', perDay: { calls: 211 } };
export const SECONDS: Account = { name: 'profile:metered', perDay: { seconds: 1_000 } };
export const LINES: Account = { name: 'profile:lines', perDay: {}, maxConcurrent: 7 };
export const KEYS = 100;

const cost = (amounts: Partial<Amounts>): Amounts => ({ calls: 0, seconds: 0, tokens: 0, micros: 0, ...amounts });
const many = <T>(count: number, each: (at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => each(at)));

async function hammer(url: string, prefix: string, me: string): Promise<HammerReport> {
  const state = new RedisState({ redis: url, prefix, timeout: 10_000 });
  const witness = new Redis(url);
  let serial = 0;
  const id = (): string => `${me}-${String((serial += 1))}`;
  const reserve = (account: Account, amounts: Amounts, name = id()) =>
    state.reserve({ id: name, accounts: [account], amounts, until: Date.now() + 600_000 });

  const taken = await many(400, () => state.take([RATE]));
  const reserved = await many(300, () => reserve(CALLS, cost({ calls: 1 })));

  // Ten workers reserve 10 seconds and spend some of them until the budget is exhausted.
  let spentSeconds = 0;
  await many(10, async (worker) => {
    for (let refusals = 0; refusals < 20;) {
      const name = id();
      if (!(await reserve(SECONDS, cost({ seconds: 10 }), name)).ok) {
        refusals += 1;
        continue;
      }
      const seconds = worker % 4;
      await state.settle(name, cost({ seconds }));
      spentSeconds += seconds;
    }
  });

  // A separate counter outside the state tracks how many hold a place.
  let mostAtOnce = 0;
  await many(12, async () => {
    for (let turn = 0; turn < 15; turn++) {
      const name = id();
      if (!(await reserve(LINES, cost({ calls: 1 }), name)).ok) continue;
      mostAtOnce = Math.max(mostAtOnce, await witness.incr(`${prefix}witness`));
      await witness.decr(`${prefix}witness`);
      await state.settle(name, cost({ calls: 1 }));
    }
  });

  const first = await many(KEYS, (at) => state.once(`webhook:${String(at)}`, 300));
  const adopted: string[] = [];
  for (let turn = 0; turn < 5; turn++) adopted.push(...(await state.calls.adopt(me, 600_000)).map((call) => call.id));
  await state.close();
  witness.disconnect();
  return {
    taken: taken.filter(({ ok }) => ok).length,
    reserved: reserved.filter(({ ok }) => ok).length,
    spentSeconds,
    mostAtOnce,
    first: first.filter(Boolean).length,
    adopted,
  };
}

if (process.argv[2] === 'hammer') {
  process.once('message', ({ url, prefix, me }: { url: string; prefix: string; me: string }) => {
    void hammer(url, prefix, me).then((report) => process.send?.(report, () => process.disconnect()));
  });
  process.send?.('ready');
}
