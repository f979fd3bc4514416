import { describe, expect, it } from 'vitest';
import type { SandboxCall } from '../../../src/sandbox/index.js';
import { createVisitor } from '../../unit/sandbox-media/visitor.js';
import { Notices, broker, closing, connected, offered, pass, placed, sandboxed } from './support.js';
import type { BrokeredCall, Broker } from './support.js';
import { PAGE } from '../token-route-support.js';

const word = (call: BrokeredCall): void =>
  call.call.sendEvent({ type: 'input_audio_buffer.committed', item_id: 'item_said', previous_item_id: null });

/** A call through a server with these options and its own sandbox. */
async function running(options: Parameters<typeof broker>[1] = {}): Promise<{ readonly server: Broker; readonly call: BrokeredCall }> {
  const sandbox = await sandboxed();
  const server = broker(sandbox.url, options);
  return { server, call: await connected(server, sandbox) };
}

/** Sends a text message and waits until the server received the end of the response. */
async function turn(call: BrokeredCall, server: Broker, nth: number): Promise<void> {
  call.say({
    type: 'conversation.item.create',
    item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello there.' }] },
  });
  call.say({ type: 'response.create' });
  await server.hears('response.done', nth);
}

describe('silence', () => {
  it('ends the call unless the visitor speaks in time', async () => {
    const { server, call } = await running({ limits: { maxIdleSeconds: 30, warningSeconds: 10 } });
    const notices = await Notices.of(server, call.location);
    await pass(server.clock, 20_000);
    expect(await notices.at(0)).toEqual({ type: 'ending', reason: 'idle', seconds: 10 });
    word(call);
    expect(await notices.at(1)).toEqual({ type: 'continues' });
    await pass(server.clock, 19_000);
    expect(notices.told).toHaveLength(2);
    await pass(server.clock, 11_000);
    expect(await notices.at(2)).toMatchObject({ type: 'ending', reason: 'idle' });
    expect(await notices.at(3)).toEqual({ type: 'ended', reason: 'idle' });
    expect(await call.call.ended).toBe('hangup');
  });

  it('starts over when the page reports that the visitor is active', async () => {
    const { server, call } = await running({ limits: { maxIdleSeconds: 30, warningSeconds: 10 } });
    const notices = await Notices.of(server, call.location);
    await pass(server.clock, 20_000);
    expect(await notices.at(0)).toEqual({ type: 'ending', reason: 'idle', seconds: 10 });
    const report = (location: string, origin = PAGE) =>
      server.app.request(`${location}/activity`, { method: 'POST', headers: { Origin: origin } });
    expect((await report(call.location)).status).toBe(204);
    expect(await notices.at(1)).toEqual({ type: 'continues' });
    await pass(server.clock, 19_000);
    expect(notices.told).toHaveLength(2);
    // Neither for an unknown call nor from a page of another origin.
    expect((await report(`/voice/call/${'x'.repeat(32)}`)).status).toBe(404);
    expect((await report(call.location, 'https://elsewhere.example')).status).toBe(403);
    await pass(server.clock, 11_000);
    expect(await notices.at(3)).toEqual({ type: 'ended', reason: 'idle' });
    expect((await report(call.location)).status, 'an ended call').toBe(204);
  });

  it('interrupted by activity reports does not extend the maximum duration', async () => {
    const { server, call } = await running({ limits: { maxSeconds: 60, maxIdleSeconds: 30, warningSeconds: 0 } });
    for (let at = 0; at < 5; at++) {
      await server.app.request(`${call.location}/activity`, { method: 'POST', headers: { Origin: PAGE } });
      await pass(server.clock, 12_000);
    }
    expect(await call.call.ended).toBe('hangup');
    expect((await server.heard('call-ended')).reason).toBe('duration');
  });

  it('does not count while the visitor speaks, or a response is generated or played', async () => {
    const { server, call } = await running({ limits: { maxIdleSeconds: 10, warningSeconds: 0 } });
    await Notices.of(server, call.location);
    const during = async (from: string, to: string): Promise<void> => {
      call.call.sendEvent({ type: from, response: { id: 'r' }, item_id: 'i' });
      await server.hears(from);
      await pass(server.clock, 60_000);
      expect(call.call.state).toBe('open');
      call.call.sendEvent({ type: to, response: { id: 'r' }, item_id: 'i' });
      await server.hears(to);
    };
    await during('input_audio_buffer.speech_started', 'input_audio_buffer.speech_stopped');
    await during('response.created', 'response.done');
    await during('output_audio_buffer.started', 'output_audio_buffer.cleared');
    await pass(server.clock, 9_000);
    expect(call.call.state).toBe('open');
    await pass(server.clock, 1_000);
    expect((await server.heard('call-ended')).reason).toBe('idle');
  });
});

