/** Days and months of the owner, and reports of how much of a budget is used: events, metrics, signed webhooks. */
import { OpenAI } from 'openai';
import { describe, expect, it } from 'vitest';
import type { ServerEvent, VoiceServerOptions } from '../../../src/server/index.js';
import { prometheusMetrics } from '../../../src/server/runtime/node/prometheus-metrics.js';
import { MemoryState } from '../../../src/server/state/memory-state.js';
import { StateUnavailable } from '../../../src/server/contract/shared-state.js';
import { RedisState } from '../../../src/server/state/redis/redis-state.js';
import { redisServer } from '../../support/redis-server.js';
import { receiveWebhooks } from '../../support/webhook-receiver.js';
import type { Webhook } from '../../support/webhook-receiver.js';
import { afterTest } from '../real-server.js';
import { HandClock, goodAnswer, server, ask, signalled, upstream } from '../token-route-support.js';

const OPEN = { perAddress: false, perVisitor: false, perProfile: false, global: false } as const;
const clockAt = (time: string): HandClock => Object.assign(new HandClock(), { time: Date.parse(time) });
const SECRET = `whsec_${Buffer.from('a key of thirty-two random bytes').toString('base64')}`;

type BudgetEvent = Extract<ServerEvent, { type: 'budget' }>;

/** A server with the token route, and what it reported. Requests to other addresses than the API go to the network. */
function site(options: Partial<VoiceServerOptions> = {}) {
  const events: ServerEvent[] = [];
  const waiting = new Set<() => void>();
  const api = upstream(goodAnswer);
  const { app } = server({
    fetch: (input, init) => (String(input).startsWith('https://api.test/') ? api.fetch(input, init) : fetch(input, init)),
    rates: OPEN,
    observers: [
      (event) => {
        events.push(event);
        for (const look of [...waiting]) look();
      },
    ],
    ...options,
  });
  const request = async (query = '') => {
    const [path, init] = ask();
    const answer = await app.request(path + query, init);
    return { status: answer.status, retryAfter: Number(answer.headers.get('Retry-After')) };
  };
  const levels = (): string[] =>
    events
      .filter((event): event is BudgetEvent => event.type === 'budget')
      .map(({ profile = 'all', limit, percent }) => `${profile} ${limit} ${String(percent)}`);
  /** Resolves with the reported levels once there are this many. */
  const reported = (count: number): Promise<string[]> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (levels().length < count) return;
        waiting.delete(look);
        resolve(levels());
      };
      waiting.add(look);
      look();
    });
  const heard = (type: ServerEvent['type']): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (events.some((event) => event.type === type)) resolve();
      };
      waiting.add(look);
      look();
    });
  return { request, levels, reported, heard };
}

describe('the days of a budget', () => {
  it('are those of the owner’s time zone', async () => {
    // 23:59:59 in Berlin, one hour before midnight UTC.
    const clock = clockAt('2027-01-15T22:59:59Z');
    const { request } = site({ clock, budget: { callsPerDay: 1, timeZone: 'Europe/Berlin' } });
    expect((await request()).status).toBe(200);
    expect(await request()).toEqual({ status: 429, retryAfter: 1 });
    clock.advance(1_000);
    expect((await request()).status).toBe(200);
    expect(await request()).toEqual({ status: 429, retryAfter: 24 * 3_600 });
  });

  it('have 23 or 25 hours when the clock is changed', async () => {
    const spring = clockAt('2027-03-27T23:00:00Z');
    const { request } = site({ clock: spring, budget: { callsPerDay: 1, timeZone: 'Europe/Berlin' } });
    await request();
    expect((await request()).retryAfter).toBe(23 * 3_600);
    spring.advance(23 * 3_600_000 - 1_000);
    expect((await request()).status).toBe(429);
    spring.advance(1_000);
    expect((await request()).status).toBe(200);
    const autumn = clockAt('2027-10-30T22:00:00Z');
    const other = site({ clock: autumn, budget: { callsPerDay: 1, timeZone: 'Europe/Berlin' } });
    await other.request();
    autumn.advance(24 * 3_600_000);
    expect(await other.request()).toEqual({ status: 429, retryAfter: 3_600 });
  });
});

