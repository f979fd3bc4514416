/** Connect and close in any order, at any moment: the last request wins, and nothing is left. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deferred, fakeStream, FakeTransport, NOTHING, settle, type World } from './fake-environment.js';
import { CALLS, MINT, start } from './observed-session.js';

describe('connect and close', () => {
  test('five connect() calls share one attempt with one promise and one key', async () => {
    const { session, paths } = start();
    const promises = Array.from({ length: 5 }, () => session.connect());
    expect(new Set(promises).size).toBe(1);
    await Promise.all(promises);
    expect(paths()).toEqual([MINT, CALLS]);
    await session.connect();
    expect(paths()).toHaveLength(2);
  });

  test('a listener may close or connect again inside the first status event', async () => {
    const { session, left } = start();
    const stop = session.on('status', ({ state }) => {
      if (state === 'connecting') void session.close();
    });
    await expect(session.connect()).rejects.toMatchObject({ code: 'aborted' });
    await session.close();
    expect(left()).toEqual(NOTHING);
    stop();
    let inner: Promise<void> | undefined;
    session.on('status', ({ state }) => {
      if (state === 'connecting') inner ??= session.connect();
    });
    const outer = session.connect();
    expect(inner).toBe(outer);
    await outer;
  });

  test('fuzz of connect and close: the last request wins and nothing is left', { timeout: 60_000 }, async () => {
    const wish = fc.record({ what: fc.constantFrom('connect', 'close', 'prepare', 'mute'), turns: fc.nat(12) });
    await fc.assert(
      fc.asyncProperty(fc.array(wish, { minLength: 1, maxLength: 8 }), fc.constantFrom('granted', 'prompt'), async (wishes, permission) => {
        const { session, left, time, tracks } = start({ permission: permission as 'granted' });
        const promises: Promise<unknown>[] = [];
        let wanted: string | undefined;
        for (const { what, turns } of wishes) {
          if (what === 'connect') promises.push(session.connect().catch((error: { code: string }) => expect(error.code).toBe('aborted')));
          else if (what === 'close') promises.push(session.close());
          else if (what === 'mute') session.mute(true);
          else session.prepare();
          if (what === 'connect' || what === 'close') wanted = what;
          for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        }
        await Promise.all(promises);
        await settle();
        if (wanted === 'connect') {
          expect(session.status.state).toBe('connected');
          expect(tracks.filter(({ readyState }) => readyState === 'live')).toHaveLength(1);
          await session.close();
        }
        expect(['idle', 'disconnected']).toContain(session.status.state);
        expect(left()).toEqual(NOTHING);
        expect(time.pending).toBe(0);
      }),
      { numRuns: 1_000 },
    );
    expect(FakeTransport.open).toBe(0);
  });

  test('the page’s signal ends the attempt, and its listener is removed afterwards', async () => {
    const controller = new AbortController();
    const { session, left, errors } = start({ token: () => new Promise(() => undefined) });
    const connecting = session.connect({ signal: controller.signal });
    controller.abort();
    await expect(connecting).rejects.toMatchObject({ code: 'aborted' });
    expect(session.status).toMatchObject({ state: 'disconnected', reason: 'page' });
    expect(left()).toEqual(NOTHING);
    expect(errors).toEqual([]);
    await expect(session.connect({ signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' });
    const second = start();
    const later = new AbortController();
    await second.session.connect({ signal: later.signal });
    later.abort();
    await settle();
    expect(second.session.status.state).toBe('connected');
  });
});

describe('an attempt that is aborted in each phase leaves nothing', () => {
  const never = <T>() => new Promise<T>(() => undefined);
  const phases: [string, World][] = [
    ['the key', { token: never }],
    ['the code', { code: never }],
    ['the microphone', { permission: 'prompt', microphone: never }],
    ['the microphone without a prompt', { microphone: never }],
    ['the answer', { answer: never }],
    ['the channel', { configured: never }],
  ];
  test.each(phases)('while waiting for %s', async (_, world) => {
    for (const how of ['close', 'hide', 'timeout'] as const) {
      const { session, left, time, hidePage, watchesPage, errors } = start(world);
      const connecting = session.connect();
      connecting.catch(() => undefined);
      await settle();
      if (how === 'close') await session.close('removed');
      else if (how === 'hide') hidePage();
      else if (world.permission === 'prompt') continue;
      else await time.advance(30_000);
      await settle();
      const code = how === 'timeout' ? expect.stringMatching(world.microphone ? /^mic_unresponsive$/ : /timeout/) : 'aborted';
      await expect(connecting).rejects.toMatchObject({ code: code as string });
      expect(session.status.state).toBe(how === 'timeout' ? 'failed' : 'disconnected');
      expect(errors).toHaveLength(how === 'timeout' ? 1 : 0);
      expect(left()).toEqual(NOTHING);
      expect(watchesPage()).toBe(false);
    }
  });

  test('closes a microphone that is granted too late at once', async () => {
    const late = deferred<MediaStream>();
    const { session } = start({ permission: 'prompt', microphone: () => late.promise });
    const connecting = session.connect();
    connecting.catch(() => undefined);
    await settle();
    await session.close();
    const { track, stream } = fakeStream();
    late.resolve(stream);
    await settle();
    expect(track.readyState).toBe('ended');
  });

  test('hangs up a call that never connected, but not a connected one', async () => {
    const { session, paths } = start({ configured: () => new Promise(() => undefined) });
    session.connect().catch(() => undefined);
    await settle();
    await session.close();
    expect(paths()).toEqual([MINT, CALLS, `${CALLS}/rtc_1/hangup`]);
    const reached = start();
    await reached.session.connect();
    await reached.session.close();
    expect(reached.paths()).toEqual([MINT, CALLS]);
  });
});
