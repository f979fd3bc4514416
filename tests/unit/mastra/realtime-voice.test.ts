/** `RealtimeVoice` inside the real `CompositeVoice` of `@mastra/core`, with calls in the fake environment. */
import { Readable } from 'node:stream';
import { createTool } from '@mastra/core/tools';
import { CompositeVoice } from '@mastra/core/voice';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { RealtimeVoice, type RealtimeVoiceOptions } from '../../../src/mastra/index.js';
import { deferred, fakeEnvironment, NOTHING, settle, type FakeTransport, type World } from '../session/fake-environment.js';

const warn = vi.spyOn(console, 'warn');

beforeEach(() => {
  vi.stubGlobal('MediaStream', class {});
  warn.mockReset().mockReturnValue();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function make(options: RealtimeVoiceOptions = {}, world: World = {}, overrides = {}) {
  const fake = fakeEnvironment(world, overrides);
  const realtime = new RealtimeVoice({ tokenUrl: '/token', ...options }, fake.environment);
  const voice = new CompositeVoice({ realtime });
  const emitted: [string, unknown][] = [];
  const follow = (...events: string[]): void => {
    for (const event of events) voice.on(event, (detail) => emitted.push([event, detail]));
  };
  const last = (): FakeTransport => fake.transports.at(-1) as FakeTransport;
  const say = (type: string, fields: object = {}): void =>
    last().options.bus.emit('server-event', { type, event_id: `e${Math.random()}`, ...fields });
  return { ...fake, world, realtime, voice, emitted, follow, last, say };
}

async function connected(options: RealtimeVoiceOptions = {}, world: World = {}, overrides = {}) {
  const made = make(options, world, overrides);
  await made.voice.connect();
  return made;
}

const sent = (transport: FakeTransport, type: string) => transport.sent.filter((event) => event.type === type);
const pcm = (...samples: number[]): string => Buffer.from(Int16Array.from(samples).buffer).toString('base64');

describe('connect()', () => {
  test('resolves when the session is configured, with the page’s key and microphone', async () => {
    const configured = deferred();
    const { voice, paths, tracks, left, realtime } = make({}, { configured: () => configured.promise });
    let done = false;
    const connecting = voice.connect().then(() => (done = true));
    await settle();
    expect(done).toBe(false);
    configured.resolve();
    await connecting;
    expect(paths()).toEqual(['/token', '/v1/realtime/calls']);
    expect(tracks).toHaveLength(1);
    voice.close();
    await settle();
    expect(left()).toEqual(NOTHING);
    expect(realtime.call?.status.state).toBe('disconnected');
  });

  test('rejects after 30 s by default', async () => {
    const cases: [RealtimeVoiceOptions, Record<string, unknown> | undefined, number][] = [
      [{}, undefined, 30_000],
      [{ connectTimeoutMs: 5_000 }, {}, 5_000],
      [{ timeout: 5_000 }, { timeout: 10_000 }, 10_000],
    ];
    for (const [options, argument, limit] of cases) {
      const { voice, time, left } = make(options, { configured: () => new Promise(() => undefined) });
      const connecting = voice.connect(argument);
      const failed = expect(connecting).rejects.toMatchObject({ code: 'timeout' });
      await settle();
      await time.advance(limit - 1);
      expect(left().transports).toBe(1);
      await time.advance(1);
      await failed;
      expect(left()).toEqual(NOTHING);
    }
  });

  test('reconnects after a loss only if requested', async () => {
    for (const reconnect of [undefined, true]) {
      const { voice, last, time, realtime, follow, emitted } = make();
      follow('open', 'close', 'error');
      await voice.connect({ timeout: 10_000, ...(reconnect && { reconnect }) });
      last().options.bus.emit(
        'disconnected',
        Object.assign(new Error('lost'), {
          name: 'VoiceAgentError',
          code: 'connection_lost',
          recoverable: true,
          retryAfter: undefined,
        }) as never,
      );
      await time.advance(2_000);
      expect(realtime.call?.status.state).toBe(reconnect ? 'connected' : 'failed');
      expect(emitted.map(([event]) => event)).toEqual(reconnect ? ['open'] : ['open', 'close', 'error']);
    }
  });

  test('rejects with the reason, and can be retried', async () => {
    const { voice, world, follow, emitted } = make({}, { token: () => Promise.resolve(new Response('', { status: 401 })) });
    follow('error');
    await expect(voice.connect()).rejects.toMatchObject({ name: 'VoiceAgentError', code: 'token_unauthorized' });
    expect(emitted).toMatchObject([['error', { code: 'token_unauthorized' }]]);
    delete world.token;
    await voice.connect();
  });

  test('makes one call if called twice', async () => {
    const { voice, paths } = make();
    await Promise.all([voice.connect(), voice.connect()]);
    await voice.connect({ timeout: 10_000, reconnect: true });
    expect(paths()).toHaveLength(2);
  });

  test('warns once and resolves if speech-to-speech is not supported', async () => {
    const { voice, paths } = make({}, {}, { supports: () => false });
    await voice.connect();
    await voice.connect();
    await voice.send(Int16Array.of(1));
    await voice.answer();
    expect(warn.mock.calls.map(([text]) => (text as string).slice(0, 30))).toEqual([
      expect.stringContaining('connect()'),
      expect.stringContaining('send()'),
      expect.stringContaining('answer()'),
    ]);
    expect(paths()).toEqual([]);
  });

  test('CompositeVoice no longer accepts the option name of older documentation', () => {
    const realtimeProvider = new RealtimeVoice({}, fakeEnvironment().environment);
    const voice = new CompositeVoice({ realtimeProvider } as never);
    expect(() => voice.connect()).toThrow('No realtime provider configured');
  });

  test('does not use the microphone if the page sends the audio', async () => {
    const { tracks, last } = await connected({ microphone: false });
    expect(tracks).toEqual([]);
    expect(last().options.receiveOnly).toBe(true);
  });
});

describe('through an element', () => {
  test('keeps the element’s settings and tools, and uses them where the voice sets none', async () => {
    const asked: unknown[] = [];
    const own = { name: 'own', execute: () => 1 };
    const element = Object.assign(new EventTarget(), {
      session: undefined,
      instructions: 'Mine.',
      tools: [own],
      connect: (options: unknown) => Promise.resolve(void asked.push(options)),
      close: () => Promise.resolve(),
    });
    const voice = new CompositeVoice({ realtime: new RealtimeVoice({ element, speaker: 'sage' }, fakeEnvironment().environment) });
    voice.addTools({ theirs: { id: 'theirs', description: 'x', execute: () => 2 } as never });
    await voice.connect();
    await voice.connect({ timeout: 10_000, reconnect: true });
    expect(asked).toEqual([{}, { timeout: 10_000, reconnect: true }]);
    expect(element).toMatchObject({ instructions: 'Mine.', voice: 'sage', tools: [{ name: 'own' }, { name: 'theirs' }] });
  });

  test('emits the events of the element’s call', () => {
    const element = Object.assign(new EventTarget(), {
      session: undefined,
      tools: undefined,
      connect: () => Promise.resolve(),
      close: () => Promise.resolve(),
    });
    const voice = new CompositeVoice({ realtime: new RealtimeVoice({ element }, fakeEnvironment().environment) });
    const emitted: string[] = [];
    for (const event of ['open', 'close', 'writing']) voice.on(event, () => emitted.push(event));
    const fire = (type: string, detail: object): boolean => element.dispatchEvent(new CustomEvent(type, { detail }));
    fire('voice-agent-state-change', { state: 'connecting' });
    fire('voice-agent-state-change', { state: 'connected' });
    fire('voice-agent-server-event', { event: { type: 'response.output_text.delta', response_id: 'r', delta: 'Hi' } });
    fire('voice-agent-state-change', { state: 'disconnected' });
    expect(emitted).toEqual(['open', 'writing', 'close']);
  });
});

describe('settings', () => {
  test('accept the flat settings of Mastra’s documentation', async () => {
    const { last, requests } = await connected({
      realtimeConfig: {
        model: 'gpt-realtime-2.1',
        apiKey: 'ek_abc',
        options: { sessionConfig: { turn_detection: { type: 'server_vad', threshold: 0.6, silence_duration_ms: 1_200 } } },
      },
      speaker: 'alloy',
      tokenUrl: '',
    });
    expect(requests.map(({ url }) => url)).toEqual(['https://api.openai.com/v1/realtime/calls?model=gpt-realtime-2.1']);
    expect((requests[0]?.init.headers as Record<string, string>)['Authorization']).toBe('Bearer ek_abc');
    expect(last().options.session).toEqual({
      type: 'realtime',
      audio: { input: { turn_detection: { type: 'server_vad', threshold: 0.6, silence_duration_ms: 1_200 } }, output: { voice: 'alloy' } },
    });
  });

  test('accept the GA form, a transcriber, instructions and later changes', async () => {
    const { voice, last } = make({
      sessionConfig: { audio: { input: { noise_reduction: { type: 'near_field' } } } },
      transcriber: 'gpt-transcribe',
      instructions: 'First.',
    });
    voice.addInstructions('Be kind.');
    voice.updateConfig({ turn_detection: null });
    await voice.connect();
    expect(last().options.session).toEqual({
      type: 'realtime',
      instructions: 'Be kind.',
      audio: { input: { noise_reduction: { type: 'near_field' }, transcription: { model: 'gpt-transcribe' }, turn_detection: null } },
    });
    voice.updateConfig({ voice: 'echo' });
    expect(sent(last(), 'session.update')).toEqual([
      { type: 'session.update', session: { type: 'realtime', audio: { output: { voice: 'echo' } } } },
    ]);
  });

  test('reject a standard key at once, without the key in the message', () => {
    for (const options of [{ apiKey: 'sk-secret-1' }, { realtimeConfig: { apiKey: 'sk-secret-1' } }]) {
      let refusal: unknown;
      try {
        new RealtimeVoice(options, fakeEnvironment().environment);
      } catch (reason) {
        refusal = reason;
      }
      expect(refusal).toMatchObject({ code: 'token_malformed', recoverable: false });
      expect(JSON.stringify([(refusal as Error).message, (refusal as Error).stack])).not.toContain('secret');
    }
  });

  test('implement the other members of a Mastra voice', async () => {
    const { voice, realtime } = make({ realtimeConfig: { model: 'm', apiKey: 'ek_hidden' }, speaker: 'sage' });
    expect(await voice.getSpeakers()).toContainEqual({ voiceId: 'alloy' });
    expect(await voice.getListener()).toEqual({ enabled: true });
    expect(realtime.serializeForSpan()).toEqual({ component: 'VOICE', name: 'voice-agent-element', speaker: 'sage', realtimeModel: 'm' });
    expect(JSON.stringify(realtime)).not.toContain('hidden');
  });
});

describe('methods', () => {
  test('send() accepts samples, bytes, web and Node streams, and text', async () => {
    const { voice, last, realtime } = await connected();
    const audio = (): number[] =>
      sent(last(), 'input_audio_buffer.append').flatMap(({ audio: bytes }) => [...new Int16Array(bytes as ArrayBuffer)]);
    await voice.send(Int16Array.of(1, 2));
    await realtime.send(Int16Array.of(3).buffer);
    await realtime.send(new ReadableStream({ start: (controller) => (controller.enqueue(Int16Array.of(4, 5)), controller.close()) }));
    await voice.send(Readable.from([Buffer.from(Int16Array.of(6).buffer), Buffer.from(Int16Array.of(7).buffer)]));
    expect(audio()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    await realtime.send('Hello!');
    expect(sent(last(), 'conversation.item.create')).toMatchObject([{ item: { role: 'user', content: [{ text: 'Hello!' }] } }]);
  });

  test('send() reports an error for anything else, and for a stream that fails', async () => {
    const { voice, follow, emitted } = await connected();
    follow('error');
    await voice.send(7 as never);
    expect(emitted).toMatchObject([['error', { code: 'invalid_request', message: 'Unsupported audio data format' }]]);
    await expect(
      voice.send(
        Readable.from(
          (async function* () {
            throw new Error('no more');
          })(),
        ),
      ),
    ).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('answer() needs no argument, and accepts old and new options', async () => {
    const { voice, last } = await connected();
    await voice.answer();
    await voice.answer({ options: { instructions: 'Short.', voice: 'alloy', modalities: ['text', 'audio'] } });
    expect(sent(last(), 'response.create')).toEqual([
      { type: 'response.create' },
      {
        type: 'response.create',
        response: { instructions: 'Short.', audio: { output: { voice: 'alloy' } }, output_modalities: ['audio'] },
      },
    ]);
  });

  test('speak() and listen() request responses', async () => {
    const { voice, last } = await connected();
    await voice.speak('Good morning', { speaker: 'echo' });
    await voice.speak(Readable.from(['Good ', 'night']));
    await expect(voice.speak('  ')).rejects.toThrow('Input text is empty');
    await voice.listen(Readable.from([Buffer.from(Int16Array.of(1, 2).buffer)]));
    expect(sent(last(), 'response.create')).toMatchObject([
      { response: { instructions: 'Repeat the following text: Good morning', audio: { output: { voice: 'echo' } } } },
      { response: { instructions: 'Repeat the following text: Good night' } },
      { response: { output_modalities: ['text'] } },
    ]);
    expect(sent(last(), 'conversation.item.create')).toMatchObject([{ item: { content: [{ type: 'input_audio', audio: pcm(1, 2) }] } }]);
  });

  test('warn once per method, without failing, while not connected', async () => {
    const { voice, last } = make();
    for (let round = 0; round < 2; round++) {
      await voice.send(Int16Array.of(1));
      await voice.answer();
      await voice.speak('Hello');
      await voice.listen(Readable.from([]));
    }
    expect(warn).toHaveBeenCalledTimes(4);
    await voice.connect();
    voice.close();
    await settle();
    await voice.send(Int16Array.of(1));
    expect(last().sent).toEqual([]);
  });

  test('warn in transcription mode', async () => {
    const { voice, last } = await connected({ mode: 'transcription' });
    await voice.answer();
    await voice.speak('Hello');
    await voice.answer();
    expect(warn.mock.calls.map(([text]) => text as string)).toEqual([
      expect.stringContaining('transcription'),
      expect.stringContaining('transcription'),
    ]);
    expect(sent(last(), 'response.create')).toEqual([]);
  });

  test('off() removes a listener, and a listener that throws does not affect others', async () => {
    const { voice, say } = await connected();
    const reported = vi.fn();
    vi.stubGlobal('reportError', reported);
    const seen: string[] = [];
    const first = (): void => void seen.push('first');
    voice.on('session.updated', () => {
      throw new Error('mine');
    });
    voice.on('session.updated', first);
    voice.on('session.updated', () => seen.push('second'));
    say('session.updated', { session: {} });
    voice.off('session.updated', first);
    say('session.updated', { session: {} });
    expect(seen).toEqual(['first', 'second', 'second']);
    expect(reported).toHaveBeenCalledTimes(2);
  });
});

describe('tools', () => {
  const weather = createTool({
    id: 'weather',
    description: 'Tells the weather.',
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => ({ city, degrees: 21 }),
  });

  test('of Mastra run for the model, with events before and after', async () => {
    const { voice, follow, emitted, say, last } = make();
    follow('tool-call-start', 'tool-call-result');
    voice.addTools({ weather });
    await voice.connect();
    expect(last().options.session['tools']).toMatchObject([
      { type: 'function', name: 'weather', description: 'Tells the weather.', parameters: { properties: { city: { type: 'string' } } } },
    ]);
    const item = { id: 'f1', type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}', status: 'completed' };
    say('response.created', { response: { id: 'r1' } });
    say('response.output_item.done', { response_id: 'r1', output_index: 0, item });
    say('response.done', { response: { id: 'r1', status: 'completed', output: [item] } });
    await vi.waitFor(() => expect(sent(last(), 'response.create')).toHaveLength(1));
    const about = { toolCallId: 'call_1', toolName: 'weather', toolDescription: 'Tells the weather.', args: { city: 'Oslo' } };
    expect(emitted).toEqual([
      ['tool-call-start', about],
      ['tool-call-result', { ...about, result: { city: 'Oslo', degrees: 21 } }],
    ]);
    expect(sent(last(), 'conversation.item.create')).toMatchObject([
      { item: { type: 'function_call_output', call_id: 'call_1', output: '{"city":"Oslo","degrees":21}' } },
    ]);
  });

  test('without an execute function are skipped with a warning', async () => {
    const { voice, last } = make();
    voice.addTools({ idle: { id: 'idle', description: 'Does nothing.', inputSchema: z.object({}) } as never });
    await voice.connect();
    expect(last().options.session['tools']).toBeUndefined();
    expect(warn).toHaveBeenCalledWith('Tool idle has no execute function, skipping');
  });
});
