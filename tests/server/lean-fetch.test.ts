/** `leanFetch()`, the server's own `fetch` on Node, tested against real servers and sockets. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { leanFetch } from '../../src/server/node.js';
import { afterTest, bodyOf, closedAddress, realServer, silentServer } from './real-server.js';

const ASK = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"a":"ä"}', redirect: 'manual' } as const;

describe('leanFetch() returns a response', () => {
  test('of known length with status, headers and text, and sends the request as given', async () => {
    const asked: unknown[] = [];
    const url = await realServer((request, response) => {
      const { method, headers } = request;
      void bodyOf(request).then((body) => {
        asked.push([method, request.url, headers['content-type'], headers['content-length'], body]);
        response
          .writeHead(201, { 'Content-Type': 'application/json', 'Content-Length': 12, 'X-Twice': ['1', '2'] })
          .end('{"ok":"grün"'.slice(0, 11));
      });
    });
    const answer = await leanFetch()(`${url}/keys?a=1`, ASK);
    expect(asked).toEqual([['POST', '/keys?a=1', 'application/json', '10', '{"a":"ä"}']]);
    expect([answer.status, answer.ok, answer.headers.get('content-type'), answer.headers.get('x-twice')]).toEqual([
      201,
      true,
      'application/json',
      '1, 2',
    ]);
    expect(await answer.text()).toBe('{"ok":"grün');
  });

  test('with a null body for 204 and for an empty body', async () => {
    const url = await realServer((request, response) =>
      response.writeHead(request.url === '/gone' ? 204 : 200, { ...(request.url !== '/gone' && { 'Content-Length': 0 }) }).end(),
    );
    for (const path of ['/gone', '/empty']) {
      const answer = await leanFetch()(url + path, { ...ASK, body: null });
      expect(answer.body).toBeNull();
      expect(await answer.text()).toBe('');
    }
  });

  test('of unknown or large length as a stream that can be cancelled', async () => {
    const url = await realServer((request, response) => {
      if (request.url === '/long') response.writeHead(200, { 'Content-Length': 70_000 }).end('x'.repeat(70_000));
      else response.write('piece');
    });
    const long = await leanFetch()(`${url}/long`, ASK);
    expect((await long.text()).length).toBe(70_000);
    const endless = await leanFetch()(`${url}/endless`, ASK);
    const reader = (endless.body as ReadableStream<Uint8Array>).getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('piece');
    await reader.cancel();
  });

  test('for a redirect without following it', async () => {
    const elsewhere: string[] = [];
    const other = await realServer((request, response) => {
      elsewhere.push(request.url ?? '');
      response.end();
    });
    const url = await realServer((_, response) => response.writeHead(307, { Location: other, 'Content-Length': 0 }).end());
    const answer = await leanFetch()(url, ASK);
    expect([answer.status, answer.ok]).toEqual([307, false]);
    expect(elsewhere).toEqual([]);
  });

  test('for each of several requests over the same connection', async () => {
    const ports: (number | undefined)[] = [];
    const url = await realServer((request, response) => {
      ports.push(request.socket.remotePort);
      response.writeHead(200, { 'Content-Length': 2 }).end('{}');
    });
    const ask = leanFetch();
    for (let turn = 0; turn < 3; turn++) await (await ask(url, ASK)).text();
    expect(new Set(ports).size).toBe(1);
  });
});

describe('leanFetch() rejects', () => {
  test('with a cause code when the connection is refused', async () => {
    const refused = leanFetch()(await closedAddress(), ASK);
    await expect(refused).rejects.toMatchObject({ name: 'TypeError', cause: { code: 'ECONNREFUSED' } });
  });

  test('when the connection is closed before or during the response', async () => {
    for (const words of ['', 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf']) {
      const server = createServer((socket) => socket.once('data', () => socket.end(words)));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      afterTest(() => new Promise((resolve) => server.close(resolve)));
      const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
      await expect(leanFetch()(url, ASK)).rejects.toMatchObject({ name: 'TypeError', cause: { code: 'ECONNRESET' } });
    }
  });

  test('an https request to a server without TLS, and sends nothing in plain text', async () => {
    const heard: string[] = [];
    const url = await realServer((request, response) => {
      heard.push(request.url ?? '');
      response.end();
    });
    await expect(leanFetch()(url.replace('http:', 'https:'), ASK)).rejects.toMatchObject({ name: 'TypeError' });
    expect(heard).toEqual([]);
  });

  test('with the abort reason before and during the request, and closes the connection', async () => {
    const silent = await silentServer();
    const reason = new Error('enough');
    await expect(leanFetch()(silent.url, { ...ASK, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const giveUp = new AbortController();
    const waiting = leanFetch()(silent.url, { ...ASK, signal: giveUp.signal });
    await silent.asked;
    giveUp.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await silent.left;
  });

  test('an invalid URL and an invalid header', async () => {
    await expect(leanFetch()('nowhere', ASK)).rejects.toBeInstanceOf(TypeError);
    await expect(leanFetch()('http://127.0.0.1:1', { ...ASK, headers: { 'X-Bad': 'a\nb' } })).rejects.toBeInstanceOf(TypeError);
  });
});

test('leanFetch() passes unsupported requests to the global fetch', async () => {
  const url = await realServer((request, response) => {
    if (request.url === '/from') response.writeHead(302, { Location: '/to' }).end();
    else void bodyOf(request).then((body) => response.end(`${request.url ?? ''} ${body}`));
  });
  const ask = leanFetch();
  expect(await (await ask(`${url}/from`)).text()).toBe('/to ');
  expect(await (await ask(`${url}/form`, { method: 'POST', body: new URLSearchParams({ a: '1' }) })).text()).toBe('/form a=1');
  expect(await (await ask(new Request(`${url}/request`))).text()).toBe('/request ');
});
