/**
 * A flood of forged requests: whether it exceeds the budget or breaks anything, and whether a visitor gets through
 * afterwards. The scripts know the site's origin and set arbitrary `X-Forwarded-For` headers.
 */
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Figure } from '../support/bench-figure.js';
import { round } from '../support/bench-statistics.js';
import { pause } from '../support/bench-lab.js';
import { startLoad, startUpstream, startVoiceServer, withProcesses } from '../support/server-processes.js';
import type { LoadResult, ServerCosts, ServerSettings, UpstreamCounts } from '../support/server-processes.js';

const PAGE = 'https://www.example.com';
const REQUESTS = 20_000;
const FORGERS = 200;
/** Calls per day within the budget. */
const CALLS = 100;

/** Half of them know the allowed origin, half use their own; with a trusted proxy, each has its own address. */
const forged = Array.from({ length: FORGERS }, (_, index) => ({
  method: 'POST',
  path: '/voice/token',
  headers: {
    'content-length': '0',
    origin: index % 2 ? PAGE : `https://evil-${String(index)}.example`,
    'x-forwarded-for': `198.51.100.${String(index)}`,
  },
}));

interface Flooded {
  readonly mints: number;
  readonly broken: number;
  readonly seconds: number;
  readonly statuses: LoadResult['statuses'];
  /** Seconds until an honest visitor got a key; `undefined` if rejected again. */
  readonly through: number | undefined;
}

async function flood(more: Partial<ServerSettings>): Promise<Flooded> {
  return withProcesses(async (own) => {
    const upstream = await own(startUpstream());
    const load = await own(startLoad());
    const server = await own(
      startVoiceServer({
        allowedOrigins: [PAGE],
        upstream: { baseUrl: upstream.url, apiKey: 'sk-bench' },
        session: { model: 'gpt-realtime-2.1' },
        trustedProxies: 1,
        ...more,
      }),
    );
    const result = await load.ask<LoadResult>({ url: server.url, connections: 50, amount: REQUESTS, requests: forged });
    const { mints } = await upstream.ask<UpstreamCounts>('counts');
    const { faults } = await server.ask<ServerCosts>('look');
    const failed = Object.entries(result.statuses).reduce((sum, [status, count]) => (status.startsWith('5') ? sum + count : sum), 0);
    const ask = () => fetch(`${server.url}/voice/token`, { method: 'POST', headers: { origin: PAGE, 'x-forwarded-for': '203.0.113.9' } });
    const began = performance.now();
    let answer = await ask();
    if (answer.status === 429) {
      const seconds = Number(answer.headers.get('retry-after'));
      // A spent daily budget resets at midnight; do not wait for that.
      if (seconds <= 60) {
        await pause(seconds * 1_000);
        answer = await ask();
      }
    }
    const healthy = (await fetch(`${server.url}/healthz`)).status === 200;
    return {
      mints,
      broken: faults.length + failed + result.errors + (healthy && server.alive ? 0 : 1),
      seconds: result.duration,
      statuses: result.statuses,
      through: answer.status === 200 ? round((performance.now() - began) / 1000) : undefined,
    };
  });
}

/** Takes about half a minute. */
export async function measureServerFlood(): Promise<Figure[]> {
  // First only the budget applies; then the global rate windows, like the default ones but shorter.
  const spending = await flood({
    rates: { perAddress: false, perVisitor: false, perProfile: false, global: false },
    budget: { callsPerDay: CALLS, moneyPerDay: false, maxConcurrent: false },
  });
  const window = { count: 50, seconds: 10 };
  const waiting = await flood({
    rates: { global: window, perProfile: window },
    budget: { callsPerDay: 100_000, moneyPerDay: false, maxConcurrent: false },
  });
  const note = ({ statuses, seconds }: Flooded): string =>
    `${String(REQUESTS)} requests in ${String(round(seconds))} s; responses ${JSON.stringify(statuses)}`;
  return [
    {
      figure: `Flood from ${String(FORGERS)} forged origins and addresses: calls beyond a budget of ${String(CALLS)}`,
      value: Math.max(0, spending.mints - CALLS),
      unit: 'calls',
      bound: 0,
      note: `${String(spending.mints)} keys minted; ${note(spending)}`,
    },
    {
      figure: 'The same: crashes, 5xx responses and broken connections',
      value: spending.broken + waiting.broken,
      unit: '',
      bound: 0,
      note: note(waiting),
    },
    {
      figure: 'The same, with rate limits: an honest visitor gets a key after the Retry-After of the response',
      value: waiting.through ?? Infinity,
      unit: 's',
      bound: 11,
      note: `${String(waiting.mints)} keys minted during the flood`,
    },
  ];
}

/** Size of the app for Cloudflare workerd. */
export function measureWorkerSize(): Promise<Figure[]> {
  const file = fileURLToPath(new URL('../../dist/worker.js', import.meta.url));
  if (!statSync(file, { throwIfNoEntry: false })) throw new Error('dist/worker.js is not built.');
  return Promise.resolve([
    { figure: 'Worker bundle, gzip', value: round(gzipSync(readFileSync(file), { level: 9 }).byteLength / 1000), unit: 'kB', bound: 700 },
  ]);
}