describe('a monthly budget', () => {
  it('refuses calls until the month ends, for the server and for an agent', async () => {
    const clock = clockAt('2027-01-30T12:00:00Z');
    const { request } = site({
      clock,
      budget: { callsPerMonth: 3, timeZone: 'America/New_York' },
      profiles: { default: {}, shop: { budget: { callsPerMonth: 1 } } },
    });
    expect((await request('?profile=shop')).status).toBe(200);
    // Midnight of 1 February in New York is 05:00 UTC.
    const wait = (36 + 5) * 3_600;
    expect(await request('?profile=shop')).toEqual({ status: 429, retryAfter: wait });
    clock.advance(24 * 3_600_000);
    expect([(await request()).status, (await request()).status]).toEqual([200, 200]);
    expect(await request()).toEqual({ status: 429, retryAfter: wait - 24 * 3_600 });
    clock.advance((wait - 24 * 3_600) * 1000);
    expect((await request()).status).toBe(200);
  });
});

describe('a report', () => {
  it('is made once for each level of each limit and day', async () => {
    const clock = clockAt('2027-01-15T12:00:00Z');
    const { request, reported, levels } = site({
      clock,
      budget: { callsPerDay: 10, callsPerMonth: 30, maxConcurrent: false },
      profiles: { default: {}, shop: { budget: { callsPerDay: 2 } } },
    });
    for (let each = 0; each < 12; each++) await request();
    expect(await reported(3)).toEqual(['all callsPerDay 50', 'all callsPerDay 80', 'all callsPerDay 100']);
    clock.advance(24 * 3_600_000);
    for (let each = 0; each < 9; each++) await request();
    expect((await reported(6)).slice(3)).toEqual(['all callsPerDay 50', 'all callsPerMonth 50', 'all callsPerDay 80']);
    await request('?profile=shop');
    expect((await reported(8)).slice(6)).toEqual(['all callsPerDay 100', 'shop callsPerDay 50']);
    expect(levels()).toHaveLength(8);
  });

  it('is made once although settled calls lower the share again', async () => {
    let good = false;
    const api = upstream(() => (good ? goodAnswer() : new Response(null, { status: 500 })));
    const { request, reported, levels } = site({ fetch: api.fetch, budget: { callsPerDay: 2 } });
    for (let each = 0; each < 5; each++) expect((await request()).status).toBe(502);
    expect(await reported(1)).toEqual(['all callsPerDay 50']);
    good = true;
    await request();
    await request();
    expect(await reported(2)).toEqual(['all callsPerDay 50', 'all callsPerDay 100']);
    expect(levels()).toHaveLength(2);
  });

  it('of 100 % is made when a call does not fit, and one that skips levels is the highest', async () => {
    const { request, reported, levels } = site({ budget: { minutesPerDay: 25, maxConcurrent: false }, limits: { maxSeconds: 600 } });
    await request();
    await request();
    expect(await reported(1)).toEqual(['all minutesPerDay 80']);
    expect((await request()).status).toBe(429);
    await request();
    expect(await reported(2)).toEqual(['all minutesPerDay 80', 'all minutesPerDay 100']);
    expect(levels()).toHaveLength(2);
  });

  it('is not made for the limits of single visitors', async () => {
    const visitor = () => ({ ok: true, subject: 'anna' }) as const;
    const { request, levels } = site({ visitor, budget: { callsPerDay: 100, perVisitor: { callsPerDay: 1 } } });
    await request();
    expect((await request()).status).toBe(429);
    expect(levels()).toEqual([]);
  });

  it('is counted by the metrics', async () => {
    const source = prometheusMetrics({ process: false });
    const { request, reported } = site({ budget: { callsPerDay: 2 }, metrics: { token: 'token', source } });
    await request();
    await reported(1);
    expect(await source.text()).toContain('voice_agent_budget_levels_total{profile="",limit="callsPerDay",percent="50"} 1');
  });

  it('is made by one of two processes on one Redis', async () => {
    const redis = await redisServer();
    afterTest(() => redis.close());
    const sites = [1, 2].map(() => {
      const state = new RedisState({ redis: redis.url, timeout: 5_000 });
      afterTest(() => state.close());
      return site({ state, budget: { callsPerDay: 10, maxConcurrent: false } });
    });
    const [one, other] = sites as [ReturnType<typeof site>, ReturnType<typeof site>];
    for (let each = 0; each < 6; each++) await Promise.all([one.request(), other.request()]);
    const all = (): string[] => [...one.levels(), ...other.levels()];
    await expect.poll(all).toContain('all callsPerDay 100');
    // The connections of Redis process commands in order, so earlier reports have been made.
    expect(new Set(all()).size).toBe(all().length);
    expect(all()).toContain('all callsPerDay 50');
  });

  it('that the state does not accept refuses no call', async () => {
    const state = Object.assign(new MemoryState(), { once: () => Promise.reject(new StateUnavailable('gone')) });
    const { request, levels } = site({ state, budget: { callsPerDay: 2 } });
    expect([(await request()).status, (await request()).status, (await request()).status]).toEqual([200, 200, 429]);
    expect(levels()).toEqual([]);
  });
});

