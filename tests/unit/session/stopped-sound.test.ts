/** Sound that stops from outside in a live call: played again where the browser allows it, else reported within 2 s. */
import { expect, test } from 'vitest';
import type { StatusOf } from '../../../src/contract/states.js';
import { FakeAudio, FakeTrack, NOTHING, settle, type FakeTransport } from './fake-environment.js';
import { start } from './observed-session.js';

/** A live call whose agent is heard. */
async function live(options = {}) {
  const fake = start({}, options);
  await fake.session.connect();
  await settle();
  const transport = fake.transports[0] as FakeTransport;
  transport.options.onTrack(new FakeTrack() as unknown as MediaStreamTrack);
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

test('a pause from outside is ended at once', async () => {
  const { element, status } = await live();
  element.pause();
  expect(element.paused).toBe(false);
  await settle();
  expect(status().soundBlocked).toBe(false);
});

test('a pause that the browser does not let end is reported; a press ends it, and so does the browser itself', async () => {
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

test('play() that never settles, or succeeds in words only, is reported', async () => {
  for (const play of [() => new Promise<void>(() => undefined), () => Promise.resolve()]) {
    const { element, status, time } = await live();
    element.play = play;
    element.pause();
    await time.advance(2_000);
    expect(status().soundBlocked).toBe(true);
  }
});

test('a fight about the element ends: few attempts, then the visitor decides', async () => {
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

test('another source, none, or a failed element: the agent’s voice is set anew', async () => {
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

test('a transport whose sound does not run says so within 2 s, from the beginning and later, and takes it back', async () => {
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
  expect(transport.resumed, 'nothing to wake').toBe(2);
});

test('a moment without sound is not worth a word', async () => {
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

test('a page’s own element is played again, too, and left alone after the call', async () => {
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
