import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { UsageError, readFlags, welcome } from '../../../src/sandbox/cli.js';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function run(...args: string[]): { child: ChildProcess; output: () => string; exit: Promise<number | null> } {
  const child = fork('src/sandbox/cli.ts', args, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  children.push(child);
  let text = '';
  child.stdout?.on('data', (part: Buffer) => (text += part.toString()));
  child.stderr?.on('data', (part: Buffer) => (text += part.toString()));
  return { child, output: () => text, exit: new Promise((resolve) => child.once('exit', resolve)) };
}

describe('command-line flags', () => {
  it('have defaults and override them', () => {
    expect(readFlags([])).toEqual({ port: 4010, host: '127.0.0.1', profile: 'ga', capMinutes: 60, thinkMs: 150, speed: 4 });
    expect(readFlags(['--port', '0', '--cap-minutes=0.5', '--api-key', 'a', '--api-key', 'b'])).toMatchObject({
      port: 0,
      capMinutes: 0.5,
      apiKeys: ['a', 'b'],
    });
    expect(readFlags(['--media-host', '127.0.0.1', '--media-host', '10.0.0.5'])).toMatchObject({
      host: '127.0.0.1',
      mediaHosts: ['127.0.0.1', '10.0.0.5'],
    });
    expect(readFlags(['--help'])).toBeUndefined();
  });

  it.each([
    ['--prot', '1'],
    ['--port', 'x'],
    ['--port', '70000'],
    ['--port', '1.5'],
    ['--port', ''],
    ['stray'],
    ['--speed', '0'],
    ['--media-host', 'localhost'],
  ])('rejects %s %s', (...argv) => {
    expect(() => readFlags(argv)).toThrow(UsageError);
  });

  it('prints the URL and a working command', () => {
    const text = welcome({ mediaHosts: ['127.0.0.1', '10.0.0.5'], url: 'http://127.0.0.1:1/v1', controlUrl: 'http://127.0.0.1:1/sandbox' });
    expect(text).toContain('curl -X POST http://127.0.0.1:1/v1/realtime/client_secrets');
    expect(text).toContain('sk-sandbox');
    expect(text).toContain('UDP at 127.0.0.1, 10.0.0.5');
  });
});

describe('the sandbox command', () => {
  it('starts, prints its URL and exits cleanly on Ctrl-C', async () => {
    const { child, output, exit } = run('--port', '0');
    const ready = await new Promise<{ url: string }>((resolve) =>
      child.once('message', (message) => {
        resolve(message as { url: string });
      }),
    );
    expect(
      (await fetch(`${ready.url}/realtime/client_secrets`, { method: 'POST', headers: { authorization: 'Bearer sk-sandbox' } })).status,
    ).toBe(200);
    await expect.poll(output).toContain(`Realtime API sandbox: ${ready.url}`);
    child.kill('SIGINT');
    expect(await exit).toBe(0);
  }, 60_000);

  it('exits when its parent process disconnects', async () => {
    const { child, exit } = run('--port', '0');
    await new Promise((resolve) => child.once('message', resolve));
    child.disconnect();
    expect(await exit).toBe(0);
  }, 60_000);

  it('reports a media host that is not an address of this machine', async () => {
    const { output, exit } = run('--port', '0', '--media-host', '198.51.100.7');
    expect(await exit).toBe(1);
    await expect
      .poll(output)
      .toBe('sandbox: cannot serve calls at 198.51.100.7: not an IPv4 address of this machine. Choose another with --media-host.\n');
  }, 60_000);

  it('reports a port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const { output, exit } = run('--port', String(port));
    expect(await exit).toBe(1);
    await expect
      .poll(output)
      .toBe(`sandbox: port ${String(port)} is already in use on 127.0.0.1. Choose another with --port, or use --port 0 for a free one.\n`);
    other.close();
  }, 60_000);

  it('rejects unknown flags with exit code 2', async () => {
    const { output, exit } = run('--prot', '1');
    expect(await exit).toBe(2);
    await expect.poll(output).toContain("Unknown option '--prot'");
  }, 60_000);
});
