/** The caps on open connections, over real sockets: who makes room, who is refused, what is reported. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { serve } from '../../src/server/runtime/node/serve.js';
import type { App, ServeOptions } from '../../src/server/runtime/node/serve.js';
import { capConnections } from '../../src/server/runtime/node/connection-caps.js';
import type { ClosedConnections } from '../../src/server/runtime/node/connection-caps.js';
import { rawConnection } from './raw-connection.js';
import type { RawConnection } from './raw-connection.js';
import { afterTest } from './real-server.js';
import { HandClock, signalled } from './token-route-support.js';

const clock = new HandClock();

/** A server with a quick, a pending, an endless and a body-reading answer. */
async function site(options: ServeOptions) {
  const closed: ClosedConnections[] = [];
  const { promise: done, resolve: finish } = signalled();
  const requests: string[] = [];
  const app: App = {
    async fetch(request) {
      const { pathname } = new URL(request.url);
      requests.push(pathname);
      if (pathname === '/pending') await done;
      if (pathname === '/body') return new Response(await request.text());
      if (pathname !== '/endless') return new Response(pathname.slice(1));
      return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) }));
    },
  };
  const running = await serve(app, { clock, onClosedConnections: (each) => void closed.push(each), ...options });
  afterTest(() => running.close());
  return { ...running, closed, finish, requests };
}

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const SLOW_HEADERS = 'GET /quick HTTP/1.1\r\nHost: x\r\nX-Slow: ';
const SLOW_BODY = 'POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345';

/** True if the server answers on this connection. */
async function isAnswered(connection: RawConnection, request = GET('/quick')): Promise<boolean> {
  const before = connection.text().length;
  connection.send(request);
  return Promise.race([
    connection.received(new RegExp(`^[^]{${String(before)}}HTTP/1\\.1 200 `)).then(
      () => true,
      () => false,
    ),
    connection.closed.then(() => false),
  ]);
}

