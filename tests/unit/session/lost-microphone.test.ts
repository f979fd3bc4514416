/** A microphone that ends during a call: when it is reacquired, what triggers that, and what is reported in the meantime. */
import { describe, expect, test } from 'vitest';
import { callWithDevices } from './call-with-devices.js';
import { deferred, fakeStream, FakeTrack, NOTHING, settle } from './fake-environment.js';
import { start } from './observed-session.js';

const missing = () => Promise.reject(new DOMException('', 'NotFoundError'));
const busy = () => Promise.reject(new DOMException('', 'NotReadableError'));

describe('a lost microphone is reacquired automatically', () => {
  test('at once with another available device, and both are reported until the visitor speaks', async () => {
    const { world, tracks, status, last, errors, asked } = await callWithDevices();
    world.device = 'Laptop';
    tracks[0]?.end();
    expect(status()).toMatchObject({ state: 'connected', microphone: 'lost', microphoneChange: { lost: 'Headset' } });
    expect(last().microphone).toBeNull();
    await settle();
    expect(status()).toMatchObject({ microphone: 'live', microphoneChange: { lost: 'Headset', used: 'Laptop' } });
    expect(last().microphone).toBe(tracks[1]);
    expect([asked(), errors]).toEqual([2, []]);
    last().options.bus.emit('server-event', { type: 'input_audio_buffer.speech_started', item_id: 'u' });
    expect(status().microphoneChange).toBeUndefined();
  });

  test('once when the device comes back, however often the browser fires devicechange', async () => {
    const { world, tracks, status, time, changeDevices, asked, errors } = await callWithDevices();
    world.microphone = missing;
    tracks[0]?.end();
    await time.advance(30_000);
    expect(status()).toMatchObject({ microphone: 'lost', microphoneChange: { lost: 'Headset', error: { code: 'mic_missing' } } });
    expect(errors).toMatchObject([{ code: 'mic_missing' }]);
    const before = asked();
    expect(before, 'few requests without changes').toBeLessThanOrEqual(4);
    delete world.microphone;
    for (let count = 0; count < 20; count++) {
      changeDevices();
      await time.advance(100);
    }
    expect(status()).toMatchObject({ microphone: 'live', microphoneChange: { used: 'Headset' } });
    expect(asked()).toBe(before + 1);
  });

  test('with a few sequential requests a minute if the browser fires devicechange ten times a second', async () => {
    const { world, tracks, time, changeDevices, asked } = await callWithDevices();
    let open = 0;
    let most = 0;
    world.microphone = async () => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => time.setTimeout(() => resolve(undefined), 300));
      open--;
      return missing();
    };
    tracks[0]?.end();
    for (let count = 0; count < 600; count++) {
      changeDevices();
      await time.advance(100);
    }
    expect(most).toBe(1);
    expect(asked()).toBeLessThanOrEqual(15);
  });

  test('when the device is busy for a moment', async () => {
    const { world, tracks, status, time } = await callWithDevices();
    world.microphone = busy;
    tracks[0]?.end();
    await settle();
    expect(status()).toMatchObject({ microphone: 'lost', microphoneChange: { error: { code: 'mic_busy' } } });
    delete world.microphone;
    await time.advance(1_000);
    expect(status()).toMatchObject({ microphone: 'live' });
  });

  test('once the permission is granted again, but never if the browser would prompt', async () => {
    for (const permission of ['prompt', 'denied'] as const) {
      const { world, tracks, status, time, permit, changeDevices, asked, errors } = await callWithDevices();
      permit(permission);
      tracks[0]?.end();
      changeDevices();
      await time.advance(10_000);
      expect([asked(), status().microphone, errors.length]).toEqual([1, 'lost', 1]);
      expect(world.permission).toBe(permission);
      permit('granted');
      await time.advance(1_000);
      expect([asked(), status().microphone]).toEqual([2, 'live']);
    }
  });

  test('each time it ends', async () => {
    const { tracks, status, time, asked } = await callWithDevices();
    for (let round = 1; round <= 5; round++) {
      tracks.at(-1)?.end();
      await time.advance(2_000);
      expect([status().microphone, asked()]).toEqual(['live', round + 1]);
    }
  });

  test('when a page stops the track, which fires no event', async () => {
    const { tracks, status, time, last } = await callWithDevices();
    tracks[0]?.stop();
    await time.advance(1_000);
    expect(status()).toMatchObject({ microphone: 'live' });
    expect(last().microphone).toBe(tracks[1]);
  });

  test('with its previous mute state', async () => {
    const { session, tracks, status } = await callWithDevices();
    session.mute(true);
    tracks[0]?.end();
    expect(status().microphone).toBe('lost');
    await settle();
    expect(status()).toMatchObject({ microphone: 'muted' });
    expect(tracks[1]?.enabled).toBe(false);
    session.mute(false);
    expect(tracks[1]?.enabled).toBe(true);
    expect(status()).toMatchObject({ microphone: 'live', microphoneChange: { used: 'Headset' } });
  });

  test('muted, if the visitor muted while there was none', async () => {
    const { session, world, tracks, status, time } = await callWithDevices();
    world.microphone = missing;
    tracks[0]?.end();
    await settle();
    session.mute(true);
    expect(status().microphone).toBe('lost');
    delete world.microphone;
    await time.advance(1_000);
    expect([status().microphone, tracks[1]?.enabled]).toEqual(['muted', false]);
  });

  test('also while the connection is stalled', async () => {
    const { tracks, status, last, session } = await callWithDevices();
    last().options.bus.emit('stalled', true);
    tracks[0]?.end();
    await settle();
    expect(session.status.state).toBe('reconnecting');
    last().options.bus.emit('stalled', false);
    expect(status()).toMatchObject({ state: 'connected', microphone: 'live' });
    expect(last().microphone).toBe(tracks[1]);
  });
});

