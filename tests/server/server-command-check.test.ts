/** The options of the command that start no server. */
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MODEL_SHUTDOWNS } from '../../src/server/config/model-shutdowns.js';
import type { ModelShutdown } from '../../src/server/config/model-shutdowns.js';
import { Commands, urlOf } from './server-command-support.js';

const PAGE = 'https://www.example.com';
/** Nothing is sent there. */
const BASE_URL = 'http://127.0.0.1:9/v1';
const env = { OPENAI_API_KEY: 'sk-sandbox-canary-5e1f', OPENAI_BASE_URL: BASE_URL, VOICE_AGENT_ALLOWED_ORIGINS: PAGE, PORT: '0' };
const source = (path: string): string => fileURLToPath(new URL(`../../src/server/${path}`, import.meta.url));
const commands = new Commands();
afterEach(() => commands.close());

describe('--check, --help, --version', { timeout: 60_000 }, () => {
  it('--check prints the effective configuration without secrets', async () => {
    const settings = {
      profiles: {
        default: { access: ['call'] },
        support: {
          mcp: [{ label: 'crm', url: 'https://crm.example.com/mcp', authorization: 'Bearer canary-1', headers: { 'X-Key': 'canary-2' } }],
          access: ['call', 'phone'],
        },
      },
      phone: { numbers: { '*': 'support' } },
      visitor: { turnstile: { secret: 'env:TURNSTILE' } },
      metrics: { token: 'canary-3' },
      limits: { maxSeconds: 120 },
    };
    const { code, stdout, stderr } = await commands.run({
      files: { 'voice-agent.config.json': JSON.stringify(settings) },
      args: ['--check', '--port', '4321', '--host', '0.0.0.0'],
      env: { ...env, OPENAI_MODEL: 'gpt-realtime-2.1', OPENAI_WEBHOOK_SECRET: 'whsec_canary', TURNSTILE: 'canary-4' },
    });
    expect(code).toBe(0);
    expect(stderr).toBe(
      'Recommendations:\n  metrics.token: /metrics is served on the public port, protected only by the token. Use metrics.port instead.\n',
    );
    expect(stdout).not.toContain('canary');
    expect(JSON.parse(stdout)).toMatchObject({
      listen: { port: 4321, host: '0.0.0.0' },
      allowedOrigins: [PAGE],
      upstream: { baseUrl: BASE_URL, apiKey: '(hidden)' },
      profiles: {
        support: {
          access: ['call', 'phone'],
          limits: { maxSeconds: 120, maxIdleSeconds: 60, money: 2.05 },
          mcp: [{ label: 'crm', authorization: '(hidden)', headers: { 'X-Key': '(hidden)' } }],
        },
      },
      budget: { callsPerDay: 1_000, moneyPerDay: 102.5 },
      prices: { 'gpt-realtime-2.1': { audioInput: 32, audioOutput: 64 } },
      visitor: { turnstile: { secret: '(hidden)' } },
      phone: { webhookSecret: '(hidden)', numbers: { '*': 'support' } },
      metrics: { token: '(hidden)' },
      onStateFailure: 'refuse',
    });
  });

  it('--check refuses limits that refuse every call, and recommends changes for those that have no effect', async () => {
    const small = { budget: { minutesPerDay: 2 }, limits: { maxSeconds: 300 } };
    const refused = await commands.run({ files: { 'voice-agent.config.json': JSON.stringify(small) }, args: ['--check'], env });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('budget.minutesPerDay: is less than limits.maxSeconds (300 s)');
    const closed = { budget: { maxConcurrent: 0 }, prices: { mine: { audioInput: 0 } } };
    const accepted = await commands.run({ files: { 'voice-agent.config.json': JSON.stringify(closed) }, args: ['--check'], env });
    expect(accepted.code).toBe(0);
    expect(accepted.stderr).toContain('budget.maxConcurrent: 0 refuses every call.');
    expect(accepted.stderr).toContain('prices.mine: every price is 0');
  });

  it('--check warns of models that OpenAI shuts down', async () => {
    const [{ model, date, successor }] = MODEL_SHUTDOWNS as [ModelShutdown];
    const files = { 'voice-agent.config.json': JSON.stringify({ profiles: { support: { session: { model } } } }) };
    const { code, stderr } = await commands.run({
      files,
      args: ['--check'],
      env: { OPENAI_API_KEY: 'sk-x', VOICE_AGENT_ALLOWED_ORIGINS: PAGE },
    });
    expect(code).toBe(0);
    expect(stderr).toContain(
      `profiles.support.session.model: OpenAI ${Date.now() < Date.parse(date) ? 'shuts' : 'shut'} down ${model} on ${date}. Use ${successor}.`,
    );
    expect(stderr).toContain('visitor: ');
  });

  it.each([
    ['the default state', {}, /\.voice-agent\/journal$/],
    ['a journal', { state: { journal: 'voice.journal' } }, /^voice\.journal$/],
  ])('--check does not touch %s', async (_, settings, journal) => {
    const files = { 'voice-agent.config.json': JSON.stringify(settings) };
    const checked = await commands.start({ files, args: ['--check'], env });
    expect(await checked.ended).toBe(0);
    expect(readdirSync(checked.folder)).toEqual(['voice-agent.config.json']);
    expect(JSON.parse(checked.stdout())).toMatchObject({ state: { journal: expect.stringMatching(journal) as string } });
  });

  it('--check beside a running server does not affect it', async () => {
    const running = await commands.start({ files: { 'voice-agent.config.json': '{}' }, env });
    const url = await urlOf(running);
    const listed = readdirSync(join(running.folder, '.voice-agent'));
    const before = readFileSync(join(running.folder, '.voice-agent/journal'), 'utf8');
    const checked = await commands.start({ folder: running.folder, args: ['--check'], env });
    expect([await checked.ended, checked.stderr()]).toEqual([0, expect.not.stringContaining('journal')]);
    expect(readdirSync(join(running.folder, '.voice-agent'))).toEqual(listed);
    expect(readFileSync(join(running.folder, '.voice-agent/journal'), 'utf8')).toBe(before);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const minted = await fetch(`${url}/voice/token`, { method: 'POST', headers: { Origin: PAGE } });
    // The API is not reachable in this test, but the state is.
    expect(minted.status).toBe(502);
  });

  it('--check neither opens nor connects a state that the config file creates', async () => {
    const connected = vi.fn();
    const redis = createServer(connected);
    await new Promise<void>((resolve) => redis.listen(0, '127.0.0.1', resolve));
    const url = `redis://127.0.0.1:${String((redis.address() as AddressInfo).port)}`;
    try {
      const inCode = `import { fileState } from ${JSON.stringify(source('runtime/node/file-state.ts'))};
        export default { state: fileState({ file: 'made/in/code.journal' }) };`;
      const checked = await commands.start({ files: { 'voice-agent.config.ts': inCode }, args: ['--check'], env });
      expect([await checked.ended, checked.stdout()]).toEqual([0, expect.stringContaining('(FileState)')]);
      expect(readdirSync(checked.folder)).toEqual(['voice-agent.config.ts']);
      const withRedis = `import { redisState } from ${JSON.stringify(source('index.ts'))};
        export default { state: redisState({ redis: ${JSON.stringify(url)} }) };`;
      for (const setup of [{ files: { 'voice-agent.config.ts': withRedis }, env }, { env: { ...env, VOICE_AGENT_REDIS_URL: url } }])
        expect((await commands.run({ ...setup, args: ['--check'] })).code).toBe(0);
      expect(connected).not.toHaveBeenCalled();
    } finally {
      redis.close();
    }
  });

  it('--help lists the variables and --version prints the version', async () => {
    const help = await commands.run({ args: ['--help'] });
    expect(help.code).toBe(0);
    for (const name of ['OPENAI_API_KEY', 'VOICE_AGENT_REDIS_URL', '--check', '--metrics-port', '--metrics-host'])
      expect(help.stdout).toContain(name);
    expect(await commands.run({ args: ['--version'] })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });
});
