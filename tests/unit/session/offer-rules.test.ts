/** Offers in the form of other dialects. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { exchangeOffer, hangUp, offerRules, type OfferRules } from '../../../src/session/offer-exchange.js';
import { fakeEnvironment } from './fake-environment.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function server(status: number, body: string, headers: Record<string, string> = {}) {
  const requests: { method: string | undefined; url: string | undefined; headers: IncomingMessage['headers']; body: string }[] = [];
  const http = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      requests.push({ method: request.method, url: request.url, headers: request.headers, body: text });
      response.writeHead(status, headers).end(body);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    http.closeAllConnections();
    return new Promise((resolve) => http.close(resolve));
  });
  const url = new URL(`http://127.0.0.1:${String((http.address() as AddressInfo).port)}/v1/realtime/calls?model=m`);
  const { environment } = fakeEnvironment({}, { fetch: (address, init) => fetch(address, init) });
  const post = (rules: OfferRules, key = 'key') => exchangeOffer(environment, url, key, 'v=0 offer', new AbortController().signal, rules);
  return { requests, url, environment, post };
}

const JSON_RULES = offerRules({ name: 'x', offer: { body: 'json' } }, 'pipeline');

test('sends a JSON offer with the model, and reads a JSON answer with the session id', async () => {
  const { post, requests } = await server(201, JSON.stringify({ sdp: 'v=0\r\nanswer', session_id: 'sess_1' }));
  expect(await post(JSON_RULES)).toEqual({ sdp: 'v=0\r\nanswer', callId: 'sess_1' });
  expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ sdp: 'v=0 offer', model: 'pipeline' });
  expect(requests[0]?.headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer key' });
});

test('sends no Authorization header to a server that requires no key', async () => {
  const { post, requests } = await server(201, JSON.stringify({ sdp: 'v=0' }));
  await post(JSON_RULES, '');
  expect(requests[0]?.headers).not.toHaveProperty('authorization');
});

test.each(['v=0\r\nplain', '{}', '{"sdp":1}', '{"sdp":"x"}', 'null', '[]'])('an invalid JSON answer is sdp_invalid: %s', async (body) => {
  const { post } = await server(201, body);
  await expect(post(JSON_RULES)).rejects.toMatchObject({ code: 'sdp_invalid' });
});

test.each([
  [{ error: 'model is required' }, ': model is required'],
  [{ detail: 'Authentication failed' }, ': Authentication failed'],
  [{ error: { message: 'no such model' } }, ': no such model'],
  [{ error: null }, ''],
  [{ detail: [{ msg: 'Field required' }] }, ''],
])("reports a rejection with the server's message: %j", async (body, said) => {
  const { post } = await server(400, JSON.stringify(body));
  await expect(post({ hangsUp: false })).rejects.toMatchObject({
    code: 'sdp_rejected',
    message: `The voice server refused the call (400)${said}`,
  });
});

test('hangs up calls only if the server has a URL for it', async () => {
  expect(offerRules(undefined, 'm')).toEqual({ hangsUp: true });
  expect(offerRules({ name: 'x', offer: { path: '/realtime' } }, 'm')).toEqual({ hangsUp: false });
  expect(offerRules({ name: 'x', offer: { path: '/sdp', hangUp: true } }, 'm')).toEqual({ hangsUp: true });
  expect(JSON_RULES.hangsUp).toBe(false);
  const { environment, url, requests, post } = await server(201, 'v=0');
  hangUp(environment, url, 'rtc_1', 'key', { hangsUp: false });
  await post({ hangsUp: false });
  expect(requests.map(({ url: address }) => address)).toEqual(['/v1/realtime/calls?model=m']);
});
