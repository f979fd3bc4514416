/** The app mounted in other apps: Hono, Express and a handler for a plain `Request`. Uses real sockets for Hono and Express. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createVoiceServer, nodeMiddleware } from '../../src/server/index.js';
import { serve } from '../../src/server/runtime/node/serve.js';
import { widgetFiles } from '../../src/server/runtime/node/widget-files.js';
import { createVisitor } from '../unit/sandbox-media/visitor.js';
import { broker, closing, sandboxed } from './calls/support.js';
import { afterTest, realServer } from './real-server.js';
import { PAGE, goodAnswer, server, upstream } from './token-route-support.js';

const post = (url: string, init: RequestInit = {}) => fetch(url, { method: 'POST', ...init, headers: { Origin: PAGE, ...init.headers } });

describe('in a Hono app', () => {
  it('serves its routes under the prefix, knows the client address and leaves other routes alone', async () => {
    const { app } = server({ fetch: upstream(goodAnswer).fetch, rates: { perAddress: { count: 1, seconds: 600 } } });
    const host = new Hono();
    host.get('/', (c) => c.text('home'));
    host.route('/api', app);
    const running = await serve(host);
    afterTest(() => running.close());
    expect(await (await post(`${running.url}/api/voice/token`)).json()).toEqual({ value: 'ek_123', expires_at: 1_800_000_060 });
    expect((await post(`${running.url}/api/voice/token`)).status).toBe(429);
    expect((await post(`${running.url}/voice/token`)).status).toBe(404);
    const home = await fetch(running.url);
    expect([await home.text(), home.headers.get('Content-Security-Policy'), home.headers.get('X-Request-Id')]).toEqual([
      'home',
      null,
      null,
    ]);
    const missing = await fetch(`${running.url}/nowhere`);
    expect([missing.status, missing.headers.get('Content-Type')]).toEqual([404, 'text/plain; charset=UTF-8']);
  });
});

describe('in an Express app', () => {
  async function expressSite(prepare: (site: express.Express) => void): Promise<string> {
    const site = express();
    prepare(site);
    return realServer(site);
  }

  it('serves its routes under the prefix, knows the client address and leaves other routes alone', async () => {
    const { app } = server({ fetch: upstream(goodAnswer).fetch, rates: { perAddress: { count: 2, seconds: 600 } } });
    const url = await expressSite((site) => {
      site.use('/api', nodeMiddleware(app));
      site.use(express.json());
      site.post('/api/orders', (request, response) => void response.json({ got: request.body as unknown }));
      site.get('/', (_, response) => void response.send('home'));
    });
    const answer = await post(`${url}/api/voice/token?profile=default`);
    expect([answer.status, await answer.json()]).toEqual([200, { value: 'ek_123', expires_at: 1_800_000_060 }]);
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(PAGE);
    expect((await post(`${url}/api/voice/token`, { body: 'x'.repeat(2_000) })).status).toBe(413);
    expect((await post(`${url}/api/voice/token`)).status).toBe(429);
    expect((await post(`${url}/api/voice/token`, { headers: { Origin: 'https://evil.example' } })).status).toBe(403);
    expect((await fetch(`${url}/api/voice/token`)).status).toBe(405);
    expect(await (await fetch(`${url}/api/healthz`)).json()).toEqual({ status: 'ok' });

    const orders = await post(`${url}/api/orders`, { body: '{"a":1}', headers: { 'Content-Type': 'application/json' } });
    expect([await orders.json(), orders.headers.get('Content-Security-Policy')]).toEqual([{ got: { a: 1 } }, null]);
    expect(await (await fetch(url)).text()).toBe('home');
    expect((await post(`${url}/voice/token`)).status).toBe(404);
    expect((await post(`${url}/voices`)).headers.get('X-Request-Id')).toBeNull();
  });

  it('serves the widget files, whose routes have expressions and wildcards, and passes other requests on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'voice-agent-files-'));
    afterTest(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, 'chunks'));
    for (const file of ['voice-agent.js', 'embed-0a1b2c3d.js', 'chunks/panel-0a1b2c3d.js', 'secret.js'])
      writeFileSync(join(folder, file), file);
    const url = await expressSite((site) => {
      site.use(nodeMiddleware(widgetFiles(folder)));
      site.use((request, response) => void response.send(`page ${request.url}`));
    });
    const texts = ['/voice-agent.js?v=2', '/embed-0a1b2c3d.js', '/chunks/panel-0a1b2c3d.js', '/secret.js', '/'].map(async (path) =>
      (await fetch(url + path)).text(),
    );
    expect(await Promise.all(texts)).toEqual([
      'voice-agent.js',
      'embed-0a1b2c3d.js',
      'chunks/panel-0a1b2c3d.js',
      'page /secret.js',
      'page /',
    ]);
  });

  it('names calls by the URL under which it is mounted', async () => {
    const sandbox = await sandboxed();
    const { app } = broker(sandbox.url);
    const url = await expressSite((site) => site.use('/api', nodeMiddleware(app)));
    const { offer } = closing(await createVisitor());
    const headers = { 'Content-Type': 'application/sdp' };
    const placed = await post(`${url}/api/voice/call?profile=default`, { body: offer, headers });
    expect(placed.status).toBe(201);
    const location = placed.headers.get('Location') ?? '';
    expect(location).toMatch(/^\/api\/voice\/call\/[\w-]{32}$/);
    const call = await sandbox.nextCall();
    expect((await fetch(url + location, { method: 'DELETE', headers: { Origin: PAGE } })).status).toBe(204);
    expect(await call.ended).toBe('hangup');
  });

  it('returns keys behind a body parser and reports a body that was already read', async () => {
    const { app, refusals } = server({ fetch: upstream(goodAnswer).fetch });
    const url = await expressSite((site) => {
      site.use(express.json());
      site.use(nodeMiddleware(app));
    });
    expect((await post(`${url}/voice/token`)).status).toBe(200);
    expect((await post(`${url}/voice/token`, { body: '', headers: { 'Content-Type': 'application/json' } })).status).toBe(200);
    expect((await post(`${url}/voice/token`, { body: 'v=0', headers: { 'Content-Type': 'application/sdp' } })).status).toBe(200);
    const read = await post(`${url}/voice/token`, { body: '{"a":1}', headers: { 'Content-Type': 'application/json' } });
    expect(read.status).toBe(400);
    expect(refusals).toMatchObject([{ code: 'body_invalid', reason: 'the body is incomplete, or other code has already read it' }]);
  });
});

describe('as a handler for a plain Request', () => {
  it('works as a Next.js route', async () => {
    const voice = createVoiceServer({
      allowedOrigins: [PAGE],
      upstream: { apiKey: 'sk-canary-1' },
      fetch: upstream(goodAnswer).fetch,
      trustedProxies: 1,
    });
    // app/voice/[...path]/route.ts
    const POST = (request: Request) => voice.fetch(request);
    const ask = (address: string) =>
      POST(new Request('https://www.example.com/voice/token', { method: 'POST', headers: { Origin: PAGE, 'X-Forwarded-For': address } }));
    expect(await (await ask('192.0.2.1')).json()).toEqual({ value: 'ek_123', expires_at: 1_800_000_060 });
    for (let i = 1; i < 10; i++) expect((await ask('192.0.2.1')).status).toBe(200);
    expect((await ask('192.0.2.1')).status).toBe(429);
    expect((await ask('192.0.2.2')).status).toBe(200);
  });

  it('works under a prefix', async () => {
    const voice = new Hono().route('/api', server({ fetch: upstream(goodAnswer).fetch }).app);
    // app/api/voice/[...path]/route.ts
    const POST = (request: Request) => voice.fetch(request);
    const answer = await POST(new Request('https://www.example.com/api/voice/token', { method: 'POST', headers: { Origin: PAGE } }));
    expect(answer.status).toBe(200);
  });
});
