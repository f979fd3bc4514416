/** Turnstile against a real local server that responds as documented by Cloudflare. */
import { describe, expect, it } from 'vitest';
import { VoiceServerOptionsError, turnstile } from '../../../src/server/index.js';
import type { TurnstileOptions } from '../../../src/server/index.js';
import { bodyOf, closedAddress, realServer, silentServer } from '../real-server.js';
import { checkedServer } from './checks-support.js';

const SECRET = '0x4-canary-secret';

/** Imitates Cloudflare: accepts each token that starts with `good` once. `strict: false` does not track used tokens. */
async function cloudflare({ strict = true } = {}) {
  const used = new Set<string>();
  const seen: { fields: URLSearchParams; type: string | undefined; method: string | undefined }[] = [];
  const url = await realServer((request, response) => {
    void bodyOf(request).then((body) => {
      const fields = new URLSearchParams(body);
      seen.push({ fields, type: request.headers['content-type'], method: request.method });
      const token = fields.get('response') ?? '';
      const answer = (fields: object): void => void response.setHeader('Content-Type', 'application/json').end(JSON.stringify(fields));
      if (fields.get('secret') !== SECRET) answer({ success: false, 'error-codes': ['invalid-input-secret'] });
      else if (!token.startsWith('good')) answer({ success: false, 'error-codes': ['invalid-input-response'] });
      else if (strict && used.has(token)) answer({ success: false, 'error-codes': ['timeout-or-duplicate'] });
      else
        answer({ success: true, 'error-codes': [], challenge_ts: new Date().toISOString(), hostname: 'www.example.com', action: 'call' });
      used.add(token);
    });
  });
  return { url: `${url}/turnstile/v0/siteverify`, seen };
}

const withTurnstile = (verifyUrl: string, options: Partial<TurnstileOptions> = {}) =>
  checkedServer(turnstile({ secret: SECRET, verifyUrl, ...options }));

describe('a solved challenge', () => {
  it('is valid for one call and is verified with the documented request', async () => {
    const { url, seen } = await cloudflare();
    const { bearer, asked } = await withTurnstile(url, { hostnames: ['www.example.com'], action: 'call' });
    expect((await bearer('good.1')).status).toBe(200);
    expect(seen[0]?.method).toBe('POST');
    expect(seen[0]?.type).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(seen[0]?.fields ?? [])).toEqual({ secret: SECRET, response: 'good.1', remoteip: '127.0.0.1' });
    const again = await bearer('good.1');
    expect(again).toMatchObject({ status: 403, code: 'visitor_denied' });
    expect(asked).toHaveLength(1);
  });

  it('is valid for one call even if Cloudflare accepts it repeatedly, also for concurrent requests', async () => {
    const { url, seen } = await cloudflare({ strict: false });
    const { bearer, asked, refusals } = await withTurnstile(url);
    const statuses = (await Promise.all(Array.from({ length: 10 }, () => bearer('good.1')))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 403)).toHaveLength(9);
    expect([seen.length, asked.length]).toEqual([10, 1]);
    expect(refusals[0]?.reason).toBe('Turnstile: token already used');
  });
});

