/** The proxy configurations of `src/server/deploy` in a real nginx, in front of a real server: calls, limits and paths. */
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { VoiceServerOptions } from '../../src/server/index.js';
import { serve } from '../../src/server/runtime/node/serve.js';
import { widgetFiles } from '../../src/server/runtime/node/widget-files.js';
import { documentedExample } from '../support/documented.js';
import { nginxServer } from '../support/nginx-server.js';
import type { NginxServer } from '../support/nginx-server.js';
import { Notices, broker, closing, connected, expectAnswered, expectEnded, sandboxed } from './calls/support.js';
import type { Broker } from './calls/support.js';
import { realServer } from './real-server.js';
import { PAGE, goodAnswer, server, upstream } from './token-route-support.js';

const deployed = (name: string): string => readFileSync(new URL(`../../src/server/deploy/${name}`, import.meta.url), 'utf8');

/** nginx with `nginx.conf` in front of this address. */
async function proxied(url: string): Promise<NginxServer> {
  const config = deployed('nginx.conf');
  return closing(await nginxServer({ config, host: 'voice.example.com', replace: [['127.0.0.1:8787', new URL(url).host]] }));
}

/** nginx with `nginx-path.conf`, and further locations, as a site in front of this address. */
async function site(url: string, locations = ''): Promise<NginxServer> {
  const root = await mkdtemp(join(tmpdir(), 'site-'));
  closing({ close: () => rm(root, { recursive: true }) });
  await writeFile(join(root, 'index.html'), '<h1>Shoes</h1>');
  const config = deployed('nginx-path.conf').replace(/\}\s*$/, `${locations}}\n`);
  return closing(
    await nginxServer({
      config,
      host: 'www.example.com',
      replace: [
        ['127.0.0.1:8787', new URL(url).host],
        ['root /var/www/html', `root ${root}`],
      ],
    }),
  );
}

/** A server for keys behind one proxy, with the widget's files. */
async function keyServer(options: Partial<VoiceServerOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'widget-'));
  closing({ close: () => rm(folder, { recursive: true }) });
  await mkdir(join(folder, 'chunks'));
  await writeFile(join(folder, 'voice-agent.js'), 'import "./chunks/panel-a1b2c3d4.js";');
  await writeFile(join(folder, 'chunks/panel-a1b2c3d4.js'), 'export {};');
  await mkdir(join(folder, 'flat'));
  for (const name of ['embed.js', 'embed-a1b2c3d4.js', 'flat/embed.js', 'files.json']) await writeFile(join(folder, name), '{}');
  const { fetch: mint, asked } = upstream(goodAnswer);
  const { app, refusals } = server({ fetch: mint, trustedProxies: 1, ...options });
  app.route('/', widgetFiles(folder));
  return { ...closing(await serve(app)), asked, refusals };
}

/** A server that records the paths of its requests. */
const countingServer = (paths: (string | undefined)[]): Promise<string> =>
  realServer((request, response) => {
    paths.push(request.url);
    response.end();
  });

/** Makes a call through a proxy, from the offer to its end, and returns its path. */
async function callThrough(start: (url: string) => Promise<NginxServer>, prefix = ''): Promise<string> {
  const sandbox = await sandboxed();
  const behind = broker(sandbox.url, { trustedProxies: 1 });
  const nginx = await start(closing(await serve(behind.app)).url);
  const request = (path: string, init?: RequestInit) => nginx.request(path === '/voice/call' ? prefix + path : path, init);
  const through = { ...behind, app: { request } } as unknown as Broker;
  const made = await connected(through, sandbox);
  const { answer, call, location } = made;
  expectAnswered({ ...made, location: location.slice(prefix.length) });
  expect(answer.status).toBe(201);
  const notices = await Notices.of(through, location);
  expect((await request(`${location}/activity`, { method: 'POST', headers: { Origin: PAGE } })).status).toBe(204);
  expect(call.state).toBe('open');
  await expectEnded(made);
  // The stream is neither buffered nor cut.
  expect(await notices.at(0)).toEqual({ type: 'ended', reason: 'visitor' });
  await notices.over;
  expect(nginx.log()).toBe('');
  return location;
}

const token = (nginx: NginxServer, headers: Record<string, string> = {}, path = '/voice/token') =>
  nginx.request(path, { method: 'POST', headers: { Origin: PAGE, 'Content-Length': '0', ...headers } });

