import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.js';
import { connect, expectRequiredFields, sent, silence, start, tone, type } from './harness.js';
import type { Connected } from './harness.js';
import type { Json } from './fake-peers.js';

/** A call whose answer lasts 10 s and is generated in 2.5 s. */
async function speaking(session: Record<string, unknown> = {}): Promise<{ connected: Connected; clock: FakeClock }> {
  const clock = new FakeClock();
  const started = await start({
    clock,
    speed: 4,
    script: { replies: [{ items: [{ say: 'one two three four five six seven eight nine ten', tone: { hz: 440, ms: 10_000 } }] }] },
  });
  const connected = await connect(started, session);
  type(connected, 'go');
  await clock.pass(1_000);
  return { connected, clock };
}

function after(connected: Connected, index: number): string[] {
  return sent(connected.call.events.filter((event) => event.index >= index));
}

describe('generation', () => {
  it('is faster than playback by the configured factor, with words in sync with their audio', async () => {
    const { connected, clock } = await speaking();
    const words = (): number =>
      connected.peer.received.filter((event) => event['type'] === 'response.output_audio_transcript.delta').length;
    expect(words()).toBeGreaterThanOrEqual(4);
    expect(words()).toBeLessThanOrEqual(6);
    connected.peer.play(1_000);
    expect(connected.peer.types).toContain('output_audio_buffer.started');
    expect(connected.peer.types).not.toContain('response.done');
    await clock.pass(1_600);
    expect(words()).toBe(10);
    expect(connected.peer.types).toContain('response.done');
    expect(connected.peer.types).not.toContain('output_audio_buffer.stopped');
    expect(connected.peer.play(8_980).every((frame) => frame !== undefined)).toBe(true);
    connected.peer.play(60);
    expect(connected.peer.types.at(-1)).toBe('output_audio_buffer.stopped');
  });
});

describe('barge-in', () => {
  it('cancels the answer, cuts the audio and keeps what was heard', async () => {
    const { connected, clock } = await speaking();
    connected.peer.play(1_000);
    const from = connected.call.events.length;
    connected.peer.hear(tone(200));
    await clock.pass(10_000);
    expect(after(connected, from)).toEqual([
      'input_audio_buffer.speech_started',
      'response.output_audio.done',
      'response.output_audio_transcript.done',
      'response.content_part.done',
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
      'output_audio_buffer.cleared',
      'conversation.item.truncated',
    ]);
    const find = (name: string): Json => connected.peer.received.find((event) => event['type'] === name) ?? {};
    expect(find('response.done')['response']).toMatchObject({
      status: 'cancelled',
      status_details: { type: 'cancelled', reason: 'turn_detected' },
    });
    expect(find('response.done')['response'].output[0]).toMatchObject({ status: 'incomplete' });
    expect(find('conversation.item.truncated')).toMatchObject({
      audio_end_ms: 1_000,
      content_index: 0,
      item_id: find('response.output_item.added')['item'].id,
    });
    expect(find('output_audio_buffer.cleared')['response_id']).toBe(find('response.done')['response'].id);
    expect(connected.peer.play(1_000).every((frame) => frame === undefined)).toBe(true);
    // The unheard words are removed from the conversation.
    expect(connected.call.items[1]?.content?.[0]).toEqual({ type: 'output_audio' });
    expectRequiredFields(connected.call.events);
  });

  it('only cuts the audio after generation', async () => {
    const { connected, clock } = await speaking();
    connected.peer.play(500);
    await clock.pass(5_000);
    const from = connected.call.events.length;
    connected.peer.hear(tone(200));
    expect(after(connected, from)).toEqual([
      'input_audio_buffer.speech_started',
      'output_audio_buffer.cleared',
      'conversation.item.truncated',
    ]);
  });

  it('is ignored when interrupt_response is off', async () => {
    const { connected, clock } = await speaking({
      audio: { input: { turn_detection: { type: 'server_vad', interrupt_response: false } } },
    });
    connected.peer.play(500);
    const from = connected.call.events.length;
    connected.peer.hear(tone(300));
    connected.peer.hear(silence(1_000));
    await clock.pass(10_000);
    expect(after(connected, from)).not.toContain('output_audio_buffer.cleared');
    expect(connected.peer.received.find((event) => event['type'] === 'response.done')?.['response'].status).toBe('completed');
    expect(connected.peer.play(1_000).every((frame) => frame !== undefined)).toBe(true);
  });
});