describe('retakeMicrophone()', () => {
  test('may prompt, reports each failure, and uses the device that responds', async () => {
    const { session, world, tracks, status, permit, last } = await callWithDevices();
    permit('prompt');
    tracks[0]?.end();
    await settle();
    world.microphone = () => Promise.reject(new DOMException('', 'NotAllowedError'));
    const seen: unknown[] = [];
    session.on('status', (now) => now.state === 'connected' && seen.push(now.microphoneChange?.error?.code));
    await session.retakeMicrophone();
    await session.retakeMicrophone();
    expect(seen).toEqual([undefined, 'mic_denied', undefined, 'mic_denied']);
    delete world.microphone;
    await session.retakeMicrophone();
    expect(status()).toMatchObject({ microphone: 'live' });
    expect(last().microphone).toBe(tracks[1]);
  });

  test('requests the microphone once for simultaneous calls', async () => {
    const { session, world, tracks, asked, permit, status } = await callWithDevices();
    permit('prompt');
    tracks[0]?.end();
    await settle();
    const answer = deferred<MediaStream>();
    world.microphone = () => answer.promise;
    const pressed = [session.retakeMicrophone(), session.retakeMicrophone(), session.retakeMicrophone()];
    await settle();
    expect(asked()).toBe(2);
    answer.resolve(fakeStream().stream);
    await Promise.all(pressed);
    expect([asked(), status().microphone]).toEqual([2, 'live']);
  });

  test('has no effect with a live microphone, in a text-only call, and without a call', async () => {
    const voice = await callWithDevices();
    await voice.session.retakeMicrophone();
    expect(voice.asked()).toBe(1);
    const text = await callWithDevices({}, {}, { microphone: false });
    await text.session.retakeMicrophone();
    text.changeDevices();
    await text.time.advance(5_000);
    expect([text.asked(), text.status().microphone]).toEqual([0, 'unavailable']);
    await start().session.retakeMicrophone();
  });
});

describe('a device that does not respond', () => {
  test('is reported after ten seconds, does not block another request, and its late stream is stopped', async () => {
    const { session, world, tracks, status, time, asked } = await callWithDevices();
    const late = deferred<MediaStream>();
    world.microphone = () => late.promise;
    tracks[0]?.end();
    await time.advance(9_999);
    expect(status().microphoneChange?.error).toBeUndefined();
    expect(asked()).toBe(2);
    await time.advance(1);
    expect(status()).toMatchObject({ microphone: 'lost', microphoneChange: { error: { code: 'mic_unresponsive' } } });
    delete world.microphone;
    await session.retakeMicrophone();
    expect(status().microphone).toBe('live');
    const { track, stream } = fakeStream();
    late.resolve(stream);
    await settle();
    expect(track.readyState).toBe('ended');
    expect(tracks.filter(({ readyState }) => readyState === 'live')).toHaveLength(1);
  });

  test('has no time limit while a prompt is open', async () => {
    const { session, world, tracks, status, time, permit } = await callWithDevices();
    permit('prompt');
    tracks[0]?.end();
    await settle();
    const answer = deferred<MediaStream>();
    world.microphone = () => answer.promise;
    const pressed = session.retakeMicrophone();
    await time.advance(120_000);
    expect(status().microphoneChange?.error).toBeUndefined();
    answer.resolve(fakeStream().stream);
    await pressed;
    expect(status().microphone).toBe('live');
  });
});

