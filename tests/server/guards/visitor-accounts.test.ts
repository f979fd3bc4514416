/** Places and daily amounts of single visitors, addresses and IPv6 networks: what one of them can take from the others. */
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { visitorToken } from '../../../src/server/index.js';
import type { VoiceServerOptions } from '../../../src/server/index.js';
import { MemoryState } from '../../../src/server/state/memory-state.js';
import type { Reservation } from '../../../src/server/contract/shared-state.js';
import { addressedSite as site } from './addressed-site.js';

const OPEN = { perAddress: false, perVisitor: false, perProfile: false, global: false } as const;
const session = { model: 'gpt-realtime-2.1' };
const SECRET = 'a secret of at least thirty-two bytes';

/** The /64 with this number in the /56 `2001:db8:0:aa00::/56`; more than 256 continue into the same /48. */
const home = (nth: number, host = 1): string => `2001:db8:0:${(0xaa00 + nth).toString(16)}::${host.toString(16)}`;

/** Requests keys one after the other and returns how many were issued. */
async function issued(ask: ReturnType<typeof site>['ask'], addresses: readonly string[]): Promise<number> {
  let count = 0;
  for (const address of addresses) if ((await ask(address)).status === 200) count += 1;
  return count;
}

const signed = (claims: Record<string, unknown>): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(new TextEncoder().encode(SECRET));

const identified = (options: Partial<VoiceServerOptions> = {}): ReturnType<typeof site> =>
  site({ rates: OPEN, visitor: visitorToken({ secret: SECRET }), ...options });

describe('one home line', () => {
  it('with 256 networks cannot take the 50 places', async () => {
    const { ask, refusals } = site({ rates: OPEN, budget: { moneyPerDay: false } });
    const addresses = Array.from({ length: 256 * 4 }, (_, nth) => home(nth % 256, nth));
    expect(await issued(ask, addresses)).toBe(20);
    expect(refusals.at(-1)).toMatchObject({ code: 'all_busy', reason: 'maxConcurrent of subnet' });
    // Others get a key, from their own home line or over IPv4.
    expect((await ask('2001:db8:1::1')).status).toBe(200);
    expect((await ask('192.0.2.1')).status).toBe(200);
  });

  it('with 65,536 networks cannot take more than half of the places', async () => {
    const { ask, refusals } = site({ rates: OPEN, budget: { moneyPerDay: false } });
    const addresses = Array.from({ length: 256 }, (_, nth) => `2001:db8:0:${(nth * 256).toString(16)}::1`);
    expect(await issued(ask, addresses)).toBe(25);
    expect(refusals.at(-1)).toMatchObject({ code: 'all_busy', reason: 'maxConcurrent of network' });
    expect((await ask('2001:db8:1::1')).status).toBe(200);
  });

  it('cannot use up the money of a day', async () => {
    const { ask, refusals } = site({ rates: OPEN, session, budget: { maxConcurrent: false, maxConcurrentPerAddress: false } });
    // The default is 50 calls at their full price.
    expect(
      await issued(
        ask,
        Array.from({ length: 256 }, (_, nth) => home(nth)),
      ),
    ).toBe(25);
    expect(refusals.at(-1)).toMatchObject({ code: 'budget_spent', reason: 'micros of subnet' });
    expect((await ask('2001:db8:1::1')).status).toBe(200);
  });

  it('cannot take all of a few places, but always gets one', async () => {
    const { ask } = site({ rates: OPEN, budget: { maxConcurrent: 3 } });
    expect(
      await issued(
        ask,
        Array.from({ length: 8 }, (_, nth) => home(nth)),
      ),
    ).toBe(1);
    expect(await issued(ask, ['192.0.2.1', '192.0.2.2'])).toBe(2);
    const single = site({ rates: OPEN, budget: { maxConcurrent: 1 } });
    expect((await single.ask(home(0))).status).toBe(200);
  });

  it('counts by /64, /56 and /48 in the rate limits', async () => {
    const { ask, refusals } = site({ rates: { ...OPEN, perAddress: { count: 2, seconds: 60 } }, budget: { maxConcurrent: false } });
    expect(
      await issued(
        ask,
        Array.from({ length: 3 }, () => home(0)),
      ),
    ).toBe(2);
    expect(refusals.at(-1)?.reason).toBe('rate limit: address');
    expect(
      await issued(
        ask,
        Array.from({ length: 10 }, (_, nth) => home(1 + nth)),
      ),
    ).toBe(6);
    expect(refusals.at(-1)?.reason).toBe('rate limit: subnet');
    expect(
      await issued(
        ask,
        Array.from({ length: 40 }, (_, nth) => home(256 * (1 + nth))),
      ),
    ).toBe(24);
    expect(refusals.at(-1)?.reason).toBe('rate limit: network');
    expect((await ask('2001:db8:1::1')).status).toBe(200);
  });
});