describe('at the cap in total', () => {
  it.each([
    ['has not sent its headers', SLOW_HEADERS],
    ['has not sent its body', SLOW_BODY],
    ['has sent nothing', ''],
  ])('the connection that waits longest makes room, if it %s', async (_name, begin) => {
    const { port } = await site({ maxConnections: 5 });
    const waiting: RawConnection[] = [];
    for (let each = 0; each < 5; each++) waiting.push(await rawConnection(port, begin));
    expect(await isAnswered(await rawConnection(port, ''))).toBe(true);
    expect(await waiting[0]?.closed).toBe('');
    expect(await isAnswered(await rawConnection(port, ''))).toBe(true);
    expect(await waiting[1]?.closed).toBe('');
    // The others are still served.
    const last = waiting[4] as RawConnection;
    const rest = begin === SLOW_HEADERS ? '1\r\n\r\n' : begin === SLOW_BODY ? '67890' : GET('/quick');
    expect(await isAnswered(last, rest)).toBe(true);
  });

  it('an idle connection makes room, after those that wait longer', async () => {
    const { port } = await site({ maxConnections: 2 });
    const idle = await rawConnection(port, '');
    const slow = await rawConnection(port, SLOW_HEADERS);
    expect(await isAnswered(idle)).toBe(true);
    const third = await rawConnection(port, '');
    expect(await isAnswered(third)).toBe(true);
    await slow.closed;
    expect(await isAnswered(await rawConnection(port, ''))).toBe(true);
    // Closed without a response that nothing asked for.
    expect(await idle.closed).toMatch(/^HTTP\/1\.1 200 [^]*quick$/);
  });

  it('connections whose requests are being answered stay open, and a new one gets 503', async () => {
    const { port, finish, requests } = await site({ maxConnections: 3 });
    const pending = await Promise.all(Array.from({ length: 3 }, () => rawConnection(port, GET('/pending'))));
    await expect.poll(() => requests.length).toBe(3);
    const refused = await rawConnection(port, '');
    expect(await refused.closed).toMatch(/^HTTP\/1\.1 503 [^]*Retry-After: 5\r\n|^$/);
    finish();
    for (const one of pending) expect(await one.received(/pending$/)).toContain('200 OK');
    expect(await isAnswered(await rawConnection(port, ''))).toBe(true);
  });

  it('a client that does not read its response makes room', async () => {
    const { port, requests } = await site({ maxConnections: 1 });
    const stalled = await rawConnection(port, '');
    stalled.socket.pause();
    stalled.send(GET('/endless'));
    await expect.poll(() => requests).toEqual(['/endless']);
    // The server stops writing when the buffers of both sides are full.
    await expect.poll(async () => isAnswered(await rawConnection(port, '')), { timeout: 20_000, interval: 50 }).toBe(true);
    stalled.socket.resume();
    await stalled.closed;
  });

  it('a client that never completes the body of an answered request makes room', async () => {
    const { port } = await site({ maxConnections: 1 });
    const slow = await rawConnection(port, 'GET /endless HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n');
    await slow.received(/200 OK/);
    expect(await isAnswered(await rawConnection(port, ''))).toBe(true);
    expect((await slow.closed).match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('what was closed is reported every ten seconds', async () => {
    const { port, closed } = await site({ maxConnections: 1 });
    for (let each = 0; each < 4; each++) await isAnswered(await rawConnection(port, ''));
    expect(closed).toEqual([]);
    clock.advance(10_000);
    expect(closed).toEqual([{ limit: 'total', count: 3 }]);
    clock.advance(60_000);
    await isAnswered(await rawConnection(port, ''));
    clock.advance(10_000);
    expect(closed).toEqual([
      { limit: 'total', count: 3 },
      { limit: 'total', count: 1 },
    ]);
  });
});

it('the process is told when more than half of the connections are open, and when fewer than a quarter are', async () => {
  const crowded: boolean[] = [];
  const listening = createServer();
  capConnections(listening, { total: 20, perAddress: false, onCrowded: (each) => void crowded.push(each) });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  afterTest(() => new Promise((resolve) => listening.close(resolve)));
  const many: RawConnection[] = [];
  for (let round = 0; round < 2; round++) {
    for (let each = 0; each < 11; each++) many.push(await rawConnection(port));
    await expect.poll(() => crowded).toEqual(round === 0 ? [true] : [true, false, true]);
    for (const { socket } of many.splice(0)) socket.destroy();
    await expect.poll(() => crowded).toEqual(round === 0 ? [true, false] : [true, false, true, false]);
  }
});

describe('at the cap of one address', () => {
  it('its own connections make room, and other addresses are not affected', async () => {
    const { port, closed } = await site({ maxConnectionsPerAddress: 3 });
    const other = await rawConnection(port, SLOW_HEADERS, '127.0.0.3');
    const own: RawConnection[] = [];
    for (let each = 0; each < 20; each++) own.push(await rawConnection(port, SLOW_HEADERS, '127.0.0.2'));
    for (const one of own.slice(0, 17)) await one.closed;
    expect(await isAnswered(other, '1\r\n\r\n')).toBe(true);
    for (const one of own.slice(17)) expect(await isAnswered(one, '1\r\n\r\n')).toBe(true);
    clock.advance(10_000);
    expect(closed).toEqual([{ limit: 'address', count: 17 }]);
  });

  it('connections that were closed are no longer counted', async () => {
    const { port, closed } = await site({ maxConnectionsPerAddress: 2 });
    for (let each = 0; each < 10; each++) {
      const one = await rawConnection(port, '');
      expect(await isAnswered(one, 'GET /quick HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toBe(true);
      await one.closed;
    }
    clock.advance(10_000);
    expect(closed).toEqual([]);
  });

  it('does not exist by default, because a proxy has one address for all visitors', async () => {
    const { port } = await site({});
    const many = await Promise.all(Array.from({ length: 300 }, () => rawConnection(port, SLOW_HEADERS)));
    for (const one of many) expect(await isAnswered(one, '1\r\n\r\n')).toBe(true);
  });
});

it('2,000 connections with slow requests do not keep others from being answered', async () => {
  const { port } = await site({ maxConnections: 200 });
  const slow: RawConnection[] = [];
  for (let each = 0; each < 2_000; each++) slow.push(await rawConnection(port, each % 2 ? SLOW_HEADERS : SLOW_BODY));
  for (let each = 0; each < 10; each++) expect(await isAnswered(await rawConnection(port, ''))).toBe(true);
  await Promise.all(slow.slice(0, 1_800).map(({ closed }) => closed));
}, 60_000);
