/** A private Redis for tests: Debian's `redis-server` on a free port of 127.0.0.1, without persistence, ended by its process id. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';

/** A running Redis that can be disrupted. */
export interface RedisServer {
  readonly port: number;
  /** `redis://127.0.0.1:<port>` */
  readonly url: string;
  /** Sends a signal and, for `SIGKILL`, resolves when the process is gone. With `SIGSTOP` it accepts connections but does not respond. */
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Restarts it, empty, on the same port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Resolves when it accepts connections. */
export async function redisServer(...more: string[]): Promise<RedisServer> {
  const port = await freePort();
  let child = await start(port, more);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return {
    port,
    url: `redis://127.0.0.1:${String(port)}`,
    async signal(name) {
      if (name === 'SIGKILL') await kill();
      else child.kill(name);
    },
    async restart() {
      await kill();
      child = await start(port, more);
    },
    close: kill,
  };
}

async function start(port: number, more: readonly string[]): Promise<ChildProcess> {
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no', '--dir', '/tmp', ...more],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  // The Redis must not outlive the test process.
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`redis-server exited immediately:\n${said.join('\n')}`)));
    lines.on('line', (line) => {
      said.push(line);
      if (line.includes('Ready to accept connections')) resolve();
    });
  });
  return child;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
