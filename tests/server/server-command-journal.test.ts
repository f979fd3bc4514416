/** The command and its journal: the default, a second start, and disks that fail. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox } from '../../src/sandbox/index.js';
import type { Sandbox } from '../../src/sandbox/index.js';
import { Commands, urlOf } from './server-command-support.js';
import type { Command, CommandSetup } from './server-command-support.js';

const PAGE = 'https://www.example.com';
const commands = new Commands();
let sandbox: Sandbox;
let env: Record<string, string> = {};

beforeAll(async () => {
  sandbox = await createSandbox({ port: 0 });
  env = { OPENAI_API_KEY: 'sk-sandbox', OPENAI_BASE_URL: sandbox.url, VOICE_AGENT_ALLOWED_ORIGINS: PAGE, PORT: '0' };
}, 60_000);
afterEach(() => commands.close());
afterAll(() => sandbox.close());

/** One key a day, unless the settings say otherwise. */
const start = (setup: CommandSetup = {}, settings: object = {}): Promise<Command> =>
  commands.start({
    env,
    files: { 'voice-agent.config.json': JSON.stringify({ budget: { callsPerDay: 1 }, rates: { perAddress: false }, ...settings }) },
    ...setup,
  });

const token = async (command: Command): Promise<number> =>
  (await fetch(`${await urlOf(command)}/voice/token`, { method: 'POST', headers: { Origin: PAGE } })).status;

async function killed(command: Command): Promise<void> {
  command.kill('SIGKILL');
  expect(await command.ended).toBe('SIGKILL');
}

/** Changes the maximum file size that the process may write, as a disk that fills up or is freed would. */
const setFileLimit = (command: Command, bytes: number | 'unlimited'): unknown =>
  execFileSync('prlimit', [`--pid=${String(command.pid)}`, `--fsize=${String(bytes)}:unlimited`]);

describe('the journal of voice-agent-server', { timeout: 60_000 }, () => {
  it('is kept by default, in .voice-agent', async () => {
    const first = await start();
    expect(await token(first)).toBe(200);
    await killed(first);
    const second = await start({ folder: first.folder });
    expect(await token(second)).toBe(429);
    second.kill('SIGTERM');
    expect(await second.ended).toBe(0);
    expect(await token(await start({ folder: first.folder }))).toBe(429);
    expect(existsSync(join(first.folder, '.voice-agent/journal'))).toBe(true);
  });

  it('is kept in the state folder of the service', async () => {
    const first = await start({ env: { ...env, STATE_DIRECTORY: 'state:other' } });
    expect(await token(first)).toBe(200);
    expect(readdirSync(first.folder).sort()).toEqual(['state', 'voice-agent.config.json']);
    expect(readdirSync(join(first.folder, 'state'))).toContain('journal');
  });

  it.each([
    ['the configuration', {}, { state: 'memory' }],
    ['the environment', { VOICE_AGENT_STATE: 'memory' }, {}],
  ])('is not kept if %s asks for memory', async (_, variables, settings) => {
    const first = await start({ env: { ...env, ...variables } }, settings);
    expect(await token(first)).toBe(200);
    await killed(first);
    // The folder holds only the operator's socket.
    expect(readdirSync(first.folder).sort()).toEqual(['.voice-agent', 'voice-agent.config.json']);
    expect(readdirSync(join(first.folder, '.voice-agent')).sort()).toEqual(['.gitignore', 'operator.sock']);
    expect(await token(await start({ folder: first.folder, env: { ...env, ...variables } }, settings))).toBe(200);
  });

  it('rejects other words for the state', async () => {
    const { code, stderr } = await commands.run({ env: { ...env, VOICE_AGENT_STATE: 'disk' } });
    expect(code).toBe(1);
    expect(stderr).toContain('  state: must be "memory", or contain either "redis" or "journal".');
  });

  it('refuses a second server, which names the first and changes nothing', async () => {
    const first = await start();
    await urlOf(first);
    const home = join(first.folder, '.voice-agent');
    const before = [readdirSync(home), readFileSync(join(home, 'journal'), 'utf8')];
    const second = await start({ folder: first.folder });
    expect(await second.ended).toBe(1);
    expect(second.stderr()).toContain(
      `voice-agent-server: The journal ${join(home, 'journal')} is in use by another running server (process ${String(first.pid)} on host ${hostname()}, since 20`,
    );
    expect(second.stderr()).not.toMatch(/\n\s+at /);
    expect([readdirSync(home), readFileSync(join(home, 'journal'), 'utf8')]).toEqual(before);
    expect(await token(first)).toBe(200);
    expect(before[0]).toContain('operator.sock');
    expect((await commands.run({ folder: first.folder, args: ['budget'] })).code).toBe(0);
    // Another journal is another server.
    expect(await token(await start({ folder: first.folder }, { state: { journal: 'other' } }))).toBe(200);
  });

  it('is not touched by a server whose port is taken', async () => {
    const first = await start({}, { state: 'memory' });
    const { port } = new URL(await urlOf(first));
    const second = await start({ env: { ...env, PORT: port } });
    expect(await second.ended).toBe(1);
    expect(second.stderr()).toContain(`Port ${port} on 127.0.0.1 is already in use.`);
    expect(readdirSync(second.folder)).toEqual(['voice-agent.config.json']);
  });
});

