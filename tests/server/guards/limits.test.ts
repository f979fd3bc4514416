/** Rate limits and budgets of the token route. */
import { describe, expect, it } from 'vitest';
import { MemoryState } from '../../../src/server/state/memory-state.js';
import { StateUnavailable } from '../../../src/server/contract/shared-state.js';
import type { Amounts, RateWant, Reservation } from '../../../src/server/contract/shared-state.js';
import { HandClock, goodAnswer } from '../token-route-support.js';
import { addressedSite as site } from './addressed-site.js';

/** A state that records its operations. */
class InstrumentedState extends MemoryState {
  readonly wants: RateWant[] = [];
  readonly reservations: Reservation[] = [];
  readonly settled: { id: string; spent: Amounts }[] = [];

  override take(wants: readonly RateWant[]) {
    this.wants.push(...wants);
    return super.take(wants);
  }

  override reserve(reservation: Reservation) {
    this.reservations.push(reservation);
    return super.reserve(reservation);
  }

  override settle(id: string, spent: Amounts) {
    this.settled.push({ id, spent });
    return super.settle(id, spent);
  }
}

const OPEN = { perAddress: false, perVisitor: false, perProfile: false, global: false } as const;

describe('rates', () => {
  it('apply per address: by default ten per minute, then 429 with Retry-After', async () => {
    const { ask, asked, refusals } = site();
    for (let i = 0; i < 10; i++) expect((await ask('192.0.2.1')).status).toBe(200);
    const refused = await ask('192.0.2.1');
    expect(refused).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(refused.retryAfter).toBeGreaterThanOrEqual(1);
    expect(refused.retryAfter).toBeLessThanOrEqual(60);
    expect((await ask('192.0.2.2')).status).toBe(200);
    expect(asked).toHaveLength(11);
    expect(refusals).toMatchObject([{ code: 'rate_limited', reason: 'rate limit: address' }]);
  });

  it('count a /64 as one address and IPv4-mapped IPv6 as IPv4', async () => {
    const { ask } = site({ rates: { ...OPEN, perAddress: { count: 2, seconds: 60 } } });
    expect((await ask('2001:db8::1')).status).toBe(200);
    expect((await ask('2001:db8::ffff:2')).status).toBe(200);
    expect((await ask('2001:db8:0:0:abcd::3')).status).toBe(429);
    expect((await ask('2001:db8:0:1::3')).status).toBe(200);
    expect((await ask('192.0.2.1')).status).toBe(200);
    expect((await ask('::ffff:192.0.2.1')).status).toBe(200);
    expect((await ask('::ffff:c000:201')).status).toBe(429);
  });

  it('are not evaded by a forged X-Forwarded-For', async () => {
    const direct = site({ rates: { ...OPEN, perAddress: { count: 2, seconds: 60 } } });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await direct.ask('192.0.2.1', { 'X-Forwarded-For': `198.51.100.${String(i)}` })).status);
    expect(statuses).toEqual([200, 200, 429, 429]);

    const proxied = site({ trustedProxies: 1, rates: { ...OPEN, perAddress: { count: 2, seconds: 60 } } });
    const through = [];
    for (let i = 0; i < 4; i++)
      through.push((await proxied.ask('10.0.0.1', { 'X-Forwarded-For': `198.51.100.${String(i)}, 192.0.2.1` })).status);
    expect(through).toEqual([200, 200, 429, 429]);
    expect((await proxied.ask('10.0.0.1', { 'X-Forwarded-For': '192.0.2.1, 192.0.2.9' })).status).toBe(200);
  });

  it('count all requests with an unknown address together', async () => {
    const { ask } = site({ rates: { ...OPEN, perAddress: { count: 2, seconds: 60 } } });
    expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([200, 200, 429]);
  });

  it('apply per checked visitor, whatever the address', async () => {
    const visitor = (request: Request) => ({ ok: true, subject: request.headers.get('X-Visitor') ?? '' }) as const;
    const { ask, refusals } = site({ visitor, rates: { ...OPEN, perVisitor: { count: 2, seconds: 60 } } });
    expect((await ask('192.0.2.1', { 'X-Visitor': 'anna' })).status).toBe(200);
    expect((await ask('192.0.2.2', { 'X-Visitor': 'anna' })).status).toBe(200);
    expect((await ask('192.0.2.3', { 'X-Visitor': 'anna' })).status).toBe(429);
    expect((await ask('192.0.2.3', { 'X-Visitor': 'bert' })).status).toBe(200);
    expect(refusals).toMatchObject([{ reason: 'rate limit: visitor' }]);
  });

  it('apply per profile and in total', async () => {
    const one = { count: 1, seconds: 60 };
    const { ask, refusals } = site({
      rates: { ...OPEN, global: { count: 2, seconds: 60 } },
      profiles: { default: { rate: one }, other: { rate: false } },
    });
    expect((await ask('192.0.2.1')).status).toBe(200);
    expect((await ask('192.0.2.2')).status).toBe(429);
    expect((await ask('192.0.2.3', { profile: 'other' })).status).toBe(200);
    expect((await ask('192.0.2.4', { profile: 'other' })).status).toBe(429);
    expect(refusals).toMatchObject([{ reason: 'rate limit: profile' }, { reason: 'rate limit: all' }]);
  });

  it('of one visitor do not use up the limits of others', async () => {
    const { ask } = site({ rates: { perAddress: { count: 1, seconds: 60 }, global: { count: 3, seconds: 60 } } });
    for (let i = 0; i < 20; i++) await ask('192.0.2.1');
    expect((await ask('192.0.2.2')).status).toBe(200);
    expect((await ask('192.0.2.3')).status).toBe(200);
  });

  it('of refused visitors do not use up the limits of others', async () => {
    const visitor = (request: Request) => ({ ok: request.headers.has('X-Visitor'), reason: 'no' }) as const;
    const { ask } = site({
      visitor,
      rates: { perAddress: { count: 10, seconds: 60 }, global: { count: 2, seconds: 60 } },
    });
    for (let i = 0; i < 30; i++) await ask(`192.0.2.${String(i % 3)}`);
    expect((await ask('192.0.2.100', { 'X-Visitor': 'anna' })).status).toBe(200);
    expect((await ask('192.0.2.101', { 'X-Visitor': 'bert' })).status).toBe(200);
  });

  it('are exact under concurrent requests', async () => {
    const { ask, asked } = site({ rates: { ...OPEN, perAddress: { count: 7, seconds: 60 } } });
    const statuses = await Promise.all(Array.from({ length: 50 }, async () => (await ask('192.0.2.1')).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(7);
    expect(asked).toHaveLength(7);
  });

  it('use keys that reveal no address and no visitor', async () => {
    const state = new InstrumentedState();
    const { ask } = site({ state, visitor: () => ({ ok: true, subject: 'anna@example.com' }) });
    await ask('192.0.2.1');
    expect(state.wants.map(({ key }) => key.split(':')[0])).toEqual(['address', 'visitor', 'profile', 'all']);
    expect(JSON.stringify(state.wants)).not.toMatch(/192\.0\.2\.1|anna/);
    expect(state.wants[0]?.key).toMatch(/^address:[\w-]{43}$/);
  });
});

