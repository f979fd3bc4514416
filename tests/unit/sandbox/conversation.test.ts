import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.js';
import { connect, expectRequiredFields, playOut, sent, silence, start, tone, type } from './harness.js';
import type { Json } from './fake-peers.js';

const WHOLE_ANSWER = [
  'response.created',
  'rate_limits.updated',
  'response.output_item.added',
  'conversation.item.added',
  'response.content_part.added',
  'response.output_audio.done',
  'response.output_audio_transcript.done',
  'response.content_part.done',
  'conversation.item.done',
  'response.output_item.done',
  'response.done',
];
const transcription = { audio: { input: { transcription: { model: 'gpt-transcribe' } } } };

describe('a typed turn', () => {
  it('produces the documented events in order', async () => {
    const connected = await connect(await start());
    connected.say({ type: 'session.update', session: { type: 'realtime' } });
    type(connected, 'Good morning');
    await connected.next('response.done');
    await playOut(connected);
    expect(sent(connected.call.events)).toEqual([
      'session.created',
      'session.updated',
      'conversation.item.added',
      'conversation.item.done',
      ...WHOLE_ANSWER,
      'output_audio_buffer.started',
      'output_audio_buffer.stopped',
    ]);
    expect(connected.call.items[1]?.content?.[0]?.transcript).toBe('You wrote: Good morning');
    expect(expectRequiredFields(connected.call.events)).toBeGreaterThan(15);
  });

  it('streams transcript deltas that join to the full transcript', async () => {
    const connected = await connect(await start());
    type(connected, 'one two  three');
    const done = await connected.next('response.output_audio_transcript.done');
    const deltas = connected.peer.received.filter((event) => event['type'] === 'response.output_audio_transcript.delta');
    expect(deltas.length).toBeGreaterThan(3);
    expect(deltas.map((event) => event['delta']).join('')).toBe(done['transcript']);
  });

  it('reports detailed usage and the previous item of each item', async () => {
    const connected = await connect(await start());
    type(connected, 'Good morning');
    const { response } = await connected.next('response.done');
    expect(response).toMatchObject({
      status: 'completed',
      status_details: null,
      output_modalities: ['audio'],
      object: 'realtime.response',
      conversation_id: expect.stringMatching(/^conv_/),
    });
    const { usage } = response;
    expect(usage.total_tokens).toBe(usage.input_tokens + usage.output_tokens);
    expect(usage.output_token_details.audio_tokens).toBeGreaterThan(10);
    expect(usage.input_token_details).toMatchObject({ cached_tokens: 0, text_tokens: expect.any(Number), audio_tokens: 0 });
    const added = connected.peer.received.filter((event) => event['type'] === 'conversation.item.added');
    expect(added[0]).toMatchObject({ previous_item_id: null });
    expect(added[1]).toMatchObject({ previous_item_id: added[0]?.['item'].id });
  });

  it('is answered as text if the session or the request asks for it', async () => {
    const connected = await connect(await start(), { output_modalities: ['text'] });
    type(connected, 'Hi');
    const { response } = await connected.next('response.done');
    expect(response.output[0].content).toEqual([{ type: 'output_text', text: 'You wrote: Hi' }]);
    expect(sent(connected.call.events)).toContain('response.output_text.done');
    expect(connected.peer.types.some((name) => name.includes('audio'))).toBe(false);
    connected.say({ type: 'response.create', response: { output_modalities: ['audio'], metadata: { topic: 'x' } } });
    const second = await connected.next('response.done');
    expect(second['response']).toMatchObject({ output_modalities: ['audio'], metadata: { topic: 'x' } });
    expectRequiredFields(connected.call.events);
  });

  it('can be answered out of band during an active response, without changing the conversation', async () => {
    const clock = new FakeClock();
    const connected = await connect(await start({ clock, thinkMs: 1_000 }));
    connected.say({ type: 'response.create' });
    connected.say({
      type: 'response.create',
      response: {
        conversation: 'none',
        output_modalities: ['text'],
        input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'aside' }] }],
      },
    });
    await clock.pass(5_000);
    const done = connected.peer.received.filter((event) => event['type'] === 'response.done').map((event) => event['response']);
    expect(done).toHaveLength(2);
    expect(done.find((one) => one.conversation_id === null).output[0].content[0].text).toBe('You wrote: aside');
    expect(connected.call.items).toHaveLength(1);
  });
});

