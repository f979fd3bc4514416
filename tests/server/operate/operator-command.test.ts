/** The operator's commands as real processes: over the local socket and the admin port of a running server. */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.js';
import { createVisitor } from '../../unit/sandbox-media/visitor.js';
import { redisServer } from '../../support/redis-server.js';
import { closing, offered } from '../calls/support.js';
import { Commands, urlOf } from '../server-command-support.js';
import type { Command } from '../server-command-support.js';
import { PAGE } from '../token-route-support.js';
import { quickSandbox } from '../../support/quick-sandbox.js';

const TOKEN = 'canary-admin-token-0123456789abcdef';
const commands = new Commands();
let sandbox: Sandbox;
let env: Record<string, string> = {};

beforeAll(async () => {
  sandbox = await quickSandbox();
  env = { OPENAI_API_KEY: 'sk-sandbox-operated', OPENAI_BASE_URL: sandbox.url, VOICE_AGENT_ALLOWED_ORIGINS: PAGE, PORT: '0' };
}, 60_000);
afterEach(() => commands.close());
afterAll(() => sandbox.close());

const socketOf = ({ folder }: Command): string => join(folder, '.voice-agent/operator.sock');

/** Runs a command in the folder of a server. */
const operate = ({ folder }: Command, args: string, environment: Record<string, string> = {}) =>
  commands.run({ args: args.split(' '), folder, env: environment });

const key = (url: string): Promise<Response> => fetch(`${url}/voice/token`, { method: 'POST', headers: { Origin: PAGE } });

/** Connects a visitor to a server. */
async function call(url: string) {
  const visitor = closing(await createVisitor());
  const [path, init] = offered(visitor.offer);
  const answer = await fetch(`${url}${path}`, init);
  expect(answer.status).toBe(201);
  await visitor.accept(await answer.text());
  await visitor.reached('open');
  // Like the widget's first event, this shows the server that the page is connected.
  visitor.channel.send(JSON.stringify({ type: 'input_audio_buffer.clear' }));
  return { call: await sandbox.nextCall(), id: answer.headers.get('Location')?.split('/').at(-1) ?? '' };
}

