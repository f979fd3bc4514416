/**
 * The processes of the server benchmark, separate so that they do not measure themselves: a minimal API, the built
 * server, a bare server, and the load generator. Owns starting and stopping them; their code is in
 * `tests/bench/processes/`.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { VoiceServerOptions } from '../../src/server/index.js';

/** A listening process. */
export interface Process {
  readonly url: string;
  readonly pid: number;
  /** False once the process has exited. */
  readonly alive: boolean;
  /** Sends a message and waits for the response. */
  ask<T>(order: unknown): Promise<T>;
  close(): Promise<void>;
}

/** The minimal API's counters. */
export interface UpstreamCounts {
  readonly mints: number;
  readonly calls: number;
  readonly hangups: number;
  readonly attached: number;
  readonly events: number;
}

/** Resource usage of the server process. Bytes and milliseconds. */
export interface ServerCosts {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly lag99: number;
  readonly lagMost: number;
  readonly cpu: { readonly user: number; readonly system: number };
  readonly faults: readonly string[];
}

/** One run with many visitors; latencies in milliseconds. */
export interface LoadResult {
  readonly perSecond: number;
  readonly total: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly duration: number;
  /** Number of responses by status. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** Slow clients to start. */
export interface SlowClients {
  readonly url: string;
  readonly connections: number;
  /** Local addresses, used in turn. */
  readonly addresses: readonly string[];
  readonly origin: string;
  /** Milliseconds within which the connections are opened. */
  readonly rampMs: number;
}

/** Connections of slow clients so far. */
export interface SlowClientCounts {
  readonly open: number;
  readonly opened: number;
  readonly closed: number;
}

/** The server options that JSON can represent. */
export type ServerSettings = Omit<VoiceServerOptions, 'state' | 'visitor'> & {
  /** URL of the Redis that keeps the state. */
  readonly redis?: string;
  /** Secret of visitor tokens. */
  readonly secret?: string;
};

async function start(name: string, settings: unknown, execArgv: readonly string[] = []): Promise<Process> {
  const file = fileURLToPath(new URL(`../bench/processes/${name}.mjs`, import.meta.url));
  // The benchmark itself uses a loader that the measured process does not need.
  const child: ChildProcess = fork(file, [JSON.stringify(settings)], {
    execArgv: [...execArgv],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const answer = async <T>(): Promise<T> => {
    const gone = new AbortController();
    const exit = once(child, 'exit', { signal: gone.signal }).then(() => {
      throw new Error(`The process ${name} has exited.`);
    });
    exit.catch(() => undefined);
    try {
      const [message] = (await Promise.race([once(child, 'message', { signal: gone.signal }), exit])) as [T];
      return message;
    } finally {
      gone.abort();
    }
  };
  const { url = '' } = await answer<{ url?: string }>();
  return {
    url,
    pid: child.pid ?? 0,
    get alive() {
      return child.exitCode === null && child.signalCode === null;
    },
    ask: (order) => {
      child.send(order as object);
      return answer();
    },
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** The minimal API; `url` is its root. */
export const startUpstream = (): Promise<Process> => start('upstream', {});

/** The built server. */
export const startVoiceServer = (settings: ServerSettings): Promise<Process> => start('voice-server', settings, ['--expose-gc']);

/** A single Hono route without guards in front of the same API. */
export const startBareServer = (upstream: string): Promise<Process> => start('bare-server', { upstream });

/** The connections of many calls without a server around them: POST `/` opens a sideband, GET `/notices` an event stream. */
export const startBareSidebands = (upstream: string): Promise<Process> => start('bare-sidebands', { upstream }, ['--expose-gc']);

/** The load generator. `ask` takes options of `autocannon` and resolves with a `LoadResult`. */
export const startLoad = (): Promise<Process> => start('load', {});

/** Clients that send bodies byte by byte, idle until the message `begin`. Each message is answered with `SlowClientCounts`. */
export const startSlowClients = (settings: SlowClients): Promise<Process> => start('slow-clients', settings);

/** Starts all processes, runs, and always stops them. */
export async function withProcesses<T>(
  run: (own: <P extends { close(): Promise<void> }>(process: Promise<P>) => Promise<P>) => Promise<T>,
): Promise<T> {
  const owned: { close(): Promise<void> }[] = [];
  try {
    return await run(async (coming) => {
      const one = await coming;
      owned.push(one);
      return one;
    });
  } finally {
    await Promise.all(owned.map((one) => one.close()));
  }
}