describe('a spoken turn', () => {
  it('is detected, committed, transcribed and played back', async () => {
    const connected = await connect(await start(), transcription);
    connected.peer.hear(silence(400));
    connected.peer.hear(tone(1_000, -20));
    connected.peer.hear(silence(1_000));
    await connected.next('response.done');
    await playOut(connected);
    const types = sent(connected.call.events);
    expect(types.slice(0, 7)).toEqual([
      'session.created',
      'input_audio_buffer.speech_started',
      'input_audio_buffer.speech_stopped',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'response.created',
    ]);
    expect(types).toContain('conversation.item.input_audio_transcription.completed');
    const find = (name: string): Json => connected.peer.received.find((event) => event['type'] === name) ?? {};
    const itemId = find('input_audio_buffer.committed')['item_id'];
    expect(find('input_audio_buffer.speech_started')).toMatchObject({ item_id: itemId, audio_start_ms: expect.closeTo(100, -2) });
    expect(find('input_audio_buffer.speech_stopped')).toMatchObject({ item_id: itemId, audio_end_ms: expect.closeTo(1_900, -2) });
    expect(find('conversation.item.added')['item']).toMatchObject({
      id: itemId,
      role: 'user',
      content: [{ type: 'input_audio', transcript: null }],
    });
    expect(find('conversation.item.input_audio_transcription.completed')).toMatchObject({
      item_id: itemId,
      transcript: '[speech, 1.0 s]',
      usage: { type: 'tokens' },
    });
    expect(connected.call.items[0]?.content?.[0]?.transcript).toBe('[speech, 1.0 s]');
    expect(connected.call.items[1]?.content?.[0]?.transcript).toBe(
      'I heard you for 1.0 seconds, at a good level. This is what you said: [your own words, 1.0 s]',
    );
    expectRequiredFields(connected.call.events);
  });

  it('plays back the exact samples', async () => {
    const connected = await connect(await start());
    const words = tone(600, -20, 440);
    connected.peer.hear(words);
    connected.peer.hear(silence(800));
    await connected.next('response.done');
    const heard = connected.peer.play(30_000).flatMap((frame) => (frame === undefined ? [] : [...frame]));
    const from = heard.length - [...heard].reverse().findIndex((sample) => sample !== 0) - words.length;
    const best = Math.max(
      ...Array.from({ length: 200 }, (_, shift) => correlation(heard.slice(from + shift - 100, from + shift - 100 + words.length), words)),
    );
    expect(best).toBeGreaterThan(0.99);
  });

  it('is committed by the client without turn detection', async () => {
    const connected = await connect(await start(), { audio: { input: { turn_detection: null } } });
    connected.say({ type: 'input_audio_buffer.commit' });
    expect((await connected.next('error'))['error']).toMatchObject({
      code: 'input_audio_buffer_commit_empty',
      message: expect.stringContaining('0.00ms'),
    });
    connected.peer.hear(tone(500));
    connected.say({ type: 'input_audio_buffer.clear' });
    await connected.next('input_audio_buffer.cleared');
    connected.say({ type: 'input_audio_buffer.commit' });
    await connected.next('error');
    connected.peer.hear(tone(500));
    connected.say({ type: 'input_audio_buffer.commit' });
    await connected.next('input_audio_buffer.committed');
    expect(sent(connected.call.events)).not.toContain('response.created');
    expect(sent(connected.call.events)).not.toContain('input_audio_buffer.speech_started');
    connected.say({ type: 'response.create' });
    await connected.next('response.done');
    expect(connected.call.items[1]?.content?.[0]?.transcript).toContain('0.5 seconds');
  });

  it('ends after the configured silence', async () => {
    const stopped = async (turn_detection: Record<string, unknown>): Promise<number> => {
      const connected = await connect(await start(), { audio: { input: { turn_detection } } });
      connected.peer.hear(silence(200));
      connected.peer.hear(tone(1_000));
      connected.peer.hear(silence(9_000));
      return (await connected.next('input_audio_buffer.speech_stopped'))['audio_end_ms'] as number;
    };
    expect(await stopped({ type: 'server_vad', silence_duration_ms: 200 })).toBeCloseTo(1_400, -2);
    expect(await stopped({ type: 'server_vad', silence_duration_ms: 900 })).toBeCloseTo(2_100, -2);
    const [high, medium, low] = [
      await stopped({ type: 'semantic_vad', eagerness: 'high' }),
      await stopped({ type: 'semantic_vad', eagerness: 'medium' }),
      await stopped({ type: 'semantic_vad', eagerness: 'low' }),
    ];
    expect(high).toBeLessThan(medium);
    expect(medium).toBeLessThan(low);
    expect(low).toBeLessThanOrEqual(1_200 + 8_000);
  });

  it('creates no response when create_response is off', async () => {
    const connected = await connect(await start(), {
      audio: { input: { turn_detection: { type: 'server_vad', create_response: false } } },
    });
    connected.peer.hear(tone(500));
    connected.peer.hear(silence(800));
    await connected.next('input_audio_buffer.committed');
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent(connected.call.events)).not.toContain('response.created');
  });
});

