/** A custom visitor check: its input and the effect of its verdicts. */
import { describe, expect, it } from 'vitest';
import type { VisitorCheck, VisitorCheckContext } from '../../../src/server/index.js';
import { VisitorUncheckedError } from '../../../src/server/index.js';
import { MemoryState } from '../../../src/server/state/memory-state.js';
import { PAGE } from '../token-route-support.js';
import { checkedServer } from './checks-support.js';

describe('a custom check', () => {
  it('receives the request with its body and a context', async () => {
    const seen: { body: string; url: string; cookie: string | null; context: VisitorCheckContext }[] = [];
    const { ask } = await checkedServer(async (request, context) => {
      seen.push({ body: await request.text(), url: request.url, cookie: request.headers.get('Cookie'), context });
      return { ok: true };
    });
    expect((await ask({ Cookie: 'session=1' }, { body: '{"proof":"1"}' })).status).toBe(200);
    expect((await ask()).status).toBe(200);
    expect(seen).toMatchObject([
      { body: '{"proof":"1"}', cookie: 'session=1', context: { address: '127.0.0.1', origin: PAGE, profile: 'default' } },
      { body: '' },
    ]);
    expect(new URL(seen[0]?.url ?? '').pathname).toBe('/voice/token');
    expect(seen[0]?.context.signal).toBeInstanceOf(AbortSignal);
  });

  it('refuses with 401 if a new proof can help, otherwise with 403, without revealing the reason', async () => {
    const { ask, asked, refusals } = await checkedServer((request) => ({
      ok: false,
      reason: 'canary reason',
      retry: request.headers.has('X-Retry'),
    }));
    const retry = await ask({ 'X-Retry': '1' });
    const denied = await ask();
    expect([retry.status, retry.code, denied.status, denied.code]).toEqual([401, 'visitor_missing', 403, 'visitor_denied']);
    expect(retry.text + denied.text).not.toContain('canary');
    expect(refusals).toMatchObject([{ reason: 'canary reason' }, { reason: 'canary reason' }]);
    expect(asked).toHaveLength(0);
  });

  it('refuses with 503 if it fails, and logs only a VisitorUncheckedError’s message', async () => {
    const failures: [VisitorCheck, string][] = [
      [
        () => {
          throw new Error('canary');
        },
        'the visitor check failed',
      ],
      [() => Promise.reject(new Error('canary')), 'the visitor check failed'],
      [() => undefined as never, 'the visitor check returned no valid verdict'],
      [
        () => {
          throw new VisitorUncheckedError("the members' database is away");
        },
        "the members' database is away",
      ],
    ];
    for (const [check, reason] of failures) {
      const { ask, asked, refusals } = await checkedServer(check);
      const answer = await ask();
      expect([answer.status, answer.code, answer.headers.get('Retry-After')]).toEqual([503, 'visitor_unchecked', '5']);
      expect(answer.text).not.toContain('canary');
      expect(refusals).toMatchObject([{ reason }]);
      expect(asked).toHaveLength(0);
    }
  });

  it('that returns an invalid verdict refuses the request', async () => {
    for (const verdict of [true, 'ok', {}, { ok: 'yes' }, { ok: 1 }, { ok: true, subject: 7 }]) {
      const { ask, asked } = await checkedServer(() => verdict as never);
      expect((await ask()).status).toBe(503);
      expect(asked).toHaveLength(0);
    }
  });

  it('that returns no subject leaves the rate limit to the address', async () => {
    for (const subject of ['', undefined]) {
      const { ask, asked } = await checkedServer(() => ({ ok: true, ...(subject !== undefined && { subject }) }), {
        rates: { perAddress: { count: 1, seconds: 60 }, perVisitor: { count: 100, seconds: 60 } },
      });
      expect([(await ask()).status, (await ask()).status, asked.length]).toEqual([200, 429, 1]);
    }
  });

  it('can accept a proof only once without storing its text in the state', async () => {
    const keys: string[] = [];
    class Watched extends MemoryState {
      override once(key: string, seconds: number) {
        keys.push(key);
        return super.once(key, seconds);
      }
    }
    const check: VisitorCheck = async (request, { once }) =>
      (await once(request.headers.get('X-Proof') ?? '', 60)) ? { ok: true } : { ok: false, reason: 'again' };
    const { ask } = await checkedServer(check, { state: new Watched() });
    const statuses = [];
    for (const proof of ['canary-1', 'canary-1', 'canary-2']) statuses.push((await ask({ 'X-Proof': proof })).status);
    expect(statuses).toEqual([200, 403, 200]);
    expect(keys.join()).not.toContain('canary');
    expect(keys[0]).toMatch(/^proof:[\w-]{43}$/);
  });
});
