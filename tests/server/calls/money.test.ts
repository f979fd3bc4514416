/** The bound in money of a brokered call: by default, and against a page that tries to exceed it. */
import { describe, expect, it } from 'vitest';
import { MODEL_PRICES } from '../../../src/server/config/model-prices.js';
import { broker, connected, pass, sandboxed } from './support.js';
import type { BrokeredCall, Broker } from './support.js';

const MODEL = 'gpt-realtime-2.1';
const session = { model: MODEL, instructions: 'Be short.' };
const { textInput = 0, audioInput = 0, audioOutput = 0 } = MODEL_PRICES[MODEL] ?? {};

/** Millionths of a dollar: the most that one response can cost, with a full context of audio and the longest answer. */
const ONE_RESPONSE = 128_000 * audioInput + 4_096 * audioOutput;

interface ReportedUsage {
  readonly input_token_details: { readonly text_tokens: number; readonly audio_tokens: number };
  readonly output_token_details: { readonly text_tokens: number; readonly audio_tokens: number };
}

/** What the API has reported as used, in millionths of a dollar. */
const reported = (call: BrokeredCall): number =>
  call.call.events
    .filter(({ direction, event }) => direction === 'out' && event.type === 'response.done')
    .map(({ event }) => (event['response'] as { usage: ReportedUsage }).usage)
    .reduce(
      (sum, { input_token_details: read, output_token_details: written }) =>
        sum +
        read.text_tokens * textInput +
        read.audio_tokens * audioInput +
        written.text_tokens * (MODEL_PRICES[MODEL]?.textOutput ?? 0) +
        written.audio_tokens * audioOutput,
      0,
    );

/** The page adds an item of 240 kB, which the sandbox counts as 60,000 tokens. */
async function bigItem(call: BrokeredCall, server: Broker, id: string): Promise<void> {
  const content = [{ type: 'input_text', text: 'word '.repeat(48_000) }];
  const before = server.sidebands.filter(({ type }) => type === 'conversation.item.added').length;
  call.say({ type: 'conversation.item.create', item: { id, type: 'message', role: 'user', content } });
  await server.hears('conversation.item.added', before + 1);
}

/** A response outside of the conversation that reads both items. */
const aside = {
  type: 'response.create',
  response: {
    conversation: 'none',
    output_modalities: ['text'],
    input: [
      { type: 'item_reference', id: 'item_big1' },
      { type: 'item_reference', id: 'item_big2' },
    ],
  },
};