describe('the commands of the operator', { timeout: 120_000 }, () => {
  it('list and end calls, pause, resume and report the budget over the local socket', async () => {
    const server = await commands.start({ env });
    const url = await urlOf(server);
    const connected = await call(url);
    const listed = await operate(server, 'calls --json');
    const [live, ...more] = JSON.parse(listed.stdout) as { ref: string; profile: string; visitor: string }[];
    expect(more).toEqual([]);
    expect(live).toMatchObject({ profile: 'default', kind: 'browser', visitor: expect.stringMatching(/^[\w-]{43}$/), spent: { calls: 1 } });
    expect(listed.stdout).not.toContain(connected.id);
    const table = await operate(server, 'calls');
    expect(table.stdout).toMatch(
      /^ref +agent +kind +age +tokens +money +visitor\n\S+ +default +browser +\d+:\d\d +0 +0\.0000 +[\w-]{43}\n1 live call\n$/,
    );

    expect(await operate(server, 'pause')).toMatchObject({ code: 0, stdout: expect.stringContaining('Paused') as string });
    const refused = await key(url);
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([503, 'paused']);
    expect(connected.call.state).toBe('open');
    const budget = await operate(server, 'budget');
    expect(budget.stdout).toMatch(
      /^account +period +amount +spent +reserved +limit\nall +today +calls +0 +1 +1000\n +today +minutes +0\.0 +10\.0\n/,
    );
    expect(budget.stdout).toContain('The server is paused.');
    expect(JSON.parse((await operate(server, 'budget --json')).stdout)).toMatchObject({
      paused: true,
      accounts: [{ account: 'all', limits: { calls: 1_000 } }, {}],
    });

    expect(await operate(server, `calls end ${live?.ref ?? ''}`)).toMatchObject({ code: 0, stdout: 'Ended 1 call.\n' });
    expect(await connected.call.ended).toBe('hangup');
    expect(await server.line(({ event }) => event === 'call-ended')).toMatchObject({ reason: 'operator' });
    expect(await operate(server, `calls end ${live?.ref ?? ''}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No live call has this ref') as string,
    });
    expect(await operate(server, 'resume')).toMatchObject({ code: 0, stdout: 'Resumed.\n' });
    const again = await call(url);
    expect(await operate(server, 'calls end --all')).toMatchObject({ code: 0, stdout: 'Ended 1 call.\n' });
    expect(await again.call.ended).toBe('hangup');
    expect((await operate(server, 'calls')).stdout).toBe('0 live calls\n');
    expect(server.lines().flatMap(({ event, action }) => (event === 'operator' ? [action] : []))).toEqual([
      'pause',
      'end',
      'resume',
      'end-all',
    ]);
  });

  it('reach every process of one Redis through any of them', async () => {
    const redis = await redisServer();
    try {
      const shared = { ...env, VOICE_AGENT_REDIS_URL: redis.url };
      const [first, second] = await Promise.all([commands.start({ env: shared }), commands.start({ env: shared })]);
      const urls = await Promise.all([urlOf(first), urlOf(second)]);
      const connected = await call(urls[0] ?? '');
      expect((await operate(second, 'pause')).code).toBe(0);
      for (const url of urls) expect((await key(url)).status).toBe(503);
      expect((await operate(first, 'budget')).stdout).toContain('The server is paused.');
      expect((await operate(second, 'calls end --all')).stdout).toBe('Ended 1 call.\n');
      expect(await connected.call.ended).toBe('hangup');
      expect((await operate(first, 'resume')).code).toBe(0);
      for (const url of urls) expect((await key(url)).status).toBe(200);
    } finally {
      await redis.close();
    }
  });

  it('explain what is wrong', async () => {
    const server = await commands.start({ env });
    await urlOf(server);
    for (const [args, code, text] of [
      ['calls end', 2, 'calls end REF'],
      ['calls end a --all', 2, 'calls end REF'],
      ['pause now', 2, 'pause has no such arguments'],
      ['budget --port 1', 2, "'--port'"],
      ['budget --socket a --url http://127.0.0.1', 2, 'cannot be combined'],
      ['budget --url ftp://127.0.0.1', 2, 'must be an http or https URL'],
      ['budget --socket nowhere.sock', 1, 'No server answers at nowhere.sock (ENOENT).'],
      ['budget --url http://127.0.0.1:9', 1, 'No server answers at http://127.0.0.1:9 (ECONNREFUSED).'],
    ] as const)
      expect(await operate(server, args), args).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(text) as string });
    expect((await operate(server, 'calls --help')).stdout).toContain('calls end REF');
  });
});

describe('the local socket', { timeout: 120_000 }, () => {
  it('can be used only by the user of the server, and is removed with it', async () => {
    const server = await commands.start({ env });
    expect((await server.line(({ msg }) => msg === 'listening'))['socket']).toBe(socketOf(server));
    expect(statSync(socketOf(server)).mode & 0o777).toBe(0o600);
    expect(statSync(join(server.folder, '.voice-agent')).mode & 0o777).toBe(0o700);
    server.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(() => statSync(socketOf(server))).toThrow('ENOENT');
    expect(await operate(server, 'calls')).toMatchObject({ code: 1, stderr: expect.stringContaining('No server answers') as string });
  });

  it('replaces the socket of a killed server, but not that of a running one', async () => {
    const killed = await commands.start({ env });
    await urlOf(killed);
    killed.kill('SIGKILL');
    await killed.ended;
    expect(statSync(socketOf(killed)).isSocket()).toBe(true);
    const { folder } = killed;
    const server = await commands.start({ env, folder });
    await urlOf(server);
    expect((await operate(server, 'calls')).code).toBe(0);
    const own = join(folder, 'own.sock');
    const second = await commands.start({ env: { ...env, VOICE_AGENT_STATE: 'memory', VOICE_AGENT_ADMIN_SOCKET: own }, folder });
    expect((await second.line(({ msg }) => msg === 'listening'))['socket']).toBe(own);
    const third = await commands.start({ env: { ...env, VOICE_AGENT_STATE: 'memory' }, folder });
    expect(await third.line(({ level }) => level === 'warn' && true)).toBeDefined();
    expect(await third.line(({ problem }) => String(problem).includes('is used by another process'))).toMatchObject({ level: 'warn' });
    expect((await operate(server, 'pause')).code).toBe(0);
    expect((await key(await urlOf(server))).status).toBe(503);
    expect((await key(await urlOf(third))).status).toBe(200);
  });

  it('is required if the configuration names it', async () => {
    const { code, stderr } = await commands.run({ env: { ...env, VOICE_AGENT_ADMIN_SOCKET: 'file/operator.sock' }, files: { file: '' } });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/The socket file\/operator\.sock cannot be created \(E[A-Z]+\)\./)]);
  });

  it('is optional in a folder that cannot be written, and can be turned off', async () => {
    const off = await commands.start({ env, files: { 'voice-agent.config.json': JSON.stringify({ admin: { socket: false } }) } });
    expect(await off.line(({ msg }) => msg === 'listening')).not.toHaveProperty('socket');
    expect(() => statSync(socketOf(off))).toThrow('ENOENT');
    writeFileSync(join(off.folder, 'file'), '');
    const blocked = await commands.start({ env: { ...env, VOICE_AGENT_STATE: 'memory', STATE_DIRECTORY: `${off.folder}/file:/other` } });
    expect((await key(await urlOf(blocked))).status).toBe(200);
    expect(await blocked.line(({ problem }) => problem !== undefined)).toMatchObject({
      level: 'warn',
      problem: expect.stringContaining('cannot be created') as string,
    });
  });
});

describe('the admin port', { timeout: 120_000 }, () => {
  const admin = { VOICE_AGENT_ADMIN_PORT: '0', VOICE_AGENT_ADMIN_TOKEN: TOKEN };

  it('ends a start if its port is taken, before anything is written', async () => {
    const first = await commands.start({ env: { ...env, ...admin } });
    const { port } = new URL(String((await first.line(({ msg }) => msg === 'listening'))['adminUrl']));
    const second = await commands.start({ env: { ...env, ...admin, VOICE_AGENT_ADMIN_PORT: port } });
    expect([await second.ended, second.stderr()]).toEqual([1, expect.stringContaining(`Port ${port} on 127.0.0.1 is already in use.`)]);
    expect(readdirSync(second.folder)).toEqual([]);
    const same = await commands.run({ env: { ...env, ...admin, PORT: '8787', VOICE_AGENT_ADMIN_PORT: '8787' } });
    expect([same.code, same.stderr]).toEqual([
      1,
      expect.stringContaining('admin.port: is the same as listen.port (8787); choose another one.'),
    ]);
  });

  it('listens on this machine and accepts only the token', async () => {
    const server = await commands.start({ env: { ...env, ...admin } });
    const adminUrl = String((await server.line(({ msg }) => msg === 'listening'))['adminUrl']);
    expect(adminUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/admin\/$/);
    const request = (headers: Record<string, string>, path = '/calls') => fetch(`${adminUrl}api${path}`, { headers });
    for (const Authorization of ['', 'Bearer', TOKEN, `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(0, -1)}`]) {
      const refused = await request({ Authorization });
      expect([refused.status, refused.headers.get('WWW-Authenticate'), ((await refused.json()) as { code: string }).code]).toEqual([
        401,
        'Bearer',
        'operator_denied',
      ]);
    }
    expect((await request({}, '/nothing')).status).toBe(401);
    const accepted = await request({ Authorization: `Bearer ${TOKEN}` });
    expect([accepted.status, await accepted.json(), accepted.headers.get('Cache-Control')]).toEqual([200, { calls: [] }, 'no-store']);
    expect((await request({ Authorization: `Bearer ${TOKEN}` }, '/nothing')).status).toBe(404);
    // The visitors' port has no such routes.
    expect((await fetch(`${await urlOf(server)}/admin/api/calls`, { headers: { Authorization: `Bearer ${TOKEN}` } })).status).toBe(404);
    expect(await server.line(({ code }) => code === 'operator_denied')).toMatchObject({ route: '/admin', status: 401 });

    const paused = await operate(server, `pause --url ${adminUrl}`, { VOICE_AGENT_ADMIN_TOKEN: TOKEN });
    expect(paused).toMatchObject({ code: 0, stderr: '' });
    expect((await key(await urlOf(server))).status).toBe(503);
    const denied = await operate(server, `resume --url ${adminUrl}`, { VOICE_AGENT_ADMIN_TOKEN: `${TOKEN}x` });
    expect(denied).toMatchObject({ code: 1, stderr: expect.stringContaining('must include the operator token') as string });
    expect(server.stdout() + server.stderr() + denied.stderr).not.toContain('canary');
  });

  it('limits requests, also with the token', async () => {
    const server = await commands.start({ env: { ...env, ...admin } });
    const adminUrl = String((await server.line(({ msg }) => msg === 'listening'))['adminUrl']);
    const request = () => fetch(`${adminUrl}api/paused`, { headers: { Authorization: `Bearer ${TOKEN}` } });
    const statuses = new Set<number>();
    for (let each = 0; each < 400 && !statuses.has(429); each++) statuses.add((await request()).status);
    expect([...statuses]).toEqual([200, 429]);
    expect((await request()).headers.get('Retry-After')).toMatch(/^\d+$/);
    // The socket is not limited.
    expect((await operate(server, 'budget')).code).toBe(0);
  });

  it('needs a token of at least 32 characters', async () => {
    const missing = await commands.run({ env: { ...env, VOICE_AGENT_ADMIN_PORT: '0' } });
    expect(missing).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('admin.token: is missing. Set VOICE_AGENT_ADMIN_TOKEN') as string,
    });
    const short = await commands.run({ env: { ...env, ...admin, VOICE_AGENT_ADMIN_TOKEN: 'canary-short' } });
    expect(short).toMatchObject({ code: 1, stderr: expect.stringMatching(/admin\.token: must have at least 32 characters/) as string });
    expect(short.stderr).not.toContain('canary-short');
  });
});
