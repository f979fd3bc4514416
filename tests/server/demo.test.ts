/** The demo through `startDemo()` and as the process started by `npm run demo`. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Hono } from 'hono';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MissingBuildError } from '../../src/demo/demo-site.js';
import { ownAddresses } from '../../src/sandbox/media/media-hosts.js';
import { startDemo } from '../../src/demo/start-demo.js';
import type { DemoOptions } from '../../src/demo/start-demo.js';
import { PortTakenError, serve } from '../../src/server/runtime/node/serve.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
let files = '';
const cleanUp: (() => Promise<unknown>)[] = [];

/** A minimal build with the same paths as the real one. */
beforeAll(async () => {
  files = await mkdtemp(join(tmpdir(), 'demo-'));
  await mkdir(join(files, 'chunks'));
  await mkdir(join(files, 'demo', 'assets'), { recursive: true });
  await writeFile(join(files, 'voice-agent.js'), 'import "./chunks/core-aB3_-9xZ.js";');
  await writeFile(join(files, 'chunks', 'core-aB3_-9xZ.js'), 'export {};');
  await writeFile(join(files, 'demo', 'index.html'), '<html data-u="{{upstream-kind}}"><voice-agent base-url="{{realtime-url}}">');
  await writeFile(join(files, 'demo', 'assets', 'index-12345678.css'), 'body{}');
  await writeFile(join(files, 'demo', 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
});
afterAll(() => rm(files, { recursive: true }));
afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

/** A Realtime API that mints keys and records the requests. */
async function fakeSandbox() {
  const asked: Request[] = [];
  const app = new Hono();
  app.post('/v1/realtime/client_secrets', (c) => {
    asked.push(c.req.raw.clone());
    return c.json({ value: 'ek_fake', expires_at: 1_900_000_000 });
  });
  const server = await serve(app);
  cleanUp.push(() => server.close());
  return { url: `${server.url}/v1`, asked, closed: 0, close: async () => undefined };
}

async function demo(options: DemoOptions = {}) {
  const running = await startDemo({ files, ...options });
  cleanUp.push(() => running.close());
  return running;
}

const token = (url: string, origin = new URL(url).origin): Promise<Response> =>
  fetch(new URL('voice/token', url), { method: 'POST', headers: { Origin: origin } });

describe('startDemo', () => {
  it('serves page, widget and keys on one origin, the page with a strict Content-Security-Policy', async () => {
    const sandbox = await fakeSandbox();
    const { url, kind, realtimeUrl } = await demo({ sandbox });
    expect([kind, realtimeUrl]).toEqual(['sandbox', sandbox.url]);

    const page = await fetch(url);
    expect(await page.text()).toBe(`<html data-u="sandbox"><voice-agent base-url="${sandbox.url}">`);
    const policy = page.headers.get('Content-Security-Policy')?.split('; ') ?? [];
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "media-src 'self'",
        `connect-src 'self' ${new URL(sandbox.url).origin} ${new URL(sandbox.url).origin.replace('http', 'ws')}`,
        "require-trusted-types-for 'script'",
        'trusted-types lit-html',
      ]),
    );
    expect(policy.join()).not.toContain('unsafe');
    expect(page.headers.get('Permissions-Policy')).toContain('microphone=(self)');
    expect(page.headers.get('Content-Type')).toMatch(/^text\/html/);

    const cache = async (path: string) => {
      const { status, headers } = await fetch(new URL(path, url));
      return [status, headers.get('Content-Type')?.split(';')[0], headers.get('Cache-Control')];
    };
    expect(await cache('voice-agent.js')).toEqual([200, 'text/javascript', 'no-cache']);
    expect(await cache('chunks/core-aB3_-9xZ.js')).toEqual([200, 'text/javascript', 'public, max-age=31536000, immutable']);
    expect(await cache('assets/index-12345678.css')).toEqual([200, 'text/css', 'public, max-age=31536000, immutable']);
    expect(await cache('favicon.svg')).toEqual([200, 'image/svg+xml', 'no-cache']);
    expect((await cache('nothing-here'))[0]).toBe(404);
    expect((await cache('index.html'))[0]).toBe(200);
    expect((await fetch(new URL('healthz', url))).status).toBe(200);

    const key = await token(url);
    expect([key.status, await key.json()]).toEqual([200, { value: 'ek_fake', expires_at: 1_900_000_000 }]);
    expect(await sandbox.asked[0]?.json()).toMatchObject({ session: { type: 'realtime', model: 'gpt-realtime-2.1' } });
  });

  it('mints keys only for its own page, on localhost and 127.0.0.1', async () => {
    const { url } = await demo({ sandbox: await fakeSandbox() });
    const { port } = new URL(url);
    expect((await token(url, `http://localhost:${port}`)).status).toBe(200);
    expect((await token(url, `http://127.0.0.1:${String(Number(port) - 1)}`)).status).toBe(403);
    expect((await token(url, 'null')).status).toBe(403);
  });

  it('uses the configured API with its key', async () => {
    const api = await fakeSandbox();
    const { url, kind } = await demo({ upstream: { baseUrl: api.url, apiKey: 'sk-mine' }, model: 'another' });
    expect(kind).toBe('upstream');
    expect(await (await fetch(url)).text()).toContain('data-u="upstream"');
    await token(url);
    expect(api.asked[0]?.headers.get('Authorization')).toBe('Bearer sk-mine');
    expect(await api.asked[0]?.json()).toMatchObject({ session: { model: 'another' } });
  });

  it('starts its own sandbox, mints a key with it and stops it', async () => {
    const running = await demo();
    const key = (await (await token(running.url)).json()) as { value: string; expires_at: number };
    expect(key.value).toMatch(/^ek_/);
    expect(key.expires_at - Date.now() / 1000).toBeLessThanOrEqual(61);
    await running.close();
    await running.close();
    await expect(fetch(running.url)).rejects.toThrow();
    await expect(fetch(running.realtimeUrl)).rejects.toThrow();
  });

  it('rejects a port in use before it starts anything else', async () => {
    const other = await serve(new Hono());
    cleanUp.push(() => other.close());
    await expect(startDemo({ files, port: other.port })).rejects.toBeInstanceOf(PortTakenError);
  });

  it('rejects a missing build and frees its port', async () => {
    const sandbox = await fakeSandbox();
    const { port } = await serve(new Hono()).then(async (server) => (await server.close(), server));
    await expect(startDemo({ files: join(files, 'none'), sandbox, port })).rejects.toBeInstanceOf(MissingBuildError);
    const free = await serve(new Hono(), { port });
    await free.close();
  });
});

