/** Slow clients on raw sockets are disconnected, cause no upstream requests and do not block other clients. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { serve } from '../../src/server/runtime/node/serve.js';
import { PAGE, goodAnswer, server, upstream } from './token-route-support.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

const OPEN = {
  rates: { perAddress: false, perVisitor: false, perProfile: false, global: false },
  budget: { callsPerDay: false, maxConcurrent: false },
} as const;

async function site(requestTimeout: number) {
  const { fetch: mint, asked } = upstream(goodAnswer);
  const { app, refusals } = server({ fetch: mint, ...OPEN });
  const running = await serve(app, { requestTimeout });
  cleanUp.push(() => running.close());
  return { ...running, asked, refusals };
}

/** Opens a connection that sends `begin` and then one piece at a time; `ended` resolves with the response once the server closes it. */
function drip(port: number, begin: string, each = 'x', pause = 20): { socket: Socket; ended: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  socket.write(begin);
  const dripping = setInterval(() => socket.writable && socket.write(each), pause);
  let text = '';
  const ended = new Promise<string>((resolve) => {
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    // Writing to a closed socket emits an error, which is expected here.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(dripping);
      resolve(text);
    });
  });
  cleanUp.push(() => socket.destroy());
  return { socket, ended };
}

const LINE = 'POST /voice/token HTTP/1.1\r\nHost: x\r\n';

describe('a slow client is disconnected', () => {
  it('if it never completes its headers', async () => {
    const { port, asked } = await site(200);
    expect(await drip(port, `${LINE}Origin: ${PAGE}\r\nX-Slow: `).ended).toMatch(/^HTTP\/1\.1 408 /);
    expect(asked).toHaveLength(0);
  });

  it('if it sends its declared body byte by byte', async () => {
    const { port, asked, refusals } = await site(200);
    const text = await drip(port, `${LINE}Origin: ${PAGE}\r\nContent-Length: 1000\r\n\r\n`).ended;
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(asked).toHaveLength(0);
    // Not an internal error.
    expect(refusals.filter(({ code }) => code === 'internal_error')).toEqual([]);
  });

  it('if it never completes a chunked body', async () => {
    const { port, asked } = await site(200);
    await drip(port, `${LINE}Origin: ${PAGE}\r\nTransfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n').ended;
    expect(asked).toHaveLength(0);
  });

  it('if it connects and sends nothing', async () => {
    const { port } = await site(200);
    await drip(port, '', '').ended;
  });

  it('if it disconnects in the middle of its body', async () => {
    const { port, url, asked, refusals } = await site(5_000);
    const { socket, ended } = drip(port, `${LINE}Origin: ${PAGE}\r\nContent-Length: 1000\r\n\r\n`);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.destroy();
    await ended;
    // The server handles this request after the disconnect: one thread, in order.
    expect((await fetch(`${url}/voice/token`, { method: 'POST', headers: { Origin: PAGE } })).status).toBe(200);
    expect(asked).toHaveLength(1);
    // The client left; it was not refused.
    expect(refusals).toEqual([]);
  });
});

it('300 slow clients do not keep other clients from getting a key', async () => {
  const { port, url, asked } = await site(5_000);
  const slow = Array.from({ length: 300 }, (_, index) =>
    drip(port, index % 2 ? `${LINE}Origin: ${PAGE}\r\nContent-Length: 1000\r\n\r\n` : `${LINE}X-Slow: `, 'x', 500),
  );
  await Promise.all(
    slow.map(({ socket }) => new Promise((resolve) => (socket.connecting ? socket.once('connect', resolve) : resolve(undefined)))),
  );
  const statuses = [];
  for (let i = 0; i < 10; i++) statuses.push((await fetch(`${url}/voice/token`, { method: 'POST', headers: { Origin: PAGE } })).status);
  expect(statuses).toEqual(Array.from({ length: 10 }, () => 200));
  expect(asked).toHaveLength(10);
  const ends = await Promise.all(slow.map(({ ended }) => ended));
  expect([...new Set(ends.map((text) => text.split('\r\n')[0]))]).toEqual(['HTTP/1.1 408 Request Timeout']);
  expect(asked).toHaveLength(10);
}, 60_000);