describe('nginx.conf', () => {
  it('lets a call through, with its notices', async () => {
    await callThrough(proxied);
  });

  it('redirects HTTP to HTTPS and sends HSTS with every response', async () => {
    const nginx = await proxied((await keyServer()).url);
    const plain = await fetch(`http://127.0.0.1:${String(nginx.plainPort)}/voice-agent.js?a=b`, { redirect: 'manual' });
    expect([plain.status, plain.headers.get('Location')]).toEqual([301, 'https://voice.example.com/voice-agent.js?a=b']);
    const answers = [
      await token(nginx),
      await token(nginx, { Origin: 'https://evil.example' }),
      await nginx.request('/none'),
      await nginx.request('/metrics'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 403, 404, 404]);
    for (const { headers } of answers) {
      expect(headers.get('Strict-Transport-Security')).toBe('max-age=31536000');
      expect(headers.get('Server')).toBe('nginx');
    }
  });

  it('serves the widget and /healthz, and hides internal routes', async () => {
    const nginx = await proxied((await keyServer()).url);
    for (const path of ['/voice-agent.js', '/chunks/panel-a1b2c3d4.js', '/healthz']) expect((await nginx.request(path)).status).toBe(200);
    for (const path of ['/metrics', '/readyz']) {
      const hidden = await nginx.request(path);
      expect([hidden.status, hidden.headers.get('Content-Type')]).toEqual([404, 'text/html']);
    }
  });

  it('tells the server the visitor’s address, whatever the visitor sends', async () => {
    const { url, refusals } = await keyServer({ rates: { perAddress: { count: 2, seconds: 600 } } });
    const nginx = await proxied(url);
    const statuses = [];
    for (const forged of ['192.0.2.1', '192.0.2.2', '192.0.2.3, 192.0.2.4'])
      statuses.push((await token(nginx, { 'X-Forwarded-For': forged })).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect(refusals).toMatchObject([{ reason: 'rate limit: address' }]);
  });

  it('refuses a body that is too large, and keeps slow bodies from the server', async () => {
    const paths: (string | undefined)[] = [];
    const nginx = await proxied(await countingServer(paths));
    const huge = await nginx.request('/voice/call', { method: 'POST', body: 'x'.repeat(65_537) });
    expect(huge.status).toBe(413);
    const slow = connectTls({ port: nginx.port, host: '127.0.0.1', ca: nginx.certificate, servername: 'voice.example.com' });
    closing({ close: () => slow.destroy() });
    slow.write('POST /slow HTTP/1.1\r\nHost: voice.example.com\r\nContent-Length: 10\r\n\r\n12345');
    expect((await nginx.request('/quick')).status).toBe(200);
    expect(paths).toEqual(['/quick']);
    const answered = new Promise((resolve) => slow.once('data', resolve));
    slow.write('67890');
    await answered;
    expect(paths).toEqual(['/quick', '/slow']);
  });

  it('limits the rate of requests for keys and calls, but not of files', async () => {
    const paths: (string | undefined)[] = [];
    const nginx = await proxied(await countingServer(paths));
    const statuses = await atOnce(nginx, '/voice/token', 120);
    // The burst of 51 passes, and ten more per second.
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(51);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
    expect(paths.length).toBe(statuses.filter((status) => status === 200).length);
    expect(await atOnce(nginx, '/voice-agent.js', 90)).toEqual(Array<number>(90).fill(200));
  });

  it('limits the requests of one visitor that are in progress', async () => {
    const answers: (() => void)[] = [];
    const nginx = await proxied(await realServer((_request, response) => void answers.push(() => response.end())));
    const session = closing(
      connectHttp2(`https://127.0.0.1:${String(nginx.port)}`, { ca: nginx.certificate, servername: 'voice.example.com' }),
    );
    session.on('error', () => undefined);
    const first = Array.from({ length: 100 }, () => statusOf(session, '/notices'));
    await expect.poll(() => answers.length).toBe(100);
    expect(await statusOf(session, '/notices')).toBe(429);
    for (const answer of answers.splice(0)) answer();
    expect(await Promise.all(first)).toEqual(Array<number>(100).fill(200));
  });
});

describe('nginx-path.conf', () => {
  it('lets a call through under /voice/ of the site, with its notices', async () => {
    expect(await callThrough(site)).toMatch(/^\/voice\/call\/[\w-]{32}$/);
  });

  it('serves the widget under /voice/, and nothing else of the server', async () => {
    const nginx = await site((await keyServer()).url);
    const script = await nginx.request('/voice/voice-agent.js');
    expect([script.status, await script.text()]).toEqual([200, 'import "./chunks/panel-a1b2c3d4.js";']);
    const chunk = await nginx.request('/voice/chunks/panel-a1b2c3d4.js');
    expect([chunk.status, chunk.headers.get('Cache-Control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    for (const path of ['embed.js', 'embed-a1b2c3d4.js', 'flat/embed.js', 'files.json'])
      expect([path, (await nginx.request(`/voice/${path}`)).status]).toEqual([path, 200]);
    expect(await (await nginx.request('/')).text()).toBe('<h1>Shoes</h1>');
    for (const path of [
      '/healthz',
      '/readyz',
      '/metrics',
      '/voice-agent.js',
      '/voice/healthz',
      '/voice/readyz',
      '/voice/metrics',
      '/voice/chunks/../metrics',
    ])
      expect((await nginx.request(path)).status).toBe(404);
    const answer = await token(nginx);
    expect([answer.status, await answer.json()]).toEqual([200, { value: 'ek_123', expires_at: 1_800_000_060 }]);
  });

  it('tells the server the visitor’s address and limits the rate', async () => {
    const { url } = await keyServer({ rates: { perAddress: { count: 1, seconds: 600 } } });
    const nginx = await site(url);
    expect((await token(nginx, { 'X-Forwarded-For': '192.0.2.1' })).status).toBe(200);
    expect((await token(nginx, { 'X-Forwarded-For': '192.0.2.2' })).status).toBe(429);
    const many = await site(await realServer((_request, response) => response.end()));
    expect(await atOnce(many, '/voice/token', 120, 'www.example.com')).toContain(429);
  });

  it('has a variant for another path, with which a call and its notices get through', async () => {
    const variant = documentedExample('src/server/deploy/README.md', 'nginx-other-path');
    expect(await callThrough((url) => site(url, variant), '/assistant')).toMatch(/^\/assistant\/voice\/call\/[\w-]{32}$/);
  });
});

/** Sends requests as streams of one connection, all at once; resolves with their statuses. */
async function atOnce({ port, certificate }: NginxServer, path: string, count: number, host = 'voice.example.com'): Promise<number[]> {
  const session = connectHttp2(`https://127.0.0.1:${String(port)}`, { ca: certificate, servername: host });
  try {
    return await Promise.all(Array.from({ length: count }, () => statusOf(session, path)));
  } finally {
    session.close();
  }
}

function statusOf(session: ReturnType<typeof connectHttp2>, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path });
    stream.once('response', (headers) => resolve(Number(headers[':status'])));
    stream.once('error', reject);
    stream.resume();
  });
}