describe('input transcription', () => {
  async function speak(
    options: Parameters<typeof start>[0],
    session: Record<string, unknown> = transcription,
  ): Promise<Awaited<ReturnType<typeof connect>>> {
    const connected = await connect(await start(options), session);
    connected.peer.hear(tone(500));
    connected.peer.hear(silence(800));
    await connected.next('response.done');
    return connected;
  }

  it('streams the deltas of the transcribe option', async () => {
    const connected = await speak({
      async *transcribe(pcm, { sampleRate }) {
        expect(pcm.length / sampleRate).toBeGreaterThan(0.5);
        yield 'call ';
        yield 'nobody';
      },
    });
    const deltas = connected.peer.received.filter((event) => event['type'] === 'conversation.item.input_audio_transcription.delta');
    expect(deltas.map((event) => event['delta'])).toEqual(['call ', 'nobody']);
    expect(connected.call.items[0]?.content?.[0]?.transcript).toBe('call nobody');
    expect(connected.call.items[1]?.content?.[0]?.transcript).toMatch(/This is what you said: call nobody$/);
    expectRequiredFields(connected.call.events);
  });

  it('reports a failing recogniser and still answers', async () => {
    const connected = await speak({ transcribe: () => Promise.reject(new Error('no model')) });
    const failed = connected.peer.received.find((event) => event['type'] === 'conversation.item.input_audio_transcription.failed');
    expect(failed).toMatchObject({ content_index: 0, error: { message: 'no model' } });
    expectRequiredFields(connected.call.events);
  });

  it('sends no events if the session does not request transcription', async () => {
    const connected = await speak({ transcribe: () => Promise.resolve('hello') }, {});
    expect(connected.peer.types.some((name) => name.includes('transcription'))).toBe(false);
    // The agent still receives the transcript.
    expect(connected.call.items[1]?.content?.[0]?.transcript).toMatch(/: hello$/);
  });

  it('can be scripted with a delay', async () => {
    const clock = new FakeClock();
    const script = { transcripts: [{ text: 'late words', afterMs: 5_000 }] };
    const connected = await connect(await start({ clock, script }), { ...transcription, output_modalities: ['text'] });
    connected.peer.hear(tone(500));
    connected.peer.hear(silence(800));
    await clock.pass(10_000);
    const types = sent(connected.call.events);
    expect(types.indexOf('conversation.item.input_audio_transcription.completed')).toBeGreaterThan(types.indexOf('response.done'));
  });

  it('reports the usage of whisper-1 in seconds', async () => {
    const connected = await speak({}, { audio: { input: { transcription: { model: 'whisper-1' } } } });
    const completed = connected.peer.received.find((event) => event['type'] === 'conversation.item.input_audio_transcription.completed');
    expect(completed?.['usage']).toEqual({ type: 'duration', seconds: 1 });
  });
});

describe('phases of an answer', () => {
  it('are sent with the items that have one', async () => {
    const connected = await connect(
      await start({
        script: {
          replies: [{ items: [{ say: 'Let me see.', phase: 'commentary' }, { text: 'Friday.', phase: 'final_answer' }, { say: 'Bye.' }] }],
        },
      }),
    );
    connected.say({ type: 'response.create' });
    const done = await connected.next('response.done');
    expect(done['response'].output.map((item: { phase?: string }) => item.phase)).toEqual(['commentary', 'final_answer', undefined]);
    expect(connected.call.items.map(({ phase }) => phase)).toEqual(['commentary', 'final_answer', undefined]);
  });
});

function correlation(a: readonly number[], b: Int16Array): number {
  let product = 0;
  let left = 0;
  let right = 0;
  for (const [index, value] of b.entries()) {
    const other = a[index] ?? 0;
    product += value * other;
    left += other * other;
    right += value * value;
  }
  return left === 0 ? 0 : product / Math.sqrt(left * right);
}