describe('an address', () => {
  it('has five places, which new keys take from older ones', async () => {
    const { ask, asked } = site({ rates: OPEN, budget: { maxConcurrent: 12, callsPerDay: false } });
    expect(
      await issued(
        ask,
        Array.from({ length: 30 }, () => '192.0.2.1'),
      ),
    ).toBe(30);
    // Seven places are left for others.
    expect(
      await issued(
        ask,
        Array.from({ length: 9 }, (_, nth) => `198.51.100.${String(nth)}`),
      ),
    ).toBe(7);
    expect(asked).toHaveLength(37);
  });

  it('gets at most half of a daily amount, or another share', async () => {
    const { ask, refusals } = site({ rates: OPEN, budget: { callsPerDay: 10, maxConcurrent: false } });
    expect(
      await issued(
        ask,
        Array.from({ length: 8 }, () => '192.0.2.1'),
      ),
    ).toBe(5);
    expect(refusals.at(-1)).toMatchObject({ code: 'budget_spent', reason: 'calls of address' });
    expect(
      await issued(
        ask,
        Array.from({ length: 8 }, () => '192.0.2.2'),
      ),
    ).toBe(5);
    const whole = site({ rates: OPEN, budget: { callsPerDay: 10, maxConcurrent: false, maxSharePerNetwork: false } });
    expect(
      await issued(
        whole.ask,
        Array.from({ length: 12 }, () => '192.0.2.1'),
      ),
    ).toBe(10);
    const tenth = site({ rates: OPEN, budget: { callsPerDay: 100, maxConcurrent: false, maxSharePerNetwork: 0.1 } });
    expect(
      await issued(
        tenth.ask,
        Array.from({ length: 12 }, () => '192.0.2.1'),
      ),
    ).toBe(10);
  });

  it('has the daily limits of a visitor, and its networks four and sixteen times as much', async () => {
    const { ask } = site({ rates: OPEN, budget: { callsPerDay: false, maxConcurrent: false, perVisitor: { callsPerDay: 2 } } });
    expect(
      await issued(
        ask,
        Array.from({ length: 4 }, () => '192.0.2.1'),
      ),
    ).toBe(2);
    expect(
      await issued(
        ask,
        Array.from({ length: 512 }, (_, nth) => home(nth % 256)),
      ),
    ).toBe(8);
  });

  it.each([undefined, '127.0.0.1', '::1', '10.0.0.1'])(
    '%s has no limits of its own, because it may be that of all visitors',
    async (address) => {
      const { ask, refusals } = site({ rates: OPEN, budget: { callsPerDay: 4, maxConcurrent: 10 } });
      const statuses = [];
      for (let each = 0; each < 5; each++) statuses.push((await ask(address)).status);
      expect(statuses).toEqual([200, 200, 200, 200, 429]);
      expect(refusals).toMatchObject([{ reason: 'calls of all' }]);
    },
  );

  it('appears only as a keyed hash', async () => {
    const reservations: Reservation[] = [];
    const state = new MemoryState();
    const reserve = state.reserve.bind(state);
    Object.assign(state, { reserve: (one: Reservation) => (reservations.push(one), reserve(one)) });
    await site({ state, rates: OPEN }).ask(home(0));
    expect(reservations[0]?.accounts.map(({ name }) => name.replace(/:[\w-]{43}$/, ':…'))).toEqual([
      'address:…',
      'subnet:…',
      'network:…',
      'all',
      'profile:default',
    ]);
    expect(JSON.stringify(reservations)).not.toMatch(/2001|db8/);
  });
});