describe('a webhook', () => {
  /** A receiver that resolves `taken(n)` with its n-th webhook. */
  async function receiver(answer: (webhook: Webhook, nth: number) => number | Promise<number> = () => 200) {
    const waiting = new Map<number, (webhook: Webhook) => void>();
    const seen: Webhook[] = [];
    const { url, close } = await receiveWebhooks((webhook) => {
      seen.push(webhook);
      waiting.get(seen.length)?.(webhook);
      return answer(webhook, seen.length);
    });
    afterTest(close);
    const taken = (nth: number): Promise<Webhook> =>
      new Promise((resolve) => {
        const before = seen[nth - 1];
        if (before) resolve(before);
        else waiting.set(nth, resolve);
      });
    return { url, seen, taken };
  }
  const verified = ({ headers, body }: Webhook, secret = SECRET): Promise<unknown> =>
    new OpenAI({ apiKey: 'unused', webhookSecret: secret }).webhooks.unwrap(body, headers);

  it('is signed as Standard Webhooks', async () => {
    const { url, taken } = await receiver();
    const { request } = site({ budget: { callsPerDay: 2 }, webhook: { url, secret: SECRET } });
    await request();
    const webhook = await taken(1);
    expect(await verified(webhook)).toEqual({
      type: 'budget.level_reached',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      data: { profile: null, limit: 'callsPerDay', percent: 50 },
    });
    expect(webhook.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': expect.stringMatching(/^msg_\w{32}$/) as string,
    });
    await expect(verified({ ...webhook, body: webhook.body.replace('50', '80') })).rejects.toThrow();
    await expect(verified(webhook, `whsec_${Buffer.from('another key of the same size....').toString('base64')}`)).rejects.toThrow();
  });

  it('has a signature for each secret during a rotation', async () => {
    const { url, taken } = await receiver();
    const next = `whsec_${Buffer.from('the next key, of the same size..').toString('base64')}`;
    const { request } = site({ budget: { callsPerDay: 2 }, webhook: { url, secret: [next, SECRET] } });
    await request();
    const webhook = await taken(1);
    expect(webhook.headers['webhook-signature']).toMatch(/^v1,[\w+/]{43}= v1,[\w+/]{43}=$/);
    for (const secret of [SECRET, next]) expect(await verified(webhook, secret)).toMatchObject({ type: 'budget.level_reached' });
    await expect(verified(webhook, `whsec_${Buffer.from('another key of the same size....').toString('base64')}`)).rejects.toThrow();
  });

  it('is repeated with the same ID until the receiver accepts it', async () => {
    const clock = clockAt(new Date().toISOString());
    const { url, taken, seen } = await receiver((_, nth) => (nth < 4 ? 500 : 204));
    const { request } = site({ clock, budget: { callsPerDay: 2 }, webhook: { url, secret: SECRET } });
    await request();
    for (const [nth, wait] of [
      [1, 5_000],
      [2, 60_000],
      [3, 300_000],
    ] as const) {
      await taken(nth);
      // The repetition is scheduled when the response has arrived.
      await expect.poll(() => [...clock.timers].some(({ at }) => at === clock.time + wait)).toBe(true);
      clock.advance(wait);
    }
    await taken(4);
    expect(new Set(seen.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(seen.map(({ headers }) => headers['webhook-signature'])).size).toBe(4);
    expect(await verified(await taken(1))).toMatchObject({ data: { percent: 50 } });
    await expect.poll(() => clock.timers.size).toBe(0);
  });

  it('is given up if the receiver is gone, and reported', async () => {
    const { url, seen } = await receiver(() => 410);
    const { request, heard } = site({ budget: { callsPerDay: 2 }, webhook: { url, secret: SECRET } });
    await request();
    await heard('webhook');
    expect(seen).toHaveLength(1);
  });

  it('never delays a call', async () => {
    const { promise, resolve } = signalled<number>();
    const { url, taken } = await receiver(() => promise);
    const { request } = site({ budget: { callsPerDay: 2 }, webhook: { url, secret: SECRET } });
    expect((await request()).status).toBe(200);
    await taken(1);
    expect((await request()).status).toBe(200);
    resolve(200);
    // A receiver that does not exist has no effect either.
    const unreachable = site({ budget: { callsPerDay: 1 }, webhook: { url: 'http://127.0.0.1:9/', secret: SECRET } });
    expect((await unreachable.request()).status).toBe(200);
  });
});
