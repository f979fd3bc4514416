/** The command as a real process: configuration, requests and shutdown. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox } from '../../src/sandbox/index.js';
import type { Sandbox } from '../../src/sandbox/index.js';
import { redisServer } from '../support/redis-server.js';
import { Commands, urlOf } from './server-command-support.js';

const PAGE = 'https://www.example.com';
const CANARY = 'sk-sandbox-canary-5e1f';
const SOURCE = fileURLToPath(new URL('../../src/server/index.ts', import.meta.url));
const commands = new Commands();
let sandbox: Sandbox;
let env: Record<string, string> = {};

beforeAll(async () => {
  sandbox = await createSandbox({ port: 0 });
  env = { OPENAI_API_KEY: CANARY, OPENAI_BASE_URL: sandbox.url, VOICE_AGENT_ALLOWED_ORIGINS: PAGE, PORT: '0' };
}, 60_000);
afterEach(() => commands.close());
afterAll(() => sandbox.close());

const token = (url: string, query = '', headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/voice/token${query}`, { method: 'POST', headers: { Origin: PAGE, ...headers } });
const config = (content: object): Record<string, string> => ({ 'voice-agent.config.json': JSON.stringify(content) });

const patience = { timeout: 60_000 };

describe('voice-agent-server', patience, () => {
  it('runs with environment variables only and shuts down gracefully', async () => {
    const command = await commands.start({ env });
    const url = await urlOf(command);
    for (const path of ['/healthz', '/readyz']) expect((await fetch(`${url}${path}`)).status, path).toBe(200);
    const answer = await token(url);
    expect([answer.status, Object.keys((await answer.json()) as object)]).toEqual([200, ['value', 'expires_at']]);
    expect((await token(url, '', { Origin: 'https://evil.example' })).status).toBe(403);
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    expect(await command.line(({ event }) => event === 'minted')).toMatchObject({ level: 'info', msg: 'key minted', profile: 'default' });
    expect(await command.line(({ event }) => event === 'refused')).toMatchObject({
      level: 'info',
      code: 'origin_denied',
      status: 403,
      route: '/voice/token',
    });
    command.kill('SIGTERM');
    expect(await command.ended).toBe(0);
    expect(
      command
        .lines()
        .slice(-2)
        .map(({ msg }) => msg),
    ).toEqual(['ending', 'ended']);
    expect(command.stdout() + command.stderr()).not.toContain(CANARY);
  });

  it('reads a config file, with environment variables for URLs and secrets', async () => {
    const files = config({
      allowedOrigins: ['https://other.example'],
      upstream: { apiKey: 'env:NAMED_HERE', baseUrl: 'http://127.0.0.1:9/v1' },
      profiles: { support: { session: { voice: 'marin' } }, sales: { session: { model: 'gpt-realtime-2.1-mini' } } },
      metrics: { token: 'metrics-token-1' },
      log: { level: 'debug' },
    });
    const command = await commands.start({
      files,
      env: { ...env, NAMED_HERE: CANARY, OPENAI_API_KEY: 'sk-wrong', OPENAI_MODEL: 'gpt-realtime-2.1' },
    });
    const url = await urlOf(command);
    expect((await token(url, '?profile=support')).status).toBe(200);
    expect((await token(url, '?profile=sales')).status).toBe(200);
    expect((await token(url, '?profile=legal')).status).toBe(404);
    expect(sandbox.keys.slice(-2).map(({ session }) => session)).toMatchObject([
      { model: 'gpt-realtime-2.1', audio: { output: { voice: 'marin' } } },
      { model: 'gpt-realtime-2.1-mini' },
    ]);

    const metrics = await fetch(`${url}/metrics`, { headers: { Authorization: 'Bearer metrics-token-1' } });
    expect(metrics.headers.get('Content-Type')).toMatch(/^text\/plain/);
    const text = await metrics.text();
    expect(text).toContain('voice_agent_keys_minted_total{profile="support"} 1');
    expect(text).toContain('voice_agent_refusals_total{route="/voice/token",code="profile_unknown",profile=""} 1');
    expect(text).toMatch(/voice_agent_upstream_seconds_count\{operation="mint",status="2xx"\} 2/);
    expect(text).toContain('process_cpu_seconds_total');
    for (const Authorization of ['Bearer metrics-token-2', 'Bearer', 'metrics-token-1', '']) {
      const refused = await fetch(`${url}/metrics`, { headers: { Authorization } });
      expect([refused.status, await refused.text()]).toEqual([404, expect.stringContaining('not_found')]);
    }
  });

  it('serves metrics on a separate port', async () => {
    const command = await commands.start({ env, args: ['--metrics-port', '0'] });
    const { url, metricsUrl } = await command.line(({ msg }) => msg === 'listening');
    expect(new URL(String(metricsUrl)).port).not.toBe(new URL(String(url)).port);
    expect(await (await fetch(String(metricsUrl))).text()).toContain('voice_agent_state_available 1');
    expect((await fetch(`${String(url)}/metrics`)).status).toBe(404);
    expect((await fetch(new URL('/healthz', String(metricsUrl)))).status).toBe(404);
  });

  it.each(['ts', 'mjs'])('reads a .%s config with functions', async (ending) => {
    const types = ending === 'ts' ? ' satisfies object' : '';
    const text = `import { writeFileSync } from 'node:fs';
      ${ending === 'ts' ? `import { defineConfig } from ${JSON.stringify(SOURCE)};` : 'const defineConfig = (config) => config;'}
      export default defineConfig({
        upstream: { apiKey: process.env.MY_KEY },
        profiles: { default: { limits: { maxSeconds: 60 } } },
        visitor: async (request) => (request.headers.get('Authorization') === 'Bearer good' ? { ok: true, subject: 'ann' } : { ok: false, reason: 'bad proof' }),
        observers: [(event) => { if (event.type === 'minted') writeFileSync('seen.json', JSON.stringify(event)); }],
      })${types};`;
    const { OPENAI_API_KEY, ...rest } = env;
    const command = await commands.start({
      files: { [`voice-agent.config.${ending}`]: text },
      env: { ...rest, MY_KEY: OPENAI_API_KEY ?? '' },
    });
    const url = await urlOf(command);
    expect((await token(url)).status).not.toBe(200);
    expect((await token(url, '', { Authorization: 'Bearer good' })).status).toBe(200);
    expect(await command.line(({ event }) => event === 'refused')).toMatchObject({ reason: 'bad proof' });
  });

  it('requires a signed visitor token if the environment configures one', async () => {
    const { SignJWT } = await import('jose');
    const secret = 'canary-visitor-secret-0123456789abcdef';
    const command = await commands.start({ env: { ...env, VOICE_AGENT_VISITOR_SECRET: secret } });
    const url = await urlOf(command);
    expect((await token(url)).status).toBe(401);
    const proof = await new SignJWT({ sub: 'ann' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1m')
      .sign(new TextEncoder().encode(secret));
    expect((await token(url, '', { Authorization: `Bearer ${proof}` })).status).toBe(200);
    expect(command.stdout()).not.toMatch(/canary|every visitor of an allowed page/);
  });

  it('shares its counts through Redis, and is ready only while Redis is available', async () => {
    const redis = await redisServer();
    try {
      const shared = { ...env, VOICE_AGENT_REDIS_URL: redis.url };
      const files = config({ budget: { callsPerDay: 1 } });
      const [one, other] = await Promise.all([commands.start({ env: shared, files }), commands.start({ env: shared, files })]);
      const [first, second] = [await urlOf(one), await urlOf(other)];
      const statuses = await Promise.all([token(first), token(second)].map(async (answer) => (await answer).status));
      expect(statuses.sort()).toEqual([200, 429]);
      await redis.signal('SIGKILL');
      expect((await fetch(`${first}/readyz`)).status).toBe(503);
      expect((await token(first)).status).toBe(503);
      // A process that starts in the meantime waits for Redis too.
      const third = await urlOf(await commands.start({ env: shared, files }));
      expect((await fetch(`${third}/readyz`)).status).toBe(503);
      await redis.restart();
      for (const url of [first, second, third])
        await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 30_000 }).toBe(200);
      one.kill('SIGTERM');
      expect(await one.ended).toBe(0);
    } finally {
      await redis.close();
    }
  });

  it('keeps its counts in a journal across kill -9', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'journal-'));
    try {
      const files = config({ state: { journal: join(folder, 'state.journal') }, budget: { callsPerDay: 1 } });
      const first = await commands.start({ env, files });
      expect((await token(await urlOf(first))).status).toBe(200);
      first.kill('SIGKILL');
      expect(await first.ended).toBe('SIGKILL');
      expect((await token(await urlOf(await commands.start({ env, files })))).status).toBe(429);
      const unusable = await commands.run({ env, files: config({ state: { journal: folder } }) });
      expect(unusable).toMatchObject({ code: 1, stderr: expect.stringContaining('  state.journal: ') });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('exits at once on a second signal while the shutdown hangs', async () => {
    const text = `const never = () => new Promise(() => setInterval(() => undefined, 1000));
      const state = { take: never, reserve: never, settle: never, once: never, setPaused: never, paused: never, usage: never, forget: never, close: never, calls: {} };
      export default { state: { ...state, ready: async () => undefined } };`;
    const command = await commands.start({ files: { 'voice-agent.config.mjs': text }, env });
    await urlOf(command);
    command.kill('SIGINT');
    await command.line(({ msg }) => msg === 'ending');
    // A key press and its repetition by npm within 300 ms count as one signal.
    const again = setInterval(() => command.kill('SIGINT'), 50);
    expect(await command.ended).toBe(130);
    clearInterval(again);
    expect(command.lines().at(-1)).toMatchObject({ msg: 'ending' });
  });

  it('shuts down gracefully after an uncaught error and does not log its message', async () => {
    const text = `export default { observers: [(event) => void (event.type === 'minted' && Promise.reject(new RangeError('CANARY of the site')))] };`;
    const command = await commands.start({ files: { 'voice-agent.config.mjs': text }, env });
    expect((await token(await urlOf(command))).status).toBe(200);
    expect(await command.ended).toBe(1);
    expect(command.lines().slice(-2)).toMatchObject([{ level: 'error', cause: { name: 'RangeError' } }, { msg: 'ended' }]);
    expect(command.stdout() + command.stderr()).not.toContain('CANARY');
  });

  it('shuts down while an upstream request hangs', async () => {
    const hanging = createServer();
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    const asked = new Promise<void>((resolve) => hanging.once('connection', () => resolve()));
    try {
      const command = await commands.start({
        env: { ...env, OPENAI_BASE_URL: `http://127.0.0.1:${String((hanging.address() as AddressInfo).port)}/v1` },
      });
      const cut = token(await urlOf(command)).catch(() => undefined);
      await asked;
      command.kill('SIGTERM');
      expect(await command.ended).toBe(0);
      await cut;
    } finally {
      hanging.close();
    }
  });
});

describe('a configuration that cannot start', patience, () => {
  it('lists every mistake with its path', async () => {
    const files = config({
      allowedOrigins: [PAGE, 'https://*.example.com'],
      upstream: { apiKey: 'env:NOT_THERE', timout: 5 },
      profiles: { support: { limits: { maxSeconds: 5 }, budget: { tokensPerDay: 10 } }, 'Über uns': {} },
      phone: { webhookSecret: 'whsec_canary', numbers: { '+49': 'sales' } },
      visitor: { captcha: {} },
      state: { redis: 'http://127.0.0.1' },
      log: { level: 'loud' },
    });
    for (const args of [[], ['--check']]) {
      const { code, stdout, stderr } = await commands.run({ files, args, env: { PORT: 'abc' } });
      expect([code, stdout]).toEqual([1, '']);
      const lines = stderr
        .split('\n')
        .slice(1, -1)
        .map((line) => line.trim());
      expect(lines.map((line) => line.replace(/: .*/, '')).sort()).toEqual(
        [
          'allowedOrigins[1]',
          'listen.port',
          'log.level',
          'phone.numbers["+49"]',
          'profiles.support.limits.maxSeconds',
          'profiles["Über uns"]',
          'state.redis',
          'upstream.apiKey',
          'upstream.timout',
          'visitor.captcha',
        ].sort(),
      );
      expect(lines).toContainEqual('upstream.apiKey: the environment variable NOT_THERE is not set.');
      expect(lines).toContainEqual(
        'listen.port: must be a whole number from 0 to 65535. The value comes from the environment variable PORT.',
      );
      expect(stderr).toMatch(/^voice-agent-server: The configuration has 10 errors:\n/);
      expect(stderr).not.toMatch(/canary|\n\s+at /);
    }
  });

  it('names the variables that an empty configuration requires', async () => {
    const { code, stderr } = await commands.run({});
    expect(code).toBe(1);
    expect(stderr).toContain('allowedOrigins: is missing. Set VOICE_AGENT_ALLOWED_ORIGINS or add it to the config file.');
    expect(stderr).toContain('upstream.apiKey: is missing. Set OPENAI_API_KEY or add it to the config file.');
  });

  it('reports invalid JSON without quoting it', async () => {
    const { code, stderr } = await commands.run({
      files: { 'voice-agent.config.json': '{\n  "upstream": { "apiKey": "sk-canary" "x": 1 }\n}' },
      env,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/voice-agent\.config\.json is not valid JSON/);
    expect(stderr).not.toContain('canary');
  });

  it.each([
    [{ 'voice-agent.config.mjs': 'export const config = {};' }, [], /has no default export/],
    [{ 'voice-agent.config.mjs': 'throw new TypeError("no database");' }, [], /cannot be loaded: TypeError: no database/],
    [{ 'voice-agent.config.mjs': 'export default 7;' }, [], /options: must be an object/],
    [{ 'c.json': JSON.stringify({ state: {} }) }, ['--config', 'c.json'], /state: must contain either "redis" or "journal"/],
    [{}, ['--config', 'nowhere.json'], /Config file not found: .*nowhere\.json/],
    [{ 'config.yaml': 'a: 1' }, ['--config', 'config.yaml'], /must end in \.ts, \.mts, \.js, \.mjs or \.json/],
    [{ 'c.json': '[]' }, ['--config', 'c.json'], /options: must be an object/],
    [
      { 'c.json': JSON.stringify({ visitor: { visitorToken: { secret: 'canary-short' } } }) },
      ['--config', 'c.json'],
      /visitor\.visitorToken\.secret: must have at least 32 bytes/,
    ],
    [
      { 'c.json': '{"__proto__": {"allowedOrigins": ["*"]}, "constructor": 1}' },
      ['--config', 'c.json'],
      /__proto__: unknown option[\s\S]*constructor: unknown option/,
    ],
  ])('reports the mistake in %j with arguments %j', async (files, args, sentence) => {
    const { code, stderr } = await commands.run({ files: files, args, env });
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/canary|\n\s+at /);
  });

  it.each([
    ['--prot', /Unknown option/],
    ['--port=70000', /--port must be a number from 0 to 65535/],
    ['--metrics-port=x', /--metrics-port/],
    ['file.json', /positional/],
  ])('%s is rejected as an argument', async (flag, sentence) => {
    const { code, stderr } = await commands.run({ args: [flag], env });
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
    expect(stderr).toContain('Try --help.');
  });

  it('names the port that is in use and releases its own', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      for (const args of [
        ['--port', String(port)],
        ['--metrics-port', String(port)],
      ]) {
        const { code, stderr } = await commands.run({ args, env });
        expect(code).toBe(1);
        expect(stderr).toContain(`Port ${String(port)} on 127.0.0.1 is already in use.`);
      }
    } finally {
      other.close();
    }
  });
});
