import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from './fake-clock.js';
import { SocketClient, connect, expectRequiredFields, sent, silence, start, tone, type } from './harness.js';

describe('the maximum duration', () => {
  it('ends a WebRTC call after 60 minutes with session_expired', async () => {
    const clock = new FakeClock();
    const { call, peer } = await connect(await start({ clock }));
    expect(call.sessionConfig.expires_at).toBe(Math.floor(clock.now() / 1000) + 3_600);
    await clock.pass(3_599_000);
    expect(call.state).toBe('open');
    await clock.pass(1_000);
    expect(await call.ended).toBe('expired');
    expect(peer.received.at(-1)).toMatchObject({
      type: 'error',
      error: { code: 'session_expired', message: 'Your session hit the maximum duration of 60 minutes.' },
    });
    expect(peer.closed).toBe(true);
    expect(clock.pending).toBe(0);
    expectRequiredFields(call.events);
  });

  it('closes a WebSocket with 1001', async () => {
    const { sandbox } = await start({ capMinutes: 0.01 });
    const client = new SocketClient(`${sandbox.url}/realtime?model=gpt-realtime-2.1`, ['realtime', 'openai-insecure-api-key.sk-sandbox']);
    expect((await client.next('error'))['error'].code).toBe('session_expired');
    expect(await client.closed).toMatchObject({ code: 1001, reason: 'Your session hit the maximum duration of 0.01 minutes.' });
  });
});

describe('the idle timeout', () => {
  const turn_detection = { type: 'server_vad', idle_timeout_ms: 5_000 };

  it('starts when playback ends, and triggers an answer', async () => {
    const clock = new FakeClock();
    const connected = await connect(await start({ clock }), { audio: { input: { turn_detection } } });
    type(connected, 'hi');
    await clock.pass(20_000);
    expect(connected.peer.types).toContain('response.done');
    expect(connected.peer.types).not.toContain('input_audio_buffer.timeout_triggered');
    connected.peer.play(20_000);
    await clock.pass(4_999);
    expect(connected.peer.types).not.toContain('input_audio_buffer.timeout_triggered');
    const from = connected.call.events.length;
    await clock.pass(1_000);
    expect(sent(connected.call.events.slice(from)).slice(0, 5)).toEqual([
      'input_audio_buffer.timeout_triggered',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'response.created',
    ]);
    await clock.pass(2_000);
    expect(connected.call.items.at(-1)?.content?.[0]?.transcript).toBe('Are you still there?');
    expectRequiredFields(connected.call.events);
  });

  it('does not fire during speech or without being configured', async () => {
    const clock = new FakeClock();
    const connected = await connect(await start({ clock }), { audio: { input: { turn_detection } } });
    type(connected, 'hi');
    await clock.pass(1_000);
    connected.peer.play(20_000);
    connected.peer.hear(silence(200));
    connected.peer.hear(tone(400));
    await clock.pass(20_000);
    expect(connected.peer.types).not.toContain('input_audio_buffer.timeout_triggered');
    const other = await connect(await start({ clock }));
    type(other, 'hi');
    await clock.pass(1_000);
    other.peer.play(20_000);
    await clock.pass(60_000);
    expect(other.peer.types).not.toContain('input_audio_buffer.timeout_triggered');
  });

  it('ends a turn if the client stops sending during it', async () => {
    const connected = await connect(await start());
    connected.peer.hear(silence(200));
    connected.peer.hear(tone(400));
    await connected.next('input_audio_buffer.speech_started');
    // The media clock keeps running: without frames, elapsed time counts as silence.
    const deadline = performance.now() + 15_000;
    while (!connected.peer.types.includes('input_audio_buffer.speech_stopped') && performance.now() < deadline) {
      connected.peer.play(20);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(connected.peer.types).toContain('input_audio_buffer.speech_stopped');
  });
});

describe('the end of a call', () => {
  it('clears all timers in every state', async () => {
    const clock = new FakeClock();
    const started = await start({ clock, speed: 4, script: { transcripts: [{ text: 'late', afterMs: 60_000 }] } });
    const connected = await connect(started, {
      audio: { input: { transcription: {}, turn_detection: { type: 'server_vad', idle_timeout_ms: 5_000 } } },
    });
    connected.peer.hear(tone(400));
    connected.peer.hear(silence(900));
    await clock.pass(500);
    expect(connected.call.pendingTimers).toBeGreaterThan(0);
    const count = connected.call.events.length;
    connected.peer.leave();
    expect(connected.call.state).toBe('ended');
    expect(connected.call.endReason).toBe('client-closed');
    expect(connected.call.pendingTimers).toBe(0);
    await settle();
    expect(clock.pending).toBe(0);
    // Neither the client nor the clock has any further effect.
    connected.peer.say({ type: 'response.create' });
    connected.peer.hear(tone(400));
    expect(connected.peer.play(100).every((frame) => frame === undefined)).toBe(true);
    await clock.pass(100_000);
    expect(connected.call.events).toHaveLength(count);
  });

  it('has its own reason for a client that never connected', async () => {
    const started = await start();
    const { value } = started.sandbox.mintKey();
    await fetch(`${started.sandbox.url}/realtime/calls`, {
      method: 'POST',
      headers: { authorization: `Bearer ${value}`, 'content-type': 'application/sdp' },
      body: 'v=0\r\nm=audio\r\n',
    });
    const call = await started.sandbox.nextCall();
    started.peers[0]?.leave();
    expect(await call.ended).toBe('never-connected');
  });

  it('is caused by closing the sandbox, which can be repeated', async () => {
    const started = await start();
    const { call, peer } = await connect(started);
    const client = new SocketClient(`${started.sandbox.url}/realtime?model=gpt-realtime-2.1`, [
      'realtime',
      'openai-insecure-api-key.sk-sandbox',
    ]);
    await client.next('session.created');
    await Promise.all([started.sandbox.close(), started.sandbox.close()]);
    expect(await call.ended).toBe('sandbox-closed');
    expect(peer.closed).toBe(true);
    await client.closed;
    await expect(fetch(started.sandbox.url)).rejects.toThrow();
  });

  it('keeps only the configured number of calls', async () => {
    const started = await start({ keepCalls: 3 });
    for (let index = 0; index < 6; index++) (await connect(started)).peer.leave();
    expect(started.sandbox.calls).toHaveLength(3);
    const last = await connect(started);
    expect(started.sandbox.calls.at(-1)).toBe(last.call);
  });
});

describe('waiting', () => {
  it('returns each call to one waiter in order, and reports what was received after a timeout', async () => {
    const started = await start();
    const [first, second] = [started.sandbox.nextCall(), started.sandbox.nextCall()];
    const one = new SocketClient(`${started.sandbox.url}/realtime?model=gpt-realtime-2.1`, [
      'realtime',
      'openai-insecure-api-key.sk-sandbox',
    ]);
    await one.next('session.created');
    const two = new SocketClient(`${started.sandbox.url}/realtime?model=gpt-realtime-2.1`, [
      'realtime',
      'openai-insecure-api-key.sk-sandbox',
    ]);
    await two.next('session.created');
    expect((await first).id).not.toBe((await second).id);
    await expect(started.sandbox.nextCall({ timeoutMs: 20 })).rejects.toThrow(/no call began within 20 ms; seen: GET/);
    await expect((await first).waitForClientEvent('response.create', { timeoutMs: 20 })).rejects.toThrow(/nothing was received/);
  });
});
