/** Brokered calls: no placed call is left behind, whenever it ends and with reconnecting. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VoiceAgentError } from '../../../src/contract/errors.js';
import { seconds } from './breakable-call.js';
import { deferred, NOTHING, settle } from './fake-environment.js';
import { brokered, CALL, HANG_UP, live, NOTICES, placed } from './fake-broker.js';

describe('hanging up', () => {
  test('hangs up a call that is placed after close() during the offer exchange', async () => {
    const answer = deferred<Response>();
    const { session, methods, listening, left } = brokered({ place: () => answer.promise });
    const connecting = session.connect();
    connecting.catch(() => undefined);
    await settle();
    expect(methods()).toEqual([`POST ${CALL}`]);
    await session.close();
    await expect(connecting).rejects.toMatchObject({ code: 'aborted' });
    expect(left()).toEqual(NOTHING);
    answer.resolve(placed());
    await settle();
    expect(methods()).toEqual([`POST ${CALL}`, HANG_UP]);
    expect(listening()).toBe(0);
  });

  test('hangs up after close() between answer and channel', async () => {
    const { session, methods, left } = brokered({}, {}, { configured: () => new Promise(() => undefined) });
    const connecting = session.connect();
    connecting.catch(() => undefined);
    await settle();
    await session.close();
    expect(methods()).toEqual([`POST ${CALL}`, NOTICES, HANG_UP]);
    await expect(connecting).rejects.toMatchObject({ code: 'aborted' });
    await settle();
    expect(left()).toEqual(NOTHING);
  });

  test('hangs up when the page is unloaded', async () => {
    const { hidePage, methods, asked, listening } = await live();
    hidePage();
    expect(methods().at(-1), 'in the same task, because an unloading page has no other').toBe(HANG_UP);
    expect(asked.at(-1)?.keepalive).toBe(true);
    await settle();
    expect(listening()).toBe(0);
  });

  test('hangs up and reports the failure of a connection that was not live', async () => {
    const configured = deferred();
    const { session, methods, left } = brokered({}, {}, { configured: () => configured.promise });
    const connecting = session.connect();
    connecting.catch(() => undefined);
    await settle();
    configured.reject(new VoiceAgentError('ice_failed'));
    await expect(connecting).rejects.toMatchObject({ code: 'ice_failed' });
    expect(methods().at(-1)).toBe(HANG_UP);
    await settle();
    expect(left()).toEqual(NOTHING);
  });
});

test('fuzz of requests and slow answers: every placed call is hung up or live, and no stream is left', { timeout: 60_000 }, async () => {
  const wish = fc.record({ what: fc.constantFrom('connect', 'close', 'prepare', 'hide', 'lose'), turns: fc.nat(14) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(wish, { minLength: 1, maxLength: 9 }),
      fc.array(fc.nat(10), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      async (wishes, delays, reconnect) => {
        let calls = 0;
        const place = async (): Promise<Response> => {
          const id = `call_${++calls}`;
          for (let turn = 0; turn < (delays[calls % delays.length] ?? 0); turn++) await Promise.resolve();
          return placed(id);
        };
        const { session, asked, listening, left, time, transports, hidePage } = brokered({ place }, { reconnect });
        for (const { what, turns } of wishes) {
          if (what === 'connect') session.connect().catch(() => undefined);
          else if (what === 'close') void session.close();
          else if (what === 'prepare') session.prepare();
          else if (what === 'hide') hidePage();
          else if (session.status.state === 'connected')
            transports.at(-1)?.options.bus.emit('disconnected', new VoiceAgentError('connection_lost'));
          for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        }
        await settle();
        await time.advance(seconds(90));
        const hungUp = (): string[] => asked.filter(({ method }) => method === 'DELETE').map(({ path }) => path);
        const alive = session.status.state === 'connected' ? 1 : 0;
        expect(hungUp()).toHaveLength(calls - alive);
        expect(listening()).toBe(alive);
        await session.close();
        await settle();
        expect(new Set(hungUp()).size).toBe(calls);
        expect(hungUp()).toHaveLength(calls);
        expect(listening()).toBe(0);
        expect(left()).toEqual(NOTHING);
      },
    ),
    { numRuns: 150 },
  );
});

describe('reconnect', () => {
  const how = { reconnect: true };

  test('reconnects a lost connection, hangs up the old call, and opens a new stream', async () => {
    let calls = 0;
    const { session, lose, time, methods, listening } = brokered({ place: () => Promise.resolve(placed(`call_${++calls}`)) }, how);
    await session.connect();
    await settle();
    lose();
    await time.advance(seconds(5));
    expect(session.status.state).toBe('connected');
    expect(methods()).toEqual([`POST ${CALL}`, NOTICES, HANG_UP, `POST ${CALL}`, `GET ${CALL}/call_2/notices`]);
    expect(listening()).toBe(1);
    await session.close();
  });

  test.each(['duration', 'idle', 'budget', 'tampered', 'agent'])('does not reconnect a call that ended with %s', async (reason) => {
    for (const first of ['word', 'channel']) {
      const { session, lose, sendNotices, time, methods } = brokered({}, how);
      await session.connect();
      await settle();
      if (first === 'channel') lose();
      await sendNotices({ type: 'ended', reason });
      await time.advance(seconds(60));
      expect(methods().filter((one) => one.startsWith('POST'))).toHaveLength(1);
      expect(['disconnected', 'failed']).toContain(session.status.state);
    }
  });

  test('reconnects a call that its server could not monitor', async () => {
    const { session, sendNotices, time, methods } = brokered({}, how);
    await session.connect();
    await settle();
    await sendNotices({ type: 'ended', reason: 'unwatched' });
    await time.advance(seconds(5));
    expect(methods().filter((one) => one.startsWith('POST'))).toHaveLength(2);
    await session.close();
  });
});
