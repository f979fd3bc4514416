import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CallOptions } from '../../../src/contract/options.js';
import { VoiceSession } from '../../../src/session/voice-session.js';
import { answerResponse, deferred, fakeEnvironment, fakeStream, FakeTransport, keyResponse, NOTHING, settle, type World } from './fake-environment.js';

beforeEach(() => {
  vi.stubGlobal('MediaStream', class {});
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function start(world: World = {}, options: CallOptions = {}, overrides = {}) {
  const fake = fakeEnvironment(world, overrides);
  const session = new VoiceSession({ tokenUrl: '/token', ...options }, fake.environment);
  const states: string[] = [];
  const errors: { code: string }[] = [];
  session.on('status', (status) => states.push(status.state === 'connecting' ? `${status.phase}${status.slow ? ' slow' : ''}` : status.state));
  session.on('error', (error) => errors.push(error));
  return { ...fake, session, states, errors };
}

const MINT = '/token';
const CALLS = '/v1/realtime/calls';

describe('who asked for what', () => {
  test('five connects are one attempt with one promise and one key', async () => {
    const { session, paths } = start();
    const promises = Array.from({ length: 5 }, () => session.connect());
    expect(new Set(promises).size).toBe(1);
    await Promise.all(promises);
    expect(paths()).toEqual([MINT, CALLS]);
    await session.connect();
    expect(paths()).toHaveLength(2);
  });

  test('a listener may close or connect again from inside the first status', async () => {
    const { session, left } = start();
    const stop = session.on('status', ({ state }) => {
      if (state === 'connecting') void session.close();
    });
    await expect(session.connect()).rejects.toMatchObject({ code: 'aborted' });
    await session.close();
    expect(left()).toEqual(NOTHING);
    stop();
    let inner: Promise<void> | undefined;
    session.on('status', ({ state }) => {
      if (state === 'connecting') inner ??= session.connect();
    });
    const outer = session.connect();
    expect(inner).toBe(outer);
    await outer;
  });

  test('fuzz of connect and close: the last wish wins and nothing is left', { timeout: 60_000 }, async () => {
    const wish = fc.record({ what: fc.constantFrom('connect', 'close', 'prepare', 'mute'), turns: fc.nat(12) });
    await fc.assert(
      fc.asyncProperty(fc.array(wish, { minLength: 1, maxLength: 8 }), fc.constantFrom('granted', 'prompt'), async (wishes, permission) => {
        const { session, left, time, tracks } = start({ permission: permission as 'granted' });
        const promises: Promise<unknown>[] = [];
        let wanted: string | undefined;
        for (const { what, turns } of wishes) {
          if (what === 'connect') promises.push(session.connect().catch((error: { code: string }) => expect(error.code).toBe('aborted')));
          else if (what === 'close') promises.push(session.close());
          else if (what === 'mute') session.mute(true);
          else session.prepare();
          if (what === 'connect' || what === 'close') wanted = what;
          for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        }
        await Promise.all(promises);
        await settle();
        if (wanted === 'connect') {
          expect(session.status.state).toBe('connected');
          expect(tracks.filter(({ readyState }) => readyState === 'live')).toHaveLength(1);
          await session.close();
        }
        expect(['idle', 'disconnected']).toContain(session.status.state);
        expect(left()).toEqual(NOTHING);
        expect(time.pending).toBe(0);
      }),
      { numRuns: 1_000 },
    );
    expect(FakeTransport.open).toBe(0);
  });

  test('the page signal ends the attempt, and is let go of afterwards', async () => {
    const controller = new AbortController();
    const { session, left, errors } = start({ token: () => new Promise(() => undefined) });
    const connecting = session.connect({ signal: controller.signal });
    controller.abort();
    await expect(connecting).rejects.toMatchObject({ code: 'aborted' });
    expect(session.status).toMatchObject({ state: 'disconnected', reason: 'page' });
    expect(left()).toEqual(NOTHING);
    expect(errors).toEqual([]);
    await expect(session.connect({ signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' });
    const second = start();
    const later = new AbortController();
    await second.session.connect({ signal: later.signal });
    later.abort();
    await settle();
    expect(second.session.status.state).toBe('connected');
  });
});

describe('given up in each phase, nothing is left', () => {
  const never = <T>() => new Promise<T>(() => undefined);
  const phases: [string, World][] = [
    ['the key', { token: never }],
    ['the code', { code: never }],
    ['the microphone', { permission: 'prompt', microphone: never }],
    ['the microphone without a prompt', { microphone: never }],
    ['the answer', { answer: never }],
    ['the channel', { configured: never }],
  ];
  test.each(phases)('waiting for %s', async (_, world) => {
    for (const how of ['close', 'hide', 'timeout'] as const) {
      const { session, left, time, hidePage, watchesPage, errors } = start(world);
      const connecting = session.connect();
      connecting.catch(() => undefined);
      await settle();
      if (how === 'close') await session.close('removed');
      else if (how === 'hide') hidePage();
      else if (world.permission === 'prompt') continue;
      else await time.advance(30_000);
      await settle();
      const code = how === 'timeout' ? expect.stringMatching(/timeout/) : 'aborted';
      await expect(connecting).rejects.toMatchObject({ code: code as string });
      expect(session.status.state).toBe(how === 'timeout' ? 'failed' : 'disconnected');
      expect(errors).toHaveLength(how === 'timeout' ? 1 : 0);
      expect(left()).toEqual(NOTHING);
      expect(watchesPage()).toBe(false);
    }
  });

  test('a microphone that is granted too late is closed at once', async () => {
    const late = deferred<MediaStream>();
    const { session } = start({ permission: 'prompt', microphone: () => late.promise });
    const connecting = session.connect();
    connecting.catch(() => undefined);
    await settle();
    await session.close();
    const { track, stream } = fakeStream();
    late.resolve(stream);
    await settle();
    expect(track.readyState).toBe('ended');
  });

  test('a call that nobody reached is hung up; one that was is not', async () => {
    const { session, paths } = start({ configured: () => new Promise(() => undefined) });
    session.connect().catch(() => undefined);
    await settle();
    await session.close();
    expect(paths()).toEqual([MINT, CALLS, `${CALLS}/rtc_1/hangup`]);
    const reached = start();
    await reached.session.connect();
    await reached.session.close();
    expect(reached.paths()).toEqual([MINT, CALLS]);
  });
});

describe('order of the steps', () => {
  test('permission granted: key, microphone and code at once, the offer with the key', async () => {
    const [key, microphone] = [deferred<Response>(), deferred<MediaStream>()];
    const { session, paths, transports } = start({ token: () => key.promise, microphone: () => microphone.promise });
    const connecting = session.connect();
    expect(paths()).toEqual([MINT]);
    await settle();
    expect(transports).toHaveLength(1);
    key.resolve(keyResponse());
    await vi.waitFor(() => expect(paths()).toEqual([MINT, CALLS]));
    await settle();
    expect(session.status.state).toBe('connecting');
    const { track, stream } = fakeStream();
    microphone.resolve(stream);
    await connecting;
    expect(transports[0]?.microphone).toBe(track);
  });

  test('no permission yet: no prompt before the key, no offer before the answer', async () => {
    const [key, microphone] = [deferred<Response>(), deferred<MediaStream>()];
    const ask = vi.fn(() => microphone.promise);
    const { session, paths, states } = start({ permission: 'prompt', token: () => key.promise, microphone: ask });
    const connecting = session.connect();
    await settle();
    expect(ask).not.toHaveBeenCalled();
    key.resolve(keyResponse());
    await vi.waitFor(() => expect(ask).toHaveBeenCalled());
    expect(paths()).toEqual([MINT]);
    expect(states).toEqual(['authorizing', 'microphone']);
    microphone.resolve(fakeStream().stream);
    await connecting;
    expect(paths()).toEqual([MINT, CALLS]);
  });

  test('a broken key endpoint never shows a prompt', async () => {
    const ask = vi.fn();
    const { session } = start({ permission: 'prompt', token: () => Promise.resolve(new Response('', { status: 401 })), microphone: ask });
    await expect(session.connect()).rejects.toMatchObject({ code: 'token_unauthorized' });
    expect(ask).not.toHaveBeenCalled();
  });

  test.each([
    ['insecure_context', { secure: false }],
    ['policy_blocked', { microphoneAllowed: () => false }],
    ['unsupported', { mediaDevices: undefined }],
    ['unsupported', { supports: () => false }],
  ])('%s is known without any request', async (code, overrides) => {
    const { session, requests } = start({}, {}, overrides);
    session.prepare();
    await expect(session.connect()).rejects.toMatchObject({ code });
    expect(requests).toEqual([]);
  });

  test('no microphone: a call by text alone still works', async () => {
    const refuse = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    const { session, transports, left } = start({ permission: 'prompt', microphone: refuse });
    await expect(session.connect()).rejects.toMatchObject({ code: 'mic_denied' });
    expect(left()).toEqual(NOTHING);
    await session.connect({ microphone: false });
    expect(session.status).toMatchObject({ state: 'connected', microphone: 'unavailable' });
    expect(transports.at(-1)?.options.receiveOnly).toBe(true);
  });
});

describe('time', () => {
  test('a slow phase is said after 2 s, the key gives up after 10', async () => {
    const { session, states, time } = start({ token: () => new Promise(() => undefined) });
    const refused = expect(session.connect()).rejects.toMatchObject({ code: 'token_timeout' });
    await time.advance(1_999);
    expect(states).toEqual(['authorizing']);
    await time.advance(1);
    expect(states).toEqual(['authorizing', 'authorizing slow']);
    await time.advance(8_000);
    await refused;
  });

  test('the visitor may read the prompt for minutes: nothing is minted, nothing runs out', async () => {
    const microphone = deferred<MediaStream>();
    const { session, paths, time } = start({ permission: 'prompt', microphone: () => microphone.promise, token: () => Promise.resolve(keyResponse('ek_1', 600)) });
    const connecting = session.connect({ timeout: 5_000 });
    await time.advance(60_000);
    expect(session.status).toMatchObject({ state: 'connecting', phase: 'microphone' });
    expect(paths()).toEqual([MINT]);
    microphone.resolve(fakeStream().stream);
    await connecting;
    expect(paths()).toEqual([MINT, CALLS]);
  });

  test('a key that expired meanwhile is replaced once, silently', async () => {
    const microphone = deferred<MediaStream>();
    const { session, paths, time } = start({ permission: 'prompt', microphone: () => microphone.promise });
    const connecting = session.connect();
    await time.advance(61_000);
    microphone.resolve(fakeStream().stream);
    await connecting;
    expect(paths()).toEqual([MINT, MINT, CALLS]);
  });

  test('where the clocks do not tell, the refusal of an old key does', async () => {
    const microphone = deferred<MediaStream>();
    let refusals = 1;
    const { session, paths, time } = start({
      permission: 'prompt',
      microphone: () => microphone.promise,
      token: () => Promise.resolve(Response.json({ value: 'ek_1' })),
      answer: () => Promise.resolve(refusals-- > 0 ? new Response('', { status: 401 }) : answerResponse()),
    });
    const connecting = session.connect();
    await time.advance(61_000);
    microphone.resolve(fakeStream().stream);
    await connecting;
    expect(paths()).toEqual([MINT, CALLS, MINT, CALLS]);
  });

  test('a fresh key that is refused is not asked for again', async () => {
    const { session, paths } = start({ answer: () => Promise.resolve(new Response('', { status: 401 })) });
    await expect(session.connect()).rejects.toMatchObject({ code: 'sdp_rejected' });
    expect(paths()).toEqual([MINT, CALLS]);
  });

  test('429 carries the moment of the next try', async () => {
    const { session, time } = start({ token: () => Promise.resolve(new Response('', { status: 429, headers: { 'retry-after': '7' } })) });
    await expect(session.connect()).rejects.toMatchObject({ code: 'rate_limited' });
    expect(session.status).toMatchObject({ state: 'failed', retryAt: time.at + 7_000 });
  });

  test('the key of the press is the key of the click', async () => {
    const { session, paths } = start();
    session.warm();
    session.prepare();
    await session.connect();
    expect(paths()).toEqual([MINT, CALLS]);
  });
});

describe('a live call', () => {
  async function live(options: CallOptions = {}) {
    const fake = start({}, options);
    await fake.session.connect();
    const [transport] = fake.transports as [FakeTransport];
    const emit = (type: string, more = {}) => transport.options.onEvent({ type, ...more });
    return { ...fake, transport, emit };
  }

  test('only what is set is sent; the greeting is asked for', async () => {
    const { transport } = await live({ greeting: 'Hello!' });
    expect(transport.options.session).toEqual({ type: 'realtime' });
    expect(transport.sent).toEqual([{ type: 'response.create', response: { instructions: expect.stringContaining('"Hello!"') as string } }]);
  });

  test('recoverable errors are told and the call goes on; races with the server are not', async () => {
    const { session, emit, errors } = await live();
    emit('error', { error: { code: 'response_cancel_not_active', message: 'x' } });
    emit('error', { error: { code: 'conversation_already_has_active_response' } });
    expect(errors).toEqual([]);
    emit('error', { error: { code: 'invalid_value', message: 'Bad item' } });
    emit('error', {});
    expect(errors).toMatchObject([{ code: 'server_error', message: 'Bad item' }]);
    expect(session.status.state).toBe('connected');
  });

  test.each([
    ['session_expired', 'session_expired'],
    ['insufficient_quota', 'server_error'],
  ])('%s ends the call', async (code, expected) => {
    const { session, emit, errors, left } = await live();
    emit('error', { error: { code } });
    await settle();
    expect(session.status).toMatchObject({ state: 'failed', error: { code: expected } });
    expect(errors).toHaveLength(1);
    expect(left()).toEqual(NOTHING);
  });

  test('an answer that failed is told', async () => {
    const { emit, errors } = await live();
    emit('response.done', { response: { id: 'r', status: 'failed', status_details: { error: { code: 'rate_limit_exceeded', message: 'slow down' } } } });
    expect(errors).toMatchObject([{ code: 'server_error', message: 'slow down' }]);
  });

  test('the server hangs up, the connection breaks, the page closes the transport', async () => {
    const hungUp = await live();
    hungUp.transport.options.onEnd('server');
    expect(hungUp.session.status).toMatchObject({ state: 'disconnected', reason: 'server' });
    expect(hungUp.left()).toEqual(NOTHING);
    expect(hungUp.errors).toEqual([]);
    const closed = await live();
    closed.transport.options.onEnd('page');
    expect(closed.session.status).toMatchObject({ state: 'disconnected', reason: 'page' });
  });

  test('packets that stop are shown, and forgotten when they come back', async () => {
    const { session, transport } = await live();
    const before = session.status;
    transport.options.onStalled(true);
    expect(session.status).toEqual({ state: 'reconnecting', attempt: 0 });
    transport.options.onStalled(false);
    expect(session.status).toEqual(before);
  });

  test('a microphone that vanishes leaves the call', async () => {
    const { session, tracks, transport, errors } = await live();
    tracks[0]?.dispatchEvent(new Event('ended'));
    expect(session.status).toMatchObject({ state: 'connected', microphone: 'unavailable' });
    expect(transport.microphone).toBeNull();
    expect(errors).toMatchObject([{ code: 'mic_missing' }]);
  });

  test('text while the agent speaks interrupts first', async () => {
    const { session, transport, emit } = await live();
    emit('response.created', { response: { id: 'r1' } });
    emit('output_audio_buffer.started', { response_id: 'r1' });
    session.sendText('stop');
    expect(transport.sent.map(({ type }) => type)).toEqual(['response.cancel', 'output_audio_buffer.clear', 'conversation.item.create', 'response.create']);
    expect(session.status).toMatchObject({ activity: 'thinking' });
  });

  test('speech over an answer cuts the sound here, without waiting for the server', async () => {
    const { emit, transport, session } = await live();
    const voice = { enabled: true } as MediaStreamTrack;
    transport.options.onTrack(voice);
    emit('response.created', { response: { id: 'r1' } });
    emit('output_audio_buffer.started', { response_id: 'r1' });
    emit('input_audio_buffer.speech_started', { item_id: 'u1' });
    expect(voice.enabled).toBe(false);
    expect(session.status).toMatchObject({ activity: 'user-speaking' });
    expect(transport.sent).toEqual([]);
  });

  test('interrupting silence does nothing', async () => {
    const { session, transport } = await live();
    session.interrupt();
    expect(transport.sent).toEqual([]);
  });

  test('nothing can be sent without a call', () => {
    const { session } = start();
    for (const send of [() => session.sendText('x'), () => session.sendEvent({ type: 'x' }), () => session.updateSessionConfig({})]) {
      expect(send).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    }
    expect(() => session.interrupt()).not.toThrow();
  });

  test('tools that the page answers itself are left to it', async () => {
    const execute = vi.fn();
    const { emit, transport } = await live({ tools: [{ name: 'ours', execute }], sessionConfig: { tools: [{ type: 'function', name: 'theirs' }] } });
    emit('response.created', { event_id: 'e1', response: { id: 'r1' } });
    for (const name of ['ours', 'theirs']) {
      const item = { id: name, type: 'function_call', call_id: name, name, arguments: '{}', status: 'completed' };
      emit('response.output_item.done', { event_id: name, response_id: 'r1', output_index: 0, item });
    }
    await vi.waitFor(() => expect(transport.sent.some(({ type }) => type === 'response.create')).toBe(true));
    expect(execute).toHaveBeenCalledTimes(1);
    expect(transport.sent.filter(({ type }) => type === 'conversation.item.create')).toHaveLength(1);
  });

  test('a listener that throws disturbs nobody', async () => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { session, emit, errors } = await live();
    session.on('server-event', () => {
      throw new Error('page bug');
    });
    emit('error', { error: { code: 'x' } });
    expect(errors).toHaveLength(1);
    expect(reported).toHaveBeenCalled();
    reported.mockRestore();
  });
});
