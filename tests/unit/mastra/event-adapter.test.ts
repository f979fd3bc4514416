/** The events of a call as Mastra events, over both transports. */
import { describe, expect, test } from 'vitest';
import { EventAdapter, type SpeakerStream } from '../../../src/mastra/event-adapter.js';
import { FakeTime, settle } from '../session/fake-environment.js';

function make({ tapped = false, listens = true } = {}) {
  const time = new FakeTime();
  const emitted: [string, unknown][] = [];
  const streams: SpeakerStream[] = [];
  const audience = {
    emit(event: string, detail: unknown) {
      if (event === 'speaker') streams.push(detail as SpeakerStream);
      else if (!event.startsWith('openAIRealtime:')) emitted.push([event, detail]);
    },
    listens: () => listens,
  };
  const adapter = new EventAdapter(audience, time);
  adapter.tapped = tapped;
  const say = (type: string, fields: object = {}): void => adapter.apply({ type, ...fields });
  return { adapter, say, emitted, streams, time };
}

const bytes = (...values: number[]): string => btoa(String.fromCharCode(...values));
const read = async (stream: ReadableStream<Uint8Array>): Promise<number[]> => [
  ...new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer()),
];
const spoken = [{ type: 'message', content: [{ type: 'output_audio', transcript: 'Hi' }] }];

describe('writing', () => {
  test('is emitted for agent and visitor in chunks, with "\\n" at the end of a turn', () => {
    const { say, emitted } = make();
    say('response.output_audio_transcript.delta', { response_id: 'r1', delta: 'Good ' });
    say('response.output_audio_transcript.done', { response_id: 'r1', transcript: 'Good day' });
    say('response.output_text.delta', { response_id: 'r2', delta: 'Written' });
    say('response.output_text.done', { response_id: 'r2', text: 'Written' });
    say('conversation.item.input_audio_transcription.delta', { item_id: 'u1', delta: 'Hel' });
    say('conversation.item.input_audio_transcription.completed', { item_id: 'u1', transcript: 'Hello' });
    say('conversation.item.input_audio_transcription.completed', { item_id: 'u2', transcript: 'At once' });
    const writing = emitted.filter(([event]) => event === 'writing').map(([, detail]) => Object.values(detail as object));
    expect(writing).toEqual([
      ['Good ', 'r1', 'assistant'],
      ['\n', 'r1', 'assistant'],
      ['Written', 'r2', 'assistant'],
      ['\n', 'r2', 'assistant'],
      ['Hel', 'u1', 'user'],
      ['\n', 'u1', 'user'],
      ['At once', 'u2', 'user'],
      ['\n', 'u2', 'user'],
    ]);
  });

  test('is not emitted for events without text', () => {
    const { say, emitted } = make();
    say('response.output_text.delta', { response_id: 'r', delta: '' });
    say('response.output_audio_transcript.delta', {});
    expect(emitted).toEqual([]);
  });
});

describe('audio in events (WebSocket)', () => {
  test('emits one stream per answer with its id, and its chunks as they arrive', async () => {
    const { say, streams, emitted } = make();
    say('response.created', { response: { id: 'r1' } });
    say('response.output_audio.delta', { response_id: 'r1', delta: bytes(1, 2) });
    say('response.output_audio.delta', { response_id: 'r1', delta: bytes(3, 4) });
    say('response.output_audio.done', { response_id: 'r1' });
    say('response.done', { response: { id: 'r1', status: 'completed', output: spoken } });
    say('response.created', { response: { id: 'r2' } });
    say('response.done', { response: { id: 'r2', status: 'cancelled', output: [] } });
    expect(streams.map(({ id }) => id)).toEqual(['r1', 'r2']);
    expect(await Promise.all(streams.map(read))).toEqual([[1, 2, 3, 4], []]);
    expect(emitted.filter(([event]) => event.startsWith('speaking'))).toEqual([
      ['speaking', { audio: Uint8Array.of(1, 2), response_id: 'r1' }],
      ['speaking', { audio: Uint8Array.of(3, 4), response_id: 'r1' }],
      ['speaking.done', { response_id: 'r1' }],
    ]);
  });

  test('ignores a cancelled reader, invalid data and late chunks', async () => {
    const { say, streams } = make();
    say('response.created', { response: { id: 'r1' } });
    await streams[0]?.cancel();
    say('response.output_audio.delta', { response_id: 'r1', delta: bytes(1) });
    say('response.output_audio.delta', { response_id: 'r1', delta: '%%%' });
    say('response.output_audio.delta', { delta: 7 });
    say('response.done', { response: null });
    say('response.output_audio.done', {});
  });

  test('creates no stream without listeners', () => {
    const { say, streams, adapter } = make({ listens: false });
    say('response.created', { response: { id: 'r1' } });
    say('response.output_audio.delta', { response_id: 'r1', delta: bytes(1) });
    adapter.end();
    expect(streams).toEqual([]);
  });
});

describe('audio on a track (WebRTC)', () => {
  const piece = (value: number): ArrayBuffer => Uint8Array.of(value).buffer;

  test('is assigned to the playing answer and its tail, and to none between answers', async () => {
    const { adapter, say, streams, time, emitted } = make({ tapped: true });
    adapter.hear(piece(9));
    say('response.created', { response: { id: 'r1' } });
    say('output_audio_buffer.started', { response_id: 'r1' });
    adapter.hear(piece(1));
    say('response.output_audio.done', { response_id: 'r1' });
    say('response.done', { response: { id: 'r1', status: 'completed', output: spoken } });
    adapter.hear(piece(2));
    say('output_audio_buffer.stopped', { response_id: 'r1' });
    adapter.hear(piece(3));
    expect(emitted.some(([event]) => event === 'speaking.done')).toBe(false);
    await time.advance(200);
    adapter.hear(piece(9));
    expect(await read(streams[0] as SpeakerStream)).toEqual([1, 2, 3]);
    expect(emitted.at(-1)).toEqual(['speaking.done', { response_id: 'r1' }]);
    expect(time.pending).toBe(0);
  });

  test('ends the tail of an answer when the next one starts, and a cut answer with its playback', async () => {
    const { adapter, say, streams, time } = make({ tapped: true });
    for (const id of ['r1', 'r2']) {
      say('response.created', { response: { id } });
      say('output_audio_buffer.started', { response_id: id });
      adapter.hear(piece(1));
      say('response.done', { response: { id, status: id === 'r1' ? 'completed' : 'cancelled', output: id === 'r1' ? spoken : [] } });
      say(id === 'r1' ? 'output_audio_buffer.stopped' : 'output_audio_buffer.cleared', { response_id: id });
    }
    await time.advance(200);
    expect(await Promise.all(streams.map(read))).toEqual([[1], [1]]);
    expect(time.pending).toBe(0);
  });

  test('ends an answer without audio when it is generated', async () => {
    const { say, streams } = make({ tapped: true });
    say('response.created', { response: { id: 'r1' } });
    say('response.done', { response: { id: 'r1', status: 'completed', output: [{ type: 'function_call' }] } });
    expect(await read(streams[0] as SpeakerStream)).toEqual([]);
  });

  test('ends all streams with the call', async () => {
    const { adapter, say, streams, time } = make({ tapped: true });
    say('response.created', { response: { id: 'r1' } });
    say('output_audio_buffer.started', { response_id: 'r1' });
    adapter.end();
    await settle();
    expect(await read(streams[0] as SpeakerStream)).toEqual([]);
    expect(time.pending).toBe(0);
  });
});
