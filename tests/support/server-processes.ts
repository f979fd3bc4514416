/**
 * The processes of a bench of the server, so that nobody measures himself: an API that costs nothing, the built server, a bare
 * one, and whoever asks them. Owns starting and ending them; what each does is in `tests/bench/processes/`.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { VoiceServerOptions } from '../../src/server/index.js';

/** A process that listens. */
export interface Process {
  readonly url: string;
  readonly pid: number;
  /** False once it is gone. */
  readonly alive: boolean;
  /** Says something and waits for the answer. */
  ask<T>(order: unknown): Promise<T>;
  close(): Promise<void>;
}

/** What the API that costs nothing has counted. */
export interface UpstreamCounts {
  readonly mints: number;
  readonly calls: number;
  readonly hangups: number;
  readonly attached: number;
  readonly events: number;
}

/** What the server's process costs. Bytes and milliseconds. */
export interface ServerCosts {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly lag99: number;
  readonly lagMost: number;
  readonly cpu: { readonly user: number; readonly system: number };
  readonly faults: readonly string[];
}

/** One run of many visitors; latencies in milliseconds. */
export interface LoadResult {
  readonly perSecond: number;
  readonly total: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly duration: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** Options of the server that JSON can carry. */
export type ServerSettings = Omit<VoiceServerOptions, 'state' | 'visitor'> & {
  /** Address of a Redis that keeps the state. */
  readonly redis?: string;
  /** Of visitor tokens. */
  readonly secret?: string;
};

async function start(name: string, settings: unknown, execArgv: readonly string[] = []): Promise<Process> {
  const file = fileURLToPath(new URL(`../bench/processes/${name}.mjs`, import.meta.url));
  // The bench itself runs by a loader that the measured process has no use for.
  const child: ChildProcess = fork(file, [JSON.stringify(settings)], { execArgv: [...execArgv], env: { ...process.env, NODE_OPTIONS: '' } });
  const answer = async <T>(): Promise<T> => {
    const gone = new AbortController();
    const exit = once(child, 'exit', { signal: gone.signal }).then(() => {
      throw new Error(`The process ${name} is gone.`);
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

/** The API that costs nothing; `url` is its root. */
export const startUpstream = (): Promise<Process> => start('upstream', {});

/** The built server. */
export const startVoiceServer = (settings: ServerSettings): Promise<Process> => start('voice-server', settings, ['--expose-gc']);

/** One Hono route without guards in front of the same API. */
export const startBareServer = (upstream: string): Promise<Process> => start('bare-server', { upstream });

/** Whoever asks. `ask` takes options of `autocannon` and resolves with a `LoadResult`. */
export const startLoad = (): Promise<Process> => start('load', {});

/** Starts all, runs, and ends all whatever happens. */
export async function withProcesses<T>(run: (own: <P extends { close(): Promise<void> }>(process: Promise<P>) => Promise<P>) => Promise<T>): Promise<T> {
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
