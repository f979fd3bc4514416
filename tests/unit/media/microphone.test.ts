import { describe, expect, test, vi } from 'vitest';
import { claimMicrophone } from '../../../src/media/microphone-claim.js';
import { Microphone, type MicrophoneSource } from '../../../src/media/microphone.js';
import { deferred, fakeStream } from '../session/fake-environment.js';

const source = (overrides: Partial<MicrophoneSource> = {}): MicrophoneSource => ({
  mediaDevices: { getUserMedia: () => Promise.resolve(fakeStream().stream) },
  permissions: undefined,
  secure: true,
  microphoneAllowed: () => undefined,
  ...overrides,
});
const refusing = (name: string, message = '', overrides: Partial<MicrophoneSource> = {}) =>
  new Microphone(source({ mediaDevices: { getUserMedia: () => Promise.reject(new DOMException(message, name)) }, ...overrides }));
const open = (microphone: Microphone) => microphone.open(() => undefined);

describe('failures', () => {
  test.each([
    ['NotAllowedError', 'Permission denied', 'mic_denied'],
    ['NotAllowedError', 'Permission dismissed', 'mic_dismissed'],
    ['NotFoundError', '', 'mic_missing'],
    ['OverconstrainedError', '', 'mic_missing'],
    ['NotReadableError', '', 'mic_busy'],
    ['AbortError', '', 'mic_busy'],
    ['SecurityError', '', 'policy_blocked'],
    ['StrangeError', '', 'mic_busy'],
  ])('%s (%s) has the code %s', async (name, message, code) => {
    await expect(open(refusing(name, message))).rejects.toMatchObject({ code });
  });

  test('a block by the embedding page has its own code', async () => {
    const microphone = refusing('NotAllowedError', 'Permission denied', { microphoneAllowed: () => false });
    await expect(open(microphone)).rejects.toMatchObject({ code: 'policy_blocked' });
    expect(microphone.obstacle()).toMatchObject({ code: 'policy_blocked' });
  });

  test('obstacle() returns failures that are known without a prompt', () => {
    expect(new Microphone(source({ secure: false })).obstacle()).toMatchObject({ code: 'insecure_context' });
    expect(new Microphone(source({ mediaDevices: undefined })).obstacle()).toMatchObject({ code: 'unsupported' });
    expect(new Microphone(source({ secure: false }), fakeStream().stream).obstacle()).toBeUndefined();
    expect(new Microphone(source()).obstacle()).toBeUndefined();
  });

  test('a stream without a live track is mic_missing', async () => {
    const { track, stream } = fakeStream();
    track.stop();
    await expect(open(new Microphone(source(), stream))).rejects.toMatchObject({ code: 'mic_missing' });
  });
});

test('requests one channel with echo cancellation', async () => {
  const getUserMedia = vi.fn(() => Promise.resolve(fakeStream().stream));
  await open(new Microphone(source({ mediaDevices: { getUserMedia } })));
  expect(getUserMedia).toHaveBeenCalledWith({
    audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
  });
});

test.each([
  [{ query: () => Promise.resolve({ state: 'granted' } as PermissionStatus) }, true],
  [{ query: () => Promise.resolve({ state: 'prompt' } as PermissionStatus) }, false],
  [{ query: () => Promise.reject(new TypeError('unknown name')) }, false],
  [undefined, false],
])('granted() returns whether no prompt will show (%#)', async (permissions, granted) => {
  expect(await new Microphone(source({ permissions })).granted()).toBe(granted);
  expect(await new Microphone(source({ permissions }), fakeStream().stream).granted()).toBe(true);
});

test('a microphone that is muted before it opens is muted from the first sample', async () => {
  const microphone = new Microphone(source());
  microphone.mute(true);
  const track = await open(microphone);
  expect(track.enabled).toBe(false);
  microphone.mute(false);
  expect(track.enabled).toBe(true);
});

