/**
 * Malformed and malicious input over real sockets: each request is rejected with the right code, costs nothing, and does not
 * affect the next visitor.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { serve } from '../../src/server/runtime/node/serve.js';
import { createVisitor } from '../unit/sandbox-media/visitor.js';
import { broker, closing } from './calls/support.js';
import { dial, phoneSandbox, phoneServer } from './phone/support.js';
import { PAGE } from './token-route-support.js';

const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n';
const OPEN = { rates: { perAddress: false, perVisitor: false, perProfile: false, global: false } } as const;
const AGENTS = {
  reception: { access: ['phone' as const], session: { model: 'gpt-realtime-2.1', instructions: 'Answer the phone.' } },
  default: { session: { model: 'gpt-realtime-2.1', instructions: 'Be kind.' } },
};

/** A server with an agent for browsers and one for phone calls, and its sandbox. */
async function site(options: object = {}) {
  const sandbox = await phoneSandbox();
  const server = await phoneServer(sandbox, { profiles: AGENTS, ...OPEN, ...options });
  return { sandbox, server, root: new URL(server.url).origin };
}

/** Status and code of a refusal. Checks that it is uncacheable problem details. */
async function refusal(answer: Response): Promise<[number, string]> {
  expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
  expect(answer.headers.get('Cache-Control')).toBe('no-store');
  return [answer.status, ((await answer.json()) as { code: string }).code];
}

const post = (url: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url, { method: 'POST', ...init, headers: { Origin: PAGE, ...(init.headers as Record<string, string>) } });
const sdp = (body: BodyInit, headers: Record<string, string> = {}): RequestInit => ({
  body,
  headers: { 'Content-Type': 'application/sdp', ...headers },
});

/** Sends raw bytes; resolves with everything received. */
async function raw(root: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(root).port), '127.0.0.1');
  closing({ close: () => socket.destroy() });
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

