/** What a page can do while a broken call is reconnected. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { connected, make, seconds } from './breakable-call.js';
import { answerResponse, deferred, keyResponse, NOTHING, settle, type World } from './fake-environment.js';

beforeEach(() => {
  vi.stubGlobal('MediaStream', class {});
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const refused = (status: number): Promise<Response> => Promise.resolve(new Response('no', { status }));

describe('while there is no connection', () => {
  test('connect() waits for the new one or fails with it, and its signal ends the call', async () => {
    const { session, lose, time, world, left } = await connected();
    lose();
    const promise = session.connect();
    expect(session.connect()).toBe(promise);
    await time.advance(seconds(2));
    await promise;
    expect(session.status.state).toBe('connected');
    world.token = () => refused(401);
    lose();
    const failing = session.connect();
    failing.catch(() => undefined);
    await time.advance(seconds(2));
    await expect(failing).rejects.toMatchObject({ code: 'token_unauthorized' });
    delete world.token;
    await session.connect({ reconnect: true });
    lose();
    const controller = new AbortController();
    const given = session.connect({ signal: controller.signal });
    given.catch(() => undefined);
    controller.abort();
    await expect(given).rejects.toMatchObject({ code: 'aborted' });
    await settle();
    expect(session.status).toMatchObject({ state: 'disconnected', reason: 'page' });
    expect(left()).toEqual(NOTHING);
  });

  test('sending fails with invalid_request, and nothing is shown', async () => {
    const { session, lose } = await connected();
    lose();
    for (const ask of [() => session.sendText('Hello?'), () => session.answer(), () => session.sendEvent({ type: 'response.create' })]) {
      expect(ask).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    }
    session.interrupt();
    expect(session.levels()).toEqual({ input: 0, output: 0 });
    expect(session.conversation.messages).toEqual([]);
  });

  const moments: [string, World, number][] = [
    ['the pause', {}, 100],
    ['the network', { online: false }, 1_000],
    ['the key', { token: () => new Promise(() => undefined) }, 1_000],
    ['the answer', { answer: () => new Promise(() => undefined) }, 1_000],
    ['the session', { configured: () => new Promise(() => undefined) }, 1_000],
  ];
  describe.each(moments)('waiting for %s', (_, worse, wait) => {
    test.each(['close', 'hide'] as const)('%s ends it at once', async (how) => {
      const { session, lose, time, left, world, hidePage, watchesPage, watchesNetwork, errors, states } = await connected();
      Object.assign(world, worse);
      lose();
      await time.advance(wait);
      expect(session.status.state).toBe('reconnecting');
      if (how === 'close') await session.close('user');
      else hidePage();
      await settle();
      expect(session.status).toMatchObject({ state: 'disconnected', reason: how === 'close' ? 'user' : 'page', duration: wait });
      expect(states.at(-2)).toBe('disconnecting');
      expect(left()).toEqual(NOTHING);
      expect([watchesPage(), watchesNetwork()]).toEqual([false, false]);
      expect(errors).toEqual([]);
      Object.assign(world, { online: true, token: undefined, answer: undefined, configured: undefined });
      await session.connect();
      expect(session.status.state).toBe('connected');
      await session.close();
    });
  });

  test('another widget that claims the microphone ends the call', async () => {
    const { session, lose, left } = await connected();
    lose();
    const other = make();
    await other.session.connect();
    await settle();
    expect(session.status).toMatchObject({ state: 'disconnected', reason: 'page' });
    expect(left()).toEqual(NOTHING);
    await other.session.close();
  });

  test('a stalled connection that breaks is reconnected', async () => {
    const { last, lose, time, states } = await connected();
    last().options.bus.emit('stalled', true);
    lose();
    await time.advance(seconds(2));
    expect(states).toEqual(['connecting', 'connected', 'reconnecting 0', 'reconnecting 1', 'connected']);
  });
});

test('fuzz: losses, rejections and requests in any order leave nothing behind', { timeout: 60_000 }, async () => {
  const step = fc.record({
    what: fc.constantFrom('lose', 'connect', 'close', 'mute', 'offline', 'online', 'break', 'mend', 'hang up', 'wait'),
    wait: fc.nat(3_000),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      const made = await connected();
      const { session, last, time, world, left, states, goOnline, watchesNetwork } = made;
      let fix = deferred<Response>();
      for (const { what, wait } of steps) {
        if (what === 'lose' && last().status === 'connected') made.lose();
        else if (what === 'hang up' && last().status === 'connected') last().options.bus.emit('disconnected', 'server');
        else if (what === 'connect') void session.connect({ reconnect: true }).catch(() => undefined);
        else if (what === 'close') void session.close();
        else if (what === 'mute') session.mute(wait % 2 === 0);
        else if (what === 'offline') world.online = false;
        else if (what === 'online') goOnline();
        else if (what === 'break') {
          fix = deferred();
          world.answer = () => (wait % 2 ? fix.promise : Promise.resolve(keyResponse()));
        } else if (what === 'mend') {
          delete world.answer;
          fix.resolve(answerResponse());
        }
        await time.advance(wait);
        const tracks = left().tracks;
        expect(tracks).toBeLessThanOrEqual(1);
        if (session.status.state === 'reconnecting') expect(tracks).toBe(1);
        if (['disconnected', 'failed'].includes(session.status.state)) expect(left()).toEqual(NOTHING);
      }
      expect(states.join()).not.toMatch(/reconnecting \d,connecting|failed,reconnecting|disconnected,reconnecting/);
      await session.close();
      await settle();
      expect(left()).toEqual(NOTHING);
      expect(watchesNetwork()).toBe(false);
    }),
    { numRuns: 300 },
  );
});
