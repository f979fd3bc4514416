/**
 * The cost of the token route's guards: requests per second and latency with all guards, in memory and in Redis,
 * compared with a Hono route without guards. All use the same API and run in alternating turns.
 */
import { SignJWT } from 'jose';
import { redisServer } from '../support/redis-server.js';
import type { Figure } from '../support/bench-figure.js';
import { median, round, summarise } from '../support/bench-statistics.js';
import { startBareServer, startLoad, startUpstream, startVoiceServer, withProcesses } from '../support/server-processes.js';
import type { LoadResult, Process, ServerCosts } from '../support/server-processes.js';

const SECRET = 'a long random secret of the site';
const PAGE = 'https://www.example.com';
const SECONDS = 3;
const CONNECTIONS = 24;
const VISITORS = 100;

/** All guards are active, none reaches its limit. */
const MANY = { count: 100_000_000, seconds: 60 };
const settings = (upstream: string) => ({
  allowedOrigins: [PAGE],
  upstream: { baseUrl: upstream, apiKey: 'sk-bench' },
  profiles: { support: { session: { model: 'gpt-realtime-2.1' }, rate: MANY, budget: { callsPerDay: 100_000_000 } } },
  rates: { perAddress: MANY, perVisitor: MANY, global: MANY },
  budget: {
    callsPerDay: 100_000_000,
    minutesPerDay: 100_000_000,
    moneyPerDay: 1_000_000_000,
    maxConcurrent: 100_000_000,
    // Each visitor gets many keys, and each key counts as a call.
    maxConcurrentPerVisitor: 100_000_000,
    perVisitor: { moneyPerDay: 1_000_000_000 },
  },
  limits: { maxSeconds: 10 },
  trustedProxies: 1,
  secret: SECRET,
});

/** Visitors of an allowed page, each with its own token and address. */
async function visitors(): Promise<object[]> {
  return Promise.all(
    Array.from({ length: VISITORS }, async (_, index) => {
      const token = await new SignJWT({ sub: `visitor-${String(index)}` })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime('2h')
        .sign(new TextEncoder().encode(SECRET));
      return {
        method: 'POST',
        path: '/voice/token?profile=support',
        // Sent by browsers with a request without a body.
        headers: {
          'content-length': '0',
          origin: PAGE,
          authorization: `Bearer ${token}`,
          'x-forwarded-for': `198.51.100.${String(index)}`,
        },
      };
    }),
  );
}

/** One run, with the server's CPU time per request in microseconds, which does not depend on the machine's load. */
type Run = LoadResult & { readonly cpu: number };

/** Takes about a minute and a half. */
export async function measureServerToken(rounds = 5): Promise<Figure[]> {
  return withProcesses(async (own) => {
    const upstream = await own(startUpstream());
    const redis = await own(redisServer());
    const load = await own(startLoad());
    const sides = {
      bare: await own(startBareServer(upstream.url)),
      memory: await own(startVoiceServer(settings(upstream.url))),
      redis: await own(startVoiceServer({ ...settings(upstream.url), redis: redis.url })),
    };
    const requests = await visitors();
    const cpuOf = async (side: Process): Promise<number> => {
      const { cpu } = await side.ask<Pick<ServerCosts, 'cpu'>>('look');
      return cpu.user + cpu.system;
    };
    const run = async (side: Process, duration: number): Promise<Run> => {
      const before = await cpuOf(side);
      const result = await load.ask<LoadResult>({ url: side.url, connections: CONNECTIONS, duration, requests });
      const cpu = ((await cpuOf(side)) - before) / result.total;
      const wrong = Object.keys(result.statuses).filter((status) => status !== '200');
      if (wrong.length > 0 || result.errors > 0) throw new Error(`Not every request received a key: ${JSON.stringify(result)}`);
      return { ...result, cpu };
    };
    for (const side of Object.values(sides)) await run(side, 2);
    const taken: Record<keyof typeof sides, Run[]> = { bare: [], memory: [], redis: [] };
    for (let turn = 0; turn < rounds; turn++) {
      for (const name of ['bare', 'memory', 'redis'] as const) taken[name].push(await run(sides[name], SECONDS));
    }
    return figures(taken);
  });
}

function figures({ bare, memory, redis }: Record<'bare' | 'memory' | 'redis', Run[]>): Figure[] {
  const used = (results: Run[]): string => `${String(round(median(results.map(({ cpu }) => cpu))))} µs`;
  const speeds = (results: Run[]): number[] => results.map(({ perSecond }) => perSecond);
  const tails = (results: Run[]): number[] => results.map(({ p99 }) => p99);
  const ratio = (ours: number[], theirs: number[]): number => round(median(ours) / median(theirs), 2);
  return [
    {
      figure: 'Token route, all guards in memory, compared with a bare Hono route: requests per second',
      value: ratio(speeds(memory), speeds(bare)),
      unit: '×',
      bound: 0.75,
      atLeast: true,
      sample: summarise(speeds(memory)),
      baseline: { name: 'bare route', sample: summarise(speeds(bare)) },
      note: `${String(CONNECTIONS)} connections, ${String(VISITORS)} returning visitors, each token verified again; origin, profile, signed visitor token, rates, budget; CPU time per request: ${used(memory)}, bare ${used(bare)}`,
    },
    {
      figure: 'The same: p99 latency',
      value: ratio(tails(memory), tails(bare)),
      unit: '×',
      bound: 2,
      sample: summarise(tails(memory)),
      baseline: { name: 'bare route', sample: summarise(tails(bare)) },
    },
    {
      figure: 'Token route, state in Redis, compared with memory: requests per second',
      value: ratio(speeds(redis), speeds(memory)),
      unit: '×',
      bound: 0.6,
      atLeast: true,
      sample: summarise(speeds(redis)),
      baseline: { name: 'memory', sample: summarise(speeds(memory)) },
      note: `CPU time per request: ${used(redis)}, excluding Redis`,
    },
  ];
}