describe('the bound in money', () => {
  it('holds by default: it follows from the price of the model', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, { session });
    const call = await connected(server, sandbox);
    expect(call.call.sessionConfig.max_output_tokens).toBe(4_003);
    const usage = { input_token_details: { audio_tokens: 10_000 }, output_token_details: { audio_tokens: 2_000 } };
    const spend = (id: string): void => {
      call.call.sendEvent({ type: 'response.created', response: { id, conversation_id: 'conv' } });
      call.call.sendEvent({ type: 'response.done', response: { id, conversation_id: 'conv', status: 'completed', usage } });
    };
    // 0.448 dollars each.
    for (const id of ['r1', 'r2', 'r3', 'r4']) spend(id);
    const { reason, spent } = await server.heard('call-ended');
    expect(reason).toBe('budget');
    // The fifth one could cost 0.64 dollars, and the default limit is 2.05.
    expect(spent.micros).toBe(4 * 448_000);
    expect(await call.call.ended).toBe('hangup');
  });

  it('can be disabled', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, { session, limits: { money: false }, budget: { moneyPerDay: false } });
    const call = await connected(server, sandbox);
    expect(call.call.sessionConfig.max_output_tokens).toBe('inf');
    const usage = { input_token_details: { audio_tokens: 100_000 }, output_token_details: { audio_tokens: 20_000 } };
    call.call.sendEvent({ type: 'response.done', response: { id: 'r', conversation_id: 'conv', status: 'completed', usage } });
    await server.hears('response.done');
    await call.end();
    expect(await server.heard('call-ended')).toMatchObject({ reason: 'visitor', spent: { micros: 4_480_000 } });
  });

  it('is exceeded by at most one response when a page requests twenty at once', async () => {
    // Long enough that no response ends before the server reacts.
    const sandbox = await sandboxed({ thinkMs: 60_000 });
    const limit = 5;
    const server = broker(sandbox.url, { session, limits: { money: limit } });
    const call = await connected(server, sandbox);
    await bigItem(call, server, 'item_big1');
    await bigItem(call, server, 'item_big2');
    for (let each = 0; each < 20; each++) call.say(aside);
    expect(await call.call.ended).toBe('hangup');
    const { spent } = await server.heard('call-ended');
    expect(spent.micros).toBeGreaterThan(0);
    expect(spent.micros).toBeLessThanOrEqual(limit * 1_000_000 + ONE_RESPONSE);
    expect(reported(call)).toBe(0);
  });

  it('is exceeded by at most one response when a page requests twenty, one after the other', async () => {
    const sandbox = await sandboxed();
    const limit = 5;
    const server = broker(sandbox.url, { session, limits: { money: limit } });
    const call = await connected(server, sandbox);
    await bigItem(call, server, 'item_big1');
    await bigItem(call, server, 'item_big2');
    const over = server.heard('call-ended').then(() => 'ended');
    let requested = 0;
    for (let answered: string | undefined; answered !== 'ended' && requested < 20;) {
      call.say(aside);
      answered = await Promise.race([over, server.hears('response.done', ++requested).then(() => undefined)]);
    }
    expect(await call.call.ended).toBe('hangup');
    expect(requested).toBeGreaterThan(1);
    // Each cost 0.48 dollars, but could have cost as much as a full context of audio.
    expect(reported(call)).toBeGreaterThan(400_000);
    expect(reported(call)).toBeLessThanOrEqual(limit * 1_000_000 + ONE_RESPONSE);
    const { spent } = await server.heard('call-ended');
    expect(spent.micros).toBeLessThanOrEqual(limit * 1_000_000 + ONE_RESPONSE);
    expect(spent.micros).toBeGreaterThanOrEqual(reported(call));
  });
});

describe('a response that is cut off', () => {
  const open = async (options: Parameters<typeof broker>[1] = {}): Promise<{ server: Broker; call: BrokeredCall }> => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, {
      session: { ...session, config: { max_output_tokens: 1_000 } },
      limits: { money: 20 },
      ...options,
    });
    return { server, call: await connected(server, sandbox) };
  };
  /** The most that a response can cost at the start of these calls: the instructions and the longest answer. */
  const MOST = 5 * textInput + 1_000 * audioOutput;
  const created = (id: string): { type: string; response: object } => ({
    type: 'response.created',
    response: { id, conversation_id: 'conv' },
  });
  const done = (id: string, status: string, usage: unknown = null): { type: string; response: object } => ({
    type: 'response.done',
    response: { id, conversation_id: 'conv', status, usage },
  });

  it.each([
    ['by the end of the call', [created('r')], MOST],
    ['by the visitor, without reported usage', [created('r'), done('r', 'cancelled')], MOST],
    ['by its limit, without reported usage', [created('r'), done('r', 'incomplete')], MOST],
    [
      'by the visitor, with reported usage',
      [created('r'), done('r', 'cancelled', { output_token_details: { audio_tokens: 7 } })],
      7 * audioOutput,
    ],
    ['because it failed to start', [created('r'), done('r', 'failed')], 0],
    ['twice', [created('r'), created('s'), done('r', 'cancelled')], 2 * MOST],
  ])('%s counts with the most that it can cost, unless the usage is known', async (_, events, micros) => {
    const { server, call } = await open();
    for (const event of events) call.call.sendEvent(event);
    await server.hears(events.at(-1)?.type ?? '', events.filter(({ type }) => type === events.at(-1)?.type).length);
    await call.end();
    expect((await server.heard('call-ended')).spent.micros).toBe(micros);
  });

  it('while the sideband is detached counts once, also if its end is received later', async () => {
    const { server, call } = await open();
    // A sideband that was attached this long is reattached at once.
    await pass(server.clock, 6_000);
    call.call.sendEvent(created('r'));
    await server.hears('response.created');
    call.call.closeSidebands();
    await server.heard('sideband', ({ state }) => state === 'attached-again');
    call.call.sendEvent(done('r', 'completed', { output_token_details: { audio_tokens: 7 } }));
    await server.hears('response.done');
    await call.end();
    expect((await server.heard('call-ended')).spent.micros).toBe(MOST);
  });
});
