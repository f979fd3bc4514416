/** A request is refused by its headers, before its body arrives. Raw sockets, because `fetch` sends the body at once. */
import { describe, expect, it } from 'vitest';
import type { VoiceServerOptions } from '../../src/server/index.js';
import { serve } from '../../src/server/runtime/node/serve.js';
import { rawConnection } from './raw-connection.js';
import { afterTest } from './real-server.js';
import { PAGE, goodAnswer, server, signalled, upstream } from './token-route-support.js';

async function site(options: Partial<VoiceServerOptions> = {}) {
  const { fetch: mint, asked } = upstream(goodAnswer);
  const { app, refusals } = server({ fetch: mint, ...options });
  const running = await serve(app);
  afterTest(() => running.close());
  return { ...running, asked, refusals };
}

/** A request without its body. */
function head(line: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = Object.entries({ Host: 'x', Origin: PAGE, ...headers });
  return `${line} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

const statusesIn = (text: string): number[] => [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));

const EVIL = { Origin: 'https://evil.example' };
const CALL = `/voice/call/${'A'.repeat(32)}`;
const DECLARED = { 'Content-Length': '500' };
const CHUNKED = { 'Transfer-Encoding': 'chunked' };

describe('without reading the body', () => {
  const refused: [string, string, Record<string, string>, number][] = [
    ['a key for another origin', 'POST /voice/token', EVIL, 403],
    ['a call for another origin', 'POST /voice/call', EVIL, 403],
    ['the end of a call for another origin', `DELETE ${CALL}`, EVIL, 403],
    ['activity for another origin', `POST ${CALL}/activity`, EVIL, 403],
    ['an unknown profile', 'POST /voice/call?profile=unknown', {}, 404],
    ['another method', 'PUT /voice/token', {}, 405],
    ['another method of a health check', 'POST /healthz', {}, 405],
    ['an unknown path', 'POST /voice/tokens', {}, 404],
    ['a preflight', 'OPTIONS /voice/call', { 'Access-Control-Request-Method': 'POST' }, 204],
  ];

  it.each(refused.flatMap(([name, ...rest]) => [DECLARED, CHUNKED].map((body) => [name, ...rest, body] as const)))(
    '%s is answered',
    async (_name, line, headers, status, body) => {
      const { port, asked } = await site();
      const connection = await rawConnection(port, head(line, { ...headers, ...body }));
      expect(statusesIn(await connection.received(/\r\n\r\n/))).toEqual([status]);
      expect(asked).toHaveLength(0);
      // The server does not wait for the body either.
      await connection.closed;
    },
  );

  it.each([
    ['POST /voice/token', 2],
    ['POST /voice/call', 2],
    [`DELETE ${CALL}`, 24],
    [`POST ${CALL}/activity`, 24],
  ])('%s is answered with 429 once its address has as many requests with slow bodies as it may send', async (line, count) => {
    const { port, refusals } = await site({ rates: { perAddress: { count: 2, seconds: 600 } } });
    const slow = await Promise.all(
      Array.from({ length: count }, () => rawConnection(port, head(line, { ...CHUNKED, Expect: '100-continue' }))),
    );
    // The server waits for all of these bodies.
    for (const one of slow) await one.received(/100 Continue/);
    const next = await rawConnection(port, head(line, CHUNKED));
    const answer = await next.received(/\r\n\r\n/);
    expect(statusesIn(answer)).toEqual([429]);
    expect(answer).toMatch(/^retry-after: \d+\r$/im);
    expect(refusals.map(({ code }) => code)).toEqual(['rate_limited']);
    for (const one of slow) one.send('0\r\n\r\n');
    for (const one of slow) expect(statusesIn(await one.received(/HTTP\/1\.1 [2-5]/))).not.toContain(429);
  });

  it('many requests on one connection are counted like requests on many', async () => {
    const { port, asked } = await site({ rates: { perAddress: { count: 3, seconds: 600 } } });
    const connection = await rawConnection(port);
    for (let sent = 1; sent <= 5; sent++) {
      connection.send(head('POST /voice/token', { 'Content-Length': '0' }));
      await connection.received(new RegExp(`(?:HTTP/1\\.1[^]*){${String(sent)}}`));
    }
    expect(statusesIn(connection.text())).toEqual([200, 200, 200, 429, 429]);
    expect(asked).toHaveLength(3);
  });
});

describe('a client that expects 100 Continue', () => {
  const EXPECT = { Expect: '100-continue', 'Content-Length': '2' };

  it('is not asked for the body of a refused request', async () => {
    const { port } = await site();
    const connection = await rawConnection(port, head('POST /voice/token', { ...EXPECT, ...EVIL }));
    expect(statusesIn(await connection.closed)).toEqual([403]);
  });

  it.each([EXPECT, { Expect: '100-continue', ...CHUNKED }])('is asked for the body of an accepted request: %j', async (headers) => {
    const { port } = await site();
    const connection = await rawConnection(port, head('POST /voice/token', headers));
    await connection.received(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    connection.send('Content-Length' in headers ? '{}' : '2\r\n{}\r\n0\r\n\r\n');
    expect(statusesIn(await connection.received(/ek_123/))).toEqual([100, 200]);
  });

  it('is not asked for a body that is too large', async () => {
    const { port } = await site();
    const connection = await rawConnection(port, head('POST /voice/token', { ...EXPECT, 'Content-Length': '5000' }));
    expect(statusesIn(await connection.closed)).toEqual([413]);
  });

  it('gets 417 for any other expectation', async () => {
    const { port, asked } = await site();
    const connection = await rawConnection(port, head('POST /voice/token', { Expect: 'a miracle', 'Content-Length': '0' }));
    expect(statusesIn(await connection.received(/\r\n\r\n/))).toEqual([417]);
    expect(asked).toHaveLength(0);
  });
});

describe('an ambiguous or unusual request', () => {
  it('with both a length and a transfer encoding is refused', async () => {
    const { port, asked } = await site();
    const body = `0\r\n\r\n${head('POST /voice/token', { 'Content-Length': '0' })}`;
    const request = head('POST /voice/token', { ...CHUNKED, 'Content-Length': String(body.length) }) + body;
    expect(statusesIn(await (await rawConnection(port, request)).closed)).toEqual([400]);
    expect(asked).toHaveLength(0);
  });

  it('is not taken from the body of a refused request', async () => {
    const { port, asked } = await site();
    const hidden = head('POST /voice/token', { 'Content-Length': '0' });
    const connection = await rawConnection(
      port,
      head('POST /voice/token', { ...EVIL, 'Content-Length': String(hidden.length) }) +
        hidden +
        head('POST /voice/token', { 'Content-Length': '0' }),
    );
    expect(statusesIn(await connection.received(/ek_123/))).toEqual([403, 200]);
    expect(asked).toHaveLength(1);
  });

  it('is answered in order when several are sent at once', async () => {
    const { port, asked } = await site();
    const good = head('POST /voice/token', { 'Content-Length': '2' });
    const connection = await rawConnection(port, `${good}{}${head('GET /healthz')}${good}{}${head('PUT /voice/token')}`);
    expect(statusesIn(await connection.received(/(?:HTTP\/1\.1[^]*){4}/))).toEqual([200, 200, 200, 405]);
    expect(asked).toHaveLength(2);
  });

  it.each(['GET', 'HEAD'])('%s with a slow body is answered', async (method) => {
    const { port } = await site();
    for (const body of [DECLARED, CHUNKED]) {
      const health = await rawConnection(port, head(`${method} /healthz`, body));
      expect(statusesIn(await health.received(/\r\n\r\n/))).toEqual([200]);
      const key = await rawConnection(port, head(`${method} /voice/token`, body));
      expect(statusesIn(await key.received(/\r\n\r\n/))).toEqual([405]);
    }
  });

  it('with long headers is answered up to 16 KiB and refused above', async () => {
    const { port } = await site({ trustedProxies: 1 });
    const forwarded = (bytes: number): string =>
      head('POST /voice/token', { 'X-Forwarded-For': `${'1'.repeat(bytes)}, 192.0.2.1`, 'Content-Length': '0' });
    expect(statusesIn(await (await rawConnection(port, forwarded(16_000))).received(/ek_123/))).toEqual([200]);
    expect(statusesIn(await (await rawConnection(port, forwarded(17_000))).closed)).toEqual([431]);
  });
});

describe('without a Host header', () => {
  it.each(['/healthz', '/readyz', '/healthz?probe=1'])('GET %s is answered in HTTP/1.0', async (path) => {
    const { port } = await site();
    const answer = await (await rawConnection(port, `GET ${path} HTTP/1.0\r\n\r\n`)).closed;
    expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\n\{"status":"ok"/);
  });

  it.each([
    'POST /voice/token HTTP/1.0',
    'GET /voice-agent.js HTTP/1.0',
    'GET / HTTP/1.0',
    'GET //healthz HTTP/1.0',
    'GET /healthz HTTP/1.1',
    'POST /voice/token HTTP/1.1\r\nHost:',
    'GET healthz HTTP/1.0',
  ])('%j gets 400', async (line) => {
    const { port, asked } = await site();
    expect(statusesIn(await (await rawConnection(port, `${line}\r\nOrigin: ${PAGE}\r\nConnection: close\r\n\r\n`)).closed)).toEqual([400]);
    expect(asked).toHaveLength(0);
  });
});

it('500 requests whose chunked bodies have just begun hold little memory', async () => {
  const { app } = server({ rates: { perAddress: false, perProfile: false, global: false } });
  const before = process.memoryUsage().arrayBuffers;
  const begun = Array.from({ length: 500 }, () => {
    const read = signalled();
    let pulls = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (++pulls === 1) return controller.enqueue(new Uint8Array(1));
          // The first byte was read; the rest never arrives.
          read.resolve();
          return new Promise(() => undefined);
        },
      },
      { highWaterMark: 0 },
    );
    void app.request('/voice/call', { method: 'POST', body, duplex: 'half', headers: { Origin: PAGE } } as RequestInit);
    return read.promise;
  });
  await Promise.all(begun);
  // A body may have 64 KiB: reserving them in advance would take 32 MB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000);
});
