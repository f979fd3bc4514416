/** Playback that is stopped from outside during a call: resumed if the browser allows it, otherwise reported within 2 s. */
import { expect, test } from 'vitest';
import type { StatusOf } from '../../../src/contract/states.js';
import { FakeAudio, FakeTrack, NOTHING, settle, type FakeTransport } from './fake-environment.js';
import { start } from './observed-session.js';

/** A live call with a playing agent. */
async function live(options = {}) {
  const fake = start({}, options);
  await fake.session.connect();
  await settle();
  const transport = fake.transports[0] as FakeTransport;
  transport.options.bus.emit('track', new FakeTrack() as unknown as MediaStreamTrack);
  await settle();
  const element = fake.elements[0] ?? new FakeAudio();
  return { ...fake, transport, element, status: () => fake.session.status as StatusOf<'connected'> };
}

const refuses = (element: FakeAudio): void => {
  element.play = () => Promise.reject(new DOMException('', 'NotAllowedError'));
};
const plays = (element: FakeAudio): void => {
  element.play = (...args) => FakeAudio.prototype.play.apply(element, args);
};

test('resumes at once after a pause from outside', async () => {
  const { element, status } = await live();
  element.pause();
  expect(element.paused).toBe(false);
  await settle();
  expect(status().soundBlocked).toBe(false);
});

test('reports a pause that the browser does not allow to end, until a click or the browser ends it', async () => {
  for (const ends of ['press', 'attention', 'browser'] as const) {
    const { element, status, time, session, attend } = await live();
    refuses(element);
    element.pause();
    await time.advance(2_000);
    expect(status().soundBlocked).toBe(true);
    plays(element);
    if (ends === 'press') await session.resumeSound();
    else if (ends === 'attention') attend();
    else element.paused = false;
    await time.advance(1_000);
    expect([status().soundBlocked, element.paused]).toEqual([false, false]);
  }
});

test('reports a play() that never settles, or resolves without playing', async () => {
  for (const play of [() => new Promise<void>(() => undefined), () => Promise.resolve()]) {
    const { element, status, time } = await live();
    element.play = play;
    element.pause();
    await time.advance(2_000);
    expect(status().soundBlocked).toBe(true);
  }
});

test('stops resuming after a few attempts if something keeps pausing the element', async () => {
  const { element, status, time } = await live();
  let attempts = 0;
  element.play = () => {
    attempts++;
    element.paused = false;
    queueMicrotask(() => element.pause());
    return Promise.resolve();
  };
  element.pause();
  await time.advance(10_000);
  expect(status().soundBlocked).toBe(true);
  expect(attempts).toBeLessThanOrEqual(3);
});

test('restores the source if the element has another one, none, or failed', async () => {
  for (const spoil of [
    (element: FakeAudio) => (element.srcObject = {}),
    (element: FakeAudio) => (element.srcObject = null),
    (element: FakeAudio) => (element.error = { code: 3 }),
  ]) {
    const { element, status, time } = await live();
    const voice = element.srcObject;
    let sources = 0;
    Object.defineProperty(element, 'srcObject', {
      get: () => current,
      set(value: unknown) {
        current = value;
        if (value !== voice) return;
        sources++;
        element.error = null;
      },
    });
    let current: unknown = voice;
    spoil(element);
    element.paused = true;
    element.dispatchEvent(new Event('emptied'));
    await time.advance(1_000);
    expect([current, sources, element.paused]).toEqual([voice, 1, false]);
    expect(status().soundBlocked).toBe(false);
  }
});

test('reports within 2 s that the transport’s audio does not run, and when it runs again', async () => {
  const fresh = start();
  await fresh.session.connect();
  (fresh.transports[0] as FakeTransport).soundRuns = false;
  await fresh.time.advance(2_000);
  expect(fresh.session.status).toMatchObject({ soundBlocked: true, microphone: 'suspended' });

  const { transport, status, time, session, attend } = await live();
  expect(status()).toMatchObject({ soundBlocked: false, microphone: 'live' });
  transport.soundRuns = false;
  await time.advance(2_000);
  expect(status()).toMatchObject({ soundBlocked: true, microphone: 'suspended' });
  session.mute(true);
  expect(status().microphone).toBe('muted');
  session.mute(false);
  await session.resumeSound();
  attend();
  expect(transport.resumed).toBe(2);
  transport.soundRuns = true;
  await time.advance(700);
  expect(status()).toMatchObject({ soundBlocked: false, microphone: 'live' });
  attend();
  expect(transport.resumed, 'nothing to resume').toBe(2);
});

test('does not report a short interruption', async () => {
  const { transport, status, time, session } = await live();
  let blocked = 0;
  session.on('status', (now) => now.state === 'connected' && now.soundBlocked && blocked++);
  for (let round = 0; round < 5; round++) {
    transport.soundRuns = false;
    await time.advance(600);
    transport.soundRuns = true;
    await time.advance(800);
  }
  expect([blocked, status().soundBlocked]).toEqual([0, false]);
});

test('also resumes the page’s own element, and leaves it alone after the call', async () => {
  const own = new FakeAudio();
  const { session, time, left } = await live({ audioElement: own });
  own.pause();
  await settle();
  expect(own.paused).toBe(false);
  await session.close();
  own.pause();
  await time.advance(5_000);
  expect(own.paused).toBe(true);
  expect(left()).toEqual(NOTHING);
});
