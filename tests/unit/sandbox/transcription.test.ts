/** Transcription sessions: over both transports, with words before the commit, log probabilities and failures. */
import { describe, expect, it } from 'vitest';
import type { Script } from '../../../src/sandbox/index.js';
import { connect, expectRequiredFields, post, sent, silence, SocketClient, start, tone } from './harness.js';
import type { Connected } from './harness.js';

const DELTA = 'conversation.item.input_audio_transcription.delta';
const COMPLETED = 'conversation.item.input_audio_transcription.completed';
const FAILED = 'conversation.item.input_audio_transcription.failed';
const KEY = ['realtime', 'openai-insecure-api-key.sk-sandbox'];
const base64 = (pcm: Int16Array): string => Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength).toString('base64');

async function call(transcription: Record<string, unknown>, script: Script = {}, more: Record<string, unknown> = {}): Promise<Connected> {
  const started = await start({ script });
  const session = { type: 'transcription', audio: { input: { transcription } }, ...more };
  const minted = await post(started.sandbox, '/realtime/client_secrets', { session });
  expect(minted.status).toBe(200);
  const { value, session: shown } = (await minted.json()) as { value: string; session: unknown };
  expect(shown).toMatchObject({ type: 'transcription', object: 'realtime.transcription_session' });
  return connect(started, undefined, value);
}

const deltas = ({ peer }: Connected): unknown[] => peer.received.filter((event) => event['type'] === DELTA).map((event) => event['delta']);

describe('a transcription session over WebRTC', () => {
  it('begins with the key’s session, transcribes each turn and never answers', async () => {
    const connected = await call(
      { model: 'gpt-transcribe' },
      { transcripts: ['One.', { text: 'Two, three.', deltas: ['Two, ', 'three.'] }] },
    );
    expect((await connected.next('session.created'))['session']).toMatchObject({ type: 'transcription' });
    for (const words of ['One.', 'Two, three.']) {
      connected.peer.hear(tone(500));
      connected.peer.hear(silence(800));
      expect(await connected.next(COMPLETED)).toMatchObject({ transcript: words, content_index: 0 });
    }
    expect(deltas(connected)).toEqual(['One.', 'Two, ', 'three.']);
    expect(sent(connected.call.events).filter((type) => type.startsWith('response'))).toEqual([]);
    expectRequiredFields(connected.call.events);
  });

  it('rejects events that only conversations support', async () => {
    const connected = await call({ model: 'gpt-transcribe' });
    for (const event of [
      { type: 'response.create' },
      { type: 'session.update', session: { type: 'realtime', instructions: 'x' } },
      { type: 'session.update', session: { type: 'transcription', instructions: 'x' } },
    ]) {
      connected.say(event);
      expect((await connected.next('error'))['error']).toMatchObject({ type: 'invalid_request_error' });
    }
  });

  it('cannot replace a conversation', async () => {
    const connected = await connect(await start());
    connected.say({ type: 'session.update', session: { type: 'transcription' } });
    expect((await connected.next('error'))['error']).toMatchObject({
      message: 'Passing a transcription session update event to a realtime session is not allowed.',
    });
  });

  it('continues with other items after an item has failed', async () => {
    const connected = await call(
      { model: 'gpt-transcribe' },
      { transcripts: [{ fail: { message: 'no words', code: 'audio_unintelligible' } }, 'Better.'] },
    );
    connected.peer.hear(tone(500));
    connected.peer.hear(silence(800));
    expect(await connected.next(FAILED)).toMatchObject({ error: { code: 'audio_unintelligible', message: 'no words' } });
    connected.peer.hear(tone(500));
    connected.peer.hear(silence(800));
    expect(await connected.next(COMPLETED)).toMatchObject({ transcript: 'Better.' });
    expectRequiredFields(connected.call.events);
  });

  it('sends log probabilities on request, with each delta and with the full transcript', async () => {
    const script = { transcripts: [{ text: 'Good morning', deltas: ['Good', ' morning'] }, 'Hm'] };
    const connected = await call({ model: 'gpt-transcribe' }, script, { include: ['item.input_audio_transcription.logprobs'] });
    connected.peer.hear(tone(500));
    connected.peer.hear(silence(800));
    const { logprobs } = await connected.next(COMPLETED);
    expect(logprobs).toEqual([
      { token: 'Good', logprob: expect.any(Number), bytes: [71, 111, 111, 100] },
      { token: ' morning', logprob: expect.any(Number), bytes: [...Buffer.from(' morning')] },
    ]);
    expect(connected.peer.received.filter((event) => event['type'] === DELTA).map((event) => event['logprobs'])).toEqual([
      [logprobs[0]],
      [logprobs[1]],
    ]);
    connected.say({ type: 'session.update', session: { type: 'transcription', include: null } });
    await connected.next('session.updated');
    connected.peer.hear(tone(500));
    connected.peer.hear(silence(800));
    expect(await connected.next(COMPLETED)).not.toHaveProperty('logprobs');
  });
});