describe('a visitor who left', () => {
  it('ends the call 15 s after the notice stream closed', async () => {
    const { server, call } = await running();
    const notices = await Notices.of(server, call.location);
    await pass(server.clock, 40_000);
    expect(call.call.state).toBe('open');
    notices.leave();
    await pass(server.clock, 14_000);
    expect(call.call.state).toBe('open');
    await pass(server.clock, 1_000);
    expect(await call.call.ended).toBe('hangup');
    expect((await server.heard('call-ended')).reason).toBe('vanished');
  });

  it('and returns in time keeps the call and receives the notices sent meanwhile', async () => {
    const { server, call } = await running({ limits: { maxIdleSeconds: 60, warningSeconds: 40 } });
    const first = await Notices.of(server, call.location);
    await pass(server.clock, 29_000);
    first.leave();
    await pass(server.clock, 8_000);
    const second = await Notices.of(server, call.location);
    expect(await second.at(0)).toEqual({ type: 'ending', reason: 'idle', seconds: 23 });
    await pass(server.clock, 20_000);
    expect(call.call.state).toBe('open');
    await pass(server.clock, 3_000);
    expect(await second.at(1)).toEqual({ type: 'ended', reason: 'idle' });
    // A later request receives how the call ended.
    const late = await Notices.of(server, call.location);
    expect(await late.at(0)).toEqual({ type: 'ended', reason: 'idle' });
    await late.over;
  });

  it('is not assumed if the page never opened the notice stream, until the idle limit', async () => {
    const { server, call } = await running({ limits: { maxIdleSeconds: 60 } });
    await pass(server.clock, 59_000);
    expect(call.call.state).toBe('open');
    await pass(server.clock, 1_000);
    expect((await server.heard('call-ended')).reason).toBe('idle');
  });
});

describe('an offer whose page never connects', () => {
  /** Places a call without accepting the answer, and waits until the sideband is attached. */
  async function offeredOnly(options: Parameters<typeof broker>[1] = {}): Promise<{ server: Broker; location: string; call: SandboxCall }> {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, options);
    const { offer } = closing(await createVisitor());
    const answer = await server.app.request(...offered(offer));
    await server.hears('session.created');
    return { server, location: answer.headers.get('Location') ?? '', call: await sandbox.nextCall() };
  }

  it('frees its place within ten seconds', async () => {
    const { server, call } = await offeredOnly({ budget: { maxConcurrent: 1 } });
    await pass(server.clock, 8_000);
    const { offer } = closing(await createVisitor());
    expect((await server.app.request(...offered(offer))).status).toBe(429);
    await pass(server.clock, 2_000);
    expect((await server.heard('call-ended')).reason).toBe('vanished');
    expect(await call.ended).toBe('hangup');
    expect((await server.app.request(...offered(offer))).status).toBe(201);
  });

  it('frees its place also if a page reads the notices', async () => {
    const { server, location } = await offeredOnly();
    const notices = await Notices.of(server, location);
    await pass(server.clock, 10_000);
    expect(await notices.at(0)).toEqual({ type: 'ended', reason: 'vanished' });
  });

  it('is not kept by tools that the API lists by itself', async () => {
    const { server, call } = await offeredOnly({
      profiles: { default: { mcp: [{ label: 'docs', url: 'https://docs.example.com/mcp' }] } },
    });
    call.sendEvent({ type: 'mcp_list_tools.in_progress', item_id: 'm' });
    call.sendEvent({ type: 'conversation.item.added', item: { id: 'm', type: 'mcp_list_tools', server_label: 'docs', tools: [] } });
    await server.hears('conversation.item.added');
    await pass(server.clock, 10_000);
    expect((await server.heard('call-ended')).reason).toBe('vanished');
  });

  it('is kept as soon as its page is connected, also if the visitor is silent', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, { limits: { maxIdleSeconds: 60 } });
    const call = await placed(server, sandbox);
    await server.hears('session.created');
    await pass(server.clock, 8_000);
    call.say({ type: 'session.update', session: { type: 'realtime' } });
    await server.hears('session.updated');
    await pass(server.clock, 40_000);
    expect(call.call.state).toBe('open');
  });

  it('is not ended if the sideband missed what happened', async () => {
    const { server, call } = await offeredOnly();
    await pass(server.clock, 6_000);
    call.closeSidebands();
    await server.heard('sideband', ({ state }) => state === 'attached-again');
    await pass(server.clock, 10_000);
    expect(call.state).not.toBe('ended');
  });
});