describe('the end of the call in the meantime', () => {
  test.each(['close', 'hide', 'lose'] as const)('by %s leaves nothing open, and stops a late stream', async (how) => {
    const { session, world, tracks, hidePage, last, left, watchesDevices } = await callWithDevices();
    const late = deferred<MediaStream>();
    world.microphone = () => late.promise;
    tracks[0]?.end();
    await settle();
    if (how === 'close') await session.close('user');
    else if (how === 'hide') hidePage();
    else last().options.bus.emit('disconnected', 'server');
    await settle();
    expect(left()).toEqual(NOTHING);
    expect(watchesDevices()).toEqual([0, 0, 0]);
    const { track, stream } = fakeStream();
    late.resolve(stream);
    await settle();
    expect(track.readyState).toBe('ended');
  });

  test('stops watching the devices', async () => {
    const { session, watchesDevices, left } = await callWithDevices();
    expect(watchesDevices()[0]).toBe(1);
    await session.close();
    expect([watchesDevices(), left()]).toEqual([[0, 0, 0], NOTHING]);
  });
});

describe('a microphone that ends while the call is connecting', () => {
  test('is reopened before the call is connected', async () => {
    const channel = deferred();
    const { session, tracks, transports } = start({ configured: () => channel.promise });
    const connecting = session.connect();
    await settle();
    tracks[0]?.end();
    channel.resolve();
    await connecting;
    expect(session.status).toMatchObject({ state: 'connected', microphone: 'live' });
    expect(transports[0]?.microphone).toBe(tracks[1]);
  });

  test.each(['prompt', 'granted'] as const)('fails the attempt if none is available (%s)', async (permission) => {
    const channel = deferred();
    const { session, tracks, world, left, permit } = start({ configured: () => channel.promise });
    const connecting = session.connect();
    await settle();
    tracks[0]?.end();
    if (permission === 'granted') world.microphone = missing;
    permit(permission);
    channel.resolve();
    await expect(connecting).rejects.toMatchObject({ code: 'mic_missing' });
    expect(left()).toEqual(NOTHING);
  });
});

describe('muting by the system', () => {
  test('has its own state that ends automatically, and the visitor’s mute takes precedence', async () => {
    const { session, tracks, status, errors } = await callWithDevices();
    tracks[0]?.systemMute(true);
    expect(status().microphone).toBe('system-muted');
    session.mute(true);
    expect(status().microphone).toBe('muted');
    session.mute(false);
    expect(status().microphone).toBe('system-muted');
    tracks[0]?.systemMute(false);
    expect(status().microphone).toBe('live');
    expect(errors).toEqual([]);
  });

  test('is detected on a track that is muted when it is opened', async () => {
    const { track, stream } = fakeStream();
    track.muted = true;
    const { status } = await callWithDevices({ microphone: () => Promise.resolve(stream) });
    expect(status().microphone).toBe('system-muted');
    track.systemMute(false);
    expect(status().microphone).toBe('live');
  });

  test('is detected on a reacquired track, and ignored on the earlier one', async () => {
    const { tracks, status, world } = await callWithDevices();
    const { track, stream } = fakeStream(new FakeTrack('Headset'));
    track.muted = true;
    world.microphone = () => Promise.resolve(stream);
    tracks[0]?.end();
    await settle();
    expect(status()).toMatchObject({ microphone: 'system-muted', microphoneChange: { used: 'Headset' } });
    tracks[0]?.systemMute(false);
    expect(status().microphone).toBe('system-muted');
  });
});

describe('a widget whose microphone is claimed by another one', () => {
  test('ends its call without requests', async () => {
    const first = await callWithDevices();
    const second = await callWithDevices();
    await first.time.advance(10_000);
    first.changeDevices();
    expect(first.session.status).toMatchObject({ state: 'disconnected', reason: 'page' });
    expect(first.asked()).toBe(1);
    expect(second.status().microphone).toBe('live');
    await second.session.close();
  });
});