describe('response.cancel and output_audio_buffer.clear', () => {
  it('stop generation and audio, and no late audio of the cancelled answer is played', async () => {
    const { connected, clock } = await speaking();
    connected.peer.play(500);
    connected.say({ type: 'response.cancel' });
    expect(connected.peer.types.at(-1)).toBe('response.done');
    // Audio generated before continues to play until the buffer is cleared.
    expect(connected.peer.play(200).every((frame) => frame !== undefined)).toBe(true);
    connected.say({ type: 'output_audio_buffer.clear' });
    expect(connected.peer.types.slice(-2)).toEqual(['output_audio_buffer.cleared', 'conversation.item.truncated']);
    expect(connected.peer.received.at(-1)).toMatchObject({ audio_end_ms: 700 });
    await clock.pass(10_000);
    expect(connected.peer.play(1_000).every((frame) => frame === undefined)).toBe(true);
    expect(connected.peer.types.filter((name) => name === 'response.done')).toHaveLength(1);
    expect(connected.peer.received.find((event) => event['type'] === 'response.done')?.['response'].status_details).toEqual({
      type: 'cancelled',
      reason: 'client_cancelled',
    });
  });

  it('clear stops only playback of the answer, and has no effect without playback', async () => {
    const { connected, clock } = await speaking();
    connected.peer.play(500);
    connected.say({ type: 'output_audio_buffer.clear' });
    await clock.pass(10_000);
    expect(connected.peer.play(1_000).every((frame) => frame === undefined)).toBe(true);
    const from = connected.call.events.length;
    connected.say({ type: 'output_audio_buffer.clear' });
    expect(after(connected, from)).toEqual([]);
  });

  it('play the next answer again after a cut', async () => {
    const { connected, clock } = await speaking();
    connected.say({ type: 'response.cancel' });
    connected.say({ type: 'output_audio_buffer.clear' });
    type(connected, 'again');
    await clock.pass(2_000);
    expect(connected.peer.play(100).some((frame) => frame !== undefined)).toBe(true);
    expect(connected.peer.types.filter((name) => name === 'output_audio_buffer.started')).toHaveLength(1);
  });

  it('reject a cancel without an active response', async () => {
    const connected = await connect(await start());
    connected.say({ type: 'response.cancel', event_id: 'c1' });
    expect((await connected.next('error'))['error']).toEqual({
      type: 'invalid_request_error',
      code: 'response_cancel_not_active',
      message: 'Cancellation failed: no active response found',
      param: null,
      event_id: 'c1',
    });
    connected.say({ type: 'response.cancel', response_id: 'resp_none' });
    expect((await connected.next('error'))['error']).toMatchObject({ code: 'response_cancel_not_active' });
  });
});

describe('limits and failures', () => {
  it('end the answer as incomplete at max_output_tokens', async () => {
    const connected = await connect(await start());
    connected.say({ type: 'response.create', response: { max_output_tokens: 20 } });
    const { response } = await connected.next('response.done');
    expect(response).toMatchObject({
      status: 'incomplete',
      status_details: { type: 'incomplete', reason: 'max_output_tokens' },
      max_output_tokens: 20,
    });
    expect(response.output[0].status).toBe('incomplete');
  });

  it('report a scripted failure in response.done', async () => {
    const connected = await connect(
      await start({
        script: {
          replies: [{ items: [], end: { status: 'failed', code: 'insufficient_quota', type: 'insufficient_quota', message: 'No money.' } }],
        },
      }),
    );
    connected.say({ type: 'response.create' });
    expect((await connected.next('response.done'))['response']).toMatchObject({
      status: 'failed',
      status_details: { type: 'failed', error: { code: 'insufficient_quota', message: 'No money.' } },
    });
    connected.say({ type: 'response.create' });
    expect((await connected.next('response.done'))['response'].status).toBe('completed');
  });

  it('fail only the response if the synthesiser fails', async () => {
    const connected = await connect(await start({ speak: () => Promise.reject(new Error('no voice')) }));
    connected.say({ type: 'response.create' });
    expect((await connected.next('response.done'))['response']).toMatchObject({
      status: 'failed',
      status_details: { error: { message: 'no voice' } },
    });
    expectRequiredFields(connected.call.events);
  });
});
