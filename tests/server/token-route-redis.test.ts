/** Two servers on one real Redis: the token route enforces every limit jointly, and refuses requests while Redis is unavailable. */
import { SignJWT } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { redisState, visitorToken } from '../../src/server/index.js';
import type { VoiceServerOptions } from '../../src/server/index.js';
import { serve } from '../../src/server/runtime/node/serve.js';
import { redisServer } from '../support/redis-server.js';
import { PAGE, goodAnswer, server, upstream } from './token-route-support.js';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const OPEN = { perAddress: false, perVisitor: false, perProfile: false, global: false } as const;

/** Starts two servers that share only a Redis. */
async function servers(options: Partial<VoiceServerOptions>) {
  const redis = await redisServer();
  cleanUps.push(() => redis.close());
  const { fetch: mint, asked } = upstream(goodAnswer);
  const urls: string[] = [];
  for (let i = 0; i < 2; i++) {
    const state = redisState({ redis: redis.url });
    cleanUps.push(() => state.close());
    const { app } = server({ fetch: mint, state, rates: OPEN, budget: { callsPerDay: false, maxConcurrent: false }, ...options });
    const running = await serve(app);
    cleanUps.push(() => running.close());
    urls.push(running.url);
  }
  /** Sends concurrent requests, alternating between the servers. */
  const askAll = (times: number, headers: Record<string, string> = {}) =>
    Promise.all(
      Array.from({ length: times }, async (_, index) => {
        const answer = await fetch(`${String(urls[index % 2])}/voice/token`, { method: 'POST', headers: { Origin: PAGE, ...headers } });
        return {
          status: answer.status,
          code: ((await answer.json()) as { code?: string }).code,
          retryAfter: answer.headers.get('Retry-After'),
        };
      }),
    );
  return { redis, asked, askAll };
}

const granted = (answers: { status: number }[]): number => answers.filter(({ status }) => status === 200).length;

describe('two servers on one Redis', { timeout: 60_000 }, () => {
  it('give one address only as many keys as the rate allows', async () => {
    const { askAll, asked } = await servers({ rates: { ...OPEN, perAddress: { count: 7, seconds: 600 } } });
    const answers = await askAll(60);
    expect([granted(answers), asked.length]).toEqual([7, 7]);
    expect(answers.filter(({ code }) => code === 'rate_limited')).toHaveLength(53);
    expect(answers.every(({ status, retryAfter }) => status === 200 || Number(retryAfter) > 0)).toBe(true);
  });

  it('spend the budget completely but never exceed it', async () => {
    const { askAll, asked } = await servers({ budget: { callsPerDay: 9, maxConcurrent: false } });
    const answers = await askAll(60);
    expect([granted(answers), asked.length]).toEqual([9, 9]);
    expect(answers.filter(({ code }) => code === 'budget_spent')).toHaveLength(51);
    expect(granted(await askAll(4))).toBe(0);
  });

  it('accept a single-use proof only once', async () => {
    const secret = 'a-secret-of-at-least-thirty-two-bytes';
    const token = await new SignJWT({ sub: 'anna', jti: '1' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1 minute')
      .sign(new TextEncoder().encode(secret));
    const { askAll, asked } = await servers({ visitor: visitorToken({ secret, singleUse: true }) });
    const answers = await askAll(20, { Authorization: `Bearer ${token}` });
    expect([granted(answers), asked.length]).toEqual([1, 1]);
    expect(answers.filter(({ code }) => code === 'visitor_missing')).toHaveLength(19);
  });

  it('issue no keys while Redis is unavailable, and recover afterwards', async () => {
    const { redis, askAll, asked } = await servers({ budget: { callsPerDay: 1_000, maxConcurrent: false } });
    expect(granted(await askAll(2))).toBe(2);
    await redis.signal('SIGKILL');
    for (const answer of await askAll(6)) expect(answer).toMatchObject({ status: 503, code: 'state_unavailable', retryAfter: '5' });
    expect(asked).toHaveLength(2);
    await redis.restart();
    await vi.waitFor(async () => expect(granted(await askAll(2))).toBe(2), { timeout: 30_000, interval: 50 });
  });
});
