/** The page's own stream in a call: it is never stopped, and can be replaced. */
import { describe, expect, test } from 'vitest';
import { callWithDevices } from './call-with-devices.js';
import { deferred, fakeStream, FakeTrack, settle } from './fake-environment.js';

describe('the page’s own stream', () => {
  /** A stream whose tracks a page replaces. */
  function pageStream() {
    const tracks = [new FakeTrack('Mixer')];
    const all = () => tracks as unknown as MediaStreamTrack[];
    return { tracks, stream: { getTracks: all, getAudioTracks: all } as unknown as MediaStream };
  }

  test('is reported as ended, and no microphone is requested', async () => {
    const { tracks, stream } = pageStream();
    const { status, time, asked, errors, changeDevices } = await callWithDevices({}, { mediaStream: stream });
    tracks[0]?.end();
    changeDevices();
    await time.advance(20_000);
    expect(status()).toMatchObject({
      microphone: 'lost',
      microphoneChange: { lost: 'Mixer', given: true, error: { code: 'mic_missing' } },
    });
    expect(asked()).toBe(0);
    expect(errors).toMatchObject([{ code: 'mic_missing', message: expect.stringContaining('mediaStream') as string }]);
  });

  test('can be replaced by another stream or another track in it, and neither is ever stopped', async () => {
    const first = pageStream();
    const { session, status, time, last } = await callWithDevices({}, { mediaStream: first.stream });
    first.tracks[0]?.end();
    await settle();
    const second = pageStream();
    session.configure({ tokenUrl: '/token', mediaStream: second.stream });
    await settle();
    expect(status()).toMatchObject({ microphone: 'live', microphoneChange: { used: 'Mixer' } });
    expect(last().microphone).toBe(second.tracks[0]);
    second.tracks[0]?.end();
    second.tracks.push(new FakeTrack('Desk'));
    await time.advance(1_000);
    expect(status()).toMatchObject({ microphone: 'live', microphoneChange: { used: 'Desk' } });
    await session.close();
    expect(second.tracks[1]?.readyState).toBe('live');
  });

  test('replaces a working microphone, which is closed', async () => {
    const { session, status, tracks, last } = await callWithDevices();
    session.mute(true);
    const own = pageStream();
    session.configure({ tokenUrl: '/token', mediaStream: own.stream });
    await settle();
    expect(status()).toMatchObject({ microphone: 'muted' });
    expect(status().microphoneChange).toBeUndefined();
    expect([last().microphone, own.tracks[0]?.enabled, tracks[0]?.readyState]).toEqual([own.tracks[0], false, 'ended']);
    await session.close();
    expect(own.tracks[0]).toMatchObject({ readyState: 'live', enabled: true });
  });

  test('does not affect a text-only call', async () => {
    const { session, status, last } = await callWithDevices({}, {}, { microphone: false });
    session.configure({ tokenUrl: '/token', mediaStream: pageStream().stream });
    await settle();
    expect([status().microphone, last().microphone]).toEqual(['unavailable', null]);
  });

  test('replaces a permission prompt that is not answered', async () => {
    const { session, world, status, tracks, last } = await callWithDevices();
    const late = deferred<MediaStream>();
    world.microphone = () => late.promise;
    tracks[0]?.end();
    await settle();
    const own = pageStream();
    session.configure({ tokenUrl: '/token', mediaStream: own.stream });
    await settle();
    expect([status().microphone, last().microphone]).toEqual(['live', own.tracks[0]]);
    const { track, stream } = fakeStream();
    late.resolve(stream);
    await settle();
    expect(track.readyState).toBe('ended');
  });
});
