/** While the shared state is unavailable, `local` uses this process's memory and synchronizes later; `refuse` rejects requests. */
import { describe, expect, it, vi } from 'vitest';
import type { ServerEvent } from '../../../src/server/contract/server-events.js';
import { FallbackState } from '../../../src/server/state/fallback-state.js';
import { MemoryState } from '../../../src/server/state/memory-state.js';
import { StateUnavailable } from '../../../src/server/contract/shared-state.js';
import type { Account, SharedState } from '../../../src/server/contract/shared-state.js';
import { redisState } from '../../../src/server/index.js';
import { redisServer } from '../../support/redis-server.js';
import { sharedStateSuite } from '../../support/shared-state-suite.js';
import { callRecord, listener } from '../../support/shared-state/samples.js';
import { HandClock, ask, goodAnswer, server, upstream } from '../token-route-support.js';

/** A state that can be made unavailable. */
function unpluggable(state: SharedState): { state: SharedState; plugged: boolean } {
  const plug = { state, plugged: true };
  const through = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name === 'calls') return through(value as object);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          if (!plug.plugged) throw new StateUnavailable('unplugged');
          return (value as (...all: unknown[]) => unknown).apply(target, args);
        };
      },
    });
  plug.state = through(state);
  return plug;
}

function setUp() {
  const clock = new HandClock();
  const shared = new MemoryState({ clock });
  const plug = unpluggable(shared);
  const events: ServerEvent[] = [];
  const state = new FallbackState({ state: plug.state, local: new MemoryState({ clock }), emit: (event) => void events.push(event) });
  /** Polls until pending changes are synchronized. */
  const madeUp = (done: () => Promise<boolean>): Promise<void> =>
    vi.waitFor(
      async () => {
        await state.ready();
        expect(await done()).toBe(true);
      },
      { timeout: 10_000, interval: 1 },
    );
  return { clock, shared, plug, events, state, madeUp };
}

sharedStateSuite('memory with an unused fallback', async () => {
  const clock = new HandClock();
  const shared = new MemoryState({ clock });
  const [one, other] = [1, 2].map(() => new FallbackState({ state: shared, local: new MemoryState({ clock }), emit: () => undefined })) as [
    FallbackState,
    FallbackState,
  ];
  return {
    one,
    other,
    now: () => clock.now(),
    jump: (ms) => clock.advance(ms),
    wait: async (ms) => clock.advance(ms),
    close: () => one.close(),
  };
});

sharedStateSuite(
  'only the fallback',
  async () => {
    const { state, plug, clock } = setUp();
    plug.plugged = false;
    // Leases only matter for shared states: no other process can take over a call here.
    return {
      one: state,
      other: state,
      now: () => clock.now(),
      jump: (ms) => clock.advance(ms),
      wait: async (ms) => clock.advance(ms),
      close: async () => undefined,
    };
  },
  { only: ['rate windows', 'budgets', 'once', 'for every history'] },
);

const ALL: Account = { name: 'all', perDay: { calls: 2 } };
const CALL = { calls: 1, seconds: 0, tokens: 0, micros: 0 };
const NONE = { ...CALL, calls: 0 };