describe('a visitor who is identified', () => {
  it('holds one place after 50 requests with one proof', async () => {
    const { ask } = identified({ budget: { maxConcurrent: 2 } });
    const Authorization = `Bearer ${await signed({ sub: 'anna' })}`;
    const statuses = new Set<number>();
    for (let each = 0; each < 50; each++) statuses.add((await ask('192.0.2.1', { Authorization })).status);
    expect([...statuses]).toEqual([200]);
    // The second place is free, and there is no third one.
    expect((await ask('192.0.2.2', { Authorization: `Bearer ${await signed({ sub: 'bert' })}` })).status).toBe(200);
    expect((await ask('192.0.2.3', { Authorization: `Bearer ${await signed({ sub: 'carl' })}` })).code).toBe('all_busy');
  });

  it('holds one place after 50 requests at once, from many addresses', async () => {
    const { ask } = identified({ budget: { maxConcurrent: 2 } });
    const Authorization = `Bearer ${await signed({ sub: 'anna' })}`;
    await Promise.all(Array.from({ length: 50 }, (_, nth) => ask(`198.51.100.${String(nth)}`, { Authorization })));
    expect((await ask('192.0.2.2', { Authorization: `Bearer ${await signed({ sub: 'bert' })}` })).status).toBe(200);
    expect((await ask('192.0.2.3', { Authorization: `Bearer ${await signed({ sub: 'carl' })}` })).code).toBe('all_busy');
  });

  it('can have more places', async () => {
    const { ask } = identified({ budget: { maxConcurrent: 4, maxConcurrentPerVisitor: 3 } });
    const Authorization = `Bearer ${await signed({ sub: 'anna' })}`;
    for (let each = 0; each < 10; each++) expect((await ask('192.0.2.1', { Authorization })).status).toBe(200);
    expect((await ask('192.0.2.2', { Authorization: `Bearer ${await signed({ sub: 'bert' })}` })).status).toBe(200);
    expect((await ask('192.0.2.3', { Authorization: `Bearer ${await signed({ sub: 'carl' })}` })).code).toBe('all_busy');
  });

  it('has a daily limit in money by default, which others do not share', async () => {
    const { ask, refusals } = identified({ session });
    const anna = { Authorization: `Bearer ${await signed({ sub: 'anna' })}` };
    const statuses = [];
    for (let each = 0; each < 11; each++) statuses.push((await ask('192.0.2.1', anna)).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 200), 429]);
    expect(refusals).toMatchObject([{ code: 'budget_spent', reason: 'micros of visitor' }]);
    expect((await ask('192.0.2.1', { Authorization: `Bearer ${await signed({ sub: 'bert' })}` })).status).toBe(200);
  });

  it('has the configured daily limits', async () => {
    const { ask } = identified({ session, budget: { perVisitor: { callsPerDay: 3, moneyPerDay: false } } });
    const anna = { Authorization: `Bearer ${await signed({ sub: 'anna' })}` };
    const statuses = [];
    for (let each = 0; each < 4; each++) statuses.push((await ask('192.0.2.1', anna)).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });
});

describe('a proof', () => {
  it('with an ID opens one call, if the site signed it', async () => {
    const { ask } = identified();
    const Authorization = `Bearer ${await signed({ sub: 'anna', jti: 'call-1' })}`;
    expect((await ask('192.0.2.1', { Authorization })).status).toBe(200);
    expect((await ask('192.0.2.1', { Authorization })).code).toBe('visitor_missing');
    const reusable = identified({ visitor: visitorToken({ secret: SECRET, singleUse: false }) });
    for (let each = 0; each < 2; each++) expect((await reusable.ask('192.0.2.1', { Authorization })).status).toBe(200);
  });

  it('with an ID in a cookie is valid for several calls', async () => {
    const { ask } = identified({ visitor: visitorToken({ secret: SECRET, cookie: 'voice' }) });
    const Cookie = `voice=${await signed({ sub: 'anna', jti: 'session-1' })}`;
    for (let each = 0; each < 2; each++) expect((await ask('192.0.2.1', { Cookie })).status).toBe(200);
  });

  it('that names no visitor holds one place, whatever the address', async () => {
    const { ask } = identified({ budget: { maxConcurrent: 2 } });
    const Authorization = `Bearer ${await signed({ plan: 'free' })}`;
    for (let each = 0; each < 20; each++) expect((await ask(`198.51.100.${String(each)}`, { Authorization })).status).toBe(200);
    expect((await ask('192.0.2.2', { Authorization: `Bearer ${await signed({ plan: 'paid' })}` })).status).toBe(200);
    expect((await ask('192.0.2.3', { Authorization: `Bearer ${await signed({ plan: 'none' })}` })).code).toBe('all_busy');
  });
});