describe('a key is refused', () => {
  it('without a token, with 401 and without a request to Cloudflare', async () => {
    const { url, seen } = await cloudflare();
    const { ask, asked } = await withTurnstile(url);
    const without: Record<string, string>[] = [
      {},
      { Authorization: '' },
      { Authorization: 'Bearer' },
      { Authorization: 'Basic Z29vZA==' },
      { Authorization: 'Bearer a b' },
    ];
    for (const headers of without) {
      const answer = await ask(headers);
      expect(answer).toMatchObject({ status: 401, code: 'visitor_missing' });
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer');
    }
    expect([seen.length, asked.length]).toEqual([0, 0]);
  });

  it('for a forged or an oversized token, with 403 and without forwarding the oversized one', async () => {
    const { url, seen } = await cloudflare();
    const { bearer, asked } = await withTurnstile(url);
    expect(await bearer('forged')).toMatchObject({ status: 403, code: 'visitor_denied' });
    expect(await bearer(`good${'x'.repeat(2_048)}`)).toMatchObject({ status: 403, code: 'visitor_denied' });
    expect([seen.length, asked.length]).toEqual([1, 0]);
  });

  it('for a challenge solved on another host or for another action', async () => {
    for (const [options, reason] of [
      [{ hostnames: ['shop.example'] }, 'another host'],
      [{ action: 'login' }, 'another action'],
    ] as const) {
      const { url } = await cloudflare();
      const { bearer, asked, refusals } = await withTurnstile(url, options);
      expect(await bearer('good.1')).toMatchObject({ status: 403, code: 'visitor_denied' });
      expect(asked).toHaveLength(0);
      expect(refusals[0]?.reason).toContain(reason);
    }
  });

  it("with 503 if the server's own secret is wrong", async () => {
    const { url } = await cloudflare();
    const { bearer, refusals } = await withTurnstile(url, { secret: 'wrong' });
    const answer = await bearer('good.1');
    expect(answer).toMatchObject({ status: 503, code: 'visitor_unchecked' });
    expect(answer.headers.get('Retry-After')).toBe('5');
    expect(answer.text).not.toContain('secret');
    expect(refusals[0]?.reason).toBe('Turnstile: invalid-input-secret');
  });

  it.each([
    ['HTML', 200, '<h1>canary</h1>'],
    ['HTML and 502', 502, '<h1>canary</h1>'],
    ['an empty body', 200, ''],
    ['null', 200, 'null'],
    ['a list', 200, '[true]'],
    ['success as a string', 200, '{"success":"true"}'],
    ['an internal error', 500, '{"success":false,"error-codes":["internal-error"]}'],
    ['no reason', 200, '{"success":false}'],
    ['invalid error codes', 200, '{"success":false,"error-codes":"canary"}'],
    ['a redirect', 307, ''],
  ])('with 503 if Cloudflare responds with %s', async (_name, status, body) => {
    const url = await realServer((_, response) => response.writeHead(status, { Location: 'http://127.0.0.1:9/' }).end(body));
    const { bearer, asked } = await withTurnstile(url);
    const answer = await bearer('good.1');
    expect(answer).toMatchObject({ status: 503, code: 'visitor_unchecked' });
    expect(answer.text).not.toContain('canary');
    expect(asked).toHaveLength(0);
  });

  it('with 503 if Cloudflare is unreachable or does not respond', async () => {
    expect(await (await withTurnstile(`${await closedAddress()}/`)).bearer('good.1')).toMatchObject({
      status: 503,
      code: 'visitor_unchecked',
    });
    const silent = await realServer(() => undefined);
    expect(await (await withTurnstile(silent, { timeout: 50 })).bearer('good.1')).toMatchObject({ status: 503, code: 'visitor_unchecked' });
  });

  it('for a visitor who left, without waiting for Cloudflare', async () => {
    const silent = await silentServer();
    const { ask } = await withTurnstile(silent.url, { timeout: 60_000 });
    const leaving = new AbortController();
    const asking = ask({ Authorization: 'Bearer good.1' }, { signal: leaving.signal });
    asking.catch(() => undefined);
    await silent.asked;
    leaving.abort();
    await silent.left;
  });
});

it('Cloudflare is asked at most as often as an address may send requests', async () => {
  const { url, seen } = await cloudflare();
  const rates = { perAddress: { count: 3, seconds: 600 }, perVisitor: false, perProfile: false, global: false } as const;
  const { ask, asked } = await checkedServer(turnstile({ secret: SECRET, verifyUrl: url }), { rates, trustedProxies: 1 });
  const from = (address: string, token: string) => ask({ Authorization: `Bearer ${token}`, 'X-Forwarded-For': address });
  const forged = await Promise.all(Array.from({ length: 20 }, (_, index) => from('192.0.2.1', `forged.${String(index)}`)));
  expect(forged.map(({ status }) => status).sort()).toEqual([...Array<number>(3).fill(403), ...Array<number>(17).fill(429)]);
  expect(seen).toHaveLength(3);
  expect((await from('192.0.2.2', 'good.1')).status).toBe(200);
  expect([seen.length, asked.length]).toEqual([4, 1]);
});

it('a check requires a secret', () => {
  for (const secret of ['', undefined]) expect(() => turnstile({ secret })).toThrow(VoiceServerOptionsError);
});
