/** The token route over real sockets on Node: the server in front of a real upstream, and the Node runtime itself. */
import type { IncomingMessage, RequestListener } from 'node:http';
import { connect } from 'node:net';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createVoiceServer } from '../../src/server/index.js';
import type { Refusal, VoiceServerOptions } from '../../src/server/index.js';
import { ListenError, PortTakenError, serve } from '../../src/server/runtime/node/serve.js';
import { widgetFiles } from '../../src/server/runtime/node/widget-files.js';
import { afterTest, bodyOf, closedAddress, realServer, silentServer } from './real-server.js';
import { CANARY_KEY, PAGE, signalled } from './token-route-support.js';

/** Starts a real HTTP server as upstream; returns its API root. */
const realUpstream = async (answer: RequestListener): Promise<string> => `${await realServer(answer)}/v1`;

async function keyServer(baseUrl: string, options: Partial<VoiceServerOptions> = {}) {
  const refusals: Refusal[] = [];
  const app = createVoiceServer({
    allowedOrigins: [PAGE],
    upstream: { baseUrl, apiKey: CANARY_KEY, timeout: 5_000 },
    onRefusal: (refusal) => void refusals.push(refusal),
    ...options,
  });
  const server = await serve(app);
  afterTest(() => server.close());
  const post = (init: RequestInit = {}) => fetch(`${server.url}/voice/token`, { method: 'POST', headers: { Origin: PAGE }, ...init });
  return { server, refusals, post };
}

describe('in front of a real upstream', () => {
  it('mints a key', async () => {
    const seen: { request: IncomingMessage; body: string }[] = [];
    const root = await realUpstream((request, response) => {
      void bodyOf(request).then((body) => {
        seen.push({ request, body });
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify({ value: 'ek_real', expires_at: 1_800_000_060, session: { canary: true } }));
      });
    });
    const { post } = await keyServer(root, { session: { voice: 'marin' } });
    const answer = await post();
    expect([answer.status, await answer.json()]).toEqual([200, { value: 'ek_real', expires_at: 1_800_000_060 }]);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect(seen[0]?.request.url).toBe('/v1/realtime/client_secrets');
    expect(seen[0]?.request.headers.authorization).toBe(`Bearer ${CANARY_KEY}`);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      expires_after: { anchor: 'created_at', seconds: 60 },
      session: { type: 'realtime', audio: { output: { voice: 'marin' } } },
    });
  });

  it('accepts requests without, with and with a streamed body, and limits each of them', async () => {
    const root = await realUpstream((_, response) => response.end('{"value":"ek_real","expires_at":1800000060}'));
    const { post, server } = await keyServer(root);
    const streamed = (bytes: number) => ({ body: new Blob([new Uint8Array(bytes)]).stream(), duplex: 'half' }) as RequestInit;
    expect((await post({ body: '{}' })).status).toBe(200);
    expect((await post(streamed(100))).status).toBe(200);
    expect((await post({ body: 'x'.repeat(2_000) })).status).toBe(413);
    expect((await post(streamed(2_000))).status).toBe(413);
    // What curl -X POST sends: neither a body nor a length.
    const raw = await exchange(server.port, `POST /voice/token HTTP/1.1\r\nHost: x\r\nOrigin: ${PAGE}\r\nConnection: close\r\n\r\n`);
    expect(raw).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('refuses a duplicate origin header', async () => {
    const { server } = await keyServer('http://127.0.0.1:9/v1');
    const raw = await exchange(
      server.port,
      `POST /voice/token HTTP/1.1\r\nHost: x\r\nOrigin: ${PAGE}\r\nOrigin: https://evil.example\r\nConnection: close\r\n\r\n`,
    );
    expect(raw).toMatch(/^HTTP\/1\.1 (403|400) /);
  });

  it('reports a failed connection without revealing the address', async () => {
    const gone = await closedAddress();
    const { post, refusals } = await keyServer(`${gone}/v1`);
    const answer = await post();
    const text = await answer.text();
    expect(answer.status).toBe(502);
    expect(text).not.toContain(new URL(gone).port);
    expect(text).not.toContain('ECONNREFUSED');
    expect(refusals[0]?.reason).toBe('unreachable (ECONNREFUSED)');
  });

  it('neither forwards nor follows redirects', async () => {
    const asked: (string | undefined)[] = [];
    const root = await realUpstream((request, response) => {
      asked.push(request.url);
      response.writeHead(307, { Location: '/elsewhere' }).end();
    });
    const { post } = await keyServer(root);
    const answer = await post();
    expect([answer.status, answer.headers.get('Location'), asked]).toEqual([502, null, ['/v1/realtime/client_secrets']]);
  });

  it('responds with 504 if the upstream hangs', async () => {
    const root = await realUpstream(() => undefined);
    const { post } = await keyServer(root, { upstream: { baseUrl: root, apiKey: CANARY_KEY, timeout: 100 } });
    expect((await post()).status).toBe(504);
  });

  it('aborts the upstream request when the visitor leaves', async () => {
    const silent = await silentServer();
    const { post } = await keyServer(`${silent.url}/v1`);
    const leaving = new AbortController();
    const answer = post({ signal: leaving.signal });
    answer.catch(() => undefined);
    await silent.asked;
    leaving.abort();
    await silent.left;
  });
});