describe('tokens and money', () => {
  const prices = { 'gpt-realtime-2.1': { textInput: 4, audioInput: 32, textOutput: 16, audioOutput: 64 } };

  it("are metered from the API's usage and settled", async () => {
    const { server, call } = await running({ session: { model: 'gpt-realtime-2.1' }, prices });
    await turn(call, server, 1);
    const { event } = await call.call.waitForServerEvent('response.done');
    const { usage } = (
      event as unknown as {
        response: {
          usage: {
            total_tokens: number;
            input_token_details: { text_tokens: number; audio_tokens: number };
            output_token_details: { text_tokens: number; audio_tokens: number };
          };
        };
      }
    ).response;
    const { input_token_details: read, output_token_details: written } = usage;
    const micros = read.text_tokens * 4 + read.audio_tokens * 32 + written.text_tokens * 16 + written.audio_tokens * 64;
    expect(micros).toBeGreaterThan(0);
    await call.end();
    expect((await server.heard('call-ended')).spent).toEqual({ calls: 1, seconds: 0, tokens: usage.total_tokens, micros });
  });

  it.each<[string, object, { tokens: number; micros: number }]>([
    [
      'cached tokens at their own price',
      {
        type: 'response.done',
        response: {
          id: 'r',
          usage: {
            input_tokens: 300,
            output_tokens: 30,
            input_token_details: {
              text_tokens: 100,
              audio_tokens: 200,
              cached_tokens: 140,
              cached_tokens_details: { text_tokens: 40, audio_tokens: 100 },
            },
            output_token_details: { text_tokens: 10, audio_tokens: 20 },
          },
        },
      },
      { tokens: 330, micros: 60 * 4 + 40 * 1 + 100 * 32 + 100 * 32 + 10 * 16 + 20 * 64 },
    ],
    [
      'tokens without details at the highest price',
      { type: 'response.done', response: { id: 'r', usage: { input_tokens: 10, output_tokens: 5 } } },
      { tokens: 15, micros: 10 * 32 + 5 * 64 },
    ],
    [
      'invalid numbers as zero',
      { type: 'response.done', response: { id: 'r', usage: { input_tokens: 'many', output_tokens: -5 } } },
      { tokens: 0, micros: 0 },
    ],
    [
      'a transcription at its own price',
      {
        type: 'conversation.item.input_audio_transcription.completed',
        transcript: 'x',
        usage: { type: 'tokens', input_tokens: 20, output_tokens: 4, input_token_details: { audio_tokens: 20, text_tokens: 0 } },
      },
      { tokens: 24, micros: 20 * 6 + 4 * 0 },
    ],
    [
      'a transcription by its duration',
      { type: 'conversation.item.input_audio_transcription.completed', transcript: 'x', usage: { type: 'duration', seconds: 2.5 } },
      { tokens: 25, micros: 25 * 6 },
    ],
  ])('count %s', async (_name, event, expected) => {
    const session = { model: 'gpt-realtime-2.1', transcription: { model: 'gpt-transcribe' } };
    const { server, call } = await running({
      session,
      prices: { 'gpt-realtime-2.1': { ...prices['gpt-realtime-2.1'], cachedTextInput: 1 }, 'gpt-transcribe': { audioInput: 6 } },
    });
    const told = event as { type: string };
    call.call.sendEvent(told);
    await server.hears(told.type);
    await call.end();
    expect((await server.heard('call-ended')).spent).toEqual({ calls: 1, seconds: 0, ...expected });
  });

  it.each([
    ['tokens', { tokens: 800 }, {}, 800],
    ['micros', { money: 0.05 }, { prices }, 50_000],
  ] as const)('%s end the call with a notice before the cap is exceeded', async (name, limits, options, cap) => {
    const { server, call } = await running({
      session: { model: 'gpt-realtime-2.1', instructions: 'Be short.' },
      limits: { ...limits, warningSeconds: 10, maxSeconds: 600 },
      ...options,
    });
    const notices = await Notices.of(server, call.location);
    // No response may be longer than the cap allows.
    const bound = call.call.sessionConfig.max_output_tokens;
    expect(bound).toBeTypeOf('number');
    let turns = 0;
    while (notices.told.length === 0) {
      await turn(call, server, ++turns);
      await new Promise((resolve) => setImmediate(resolve));
      expect(turns).toBeLessThan(100);
    }
    expect(turns).toBeGreaterThan(1);
    expect(await notices.at(0)).toEqual({ type: 'ending', reason: 'budget', seconds: 10 });
    await pass(server.clock, 10_000);
    expect(await notices.at(1)).toEqual({ type: 'ended', reason: 'budget' });
    const { spent } = await server.heard('call-ended');
    expect(spent[name]).toBeGreaterThan(cap / 4);
    expect(spent[name]).toBeLessThanOrEqual(cap);
    expect(await call.call.ended).toBe('hangup');
  });

  it('end the call before a response starts if the page sends more than the cap allows', async () => {
    const { server, call } = await running({ session: { model: 'gpt-realtime-2.1' }, limits: { tokens: 2_000 } });
    call.say({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'word '.repeat(4_000) }] },
    });
    expect(await call.call.ended).toBe('hangup');
    expect((await server.heard('call-ended')).reason).toBe('budget');
  });
});
