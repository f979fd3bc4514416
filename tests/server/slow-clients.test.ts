/** Clients that send slowly, over raw sockets: they are cut, cost nothing, and keep nobody from being served. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { serve } from '../../src/server/runtime/node.js';
import { PAGE, goodAnswer, server, upstream } from './token-route-support.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

const OPEN = { rates: { perAddress: false, perVisitor: false, perProfile: false, inAll: false }, budget: { callsPerDay: false, atOnce: false } } as const;

async function site(requestTimeout: number) {
  const { fetch: mint, asked } = upstream(goodAnswer);
  const { app, refusals } = server({ fetch: mint, ...OPEN });
  const running = await serve(app, { requestTimeout });
  cleanUp.push(() => running.close());
  return { ...running, asked, refusals };
}

/** A connection on which a byte now and then follows these; `ended` resolves with all that came back when the server cut it. */
function drip(port: number, begin: string, each = 'x', pause = 20): { socket: Socket; ended: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  socket.write(begin);
  const dripping = setInterval(() => socket.writable && socket.write(each), pause);
  let text = '';
  const ended = new Promise<string>((resolve) => {
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    // Writing to a socket that was cut is an error, and what is looked for.
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

describe('a client is cut', () => {
  it('that sends headers without end', async () => {
    const { port, asked } = await site(200);
    expect(await drip(port, `${LINE}Origin: ${PAGE}\r\nX-Slow: `).ended).toMatch(/^HTTP\/1\.1 408 /);
    expect(asked).toHaveLength(0);
  });

  it('that declares a body and sends it byte by byte', async () => {
    const { port, asked, refusals } = await site(200);
    const text = await drip(port, `${LINE}Origin: ${PAGE}\r\nContent-Length: 1000\r\n\r\n`).ended;
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(asked).toHaveLength(0);
    // No fault inside this server.
    expect(refusals.filter(({ code }) => code === 'internal_error')).toEqual([]);
  });

  it('that sends a body in pieces without end', async () => {
    const { port, asked } = await site(200);
    await drip(port, `${LINE}Origin: ${PAGE}\r\nTransfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n').ended;
    expect(asked).toHaveLength(0);
  });

  it('that connects and says nothing', async () => {
    const { port } = await site(200);
    await drip(port, '', '').ended;
  });

  it('that leaves in the middle of its body', async () => {
    const { port, url, asked, refusals } = await site(5_000);
    const { socket, ended } = drip(port, `${LINE}Origin: ${PAGE}\r\nContent-Length: 1000\r\n\r\n`);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.destroy();
    await ended;
    // Answered after the other's end was seen: on one thread, in order.
    expect((await fetch(`${url}/voice/token`, { method: 'POST', headers: { Origin: PAGE } })).status).toBe(200);
    expect(asked).toHaveLength(1);
    expect(refusals.filter(({ code }) => code === 'internal_error')).toEqual([]);
  });
});

it('three hundred slow clients keep nobody from getting a key', async () => {
  const { port, url, asked } = await site(5_000);
  const slow = Array.from({ length: 300 }, (_, index) =>
    drip(port, index % 2 ? `${LINE}Origin: ${PAGE}\r\nContent-Length: 1000\r\n\r\n` : `${LINE}X-Slow: `, 'x', 500),
  );
  await Promise.all(slow.map(({ socket }) => new Promise((resolve) => (socket.connecting ? socket.once('connect', resolve) : resolve(undefined)))));
  const statuses = [];
  for (let i = 0; i < 10; i++) statuses.push((await fetch(`${url}/voice/token`, { method: 'POST', headers: { Origin: PAGE } })).status);
  expect(statuses).toEqual(Array.from({ length: 10 }, () => 200));
  expect(asked).toHaveLength(10);
  const ends = await Promise.all(slow.map(({ ended }) => ended));
  expect([...new Set(ends.map((text) => text.split('\r\n')[0]))]).toEqual(['HTTP/1.1 408 Request Timeout']);
  expect(asked).toHaveLength(10);
}, 60_000);