const REFUSED: readonly (readonly [name: string, path: string, init: RequestInit, expected: [number, string]])[] = [
  ['a call without a body', '/voice/call', sdp(''), [400, 'body_invalid']],
  ['a huge body of a key request', '/voice/token', { body: 'x'.repeat(200_000) }, [413, 'body_too_large']],
  ['an SDP of 1 MB', '/voice/call', sdp(SDP + 'a=x:y\r\n'.repeat(150_000)), [413, 'body_too_large']],
  [
    'an SDP with the wrong Content-Type',
    '/voice/call',
    { body: SDP, headers: { 'Content-Type': 'application/json' } },
    [415, 'media_type_unsupported'],
  ],
  ['an SDP without audio', '/voice/call', sdp(SDP.replace('m=audio', 'm=video')), [400, 'body_invalid']],
  [
    'a prototype pollution payload instead of an SDP',
    '/voice/call',
    sdp('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
    [400, 'body_invalid'],
  ],
  ['the origin null', '/voice/token', { headers: { Origin: 'null' } }, [403, 'origin_denied']],
  ['the origin null for a call', '/voice/call', sdp(SDP, { Origin: 'null' }), [403, 'origin_denied']],
  ['an unknown profile', '/voice/token?profile=__proto__', {}, [404, 'profile_unknown']],
  ['a phone-only profile', '/voice/call?profile=reception', sdp(SDP), [404, 'profile_unknown']],
  [
    'a webhook without a signature',
    '/voice/sip',
    { body: '{"type":"realtime.call.incoming","data":{"call_id":"rtc_1"}}' },
    [401, 'signature_invalid'],
  ],
];

describe('over a real socket', () => {
  it.each(REFUSED)('%s is rejected without cost, and the next visitor is served', async (_name, path, init, expected) => {
    const { sandbox, root } = await site({ budget: { maxConcurrent: 1 } });
    expect(await refusal(await post(`${root}${path}`, init))).toEqual(expected);
    expect(sandbox.requests).toEqual([]);
    expect({}).not.toHaveProperty('polluted');
    expect((await post(`${root}/voice/token`)).status).toBe(200);
  });

  it('a prototype pollution payload in a key request is ignored', async () => {
    const { root } = await site();
    const answer = await post(`${root}/voice/token`, {
      body: '{"__proto__":{"polluted":true},"session":{"instructions":"mine"}}',
      headers: { 'Content-Type': 'application/json' },
    });
    expect([answer.status, Object.keys((await answer.json()) as object).sort()]).toEqual([200, ['expires_at', 'value']]);
    expect({}).not.toHaveProperty('polluted');
  });

  it('a forged X-Forwarded-For does not evade the rate limit', async () => {
    const { root } = await site({ rates: { ...OPEN.rates, perAddress: { count: 2, seconds: 60 } } });
    const ask = (n: number): Promise<Response> =>
      post(`${root}/voice/token`, { headers: { 'X-Forwarded-For': `198.51.100.${String(n)}, 127.0.0.1, <script>` } });
    expect([(await ask(1)).status, (await ask(2)).status]).toEqual([200, 200]);
    const third = await ask(3);
    expect(Number(third.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await refusal(third)).toEqual([429, 'rate_limited']);
  });

  it('a replayed webhook starts one call, and a timestamp ten minutes off is rejected', async () => {
    const { sandbox, server } = await site();
    const caller = dial(sandbox, server, { webhook: { id: 'wh_once' } });
    expect((await caller.delivered).status).toBe(200);
    await caller.answered;
    expect((await caller.deliver({ id: 'wh_once' })).status).toBe(200);
    for (const skewSeconds of [-600, 600]) {
      expect((await dial(sandbox, server, { webhook: { skewSeconds } }).delivered).status).toBe(401);
    }
    expect(server.events.filter((event) => event.type === 'phone' && event.step === 'accepted')).toHaveLength(1);
  });

  it('a call can only be ended with its own ID, and a second DELETE also returns 204', async () => {
    const { sandbox, root } = await site();
    const visitor = closing(await createVisitor());
    const answer = await post(`${root}/voice/call`, sdp(visitor.offer));
    expect(answer.status).toBe(201);
    await visitor.accept(await answer.text());
    const call = await sandbox.nextCall();
    await visitor.reached('open');
    const own = answer.headers.get('Location') ?? '';
    const end = (path: string): Promise<Response> => fetch(`${root}${path}`, { method: 'DELETE', headers: { Origin: PAGE } });
    for (const guess of [
      `/voice/call/${'A'.repeat(32)}`,
      `/voice/call/${call.id}`,
      '/voice/call/..%2f..%2fhealthz',
      '/voice/call/__proto__',
    ]) {
      expect(await refusal(await end(guess))).toEqual([404, 'call_unknown']);
    }
    expect(call.state).toBe('open');
    expect([(await end(own)).status, (await end(own)).status]).toEqual([204, 204]);
    expect(await call.ended).toBe('hangup');
  });

  it('a client that never finishes its request is disconnected while others are served', async () => {
    const sandbox = await phoneSandbox();
    const { app } = broker(sandbox.url, OPEN);
    const { url } = closing(await serve(app, { requestTimeout: 300 }));
    const slow = raw(
      url,
      `POST /voice/call HTTP/1.1\r\nHost: x\r\nOrigin: ${PAGE}\r\nContent-Type: application/sdp\r\nContent-Length: 4000\r\n\r\nv=0\r\n`,
    );
    expect((await post(`${url}/voice/token`)).status).toBe(200);
    expect(await slow).toMatch(/^HTTP\/1\.1 408 /);
    expect(sandbox.requests.filter(({ path }) => path.endsWith('/calls'))).toEqual([]);
  });

  it.each([
    ['input that is not HTTP', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n'],
    [
      'two Content-Length headers',
      `POST /voice/token HTTP/1.1\r\nHost: x\r\nOrigin: ${PAGE}\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello`,
    ],
    [
      'Content-Length with chunked encoding',
      `POST /voice/token HTTP/1.1\r\nHost: x\r\nOrigin: ${PAGE}\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    ],
    ['a header of 20 KB', `POST /voice/token HTTP/1.1\r\nHost: x\r\nOrigin: ${PAGE}\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`],
  ])('%s ends the connection without cost', async (_name, text) => {
    const { sandbox, root } = await site();
    expect(await raw(root, text)).toMatch(/^HTTP\/1\.1 4(00|31) /);
    expect(sandbox.requests).toEqual([]);
    expect((await post(`${root}/voice/token`)).status).toBe(200);
  });

  it.each(['/voice/token', '/voice/call'])(
    'an HTML response of the upstream to %s is reported as upstream_failed and not passed on',
    async (path) => {
      const upstream = createServer((request, response) => {
        request
          .resume()
          .on('end', () => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Captive portal</title>'));
      });
      await once(upstream.listen(0, '127.0.0.1'), 'listening');
      closing({ close: () => void upstream.close() });
      const { app, heard } = broker(`http://127.0.0.1:${String((upstream.address() as AddressInfo).port)}/v1`, OPEN);
      const { url } = closing(await serve(app));
      const answer = await post(`${url}${path}`, sdp(path.endsWith('call') ? SDP : ''));
      expect(await answer.clone().text()).not.toContain('Captive');
      expect(await refusal(answer)).toEqual([502, 'upstream_failed']);
      await heard('refused', ({ code }) => code === 'upstream_failed');
    },
  );
});
