/**
 * Thousands of slow POSTs against the `voice-agent-server` command: its memory, and how long health checks and visitors wait meanwhile.
 * Measured without a proxy, where the clients have ninety addresses, and behind a proxy that passes slow bodies on, where each client has an
 * address of its own.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Figure } from '../support/bench-figure.js';
import { pause } from '../support/bench-lab.js';
import { round, summarise } from '../support/bench-statistics.js';
import { startSlowClients, startUpstream, withProcesses } from '../support/server-processes.js';
import type { SlowClientCounts } from '../support/server-processes.js';

const PAGE = 'https://www.example.com';
const CONNECTIONS = 9_000;
const PROCESSES = 3;
const ADDRESSES = 90;
/** Milliseconds within which all connections are opened, of the whole attack, and between two health checks. */
const RAMP = 9_000;
const DURATION = 20_000;
const EACH = 100;

interface Attacked {
  /** Bytes: before the attack, and the most during it. */
  readonly idle: number;
  readonly peak: number;
  /** Milliseconds of each health check. */
  readonly checks: readonly number[];
  readonly failedChecks: number;
  /** Visitors who asked for a key, and those who got one. */
  readonly visitors: number;
  readonly served: number;
  readonly counts: readonly SlowClientCounts[];
}

async function attack(settings: object, addresses: readonly string[]): Promise<Attacked> {
  return withProcesses(async (own) => {
    const upstream = await own(startUpstream());
    const server = await own(
      startCommand({ allowedOrigins: [PAGE], upstream: { baseUrl: upstream.url, apiKey: 'sk-bench' }, ...settings }),
    );
    const clients = await Promise.all(
      Array.from({ length: PROCESSES }, (_, index) =>
        own(
          startSlowClients({
            url: server.url,
            connections: CONNECTIONS / PROCESSES,
            addresses: addresses.length === 1 ? addresses : addresses.filter((_address, each) => each % PROCESSES === index),
            origin: PAGE,
            rampMs: RAMP,
          }),
        ),
      ),
    );
    await timed(server.url, 'GET', '/healthz');
    const idle = memoryOf(server.pid);
    const checks: number[] = [];
    const waiting: Promise<unknown>[] = [];
    let [peak, failedChecks, visitors, served] = [idle, 0, 0, 0];
    await Promise.all(clients.map((client) => client.ask('begin')));
    for (const end = performance.now() + DURATION; performance.now() < end;) {
      waiting.push(
        timed(server.url, 'GET', '/healthz').then(
          ({ ms, status }) => (status === 200 ? checks.push(ms) : failedChecks++),
          () => failedChecks++,
        ),
      );
      if (++visitors % 10 === 0) {
        const address = `127.0.2.${String(visitors / 10)}`;
        waiting.push(
          timed(server.url, 'POST', '/voice/token', address).then(
            ({ status }) => (served += status === 200 ? 1 : 0),
            () => undefined,
          ),
        );
      }
      peak = Math.max(peak, memoryOf(server.pid));
      await pause(EACH);
    }
    await Promise.all(waiting);
    const counts = await Promise.all(clients.map((client) => client.ask<SlowClientCounts>('count')));
    return { idle, peak, checks, failedChecks, visitors: Math.floor(visitors / 10), served, counts };
  });
}

/** Takes about a minute. */
export async function measureServerSlowPosts(): Promise<Figure[]> {
  const addresses = Array.from({ length: ADDRESSES }, (_, index) => `127.0.1.${String(index + 1)}`);
  // The clients know the allowed origin: only a visitor check would keep them from using up these two limits.
  const rates = { perProfile: false, global: false };
  const direct = await attack({ rates }, addresses);
  const proxied = await attack({ rates, trustedProxies: 1 }, ['127.0.0.1']);
  return [...figures('from 90 addresses', direct), ...figures('from 9,000 addresses behind a proxy', proxied)];
}

function figures(from: string, { idle, peak, checks, failedChecks, visitors, served, counts }: Attacked): Figure[] {
  const sum = (name: keyof SlowClientCounts): string => String(counts.reduce((total, each) => total + each[name], 0));
  const megabytes = (bytes: number): number => round(bytes / 1_000_000);
  return [
    {
      figure: `${String(CONNECTIONS)} slow POSTs ${from}: peak memory (RSS)`,
      value: megabytes(peak),
      unit: 'MB',
      bound: 150,
      note: `opened within ${String(RAMP / 1_000)} s; ${String(megabytes(idle))} MB before; ${sum('opened')} connections opened, ${sum('closed')} closed, ${sum('open')} open at the end`,
    },
    {
      figure: 'The same: slowest /healthz on a new connection',
      value: failedChecks > 0 ? Infinity : round(Math.max(...checks)),
      unit: 'ms',
      bound: 250,
      sample: summarise(checks),
      note: `${String(checks.length)} checks, ${String(failedChecks)} failed`,
    },
    {
      figure: 'The same: visitors who get no key',
      value: visitors - served,
      unit: '',
      bound: 0,
      note: `${String(visitors)} visitors`,
    },
  ];
}

/** The built command as a process of its own. */
async function startCommand(config: object): Promise<{ readonly url: string; readonly pid: number; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'slow-posts-'));
  await writeFile(
    join(folder, 'voice-agent.config.json'),
    JSON.stringify({ listen: { port: 0 }, log: { level: 'info' }, widget: false, ...config }),
  );
  const file = fileURLToPath(new URL('../../dist/server-cli.js', import.meta.url));
  const child = spawn(process.execPath, [file], { cwd: folder, env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'inherit'] });
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    await rm(folder, { recursive: true });
  };
  for await (const text of createInterface({ input: child.stdout })) {
    const { msg, url } = JSON.parse(text) as { msg: string; url?: string };
    if (msg !== 'listening') continue;
    child.stdout.resume();
    return { url: url ?? '', pid: child.pid ?? 0, close };
  }
  await close();
  throw new Error('The server did not start.');
}

/** One request on a connection of its own, from this local address. */
function timed(url: string, method: string, path: string, address?: string): Promise<{ readonly ms: number; readonly status: number }> {
  const began = performance.now();
  const headers = { Origin: PAGE, 'Content-Length': '0', ...(address !== undefined && { 'X-Forwarded-For': address }) };
  return new Promise((resolve, reject) => {
    const from = address === undefined ? {} : { localAddress: address };
    request(url + path, { method, headers: method === 'GET' ? {} : headers, agent: false, ...from }, (answer) => {
      answer.resume().once('end', () => resolve({ ms: performance.now() - began, status: answer.statusCode ?? 0 }));
    })
      .once('error', reject)
      .end();
  });
}

/** Resident memory of a process, in bytes. On other systems than Linux from `ps`, which delays the health checks. */
function memoryOf(pid: number): number {
  const status = `/proc/${String(pid)}/status`;
  const kilobytes = existsSync(status)
    ? /^VmRSS:\s+(\d+)/m.exec(readFileSync(status, 'utf8'))?.[1]
    : spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout;
  return Number(kilobytes) * 1024;
}
