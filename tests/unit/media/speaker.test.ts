import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Speaker } from '../../../src/media/speaker.js';
import { FakeTime, FakeTrack, settle } from '../session/fake-environment.js';

beforeEach(() => {
  vi.stubGlobal('MediaStream', class {});
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function start(play: () => Promise<void> = () => Promise.resolve(), setup: { element?: { muted: boolean }; muted?: boolean } = {}) {
  const time = new FakeTime();
  const element = { srcObject: null as unknown, autoplay: false, muted: false, pause: vi.fn(), play, ...setup.element };
  const blocked: boolean[] = [];
  const speaker = new Speaker({
    element: element as unknown as HTMLAudioElement,
    timers: time,
    now: time.now,
    onBlocked: (on) => blocked.push(on),
    ...(setup.muted !== undefined && { muted: setup.muted }),
  });
  const track = new FakeTrack();
  speaker.attach(track as unknown as MediaStreamTrack);
  return { time, element, blocked, speaker, track };
}

test('a cut silences at once, and the next answer only waits for late frames', async () => {
  const { speaker, track, time } = start();
  speaker.cut();
  expect(track.enabled).toBe(false);
  time.at += 40;
  speaker.open();
  speaker.open();
  await time.advance(79);
  expect(track.enabled).toBe(false);
  await time.advance(1);
  expect(track.enabled).toBe(true);
  expect(time.pending).toBe(0);
  speaker.cut();
  time.at += 500;
  speaker.open();
  expect(track.enabled).toBe(true);
});

test('a second cut while the next answer waits keeps the speaker silent', async () => {
  const { speaker, track, time } = start();
  speaker.cut();
  speaker.open();
  speaker.cut();
  await time.advance(1_000);
  expect(track.enabled).toBe(false);
});

test('reports blocked playback, and its end after a user gesture', async () => {
  let allowed = false;
  const { speaker, blocked } = start(() => (allowed ? Promise.resolve() : Promise.reject(new DOMException('', 'NotAllowedError'))));
  await settle();
  expect(speaker.blocked).toBe(true);
  allowed = true;
  await speaker.resume();
  expect(blocked).toEqual([true, false]);
});

test('does not report other playback failures as blocked', async () => {
  const { blocked } = start(() => Promise.reject(new DOMException('', 'AbortError')));
  await settle();
  expect(blocked).toEqual([]);
});

test('releases the element, and accepts no late track', () => {
  const { speaker, element, time } = start();
  speaker.cut();
  speaker.open();
  speaker.release();
  speaker.attach(new FakeTrack() as unknown as MediaStreamTrack);
  expect(element.srcObject).toBeNull();
  expect(element.pause).toHaveBeenCalled();
  expect(time.pending).toBe(0);
});

test('sets the source again on the next attempt if the element has another source or failed', async () => {
  const { speaker, element } = start();
  const voice = element.srcObject;
  expect(voice).not.toBeNull();
  element.srcObject = null;
  expect(speaker.plays).toBe(false);
  await speaker.resume();
  expect(element.srcObject).toBe(voice);
  expect(speaker.plays).toBe(true);
});

test.each([false, true])('a muted speaker mutes its element until the release (the page had muted it: %s)', (muted) => {
  const { speaker, element } = start(undefined, { muted: true, element: { muted } });
  expect(element.muted).toBe(true);
  speaker.attach(new FakeTrack() as unknown as MediaStreamTrack);
  speaker.release();
  expect(element.muted).toBe(muted);
});

test('leaves the page’s own muting of the element alone otherwise', () => {
  const { speaker, element } = start();
  element.muted = true;
  speaker.release();
  expect(element.muted).toBe(true);
});
