import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { exchangeOffer } from '../../../src/session/offer-exchange.js';
import { fakeEnvironment } from './fake-environment.js';

type Handler = Parameters<typeof createServer>[1] & object;
const servers: Server[] = [];
const requests: IncomingMessage[] = [];

async function exchange(handler: Handler, signal = new AbortController().signal) {
  const server = createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1/realtime/calls?model=m`);
  const { environment, time } = fakeEnvironment({}, { fetch: (address, init) => fetch(address, init) });
  return { answer: exchangeOffer(environment, url, 'ek_secret', 'v=0 offer', signal), time };
}

afterEach(async () => {
  requests.length = 0;
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const say =
  (status: number, body: string, headers = {}): Handler =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

test('returns the answer with its call id', async () => {
  const { answer, time } = await exchange(say(201, 'v=0\r\nanswer', { location: '/v1/realtime/calls/rtc_7?x=1' }));
  expect(await answer).toEqual({ sdp: 'v=0\r\nanswer', callId: 'rtc_7' });
  expect(requests[0]).toMatchObject({ method: 'POST', url: '/v1/realtime/calls?model=m' });
  expect(requests[0]?.headers).toMatchObject({ authorization: 'Bearer ek_secret', 'content-type': 'application/sdp' });
  expect(time.pending).toBe(0);
});

test('accepts a missing or invalid Location', async () => {
  expect(await (await exchange(say(200, 'v=0'))).answer).toEqual({ sdp: 'v=0', callId: undefined });
  expect(await (await exchange(say(200, 'v=0', { location: '/calls/%20' }))).answer).toEqual({ sdp: 'v=0', callId: undefined });
});

test('rejects with a typed error that contains the reason, without the key', async () => {
  const body = JSON.stringify({ error: { message: 'Key ek_secret and sk-proj-abc are bad', code: 'x' } });
  const { answer } = await exchange(say(400, body));
  const error: unknown = await answer.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'sdp_rejected', message: 'The voice server refused the call (400): Key … and … are bad' });
  await expect((await exchange(say(404, '<html>'))).answer).rejects.toMatchObject({
    code: 'sdp_rejected',
    message: 'The voice server refused the call (404)',
  });
});

test('429 sets the retry time', async () => {
  await expect((await exchange(say(429, '', { 'retry-after': '7' }))).answer).rejects.toMatchObject({
    code: 'rate_limited',
    retryAfter: 7_000,
  });
});

test('an answer that is not SDP is sdp_invalid', async () => {
  await expect((await exchange(say(201, 'hello'))).answer).rejects.toMatchObject({ code: 'sdp_invalid' });
  await expect((await exchange(say(201, `v=0${'x'.repeat(300_000)}`))).answer).rejects.toMatchObject({ code: 'sdp_invalid' });
});

test('a 5xx is retried twice, then reported as network', async () => {
  const { answer, time } = await exchange(say(500, ''));
  const refused = expect(answer).rejects.toMatchObject({ code: 'network' });
  for (let round = 1; round < 3; round++) {
    await vi.waitFor(() => expect([requests.length, time.pending]).toEqual([round, 2]));
    await time.advance(1_000);
  }
  await refused;
  expect(requests).toHaveLength(3);
});

test.each([
  ['the head', () => undefined],
  ['the body', (_: unknown, response) => void response.writeHead(201).write('v=0')],
] as [string, Handler][])('no end of %s is a timeout after 10 s', async (_, handler) => {
  const { answer, time } = await exchange(handler);
  const refused = expect(answer).rejects.toMatchObject({ code: 'timeout' });
  await vi.waitFor(() => expect(requests).toHaveLength(1));
  await new Promise((resolve) => setTimeout(resolve, 20));
  await time.advance(10_000);
  await refused;
  expect(time.pending).toBe(0);
});

test.each([0, 1])('rejects at once when aborted, and hangs up a call that was created anyway (%i ms)', async (wait) => {
  const controller = new AbortController();
  const held: (() => void)[] = [];
  const { answer, time } = await exchange((request, response) => {
    if (request.url?.endsWith('/hangup')) return void response.end();
    held.push(() => say(201, 'v=0', { location: '/v1/realtime/calls/rtc_8' })(request, response));
  }, controller.signal);
  await vi.waitFor(() => expect(held).toHaveLength(1));
  controller.abort(new Error('gone'));
  await expect(answer).rejects.toThrow('gone');
  expect(time.pending).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, wait));
  held[0]?.();
  await vi.waitFor(() => expect(requests.at(-1)).toMatchObject({ url: '/v1/realtime/calls/rtc_8/hangup', method: 'POST' }));
  expect(requests.at(-1)?.headers).toMatchObject({ authorization: 'Bearer ek_secret' });
});

test('stops retrying when aborted', async () => {
  const controller = new AbortController();
  const { answer, time } = await exchange(say(500, ''), controller.signal);
  await vi.waitFor(() => expect([requests.length, time.pending]).toEqual([1, 2]));
  controller.abort(new Error('gone'));
  await expect(answer).rejects.toThrow('gone');
  expect(time.pending).toBe(0);
  await time.advance(5_000);
  expect(requests).toHaveLength(1);
});