describe('the Node runtime', () => {
  it('reports a port in use', async () => {
    const first = await serve(new Hono());
    afterTest(() => first.close());
    const failure = await serve(new Hono(), { port: first.port }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PortTakenError);
    expect(failure).toBeInstanceOf(ListenError);
    expect((failure as PortTakenError).message).toBe(`Port ${String(first.port)} on 127.0.0.1 is already in use.`);
    expect((failure as PortTakenError).port).toBe(first.port);
  });

  it('reports that it cannot listen', async () => {
    const failure = await serve(new Hono(), { host: '192.0.2.1' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ListenError);
    expect(failure).not.toBeInstanceOf(PortTakenError);
  });

  it('closes despite keep-alive connections and frees the port', async () => {
    const app = new Hono();
    app.get('/', (c) => c.text('here'));
    const server = await serve(app);
    await (await fetch(server.url)).text();
    await Promise.all([server.close(), server.close()]);
    const again = await serve(app, { port: server.port });
    await again.close();
  });

  it('lets a pending response finish and cuts off one that hangs', async () => {
    const asked = signalled();
    const go = signalled();
    const app = new Hono();
    app.get('/slow', async (c) => {
      asked.resolve();
      await go.promise;
      return c.text('done');
    });
    const patient = await serve(app, { grace: 5_000 });
    const answer = fetch(`${patient.url}/slow`);
    await asked.promise;
    const closing = patient.close();
    go.resolve();
    expect(await (await answer).text()).toBe('done');
    await closing;

    const hanging = signalled();
    const stuck = new Hono();
    stuck.get('/', () => {
      hanging.resolve();
      return new Promise<Response>(() => undefined);
    });
    const impatient = await serve(stuck, { grace: 10 });
    const cut = fetch(impatient.url).catch(() => 'cut');
    await hanging.promise;
    await impatient.close();
    expect(await cut).toBe('cut');
  });
});

describe('the built widget', () => {
  it('is served with MIME types, caching by file name and cross-origin access', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'widget-'));
    afterTest(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'chunks'));
    await writeFile(join(folder, 'voice-agent.js'), 'export {};');
    await writeFile(join(folder, 'chunks', 'core-aB3_-9xZ.js'), 'export const a = 1;');
    await writeFile(join(folder, 'chunks', 'core-aB3_-9xZ.js.map'), '{}');
    await writeFile(join(folder, 'voice-agent.js.map'), '{}');
    await writeFile(join(folder, 'secret.txt'), 'canary');
    const app = new Hono();
    app.route('/', widgetFiles(folder));
    app.get('*', (c) => c.text('other'));

    const entry = await app.request('/voice-agent.js');
    expect(entry.status).toBe(200);
    expect(entry.headers.get('Content-Type')).toMatch(/^text\/javascript/);
    expect(entry.headers.get('Cache-Control')).toBe('no-cache');
    expect(entry.headers.get('Access-Control-Allow-Origin')).toBe('*');
    const tag = entry.headers.get('ETag') ?? '';
    expect(tag).toMatch(/^"\w+"$/);
    const again = await app.request('/voice-agent.js', { headers: { 'If-None-Match': tag } });
    expect([again.status, await again.text(), again.headers.get('Cache-Control')]).toEqual([304, '', 'no-cache']);

    const chunk = await app.request('/chunks/core-aB3_-9xZ.js');
    expect([chunk.status, await chunk.text()]).toEqual([200, 'export const a = 1;']);
    expect(chunk.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');

    const maps = await Promise.all(['/chunks/core-aB3_-9xZ.js.map', '/voice-agent.js.map'].map(async (path) => app.request(path)));
    expect(maps.map(({ status, headers }) => [status, headers.get('Cache-Control')])).toEqual([
      [200, 'public, max-age=31536000, immutable'],
      [200, 'no-cache'],
    ]);

    for (const path of ['/chunks/none-aB3_-9xZ.js', '/chunks/..%2fsecret.txt', '/chunks/%2e%2e/secret.txt', '/secret.txt']) {
      const other = await app.request(path);
      expect([path, await other.text(), other.headers.get('Cache-Control')]).toEqual([path, 'other', null]);
    }
  });
});

/** Sends bytes and returns the response once the server closes the connection. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.on('end', () => resolve(text)).on('error', reject);
  });
}
