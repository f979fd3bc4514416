/** Addresses, ports and connection limits of the command, as a real process. */
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { rawConnection } from './raw-connection.js';
import { Commands, urlOf } from './server-command-support.js';
import { PAGE } from './token-route-support.js';

const required = { OPENAI_API_KEY: 'sk-x', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', VOICE_AGENT_ALLOWED_ORIGINS: PAGE };
const env = { ...required, PORT: '0' };
const commands = new Commands();
afterEach(() => commands.close());

const config = (settings: object) => ({ 'voice-agent.config.json': JSON.stringify(settings) });

describe('the metrics port', { timeout: 60_000 }, () => {
  it('is only reachable from this machine, even if the server is open to the network', async () => {
    const command = await commands.start({ env, args: ['--host', '0.0.0.0', '--metrics-port', '0'] });
    const { url, metricsUrl } = await command.line(({ msg }) => msg === 'listening');
    expect(new URL(String(url)).hostname).toBe('0.0.0.0');
    expect(new URL(String(metricsUrl)).hostname).toBe('127.0.0.1');
    const { port } = new URL(String(metricsUrl));
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);
    // 127.0.0.2 is another address of this machine, and stands for those of the network.
    for (const address of ['127.0.0.2', ...networkAddresses()])
      await expect(fetch(`http://${address}:${port}/metrics`)).rejects.toThrow('fetch failed');
    expect(command.lines().filter(({ msg }) => String(msg).startsWith('metrics'))).toEqual([]);
  });

  it.each([
    ['a flag', { args: ['--metrics-port', '0', '--metrics-host', '127.0.0.2'] }],
    ['the environment', { env: { ...env, VOICE_AGENT_METRICS_PORT: '0', VOICE_AGENT_METRICS_HOST: '127.0.0.2' } }],
    ['the file', { files: config({ metrics: { port: 0, host: '127.0.0.2' } }) }],
  ])('has the address from %s', async (_name, setup) => {
    const command = await commands.start({ env, ...setup });
    const { metricsUrl } = await command.line(({ msg }) => msg === 'listening');
    expect(new URL(String(metricsUrl)).hostname).toBe('127.0.0.2');
    expect((await fetch(String(metricsUrl))).status).toBe(200);
  });

  it.each<[string, object, string[], string | undefined]>([
    ['nothing for the default address', { metrics: { port: 9464 } }, [], undefined],
    ['nothing for an address of this machine', { metrics: { port: 9464, host: '::1' } }, [], undefined],
    [
      'a public address',
      { metrics: { port: 9464, host: '0.0.0.0' } },
      [],
      'metrics.host: /metrics is served without a token to every machine that can reach 0.0.0.0.',
    ],
    ['a public address in IPv6', { metrics: { port: 9464, host: '::' } }, [], 'metrics.host: '],
    ['an address from a flag', { metrics: { port: 9464 } }, ['--metrics-host', '10.0.0.5'], 'metrics.host: '],
    ['the public port', { metrics: { token: 'a-long-token' } }, [], 'metrics.token: /metrics is served on the public port'],
    ['an address without a port', { metrics: { host: '127.0.0.1' } }, [], 'metrics.host: has no effect without metrics.port.'],
    [
      'too few connections',
      { listen: { maxConnections: 50 } },
      [],
      'listen.maxConnections: 50 connections are not enough for 50 concurrent calls',
    ],
    ['nothing if calls are not limited', { listen: { maxConnections: 50 }, budget: { maxConcurrent: false } }, [], undefined],
  ])('--check recommends against %s', async (_name, settings, args, sentence) => {
    const visitor = { visitorToken: { secret: 'x'.repeat(32) } };
    const { code, stderr } = await commands.run({
      env,
      files: config({ visitor, session: { model: 'gpt-realtime-2.1' }, ...settings }),
      args: ['--check', ...args],
    });
    expect(code).toBe(0);
    const recommended = stderr.split('\n').filter((line) => /^ {2}(?:metrics|listen)\./.test(line));
    expect(recommended).toEqual(sentence === undefined ? [] : [expect.stringContaining(`  ${sentence}`)]);
  });

  it.each([
    ['the same port', { listen: { port: 8788 }, metrics: { port: 8788 } }, 'metrics.port: is the same as listen.port (8788)'],
    ['a port that is not a number', { metrics: { port: '8788' } }, 'metrics.port: '],
    ['an empty address', { metrics: { port: 9464, host: '' } }, 'metrics.host: '],
    ['no connections', { listen: { maxConnections: 0 } }, 'listen.maxConnections: must be a whole number from 10 to 100000.'],
    [
      'no connections per address',
      { listen: { maxConnectionsPerAddress: 0 } },
      'listen.maxConnectionsPerAddress: must be a whole number from 1 to 100000',
    ],
    ['an unlimited number', { listen: { maxConnectionsPerAddress: true } }, 'listen.maxConnectionsPerAddress: must be '],
  ])('%s is a mistake', async (_name, settings, sentence) => {
    for (const args of [['--check'], []]) {
      const { code, stderr } = await commands.run({ env: required, files: config(settings), args });
      expect([code, stderr]).toEqual([1, expect.stringContaining(sentence) as string]);
    }
  });
});

describe('connection limits', { timeout: 60_000 }, () => {
  const SLOW = 'POST /voice/token HTTP/1.1\r\nHost: x\r\nX-Slow: ';

  it('are 100 per address by default, none behind a proxy, and 1,000 in total', async () => {
    const listenOf = async (settings: object): Promise<object> =>
      (JSON.parse((await commands.run({ env, files: config(settings), args: ['--check'] })).stdout) as { listen: object }).listen;
    expect(await listenOf({})).toMatchObject({ maxConnections: 1_000, maxConnectionsPerAddress: 100 });
    expect(await listenOf({ trustedProxies: 1 })).toMatchObject({ maxConnections: 1_000, maxConnectionsPerAddress: false });
    const own = { maxConnections: 3_000, maxConnectionsPerAddress: 7 };
    expect(await listenOf({ trustedProxies: 1, listen: own })).toMatchObject(own);
  });

  it('close the slow connections of one address, and are logged and counted', async () => {
    const command = await commands.start({
      env,
      args: ['--metrics-port', '0'],
      files: config({ listen: { maxConnectionsPerAddress: 5 } }),
    });
    const url = new URL(await urlOf(command));
    const other = await rawConnection(Number(url.port), SLOW, '127.0.0.3');
    const slow = [];
    for (let each = 0; each < 20; each++) slow.push(await rawConnection(Number(url.port), SLOW, '127.0.0.2'));
    await Promise.all(slow.slice(0, 15).map(({ closed }) => closed));
    expect((await fetch(new URL('/healthz', url))).status).toBe(200);
    other.send('1\r\nContent-Length: 0\r\n\r\n');
    expect(await other.received(/\r\n\r\n/)).toContain('403 Forbidden');
    expect(await command.line(({ event }) => event === 'connection-limit')).toMatchObject({
      level: 'warn',
      limit: 'address',
      count: 15,
      msg: 'connection limit reached',
    });
    const metrics = await (await fetch(String(command.lines().find(({ msg }) => msg === 'listening')?.['metricsUrl']))).text();
    expect(metrics).toContain('voice_agent_connections_closed_total{limit="address"} 15');
  });
});

/** IPv4 addresses of this machine in a network. */
function networkAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list = []) =>
    list.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address),
  );
}