test('stops the track that it opened, also if it arrives late, but not the page’s own', async () => {
  const own = fakeStream();
  const microphone = new Microphone(source({ mediaDevices: { getUserMedia: () => Promise.resolve(own.stream) } }));
  await open(microphone);
  microphone.release();
  expect(own.track.readyState).toBe('ended');

  const late = deferred<MediaStream>();
  const hasty = new Microphone(source({ mediaDevices: { getUserMedia: () => late.promise } }));
  const opening = open(hasty);
  hasty.release();
  const { track, stream } = fakeStream();
  late.resolve(stream);
  await expect(opening).rejects.toMatchObject({ code: 'aborted' });
  expect(track.readyState).toBe('ended');

  const page = fakeStream();
  const borrowed = new Microphone(source(), page.stream);
  borrowed.mute(true);
  await open(borrowed);
  expect(page.track.enabled).toBe(false);
  borrowed.release();
  expect(page.track).toMatchObject({ readyState: 'live', enabled: true });
});

test('reports an unplugged microphone once, but not its own stop', async () => {
  const lost = vi.fn();
  const { track, stream } = fakeStream();
  const microphone = new Microphone(source(), stream);
  await microphone.open(lost);
  track.dispatchEvent(new Event('ended'));
  expect(lost).toHaveBeenCalledTimes(1);
  microphone.release();
  track.dispatchEvent(new Event('ended'));
  expect(lost).toHaveBeenCalledTimes(1);
});

test('reports muting by the system, only for the latest track', async () => {
  const changed = vi.fn();
  const devices = [fakeStream(), fakeStream()];
  let next = 0;
  const microphone = new Microphone(source({ mediaDevices: { getUserMedia: () => Promise.resolve(devices[next++]!.stream) } }));
  await microphone.open(changed);
  devices[0]!.track.systemMute(true);
  devices[0]!.track.systemMute(false);
  expect(changed).toHaveBeenCalledTimes(2);
  devices[0]!.track.end();
  expect([changed.mock.calls.length, microphone.live]).toEqual([3, false]);
  expect(await microphone.open(changed)).toBe(devices[1]!.track);
  devices[0]!.track.systemMute(true);
  expect([changed.mock.calls.length, microphone.live]).toEqual([3, true]);
  microphone.park();
  devices[1]!.track.systemMute(true);
  expect(changed).toHaveBeenCalledTimes(3);
});

test('distinguishes an unresponsive device from an open prompt', async () => {
  for (const state of ['granted', 'prompt', 'denied'] as const) {
    const permissions = { query: () => Promise.resolve({ state } as PermissionStatus) };
    const answer = deferred<MediaStream>();
    const microphone = new Microphone(source({ permissions, mediaDevices: { getUserMedia: () => answer.promise } }));
    await microphone.granted();
    expect(microphone.unanswered).toBe(false);
    const opening = open(microphone);
    expect(microphone.unanswered).toBe(state === 'granted');
    answer.resolve(fakeStream().stream);
    await opening;
    expect(microphone.unanswered).toBe(false);
  }
});

test('stops the stream of a dropped request when it is granted', async () => {
  const late = deferred<MediaStream>();
  const microphone = new Microphone(source({ mediaDevices: { getUserMedia: () => late.promise } }));
  const opening = open(microphone);
  microphone.drop();
  const { track, stream } = fakeStream();
  late.resolve(stream);
  await expect(opening).rejects.toMatchObject({ code: 'aborted' });
  expect(track.readyState).toBe('ended');
});

test('gives the microphone to the newest claim', () => {
  const [first, second, third] = [vi.fn(), vi.fn(), vi.fn()];
  const giveBack = claimMicrophone(first);
  const giveBackSecond = claimMicrophone(second);
  expect(first).toHaveBeenCalledTimes(1);
  giveBack();
  claimMicrophone(third)();
  expect(second).toHaveBeenCalledTimes(1);
  giveBackSecond();
  expect(third).not.toHaveBeenCalled();
});
