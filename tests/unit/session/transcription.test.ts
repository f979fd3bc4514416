/** A call in `mode="transcription"`: what it sends, and how turns end if the server does not detect their ends. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Transcription } from '../../../src/session/transcription.js';
import { VoiceSession } from '../../../src/session/voice-session.js';
import type { CallOptions, RealtimeEvent } from '../../../src/contract/index.js';
import { FakeTime, fakeEnvironment, NOTHING, settle } from './fake-environment.js';

const COMMIT = { type: 'input_audio_buffer.commit' };

afterEach(() => vi.restoreAllMocks());

/** A scripted live call. */
async function live(options: CallOptions = {}) {
  const world = fakeEnvironment();
  const session = new VoiceSession({ tokenUrl: '/token', mode: 'transcription', ...options }, world.environment);
  await session.connect();
  const transport = world.transports[0]!;
  const receive = (type: string, fields: Record<string, unknown> = {}) => transport.options.bus.emit('server-event', { type, ...fields });
  return { ...world, session, transport, receive };
}

describe('a call', () => {
  test('is configured as a transcription', async () => {
    const { transport, session } = await live({ model: 'gpt-transcribe', language: 'de', greeting: 'Hello', instructions: 'x' });
    expect(transport.options.session).toEqual({
      type: 'transcription',
      audio: { input: { transcription: { model: 'gpt-transcribe', languages: ['de'] } } },
    });
    expect(transport.sent, 'no greeting').toEqual([]);
    session.updateSessionConfig({ include: null });
    expect(transport.sent).toEqual([{ type: 'session.update', session: { type: 'transcription', include: null } }]);
  });

  test('sets a transcriber once if the server has none', async () => {
    const { transport, receive } = await live();
    receive('session.updated', { session: { audio: { input: { transcription: null, turn_detection: { type: 'server_vad' } } } } });
    receive('session.updated', { session: { audio: { input: { transcription: null, turn_detection: { type: 'server_vad' } } } } });
    expect(transport.sent).toEqual([
      { type: 'session.update', session: { type: 'transcription', audio: { input: { transcription: { model: 'gpt-transcribe' } } } } },
    ]);
  });

  test('does not change the key’s transcriber', async () => {
    const { transport, receive } = await live();
    receive('session.updated', {
      session: { audio: { input: { transcription: { model: 'theirs' }, turn_detection: { type: 'server_vad' } } } },
    });
    expect(transport.sent).toEqual([]);
  });

  test('warns about methods that request an answer, and sends nothing', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const { session, transport } = await live();
    session.sendText('Hello?');
    session.answer();
    session.addImage('data:image/png;base64,AAAA');
    await session.resetHistory([]);
    expect(warn.mock.calls.map(([text]) => /: (\w+)\(\) has no effect/.exec(String(text))?.[1])).toEqual([
      'send',
      'answer',
      'addImage',
      'resetHistory',
    ]);
    expect(transport.sent).toEqual([]);
    expect(session.conversation.messages).toEqual([]);
  });

  test('rejects an agent before any request or prompt', async () => {
    const world = fakeEnvironment();
    const session = new VoiceSession(
      { tokenUrl: '/token', mode: 'transcription', agent: { getSystemPrompt: () => '' } },
      world.environment,
    );
    await expect(session.connect()).rejects.toMatchObject({ code: 'unsupported' });
    expect(world.requests).toEqual([]);
    expect(world.left()).toEqual(NOTHING);
  });

  test('shows a turn in progress again at its end after the transcript was cleared', async () => {
    const { session, receive } = await live();
    receive('input_audio_buffer.committed', { item_id: 'a' });
    receive('conversation.item.input_audio_transcription.completed', { item_id: 'a', transcript: 'One.' });
    receive('conversation.item.input_audio_transcription.delta', { item_id: 'b', delta: 'Two' });
    session.clearTranscript();
    expect(session.conversation.messages).toEqual([]);
    receive('conversation.item.input_audio_transcription.completed', { item_id: 'b', transcript: 'Two.' });
    await session.close();
    expect(session.conversation.messages.map(({ text, status }) => [text, status])).toEqual([['Two.', 'done']]);
  });

  test('never has the activity thinking or speaking', async () => {
    const { session, receive } = await live();
    const seen: string[] = [];
    session.on('status', (status) => status.state === 'connected' && seen.push(status.activity));
    receive('input_audio_buffer.speech_started', { item_id: 'a' });
    receive('input_audio_buffer.speech_stopped', { item_id: 'a' });
    receive('input_audio_buffer.committed', { item_id: 'a' });
    receive('conversation.item.input_audio_transcription.completed', { item_id: 'a', transcript: 'One.' });
    expect(seen).toEqual(['user-speaking', 'listening']);
  });

  test('plays no track of the server', async () => {
    const { session, transport, elements } = await live();
    transport.options.bus.emit('track', { kind: 'audio' } as MediaStreamTrack);
    expect(elements.every(({ srcObject }) => srcObject === null)).toBe(true);
    expect(session.status).toMatchObject({ state: 'connected', soundBlocked: false });
  });
});