describe('a disk that fails', { timeout: 60_000 }, () => {
  it('ends the start with an error that names the cause and the fixes', async () => {
    const full = await start({ prepare: 'ulimit -f 0' });
    expect(await full.ended).toBe(1);
    expect(full.stderr()).toMatch(
      /state\.journal: The journal \/.*\/\.voice-agent\/journal cannot be written because the disk is full \(EFBIG\)\. Free space/,
    );
    const forbidden = await start({}, { state: { journal: '/sys/voice-agent/journal' } });
    expect(await forbidden.ended).toBe(1);
    expect(forbidden.stderr()).toMatch(
      /cannot be read and written by this user \(E\w+\)\. Change its owner, .*With state "memory", the server keeps no journal/,
    );
    const folder = await start({}, { state: { journal: '/' } });
    expect(await folder.ended).toBe(1);
    expect(folder.stderr()).toContain('is a folder (EISDIR)');
  });

  it('does not stop a running server, which reports it and writes everything when the disk works again', async () => {
    const command = await start({}, { budget: { callsPerDay: 5 }, metrics: { token: 'metrics-token' } });
    const url = await urlOf(command);
    const writable = async (): Promise<string | undefined> => {
      const answer = await fetch(`${url}/metrics`, { headers: { Authorization: 'Bearer metrics-token' } });
      return /^voice_agent_journal_writable (\d)$/m.exec(await answer.text())?.[1];
    };
    expect(await token(command)).toBe(200);
    expect(await writable()).toBe('1');
    setFileLimit(command, 100);
    expect(await token(command)).toBe(200);
    expect(await command.line(({ event }) => event === 'journal')).toMatchObject({
      level: 'error',
      msg: 'journal unwritable',
      reason: 'EFBIG',
    });
    expect(await writable()).toBe('0');
    expect(await token(command)).toBe(200);
    // Limits still apply, and nothing that the disk has accepted is lost.
    for (const status of [200, 200, 429]) expect(await token(command)).toBe(status);
    for (const path of ['/healthz', '/readyz']) expect((await fetch(url + path)).status).toBe(200);
    setFileLimit(command, 'unlimited');
    expect(await command.line(({ msg }) => msg === 'journal writable')).toMatchObject({ level: 'info' });
    expect(await writable()).toBe('1');
    await killed(command);
    expect(await token(await start({ folder: command.folder }, { budget: { callsPerDay: 5 } }))).toBe(429);
  });

  it('is written once more when the server ends', async () => {
    const command = await start();
    await urlOf(command);
    setFileLimit(command, 100);
    expect(await token(command)).toBe(200);
    await command.line(({ msg }) => msg === 'journal unwritable');
    setFileLimit(command, 'unlimited');
    command.kill('SIGTERM');
    expect(await command.ended).toBe(0);
    expect(await token(await start({ folder: command.folder }))).toBe(429);
  });
});