describe('the budget', () => {
  const now = Date.UTC(2027, 0, 15, 22, 0, 0);
  const clockAt = (time: number): HandClock => Object.assign(new HandClock(), { time });

  it('reserves the maximum of a call, in total and for the profile', async () => {
    const clock = clockAt(now);
    const state = new InstrumentedState({ clock });
    const { ask } = site({
      clock,
      state,
      budget: { callsPerDay: 5, minutesPerDay: 100, tokensPerDay: 1_000_000, moneyPerDay: 12.5, maxConcurrent: 3 },
      limits: { maxSeconds: 300, tokens: 20_000, money: 0.75 },
      prices: { 'a-model': { audioOutput: 64 } },
      profiles: { default: { session: { model: 'a-model' }, budget: { callsPerDay: 2 } } },
    });
    await ask('192.0.2.1');
    expect(state.reservations).toMatchObject([
      {
        accounts: [
          { name: expect.stringMatching(/^address:[\w-]{43}$/) as string, maxConcurrent: 1 },
          { name: 'all', perDay: { calls: 5, seconds: 6_000, tokens: 1_000_000, micros: 12_500_000 }, maxConcurrent: 3 },
          { name: 'profile:default', perDay: { calls: 2 } },
        ],
        amounts: { calls: 1, seconds: 300, tokens: 20_000, micros: 750_000 },
        until: now + 300_000,
      },
    ]);
    // The key was issued: its reservation is kept.
    expect(state.settled).toEqual([]);
  });

  it('rejects calls beyond the daily limit until midnight UTC', async () => {
    const { ask, asked, refusals } = site({ clock: clockAt(now), rates: OPEN, budget: { callsPerDay: 2, maxConcurrent: false } });
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
    expect(await ask()).toEqual({ status: 429, code: 'budget_spent', retryAfter: 7_200 });
    expect(asked).toHaveLength(2);
    expect(refusals).toMatchObject([{ code: 'budget_spent', reason: 'calls of all' }]);
  });

  it('rejects calls that would exceed the minutes, tokens or money', async () => {
    const budgets = { minutesPerDay: 25, tokensPerDay: 50_000, moneyPerDay: 2.5 };
    for (const [name, most] of Object.entries(budgets)) {
      const { ask, asked } = site({
        rates: OPEN,
        budget: { [name]: most, maxConcurrent: false },
        limits: { maxSeconds: 600, tokens: 20_000, money: 1 },
        session: { model: 'a-model' },
        prices: { 'a-model': { audioOutput: 64 } },
      });
      const statuses = [(await ask()).status, (await ask()).status, (await ask()).status];
      expect([name, statuses, asked.length]).toEqual([name, [200, 200, 429], 2]);
    }
  });

  it('responds with all_busy until the call of the first key must be over', async () => {
    const clock = clockAt(now);
    const { ask } = site({ clock, rates: OPEN, budget: { callsPerDay: false, maxConcurrent: 2 }, limits: { maxSeconds: 120 } });
    await ask();
    clock.advance(50_000);
    await ask();
    expect(await ask()).toEqual({ status: 429, code: 'all_busy', retryAfter: 70 });
    clock.advance(70_000);
    expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(429);
  });

  it('of one profile does not affect another', async () => {
    const { ask, refusals } = site({ rates: OPEN, profiles: { default: { budget: { callsPerDay: 1 } }, other: {} } });
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 429]);
    expect((await ask(undefined, { profile: 'other' })).status).toBe(200);
    expect(refusals).toMatchObject([{ reason: 'calls of profile:default' }]);
  });

  it('releases the reservation of a key that was not minted', async () => {
    let good = false;
    const state = new InstrumentedState();
    const { ask, asked } = site({ state, rates: OPEN, budget: { callsPerDay: 2, maxConcurrent: 1 } }, () =>
      good ? goodAnswer() : new Response(null, { status: 401 }),
    );
    for (let i = 0; i < 5; i++) expect((await ask()).status).toBe(502);
    expect(state.settled).toHaveLength(5);
    expect(state.settled.every(({ spent }) => Object.values(spent).every((each) => each === 0))).toBe(true);
    expect(state.settled.map(({ id }) => id)).toEqual(state.reservations.map(({ id }) => id));
    good = true;
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 429]);
    expect(asked).toHaveLength(6);
  });

  it.each(['an error', 'no error'])('releases the reservation after an internal failure that throws %s', async (kind) => {
    const state = new InstrumentedState();
    const { ask } = site({
      state,
      safetyIdentifier: () => {
        throw kind === 'an error' ? new Error('canary') : ('canary' as unknown as Error);
      },
    });
    expect(await ask()).toMatchObject({ status: 500, code: 'internal_error' });
    expect(state.settled).toHaveLength(1);
    expect(state.settled.map(({ id }) => id)).toEqual(state.reservations.map(({ id }) => id));
  });

  it('is exact under concurrent requests', async () => {
    const { ask, asked } = site({ rates: OPEN, budget: { callsPerDay: 9, maxConcurrent: 9 } });
    const statuses = await Promise.all(Array.from({ length: 60 }, async () => (await ask()).status));
    expect([statuses.filter((status) => status === 200).length, asked.length]).toEqual([9, 9]);
  });

  it('is not used by a rejected request', async () => {
    const state = new InstrumentedState();
    const { ask } = site({ state, visitor: () => ({ ok: false, reason: 'no' }) });
    await ask('192.0.2.1');
    await ask('192.0.2.1', { Origin: 'https://evil.example' });
    // Only the address is counted, before the visitor is checked.
    expect(state.wants.map(({ key }) => key.split(':')[0])).toEqual(['address']);
    expect(state.reservations).toEqual([]);
  });
});

