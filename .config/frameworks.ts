/**
 * `npm run frameworks [NAME …]`: builds an app with each framework from its page in `src/frameworks/` and the packed package, checks its types,
 * and makes a call from it in Chromium. Needs dist/ and the npm registry. Writes the result to `test-results/frameworks.json`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveStatic } from '@hono/node-server/serve-static';
import { chromium, expect } from '@playwright/test';
import { Hono } from 'hono';
import { createSandbox } from '../src/sandbox/index.js';
import { createVoiceServer } from '../src/server/index.js';
import { serve } from '../src/server/runtime/node/serve.js';
import { chromiumLaunch } from '../tests/support/chromium.js';
import { documentedFiles } from './documented-files.js';
import { STARTERS } from './starters.js';
import type { Starter } from './starters.js';

type Agent = HTMLElementTagNameMap['voice-agent'];

const root = fileURLToPath(new URL('..', import.meta.url));
/** Most lines that a user writes in all starters together. */
const MOST_LINES = 60;

const work = mkdtempSync(join(tmpdir(), 'frameworks-'));
const seconds = (since: number): number => Math.round((Date.now() - since) / 100) / 10;

/** The environment of the apps' commands. */
const environment = (folder: string): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${join(folder, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
  NEXT_TELEMETRY_DISABLED: '1',
  NUXT_TELEMETRY_DISABLED: '1',
  ASTRO_TELEMETRY_DISABLED: '1',
  NG_CLI_ANALYTICS: 'false',
});

function run(folder: string, command: string): void {
  const [program = '', ...options] = command.split(' ');
  try {
    execFileSync(program, options, { cwd: folder, env: environment(folder), stdio: 'pipe', encoding: 'utf8' });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} fails:\n${stdout}${stderr}`, { cause: error });
  }
}

/** Writes the app. @returns the number of lines that a user wrote for the smallest app */
function write(folder: string, starter: Starter, tarball: string): number {
  const put = (path: string, code: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), code);
  };
  const dependencies = { ...starter.packages, 'voice-agent-element': `file:${tarball}` };
  put('package.json', JSON.stringify({ name: 'app', private: true, type: 'module', ...starter.manifest, dependencies }));
  for (const [path, code] of Object.entries(starter.files)) put(path, code);
  const documented = starter.page ? documentedFiles(new URL(`../src/frameworks/${starter.page}`, import.meta.url)) : [];
  for (const { path, code } of documented) put(path, code);
  return documented.flatMap(({ starter, code }) => (starter ? code.split('\n').filter((line) => line.trim() !== '') : [])).length;
}

/** Starts the command that serves the built app. @returns its address, and the function that ends it */
async function startApp(folder: string, command: (port: string) => string): Promise<{ url: string; stop(): void }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const port = String((probe.address() as AddressInfo).port);
  probe.close();
  await once(probe, 'close');
  const [program = '', ...options] = command(port).split(' ');
  const env = { ...environment(folder), PORT: port, HOST: '127.0.0.1', NITRO_PORT: port, NITRO_HOST: '127.0.0.1' };
  const child = spawn(program, options, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  const url = `http://127.0.0.1:${port}`;
  await expect
    .poll(
      () => {
        if (child.exitCode !== null) throw new Error(`${command(port)} ends with ${String(child.exitCode)}`);
        return fetch(url).then(({ status }) => status, String);
      },
      { timeout: 60_000 },
    )
    .toBe(200);
  return { url, stop: () => void (child.pid !== undefined && child.exitCode === null && process.kill(-child.pid, 'SIGKILL')) };
}

