/** New settings for a running server: live calls keep theirs, invalid settings change nothing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.js';
import type { SharedState, VoiceServer, VoiceServerOptions } from '../../../src/server/index.js';
import { ServedApp } from '../../../src/server/command/served-app.js';
import { FileState } from '../../../src/server/runtime/node/file-state.js';
import { MemoryState } from '../../../src/server/state/memory-state.js';
import { createVisitor } from '../../unit/sandbox-media/visitor.js';
import { Notices, broker, closing, connected, offered, pass, sandboxed } from '../calls/support.js';
import { Commands, urlOf } from '../server-command-support.js';
import type { Command } from '../server-command-support.js';
import { HandClock, PAGE } from '../token-route-support.js';
import { quickSandbox } from '../../support/quick-sandbox.js';

/** Serves an app that can be replaced. */
function servedBy(app: VoiceServer, clock: HandClock): ServedApp {
  const served = new ServedApp(clock);
  served.open(app);
  return served;
}

/** Advances time second by second, and waits for the writes of each second, so that regular timers also fire with a journal. */
async function written(state: SharedState, clock: HandClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    await pass(clock, 1_000);
    // Written after all changes of this second.
    await state.once(`second:${String(clock.now())}`, 1);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('an app that is replaced', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reload-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Servers on one state and one clock, each with its own options. */
  function settings(root: string, state: VoiceServerOptions['state'] & object, clock: HandClock) {
    return (options: Partial<VoiceServerOptions>) => broker(root, { state, ...options }, { clock });
  }

  it.each([
    ['in memory', (clock: HandClock) => new MemoryState({ clock })],
    ['in a journal', (clock: HandClock) => new FileState({ file: join(folder, 'journal'), clock })],
  ])('watches its calls with its own limits, with state %s', async (_, create) => {
    const sandbox = await sandboxed();
    const clock = new HandClock();
    const state = closing(create(clock));
    const server = settings(sandbox.url, state, clock);
    const before = server({ limits: { maxSeconds: 60, maxIdleSeconds: 600, warningSeconds: 0 } });
    const served = closing(servedBy(before.app, clock));
    const long = await connected(before, sandbox);
    const after = server({ limits: { maxSeconds: 30, maxIdleSeconds: 600, warningSeconds: 0 } });
    served.replace(after.app);
    expect(await served.operator.calls()).toHaveLength(1);
    // Requests about the old call reach the new app.
    const notices = await Notices.of(after, long.location);
    await written(state, clock, 20_000);
    const short = await connected(after, sandbox);
    await written(state, clock, 30_000);
    expect(await short.call.ended).toBe('hangup');
    expect(long.call.state).toBe('open');
    await written(state, clock, 10_000);
    expect(await long.call.ended).toBe('hangup');
    expect(await before.heard('call-ended')).toMatchObject({ reason: 'duration', spent: { seconds: 60 } });
    expect(await after.heard('call-ended')).toMatchObject({ reason: 'duration', spent: { seconds: 30 } });
    expect(await notices.at(0)).toEqual({ type: 'ended', reason: 'duration' });
    // Nothing was taken over, so each call had one watcher.
    for (const { events } of [before, after])
      expect(events.filter((event) => event.type === 'sideband').map((event) => event.state)).toEqual(['attached']);
  });

  it('has its calls ended by the new app: by their page and by the operator', async () => {
    const sandbox = await sandboxed();
    const clock = new HandClock();
    const state = new MemoryState({ clock });
    const server = settings(sandbox.url, state, clock);
    const before = server({ budget: { maxConcurrent: 2 } });
    const served = closing(servedBy(before.app, clock));
    const [one, other] = [await connected(before, sandbox), await connected(before, sandbox)];
    served.replace(server({ budget: { maxConcurrent: 2 } }).app);
    const end = await served.fetch(new Request(`https://voice.example${one.location}`, { method: 'DELETE', headers: { Origin: PAGE } }));
    expect(end.status).toBe(204);
    expect(await one.call.ended).toBe('hangup');
    expect(await served.operator.endAll()).toBe(1);
    expect(await other.call.ended).toBe('hangup');
    await expect.poll(async () => (await served.operator.budget()).accounts[0]?.concurrent).toBe(0);
  });

  it('has its calls ended when the process stops', async () => {
    const sandbox = await sandboxed();
    const clock = new HandClock();
    const server = settings(sandbox.url, new MemoryState({ clock }), clock);
    const before = server({});
    const served = servedBy(before.app, clock);
    const call = await connected(before, sandbox);
    served.replace(server({}).app);
    served.replace(server({}).app);
    await served.close();
    expect(await call.call.ended).toBe('hangup');
    expect(await before.heard('call-ended')).toMatchObject({ reason: 'shutdown' });
  });
});