describe('models that transcribe during speech', () => {
  it('reject turn detection', async () => {
    for (const model of ['gpt-live-transcribe', 'gpt-realtime-whisper']) {
      const connected = await call({ model });
      expect((await connected.next('session.created'))['session']).toMatchObject({ audio: { input: { turn_detection: null } } });
      connected.say({
        type: 'session.update',
        session: { type: 'transcription', audio: { input: { turn_detection: { type: 'server_vad' } } } },
      });
      expect((await connected.next('error'))['error']).toMatchObject({
        message: expect.stringContaining('Turn detection is not supported'),
      });
      connected.say({
        type: 'session.update',
        session: { type: 'transcription', audio: { input: { turn_detection: null, transcription: { model } } } },
      });
      await connected.next('session.updated');
    }
  });

  it('send words before the commit with the id of the turn, and no word twice', async () => {
    const connected = await call({ model: 'gpt-live-transcribe' }, { transcripts: ['one two three four five', 'six'] });
    connected.peer.hear(silence(500));
    connected.peer.hear(tone(620));
    const first = await connected.next(DELTA);
    expect(deltas(connected)).toEqual(['one ', 'two ', 'three ']);
    connected.peer.hear(silence(900));
    expect(sent(connected.call.events), 'the server does not commit the turn').not.toContain('input_audio_buffer.committed');
    connected.say({ type: 'input_audio_buffer.commit' });
    expect(await connected.next('input_audio_buffer.committed')).toMatchObject({ item_id: first['item_id'] });
    expect(await connected.next(COMPLETED)).toMatchObject({ item_id: first['item_id'], transcript: 'one two three four five' });
    expect(deltas(connected)).toEqual(['one ', 'two ', 'three ', 'four ', 'five']);
    connected.peer.hear(tone(300));
    connected.say({ type: 'input_audio_buffer.commit' });
    expect(await connected.next(COMPLETED)).toMatchObject({ transcript: 'six' });
    expect(sent(connected.call.events)).not.toContain('input_audio_buffer.speech_started');
    expectRequiredFields(connected.call.events);
  });

  it('discard the words when the buffer is cleared', async () => {
    const connected = await call({ model: 'gpt-live-transcribe' }, { transcripts: ['one two'] });
    connected.peer.hear(tone(220));
    const first = await connected.next(DELTA);
    connected.say({ type: 'input_audio_buffer.clear' });
    await connected.next('input_audio_buffer.cleared');
    connected.peer.hear(tone(300));
    connected.say({ type: 'input_audio_buffer.commit' });
    expect((await connected.next('input_audio_buffer.committed'))['item_id']).not.toBe(first['item_id']);
  });
});

describe('a transcription session over WebSocket', () => {
  it('sends words before the commit, failures and log probabilities', async () => {
    const { sandbox } = await start({ script: { transcripts: ['one two', { fail: {} }] } });
    const client = new SocketClient(`${sandbox.url}/realtime?intent=transcription`, KEY);
    await client.next('session.created');
    const include = ['item.input_audio_transcription.logprobs'];
    client.say({
      type: 'session.update',
      session: { type: 'transcription', include, audio: { input: { transcription: { model: 'gpt-realtime-whisper', language: 'en' } } } },
    });
    expect((await client.next('session.updated'))['session']).toMatchObject({ include, audio: { input: { turn_detection: null } } });
    client.say({ type: 'input_audio_buffer.append', audio: base64(tone(240)) });
    expect(await client.next(DELTA)).toMatchObject({ delta: 'one ', logprobs: [{ token: 'one' }] });
    client.say({ type: 'input_audio_buffer.commit' });
    expect(await client.next(COMPLETED)).toMatchObject({ transcript: 'one two', logprobs: [{ token: 'one' }, { token: ' two' }] });
    client.say({ type: 'input_audio_buffer.append', audio: base64(tone(240)) });
    client.say({ type: 'input_audio_buffer.commit' });
    expect(await client.next(FAILED)).toMatchObject({ error: { code: 'transcription_failed' } });
    expectRequiredFields((await sandbox.nextCall()).events);
  });

  it('can be opened with a key for transcription and without an intent in the URL', async () => {
    const { sandbox } = await start();
    const { value } = sandbox.mintKey({
      session: { type: 'transcription', audio: { input: { transcription: { model: 'gpt-transcribe' } } } },
    });
    const client = new SocketClient(`${sandbox.url}/realtime`, ['realtime', `openai-insecure-api-key.${value}`]);
    expect((await client.next('session.created'))['session']).toMatchObject({
      type: 'transcription',
      audio: { input: { transcription: { model: 'gpt-transcribe' } } },
    });
  });
});