describe('an unavailable state', () => {
  const gone = () => Promise.reject(new StateUnavailable('canary: ECONNREFUSED 10.0.0.5'));

  it.each(['take', 'reserve', 'once'] as const)('in %s() prevents minting a key', async (method) => {
    const state = Object.assign(new MemoryState(), { [method]: gone });
    const { ask, asked, refusals } = site({ state, visitor: async (_, { once }) => ({ ok: await once('proof', 60) }) as { ok: true } });
    expect(await ask('192.0.2.1')).toEqual({ status: 503, code: 'state_unavailable', retryAfter: 5 });
    expect(asked).toHaveLength(0);
    expect(JSON.stringify(refusals)).not.toContain('10.0.0.5');
  });

  it('does not change the response when it fails in settle()', async () => {
    const state = Object.assign(new MemoryState(), { settle: gone });
    expect(await site({ state }, () => new Response(null, { status: 500 })).ask()).toMatchObject({ status: 502, code: 'upstream_failed' });
  });

  it('does not affect requests after it recovers', async () => {
    const state = new MemoryState();
    const take = state.take.bind(state);
    Object.assign(state, { take: gone });
    const { ask } = site({ state });
    expect((await ask()).status).toBe(503);
    Object.assign(state, { take });
    expect((await ask()).status).toBe(200);
  });
});