/** A running `src/demo/main.ts` in its own process group, as in a terminal. */
class DemoProcess {
  readonly child: ChildProcess;
  output = '';
  /** Exit code and signal. */
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>;
  #changed: () => void = () => undefined;

  constructor(args: string[], env: Record<string, string> = {}) {
    const own = Object.entries(process.env).filter(([name]) => !/^(OPENAI_.*|PORT)$/.test(name));
    // Without the launchers npm and tsx, which handle Ctrl-C themselves.
    this.child = spawn(process.execPath, ['--import', 'tsx', 'src/demo/main.ts', ...args], {
      cwd: root,
      detached: true,
      env: { ...Object.fromEntries(own), ...env },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#changed();
      });
    }
    this.ended = new Promise((resolve) => {
      // "close" is emitted when all processes have closed the pipes, so none is left behind.
      this.child.on('close', (code, signal) => {
        resolve([code, signal]);
        this.#changed();
      });
    });
    cleanUp.push(async () => {
      if (this.child.exitCode === null && this.child.signalCode === null) this.signal('SIGKILL');
      await this.ended;
    });
  }

  /** Waits until the output matches; fails if the process ends first. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    let over = false;
    void this.ended.then(() => (over = true));
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      if (over) throw new Error(`ended without ${String(pattern)}:\n${this.output}`);
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }

  /** Signals the whole group, as a terminal does on Ctrl-C. */
  signal(name: NodeJS.Signals): void {
    process.kill(-(this.child.pid as number), name);
  }
}

describe('the media addresses', () => {
  it('are all addresses of this machine or the configured ones', async () => {
    expect((await demo()).mediaHosts).toEqual(ownAddresses());
    expect((await demo({ mediaHosts: ['127.0.0.1'] })).mediaHosts).toEqual(['127.0.0.1']);
    expect((await demo({ upstream: { baseUrl: (await fakeSandbox()).url, apiKey: 'sk-mine' } })).mediaHosts).toEqual([]);
  });
});

describe('npm run demo', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('runs until %s and exits with code 0', { timeout: 30_000 }, async (signal) => {
    const running = new DemoProcess(['--port', '0', '--files', files]);
    const [, url = ''] = await running.says(/Demo\s+(http:\/\/127\.0\.0\.1:\d+\/)/);
    await running.says(/Upstream\s+the sandbox at http:\/\/127\.0\.0\.1:\d+\/v1/);
    await running.says(/Media\s+UDP at 127\.0\.0\.1/);
    const page = await fetch(url);
    expect(page.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(((await (await token(url)).json()) as { value: string }).value).toMatch(/^ek_/);
    running.signal(signal);
    expect(await running.ended).toEqual([0, null]);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('reports a port in use with a fix and exits with code 1', { timeout: 30_000 }, async () => {
    const other = await serve(new Hono());
    cleanUp.push(() => other.close());
    const running = new DemoProcess(['--port', String(other.port), '--files', files]);
    expect((await running.ended)[0]).toBe(1);
    expect(running.output).toContain(`Port ${String(other.port)} is already in use`);
    expect(running.output).toContain(`--port ${String(other.port + 1)}`);
    expect(running.output).not.toMatch(/\bat .*\.ts:/);
  });

  it('uses the API from the environment and never prints the key', { timeout: 30_000 }, async () => {
    const api = await fakeSandbox();
    const running = new DemoProcess(['--files', files], { OPENAI_API_KEY: 'sk-canary-env', OPENAI_BASE_URL: api.url, PORT: '0' });
    await running.says(new RegExp(`Upstream\\s+${api.url}, with your OPENAI_API_KEY`));
    running.signal('SIGINT');
    expect(await running.ended).toEqual([0, null]);
    expect(running.output).not.toContain('canary');
  });

  it.each([
    [['--port', 'many'], 1, /--port must be a number/],
    [['--prot', '1'], 1, /--prot/],
    [['--media-host', 'eth0'], 1, /--media-host must be an IPv4 address, not "eth0"/],
    [['--media-host', '198.51.100.7', '--port', '0'], 1, /198\.51\.100\.7.*Choose another with --media-host/],
    [['--files', '/nowhere', '--port', '0'], 1, /npm run build/],
    [['--help'], 0, /Usage: npm run demo/],
  ] as const)('%j exits with code %i', { timeout: 30_000 }, async (args, code, words) => {
    const running = new DemoProcess([...args]);
    expect((await running.ended)[0]).toBe(code);
    expect(running.output).toMatch(words);
  });
});