/** Serves the app next to `/voice`, opens it in Chromium, and talks to the sandbox. */
async function call(folder: string, { output, page: documented }: Starter): Promise<void> {
  const sandbox = await createSandbox({ mediaHosts: ['127.0.0.1'] });
  const app = new Hono();
  const started = typeof output === 'string' ? undefined : await startApp(folder, output.serve);
  const browser = await chromium.launch(chromiumLaunch());
  let origin = '';
  const voice = (): ReturnType<typeof createVoiceServer> =>
    (server ??= createVoiceServer({
      allowedOrigins: [origin],
      upstream: { baseUrl: sandbox.url, apiKey: 'sk-sandbox' },
      session: { model: 'gpt-realtime-2.1' },
    }));
  let server: ReturnType<typeof createVoiceServer> | undefined;
  app.get('/favicon.ico', (c) => c.body(null, 204));
  app.all('/voice/*', (c) => voice().fetch(c.req.raw, c.env));
  if (typeof output === 'string') app.use('*', serveStatic({ root: join(folder, output) }));
  else
    app.all('*', async (c) => {
      const { pathname, search } = new URL(c.req.url);
      const { body, status, headers } = await fetch(`${started?.url ?? ''}${pathname}${search}`);
      // The body is already decompressed.
      const forwarded = [...headers].filter(([name]) => !['content-encoding', 'content-length', 'transfer-encoding'].includes(name));
      return new Response(body, { status, headers: forwarded });
    });
  const site = await serve(app);
  origin = site.url;
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', ({ message }) => problems.push(message));
    page.on('console', (message) => {
      // The socket for hot updates of a development server does not connect through ours.
      if (message.type() === 'error' && !/^\[vite\]|\?token=/.test(message.text())) problems.push(message.text());
    });
    await page.goto(site.url);
    const agent = page.locator('voice-agent');
    await expect(agent).toHaveJSProperty('state', 'idle');
    await agent.getByRole('button', { name: /Ask Ada/ }).click();
    await expect(agent).toHaveJSProperty('state', 'connected', { timeout: 30_000 });
    await agent.evaluate((element: Agent) => element.mute());
    await agent.getByRole('textbox', { name: 'Message' }).fill('Hello from the app');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => agent.evaluate((element: Agent) => element.messages.filter(({ role }) => role === 'assistant').length), {
        timeout: 30_000,
      })
      .toBeGreaterThan(0);
    await agent.evaluate((element: Agent) => element.close());
    await expect(agent).toHaveJSProperty('state', 'disconnected');
    // A bundler also has to find the audio worklet.
    if (documented === undefined) {
      await agent.evaluate((element: Agent, baseUrl) => {
        Object.assign(element, { callUrl: undefined, tokenUrl: '/voice/token', baseUrl, transport: 'websocket' });
        return element.connect().then(() => element.close());
      }, sandbox.url);
    }
    expect(problems).toEqual([]);
  } finally {
    await browser.close();
    started?.stop();
    await server?.close();
    await site.close();
    await sandbox.close();
  }
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(STARTERS);
const results: Record<string, { packages: Readonly<Record<string, string>>; lines: number; install: number; build: number; call: number }> =
  {};
try {
  const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', work], { cwd: root, encoding: 'utf8' });
  const tarball = join(work, packed.trim().split('\n').at(-1) ?? '');
  for (const name of names) {
    const starter = STARTERS[name];
    if (!starter) throw new Error(`There is no starter ${name}: ${Object.keys(STARTERS).join(', ')}`);
    const folder = join(work, name);
    const lines = write(folder, starter, tarball);
    let since = Date.now();
    run(folder, 'npm install --no-audit --no-fund --no-package-lock --prefer-offline --ignore-scripts --loglevel=error');
    const install = seconds(since);
    since = Date.now();
    for (const command of starter.commands) run(folder, command);
    const build = seconds(since);
    since = Date.now();
    await call(folder, starter);
    results[name] = { packages: starter.packages, lines, install, build, call: seconds(since) };
    console.log(
      `${name}: ${String(lines)} lines; install ${String(install)} s, types and build ${String(build)} s, call ${String(seconds(since))} s`,
    );
    rmSync(folder, { recursive: true });
  }
  const lines = Object.values(results).reduce((sum, result) => sum + result.lines, 0);
  console.log(`${String(names.length)} frameworks, ${String(lines)} lines written by the user`);
  if (lines > MOST_LINES) throw new Error(`The starters have more than ${String(MOST_LINES)} lines.`);
  mkdirSync(join(root, 'test-results'), { recursive: true });
  writeFileSync(join(root, 'test-results/frameworks.json'), `${JSON.stringify(results, null, 2)}\n`);
} finally {
  if (!process.env['KEEP_APPS']) rmSync(work, { recursive: true, force: true });
}
