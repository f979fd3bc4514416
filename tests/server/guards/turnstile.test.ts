/** Turnstile against a real local server that answers as Cloudflare documents it. */
import { describe, expect, it } from 'vitest';
import { VoiceServerOptionsError, turnstile } from '../../../src/server/index.js';
import type { TurnstileOptions } from '../../../src/server/index.js';
import { bodyOf, closedAddress, realServer, silentServer } from '../real-server.js';
import { checkedServer } from './checks-support.js';

const SECRET = '0x4-canary-secret';

/** Cloudflare: knows tokens by name, each good once. `strict: false` forgets which were used. */
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
      else answer({ success: true, 'error-codes': [], challenge_ts: new Date().toISOString(), hostname: 'www.example.com', action: 'call' });
      used.add(token);
    });
  });
  return { url: `${url}/turnstile/v0/siteverify`, seen };
}

const withTurnstile = (verifyUrl: string, options: Partial<TurnstileOptions> = {}) => checkedServer(turnstile({ secret: SECRET, verifyUrl, ...options }));

describe('a solved challenge', () => {
  it('opens one call, and Cloudflare is asked as it wants to be', async () => {
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

  it('opens one call although Cloudflare itself would let it open two, also at the same moment', async () => {
    const { url, seen } = await cloudflare({ strict: false });
    const { bearer, asked, refusals } = await withTurnstile(url);
    const statuses = (await Promise.all(Array.from({ length: 10 }, () => bearer('good.1')))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 403)).toHaveLength(9);
    expect([seen.length, asked.length]).toEqual([10, 1]);
    expect(refusals[0]?.reason).toBe('Turnstile: shown before');
  });
});

describe('no call', () => {
  it('without a token: 401, and Cloudflare is not asked', async () => {
    const { url, seen } = await cloudflare();
    const { ask, asked } = await withTurnstile(url);
    const without: Record<string, string>[] = [{}, { Authorization: '' }, { Authorization: 'Bearer' }, { Authorization: 'Basic Z29vZA==' }, { Authorization: 'Bearer a b' }];
    for (const headers of without) {
      const answer = await ask(headers);
      expect(answer).toMatchObject({ status: 401, code: 'visitor_missing' });
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer');
    }
    expect([seen.length, asked.length]).toEqual([0, 0]);
  });

  it('with a forged or a huge one: 403, the huge one is not passed on', async () => {
    const { url, seen } = await cloudflare();
    const { bearer, asked } = await withTurnstile(url);
    expect(await bearer('forged')).toMatchObject({ status: 403, code: 'visitor_denied' });
    expect(await bearer(`good${'x'.repeat(2_048)}`)).toMatchObject({ status: 403, code: 'visitor_denied' });
    expect([seen.length, asked.length]).toEqual([1, 0]);
  });

  it('for one that was solved on another host or for another action', async () => {
    for (const [options, reason] of [[{ hostnames: ['shop.example'] }, 'another host'], [{ action: 'login' }, 'another action']] as const) {
      const { url } = await cloudflare();
      const { bearer, asked, refusals } = await withTurnstile(url, options);
      expect(await bearer('good.1')).toMatchObject({ status: 403, code: 'visitor_denied' });
      expect(asked).toHaveLength(0);
      expect(refusals[0]?.reason).toContain(reason);
    }
  });

  it('when our own secret is wrong: not the visitor\'s fault', async () => {
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
    ['nothing', 200, ''],
    ['null', 200, 'null'],
    ['a list', 200, '[true]'],
    ['success as text', 200, '{"success":"true"}'],
    ['an error inside', 500, '{"success":false,"error-codes":["internal-error"]}'],
    ['no reason', 200, '{"success":false}'],
    ['codes that are none', 200, '{"success":false,"error-codes":"canary"}'],
    ['a redirect', 307, ''],
  ])('when Cloudflare answers %s', async (_name, status, body) => {
    const url = await realServer((_, response) => response.writeHead(status, { Location: 'http://127.0.0.1:9/' }).end(body));
    const { bearer, asked } = await withTurnstile(url);
    const answer = await bearer('good.1');
    expect(answer).toMatchObject({ status: 503, code: 'visitor_unchecked' });
    expect(answer.text).not.toContain('canary');
    expect(asked).toHaveLength(0);
  });

  it('when Cloudflare cannot be reached, or does not answer', async () => {
    expect(await (await withTurnstile(`${await closedAddress()}/`)).bearer('good.1')).toMatchObject({ status: 503, code: 'visitor_unchecked' });
    const silent = await realServer(() => undefined);
    expect(await (await withTurnstile(silent, { timeout: 50 })).bearer('good.1')).toMatchObject({ status: 503, code: 'visitor_unchecked' });
  });

  it('for a visitor who left: Cloudflare is not waited for', async () => {
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

it('there is no check without a secret', () => {
  for (const secret of ['', undefined]) expect(() => turnstile({ secret })).toThrow(VoiceServerOptionsError);
});