describe('a running command', { timeout: 120_000 }, () => {
  const commands = new Commands();
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await quickSandbox();
  }, 60_000);
  afterEach(() => commands.close());
  afterAll(() => sandbox.close());

  const basic = () => ({
    allowedOrigins: [PAGE],
    upstream: { apiKey: 'sk-sandbox-first', baseUrl: sandbox.url },
    profiles: { default: {} } as Record<string, object>,
    listen: { port: 0 },
  });
  const start = (config: object, more: object = {}) =>
    commands.start({ files: { 'voice-agent.config.json': JSON.stringify(config) }, ...more });
  const write = ({ folder }: Command, config: object | string): void =>
    writeFileSync(join(folder, 'voice-agent.config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  const reload = ({ folder }: Command) => commands.run({ args: ['reload'], folder });
  const key = (url: string, profile = 'default'): Promise<Response> =>
    fetch(`${url}/voice/token?profile=${profile}`, { method: 'POST', headers: { Origin: PAGE } });

  it('applies new settings after SIGHUP and after the command, while a call continues', async () => {
    // With a journal, the next process would take the call over after SIGTERM.
    const server = await start(basic(), { env: { VOICE_AGENT_STATE: 'memory' } });
    const url = await urlOf(server);
    const visitor = closing(await createVisitor());
    const [path, init] = offered(visitor.offer);
    const answer = await fetch(`${url}${path}`, init);
    await visitor.accept(await answer.text());
    const call = await sandbox.nextCall();
    await visitor.reached('open');
    // Like the widget's first event, this shows the server that the page is connected.
    visitor.channel.send(JSON.stringify({ type: 'input_audio_buffer.clear' }));

    expect((await key(url, 'sales')).status).toBe(404);
    write(server, { ...basic(), profiles: { default: { session: { voice: 'marin' } }, sales: {} } });
    server.kill('SIGHUP');
    expect(await server.line(({ msg }) => msg === 'settings reloaded')).toMatchObject({ level: 'info', profiles: ['default', 'sales'] });
    expect((await key(url, 'sales')).status).toBe(200);
    expect((await key(url)).status).toBe(200);
    expect(sandbox.keys.at(-1)?.session).toMatchObject({ audio: { output: { voice: 'marin' } } });

    write(server, {
      ...basic(),
      allowedOrigins: ['https://other.example'],
      upstream: { ...basic().upstream, apiKey: 'sk-sandbox-second' },
    });
    expect(await reload(server)).toMatchObject({ code: 0, stdout: 'Reloaded. Live calls keep their settings.\n' });
    expect((await key(url)).status).toBe(403);
    expect(call.state).toBe('open');
    expect((await commands.run({ args: ['calls'], folder: server.folder })).stdout).toContain('1 live call\n');
    server.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(await call.ended).toBe('hangup');
  });

  it('keeps its settings if the new ones have an error, names the error, and applies corrected ones', async () => {
    const server = await start({ ...basic(), metrics: { token: 'metrics-token' } }, { env: { NOT_SET: '' } });
    const url = await urlOf(server);
    let refusals = 0;
    for (const [content, text] of [
      ['{"allowedOrigins": [', 'is not valid JSON'],
      [{ ...basic(), limits: { maxSeconds: 1 } }, 'limits.maxSeconds: must be a whole number'],
      [{ ...basic(), upstream: { apiKey: 'env:NOT_SET' } }, 'upstream.apiKey: the environment variable NOT_SET is not set.'],
      [{ ...basic(), listen: { port: 8787 } }, 'listen: cannot change while the server runs. Restart it.'],
      [{ ...basic(), state: 'memory' }, 'state: cannot change while the server runs. Restart it.'],
      [{ ...basic(), metrics: { host: '0.0.0.0' } }, 'metrics.host: cannot change while the server runs. Restart it.'],
      [{ ...basic(), state: { redis: 'redis://127.0.0.1:9' } }, 'state: cannot change while the server runs. Restart it.'],
      [{ ...basic(), visitor: { visitorToken: { secret: 'canary-short' } } }, 'visitor.visitorToken.secret: must have at least 32 bytes'],
    ] as const) {
      write(server, content);
      const refused = await reload(server);
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(text) as string });
      expect(refused.stderr).toContain('The previous settings stay in use:');
      refusals += 1;
      expect((await key(url)).status).toBe(200);
    }
    expect(server.lines().filter(({ msg }) => msg === 'settings not reloaded')).toHaveLength(refusals);
    expect(server.lines().filter(({ msg }) => msg === 'settings not reloaded')[1]).toMatchObject({
      level: 'error',
      problems: [expect.stringMatching(/^limits\.maxSeconds/)],
    });
    expect(server.stdout()).not.toContain('canary');
    // Also if it is started by a signal.
    server.kill('SIGHUP');
    await expect.poll(() => server.lines().filter(({ msg }) => msg === 'settings not reloaded').length).toBe(refusals + 1);
    write(server, { ...basic(), metrics: { token: 'metrics-token' }, profiles: { sales: {} } });
    expect((await reload(server)).code).toBe(0);
    expect([(await key(url)).status, (await key(url, 'sales')).status]).toEqual([404, 200]);
    const metrics = await fetch(`${url}/metrics`, { headers: { Authorization: 'Bearer metrics-token' } });
    // Counted since the start, not since the reload.
    expect(await metrics.text()).toContain('voice_agent_keys_minted_total{profile="default"} 8');
  });

  it('keeps counts and the pause, also in memory, and refuses no request meanwhile', async () => {
    const config = {
      ...basic(),
      state: 'memory',
      budget: { callsPerDay: 40, maxConcurrent: false },
      rates: { perAddress: false, perProfile: false, global: false },
    };
    const server = await start(config);
    const url = await urlOf(server);
    const statuses: number[] = [];
    let done = false;
    const visitors = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!done) statuses.push((await key(url)).status);
      }),
    );
    const reloads = (): number => server.lines().filter(({ msg }) => msg === 'settings reloaded').length;
    for (let each = 1; each <= 10; each++) {
      server.kill('SIGHUP');
      await expect.poll(reloads).toBe(each);
    }
    done = true;
    await visitors;
    expect(statuses.filter((status) => status === 200)).toHaveLength(40);
    expect(new Set(statuses).size).toBeLessThanOrEqual(2);
    expect(statuses.every((status) => status === 200 || status === 429)).toBe(true);
    expect((await commands.run({ args: ['pause'], folder: server.folder })).code).toBe(0);
    expect((await reload(server)).code).toBe(0);
    expect((await key(url)).status).toBe(503);
  });

  it('loads a changed module again', async () => {
    const module = (profile: string) => `export default ${JSON.stringify({ ...basic(), profiles: { [profile]: {} } })};`;
    const server = await commands.start({ files: { 'voice-agent.config.mjs': module('first') } });
    const url = await urlOf(server);
    expect((await key(url, 'first')).status).toBe(200);
    writeFileSync(join(server.folder, 'voice-agent.config.mjs'), module('second'));
    expect((await reload(server)).code).toBe(0);
    expect([(await key(url, 'first')).status, (await key(url, 'second')).status]).toEqual([404, 200]);
    writeFileSync(join(server.folder, 'voice-agent.config.mjs'), 'export default {');
    expect(await reload(server)).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be loaded: ') as string });
    expect((await key(url, 'second')).status).toBe(200);
  });

  it('reads secrets from files again, so that a key is rotated without a gap', async () => {
    const valid = new Set(['sk-sandbox-old']);
    const own = await sandboxed({ apiKeys: (apiKey) => valid.has(apiKey) });
    const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
    const file = (name: string, content: string): string => {
      writeFileSync(join(folder, name), content);
      return `file:${join(folder, name)}`;
    };
    const config = (...apiKey: string[]) => ({
      ...basic(),
      upstream: { baseUrl: own.url, apiKey },
      pepper: file('pepper', 'p'.repeat(44)),
    });
    try {
      const server = await start(config(file('old', 'sk-sandbox-old\n')));
      const url = await urlOf(server);
      expect((await key(url)).status).toBe(200);
      valid.add('sk-sandbox-new');
      write(server, config(file('new', 'sk-sandbox-new\r\n'), file('old', 'sk-sandbox-old\n')));
      expect((await reload(server)).code).toBe(0);
      expect((await key(url)).status).toBe(200);
      valid.delete('sk-sandbox-old');
      expect((await key(url)).status).toBe(200);
      write(server, config(`file:${folder}/none`));
      const missing = await reload(server);
      expect(missing.stderr).toContain(`upstream.apiKey[0]: the file ${folder}/none cannot be read (ENOENT).`);
      write(server, config(file('empty', '\n')));
      expect((await reload(server)).stderr).toContain('/empty is empty.');
      expect((await key(url)).status).toBe(200);
      expect(server.stdout()).not.toContain('sk-sandbox');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('replaces the token of the admin port', async () => {
    const [old, next] = ['old-admin-token-0123456789abcdefgh', 'new-admin-token-0123456789abcdefgh'];
    const config = (token: string) => ({ ...basic(), admin: { port: 0, token } });
    const server = await start(config(old));
    const adminUrl = String((await server.line(({ msg }) => msg === 'listening'))['adminUrl']);
    const status = async (token: string) =>
      (await fetch(`${adminUrl}api/paused`, { headers: { Authorization: `Bearer ${token}` } })).status;
    expect([await status(old), await status(next)]).toEqual([200, 401]);
    write(server, config(next));
    expect((await reload(server)).code).toBe(0);
    expect([await status(old), await status(next)]).toEqual([401, 200]);
  });
});