describe('a failing state with a fallback', () => {
  it('reports each availability change once', async () => {
    const { state, plug, events } = setUp();
    await state.ready();
    plug.plugged = false;
    for (let each = 0; each < 5; each++) await state.take([{ key: 'all', count: 10, seconds: 60 }]);
    plug.plugged = true;
    for (let each = 0; each < 5; each++) await state.once(`key-${String(each)}`, 60);
    expect(events).toEqual([
      { type: 'state', available: false, reason: 'unplugged' },
      { type: 'state', available: true },
    ]);
  });

  it('counts locally with the same limits during an outage, and then uses the shared state again', async () => {
    const { state, shared, plug, clock } = setUp();
    const reserve = (id: string) => state.reserve({ id, accounts: [ALL], amounts: CALL, until: clock.now() + 60_000 });
    expect((await reserve('a')).ok).toBe(true);
    plug.plugged = false;
    expect([(await reserve('b')).ok, (await reserve('c')).ok, (await reserve('d')).ok]).toEqual([true, true, false]);
    plug.plugged = true;
    expect([(await reserve('e')).ok, (await reserve('f')).ok]).toEqual([true, false]);
    // Local reservations are settled locally, even after new ones go to the shared state.
    await state.settle('b', NONE);
    plug.plugged = false;
    expect([(await reserve('g')).ok, (await reserve('h')).ok]).toEqual([true, false]);
    expect((await shared.reserve({ id: 'i', accounts: [ALL], amounts: CALL, until: clock.now() + 60_000 })).ok).toBe(false);
  });

  it('settles shared reservations after the outage', async () => {
    const { state, shared, plug, clock, madeUp } = setUp();
    for (const id of ['a', 'b']) await state.reserve({ id, accounts: [ALL], amounts: CALL, until: clock.now() + 60_000 });
    plug.plugged = false;
    await state.settle('a', NONE);
    await state.settle('a', CALL);
    plug.plugged = true;
    let serial = 0;
    await madeUp(
      async () =>
        (await shared.reserve({ id: `new-${String((serial += 1))}`, accounts: [ALL], amounts: CALL, until: clock.now() + 60_000 })).ok,
    );
  });

  it('continues its own calls and updates the shared call registry after the outage', async () => {
    const { state, shared, plug, clock, madeUp } = setUp();
    const { calls } = state;
    for (const id of ['kept', 'ended']) await calls.add(callRecord(id, clock.now()), 'me', 15_000);
    await shared.calls.add(callRecord('foreign', clock.now()), 'somebody', 15_000);
    plug.plugged = false;
    for (const id of ['new', 'short']) await calls.add(callRecord(id, clock.now()), 'me', 15_000);
    expect(await calls.count()).toBe(4);
    expect(await calls.adopt('me', 15_000)).toEqual([]);
    const spent = { ...NONE, seconds: 5 };
    expect(
      await calls.renew(
        'me',
        15_000,
        new Map([
          ['kept', spent],
          ['new', spent],
        ]),
      ),
    ).toEqual([]);
    for (const id of ['kept', 'new']) expect(await calls.find(id)).toMatchObject({ call: { id, spent }, ended: undefined });
    await expect(calls.find('foreign')).rejects.toBeInstanceOf(StateUnavailable);
    await expect(calls.end('foreign', 'visitor')).rejects.toBeInstanceOf(StateUnavailable);

    const heard = listener();
    await calls.listen('ended', heard.heard);
    expect(await calls.end('ended', 'duration')).toBe(true);
    expect(await calls.end('ended', 'visitor')).toBe(false);
    expect(await calls.find('ended')).toMatchObject({ ended: 'duration' });
    expect(await calls.renew('me', 15_000, new Map([['ended', spent]]))).toEqual(['ended']);
    expect(await calls.end('short', 'idle')).toBe(true);
    expect(heard.all).toEqual([{ type: 'ended', reason: 'duration' }]);

    plug.plugged = true;
    await madeUp(async () => (await shared.calls.find('ended'))?.ended !== undefined && (await shared.calls.find('new')) !== undefined);
    expect(await shared.calls.find('ended')).toMatchObject({ ended: 'duration' });
    expect(await shared.calls.find('new')).toMatchObject({ call: { spent }, ended: undefined });
    expect((await shared.calls.find('short'))?.ended).not.toBe('visitor');
    expect(
      await calls.renew(
        'me',
        15_000,
        new Map([
          ['kept', spent],
          ['new', spent],
        ]),
      ),
    ).toEqual([]);
    expect(heard.all).toHaveLength(1);
    clock.advance(14_999);
    expect((await shared.calls.adopt('another', 15_000)).map(({ id }) => id)).toEqual([]);
  });

  it('delivers local notices during the outage and shared ones afterwards', async () => {
    const { state, shared, plug, clock, madeUp } = setUp();
    await state.calls.add(callRecord('a', clock.now()), 'me', 15_000);
    const early = listener();
    await state.calls.listen('a', early.heard);
    plug.plugged = false;
    const late = listener();
    const left = listener();
    await state.calls.listen('a', late.heard);
    (await state.calls.listen('a', left.heard))();
    await state.calls.tell('a', { type: 'continues' });
    for (const { all } of [early, late]) expect(all).toEqual([{ type: 'continues' }]);
    plug.plugged = true;
    await madeUp(async () => {
      await shared.calls.tell('a', { type: 'ending', reason: 'idle', seconds: 1 });
      return late.all.length > 1;
    });
    await state.calls.end('a', 'idle');
    for (const { all } of [early, late]) {
      expect(all.filter(({ type }) => type === 'ended')).toHaveLength(1);
      expect(all.at(-1)).toEqual({ type: 'ended', reason: 'idle' });
    }
    expect(left.all).toEqual([]);
  });

  it('passes on errors other than StateUnavailable', async () => {
    const { state, shared } = setUp();
    shared.once = () => Promise.reject(new TypeError('a mistake'));
    await expect(state.once('a', 1)).rejects.toBeInstanceOf(TypeError);
  });
});

describe('the token route when its Redis is killed', { timeout: 60_000 }, () => {
  for (const onStateFailure of ['refuse', 'local'] as const) {
    it(`${onStateFailure === 'refuse' ? 'returns 503' : 'counts locally'} and recovers with Redis without a restart`, async () => {
      const redis = await redisServer();
      const state = redisState({ redis: redis.url, timeout: 10_000 });
      try {
        const { fetch, asked } = upstream(goodAnswer);
        const events: ServerEvent[] = [];
        const { app } = server({
          fetch,
          state,
          onStateFailure,
          observers: [(event) => void (event.type === 'state' && events.push(event))],
          rates: { perAddress: false, global: false, perProfile: false },
        });
        expect((await app.request(...ask())).status).toBe(200);
        await redis.signal('SIGKILL');
        for (let each = 0; each < 3; each++) {
          const answer = await app.request(...ask());
          expect(answer.status).toBe(onStateFailure === 'refuse' ? 503 : 200);
          if (onStateFailure === 'refuse') expect(await answer.json()).toMatchObject({ code: 'state_unavailable' });
        }
        expect(asked).toHaveLength(onStateFailure === 'refuse' ? 1 : 4);
        await redis.restart();
        await vi.waitFor(
          async () => {
            await app.request(...ask());
            expect(events).toHaveLength(2);
          },
          { timeout: 30_000, interval: 20 },
        );
        expect(events).toEqual([
          { type: 'state', available: false, reason: expect.stringMatching(/^Redis (is unavailable|failed) /) },
          { type: 'state', available: true },
        ]);
        expect((await app.request(...ask())).status).toBe(200);
      } finally {
        await state.close();
        await redis.close();
      }
    });
  }
});
