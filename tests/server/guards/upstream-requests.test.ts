/** What the token route sends to the Realtime API and the observers, and when it repeats a request. */
import { describe, expect, it } from 'vitest';
import type { ServerEvent } from '../../../src/server/contract/server-events.js';
import { HandClock, goodAnswer, signalled } from '../token-route-support.js';
import { addressedSite as site } from './addressed-site.js';

describe('the Realtime API and the observers receive', () => {
  const identifierOf = (asked: { init: RequestInit }[], index = 0) =>
    new Headers(asked[index]?.init.headers).get('OpenAI-Safety-Identifier');

  it('a stable keyed hash of the address, different per address and per API key', async () => {
    const { ask, asked } = site();
    await ask('2001:db8::1');
    await ask('2001:db8::2');
    await ask('192.0.2.1');
    const [first, second, third] = [0, 1, 2].map((index) => identifierOf(asked, index));
    expect(first).toMatch(/^[\w-]{43}$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    const again = site();
    await again.ask('2001:db8::1');
    expect(identifierOf(again.asked)).toBe(first);
    const other = site({ upstream: { baseUrl: 'https://api.test/v1', apiKey: 'sk-another' } });
    await other.ask('2001:db8::1');
    expect(identifierOf(other.asked)).not.toBe(first);
  });

  it('a keyed hash of the visitor if a check identifies one, and nothing if unknown', async () => {
    const named = site({ visitor: () => ({ ok: true, subject: '192.0.2.1' }) });
    await named.ask('192.0.2.1');
    await named.ask('192.0.2.2');
    expect(identifierOf(named.asked, 1)).toBe(identifierOf(named.asked));
    const address = site();
    await address.ask('192.0.2.1');
    await address.ask();
    // A visitor named like an address is not counted as that address.
    expect(identifierOf(address.asked)).not.toBe(identifierOf(named.asked));
    expect(identifierOf(address.asked, 1)).toBeNull();
  });

  it('no identifier if the owner disables it', async () => {
    const { ask, asked } = site({ safetyIdentifier: false });
    await ask('192.0.2.1');
    expect(identifierOf(asked)).toBeNull();
  });

  it('an event per key and upstream request, without the key and the address', async () => {
    const clock = new HandClock();
    const reported: ServerEvent[] = [];
    const answers = [() => new Response(null, { status: 502 }), goodAnswer];
    const { ask } = site({ clock, observers: [(event) => void reported.push(event)] }, () => {
      clock.time += 40;
      return answers.shift()?.() ?? goodAnswer();
    });
    expect((await ask('192.0.2.1')).status).toBe(200);
    expect(reported).toMatchObject([
      { type: 'upstream', operation: 'mint', ms: 40, status: 502 },
      { type: 'upstream', operation: 'mint', ms: 40, status: 200 },
      { type: 'minted', profile: 'default' },
    ]);
    expect(JSON.stringify(reported)).not.toMatch(/ek_123|192\.0\.2/);
  });
});

describe('a retry', () => {
  const sequence = (...answers: (() => Response | Promise<Response>)[]) => {
    const left = [...answers];
    return site({}, () => (left.shift() ?? goodAnswer)());
  };
  const refused = () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } }));
  const status =
    (code: number, headers = {}) =>
    () =>
      new Response(null, { status: code, headers });

  it('is made if the upstream failed or could not be reached', async () => {
    for (const first of [status(500), status(502), status(503), refused]) {
      const { ask, asked } = sequence(first);
      expect([(await ask()).status, asked.length]).toEqual([200, 2]);
    }
  });

  it('is made only once', async () => {
    for (const each of [status(500), refused]) {
      const { ask, asked } = sequence(each, each, each);
      expect([(await ask()).status, asked.length]).toEqual([502, 2]);
    }
  });

  it('is not made after a rejection, a Retry-After header or an invalid response', async () => {
    for (const first of [
      status(400),
      status(401),
      status(403),
      status(429),
      status(503, { 'Retry-After': '3' }),
      () => new Response('<h1>'),
      status(307),
    ]) {
      const { ask, asked } = sequence(first);
      expect(await ask()).not.toMatchObject({ status: 200 });
      expect(asked).toHaveLength(1);
    }
  });

  it('shares the time limit of the first attempt', async () => {
    const clock = new HandClock();
    const second = signalled<AbortSignal>();
    const answers = [
      status(502),
      ({ init }: { init: RequestInit }) =>
        new Promise<Response>((_, reject) => {
          init.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
          second.resolve(init.signal as AbortSignal);
        }),
    ];
    const { ask } = site({ clock }, (asked) => {
      clock.time += 3_000;
      return answers.shift()?.(asked) ?? goodAnswer();
    });
    const asking = ask();
    const signal = await second.promise;
    clock.advance(1_999);
    expect(signal.aborted).toBe(false);
    clock.advance(1);
    expect(await asking).toMatchObject({ status: 504, code: 'upstream_timeout' });
    expect(clock.timers.size).toBe(0);
  });
});