describe('hanging up', () => {
  test('closes the microphone at once during speech, and waits for the text', async () => {
    const { session, transport, receive, tracks, left } = await live();
    const messages: string[] = [];
    session.on('message', ({ text }) => messages.push(text));
    receive('input_audio_buffer.speech_started', { item_id: 'a' });
    const closing = session.close('user');
    expect(session.status.state).toBe('disconnecting');
    expect(tracks[0]?.readyState).toBe('ended');
    expect(transport.sent).toEqual([COMMIT]);
    expect(transport.status).toBe('connected');
    receive('input_audio_buffer.committed', { item_id: 'a' });
    receive('conversation.item.input_audio_transcription.completed', { item_id: 'a', transcript: 'The last words.' });
    await closing;
    expect(messages).toEqual(['The last words.']);
    expect(session.status).toMatchObject({ state: 'disconnected', reason: 'user' });
    expect(left()).toEqual(NOTHING);
  });

  test('also waits for an earlier committed turn, but not indefinitely', async () => {
    const { session, receive, time, left } = await live();
    receive('input_audio_buffer.committed', { item_id: 'a' });
    receive('input_audio_buffer.committed', { item_id: 'b' });
    void session.close('user');
    receive('conversation.item.input_audio_transcription.failed', { item_id: 'a', error: {} });
    await settle();
    expect(session.status.state).toBe('disconnecting');
    await time.advance(1_500);
    expect(session.status.state).toBe('disconnected');
    expect(left()).toEqual(NOTHING);
  });

  test('does not wait if no turn is in progress, the element is removed, or the page is unloaded', async () => {
    const quiet = await live();
    await quiet.session.close('user');
    expect(quiet.left()).toEqual(NOTHING);
    for (const how of ['removed', 'page hides'] as const) {
      const { session, receive, hidePage, left, transport } = await live();
      receive('input_audio_buffer.speech_started', { item_id: 'a' });
      if (how === 'removed') void session.close('removed');
      else hidePage();
      await settle();
      expect(left(), how).toEqual(NOTHING);
      expect(transport.sent, how).toEqual([]);
    }
  });

  test('stops waiting if the connection breaks, and leaves nothing', async () => {
    const { session, receive, time, transport, left } = await live();
    receive('input_audio_buffer.speech_started', { item_id: 'a' });
    void session.close('user');
    transport.options.bus.emit('disconnected', 'server');
    await time.advance(1_500);
    expect(session.status).toMatchObject({ state: 'disconnected', reason: 'user' });
    expect(left()).toEqual(NOTHING);
  });
});

describe('turns without detection by the server', () => {
  const NO_DETECTION = { session: { audio: { input: { transcription: { model: 'gpt-live-transcribe' }, turn_detection: null } } } };

  function listen(options: CallOptions = { mode: 'transcription' }) {
    const time = new FakeTime();
    const sent: RealtimeEvent[] = [];
    const speech: boolean[] = [];
    let level = 0;
    const transcription = new Transcription({
      options,
      timers: time,
      send: (event) => sent.push(event),
      level: () => level,
      onSpeech: (speaks) => speech.push(speaks),
    });
    transcription.apply({ type: 'session.updated', ...NO_DETECTION });
    const hear = async (loudness: number, milliseconds: number): Promise<void> => {
      level = loudness;
      await time.advance(milliseconds);
    };
    return { transcription, time, sent, speech, hear };
  }

  test('end once after a pause', async () => {
    const { hear, sent, speech } = listen();
    await hear(0.1, 1_000);
    await hear(0.6, 800);
    expect(speech).toEqual([true]);
    await hear(0.12, 600);
    expect(sent, 'a short pause').toEqual([]);
    await hear(0.6, 800);
    await hear(0.12, 5_000);
    expect(sent).toEqual([COMMIT]);
    expect(speech).toEqual([true, false]);
    await hear(0.5, 500);
    await hear(0.1, 1_000);
    expect(sent).toEqual([COMMIT, COMMIT]);
  });

  test('do not start with a knock or a fan', async () => {
    const { hear, sent, speech } = listen();
    await hear(0.1, 1_000);
    await hear(0.9, 50);
    await hear(0.1, 2_000);
    await hear(0.3, 20_000);
    await hear(0.32, 20_000);
    expect(speech).toEqual([]);
    expect(sent).toEqual([]);
  });

  test('end with the silence of a muted microphone', async () => {
    const { hear, sent } = listen();
    await hear(0.15, 1_000);
    await hear(0.7, 500);
    await hear(0, 800);
    expect(sent).toEqual([COMMIT]);
  });

  test('are committed at hang-up, which waits for the text', async () => {
    const { transcription, hear, sent, time } = listen();
    await hear(0.1, 1_000);
    await hear(0.7, 500);
    let finished = false;
    void transcription.finish().then(() => (finished = true));
    expect(sent).toEqual([COMMIT]);
    transcription.apply({ type: 'input_audio_buffer.committed', item_id: 'a' });
    await settle();
    expect(finished).toBe(false);
    transcription.apply({ type: 'conversation.item.input_audio_transcription.completed', item_id: 'a' });
    await settle();
    expect(finished).toBe(true);
    transcription.release();
    expect(time.pending).toBe(0);
  });

  test('are left to the page if it disabled detection', async () => {
    for (const options of [{ turnDetection: 'none' }, { sessionConfig: { audio: { input: { turn_detection: null } } } }] as const) {
      const { hear, sent, time } = listen({ mode: 'transcription', ...options });
      await hear(0.1, 1_000);
      await hear(0.7, 1_000);
      await hear(0.1, 2_000);
      expect(sent).toEqual([]);
      expect(time.pending).toBe(0);
    }
  });

  test('are left to the server once it detects them', async () => {
    const { transcription, hear, sent, time } = listen();
    transcription.apply({
      type: 'session.updated',
      session: { audio: { input: { transcription: {}, turn_detection: { type: 'server_vad' } } } },
    });
    await hear(0.7, 1_000);
    await hear(0.1, 2_000);
    expect(sent).toEqual([]);
    expect(time.pending).toBe(0);
  });

  test('are not measured after the release', async () => {
    const { transcription, time } = listen();
    expect(time.pending).toBe(1);
    transcription.release();
    transcription.apply({ type: 'session.updated', ...NO_DETECTION });
    expect(time.pending).toBe(0);
    await transcription.finish();
  });
});
