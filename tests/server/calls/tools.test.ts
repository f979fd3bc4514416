import { describe, expect, it } from 'vitest';
import type { ServerTool, TranscriptTurn } from '../../../src/server/options.js';
import { signalled } from '../token-route-support.js';
import { broker, connected, pass, sandboxed } from './support.js';
import type { BrokeredCall } from './support.js';

const tool = (name: string, execute: ServerTool['execute'], more: Partial<ServerTool> = {}): ServerTool => ({ name, execute, ...more });
const agent = (...tools: ServerTool[]) => ({ profiles: { default: { session: { model: 'gpt-realtime-2.1' }, tools } } });

/** Tool outputs sent to the model, by call ID. */
function outputs({ call }: BrokeredCall): Record<string, string> {
  return Object.fromEntries(
    call.items.filter(({ type }) => type === 'function_call_output').map(({ call_id, output }) => [call_id, output ?? '']),
  );
}

/** Number of requested responses. */
const asked = ({ call }: BrokeredCall): number =>
  call.events.filter(({ direction, type }) => direction === 'in' && type === 'response.create').length;

describe('tools of the server', () => {
  it('run in parallel on the server, then the model responds once', async () => {
    const sandbox = await sandboxed();
    sandbox.script({
      replies: [
        {
          items: [
            { call: 'find', arguments: { size: 43 }, callId: 'c1' },
            { call: 'stock', arguments: {}, callId: 'c2' },
          ],
        },
      ],
    });
    const both = signalled();
    let running = 0;
    const seen: unknown[] = [];
    const together: ServerTool['execute'] = async (args, { profile, ref, visitor, signal }) => {
      seen.push(args, profile, typeof ref, typeof visitor, signal.aborted);
      if (++running === 2) both.resolve();
      await both.promise;
      return { found: 3n };
    };
    const server = broker(sandbox.url, agent(tool('find', together), tool('stock', together)));
    const call = await connected(server, sandbox);
    expect(call.call.sessionConfig.tools?.map((one) => (one.type === 'function' ? one.name : ''))).toEqual(['find', 'stock']);
    call.say({ type: 'response.create' });
    await server.hears('response.done', 2);
    expect(outputs(call)).toEqual({ c1: '{"found":"3"}', c2: '{"found":"3"}' });
    expect(seen.slice(0, 5)).toEqual([{ size: 43 }, 'default', 'string', 'undefined', false]);
    expect(asked(call)).toBe(2);
    expect(server.events.filter(({ type }) => type === 'tool')).toMatchObject([
      { name: 'find', failed: false },
      { name: 'stock', failed: false },
    ]);
  });

  it.each<[string, ServerTool['execute'], string | RegExp]>([
    ['undefined', () => undefined, ''],
    ['a string', () => 'as it is', 'as it is'],
    [
      'a circular object',
      () => {
        const one: Record<string, unknown> = { a: 1 };
        one['self'] = one;
        return one;
      },
      '{"a":1,"self":"[circular]"}',
    ],
    [
      'a repeated object',
      () => {
        const one = { a: 1 };
        return [one, one];
      },
      '[{"a":1},{"a":1}]',
    ],
    [
      'an object with a throwing getter',
      () => ({
        get a() {
          throw new Error('canary');
        },
      }),
      '"[unreadable]"',
    ],
    ['10 MB', () => 'ä'.repeat(5_000_000), /^ä+…\[cut\]$/],
    ['a list of a million items', () => Array.from({ length: 1_000_000 }, (_, index) => index), /^\[0,1,2,.*…\[cut\]$/],
    ['a lone surrogate', () => ({ text: '\ud83d' }), '{"text":"\\ud83d"}'],
    [
      'an error',
      () => {
        throw new Error('canary 10.0.0.5');
      },
      '{"error":"The tool failed."}',
    ],
    [
      'an exposed error',
      () => {
        throw Object.assign(new Error('No such size.'), { expose: true });
      },
      '{"error":"No such size."}',
    ],
    ['a rejection without an error', () => Promise.reject(new TypeError('canary')), '{"error":"The tool failed."}'],
  ])('may return or throw %s', async (_name, execute, expected) => {
    const sandbox = await sandboxed();
    sandbox.script({ replies: [{ items: [{ call: 'find', arguments: {}, callId: 'c1' }] }] });
    const server = broker(sandbox.url, agent(tool('find', execute)));
    const call = await connected(server, sandbox);
    call.say({ type: 'response.create' });
    await server.hears('response.done', 2);
    const output = outputs(call)['c1'] ?? '';
    if (typeof expected === 'string') expect(output).toBe(expected);
    else expect(output).toMatch(expected);
    expect(new TextEncoder().encode(output).length).toBeLessThanOrEqual(16_384);
    expect(call.call.state).toBe('open');
    expect(JSON.stringify(server.events)).not.toContain('canary');
  });

  it('are not run with invalid arguments', async () => {
    const sandbox = await sandboxed();
    sandbox.script({
      replies: [
        {
          items: [
            { call: 'find', arguments: '{"size":', callId: 'c1' },
            { call: 'find', arguments: '[1]', callId: 'c2' },
            { call: 'find', arguments: '{"__proto__":{"polluted":true},"size":1}', callId: 'c3' },
          ],
        },
      ],
    });
    const ran: unknown[] = [];
    const server = broker(sandbox.url, agent(tool('find', (args) => void ran.push(args))));
    const call = await connected(server, sandbox);
    call.say({ type: 'response.create' });
    await server.hears('response.done', 2);
    expect(ran).toEqual([{ size: 1 }]);
    expect(Object.keys(ran[0] as object)).toEqual(['size']);
    expect(outputs(call)).toMatchObject({
      c1: '{"error":"The arguments are not a JSON object."}',
      c2: '{"error":"The arguments are not a JSON object."}',
    });
  });

  it('time out individually while other tools respond', async () => {
    const sandbox = await sandboxed();
    sandbox.script({
      replies: [
        {
          items: [
            { call: 'slow', arguments: {}, callId: 'c1' },
            { call: 'fast', arguments: {}, callId: 'c2' },
          ],
        },
      ],
    });
    const began = signalled<AbortSignal>();
    const slow = tool(
      'slow',
      (_args, { signal }) => {
        began.resolve(signal);
        return new Promise(() => undefined);
      },
      { timeout: 2_000 },
    );
    const server = broker(
      sandbox.url,
      agent(
        slow,
        tool('fast', () => 'done'),
      ),
    );
    const call = await connected(server, sandbox);
    call.say({ type: 'response.create' });
    const signal = await began.promise;
    await call.call.waitForClientEvent('conversation.item.create');
    expect(signal.aborted).toBe(false);
    await pass(server.clock, 2_000);
    await server.hears('response.done', 2);
    expect(signal.aborted).toBe(true);
    expect(outputs(call)).toEqual({ c1: '{"error":"The tool did not answer in time."}', c2: 'done' });
    expect(asked(call)).toBe(2);
  });

  it('are aborted when the call ends', async () => {
    const sandbox = await sandboxed();
    sandbox.script({ replies: [{ items: [{ call: 'slow', arguments: {} }] }] });
    const began = signalled<AbortSignal>();
    const server = broker(
      sandbox.url,
      agent(
        tool('slow', (_args, { signal }) => {
          began.resolve(signal);
          return new Promise(() => undefined);
        }),
      ),
    );
    const call = await connected(server, sandbox);
    call.say({ type: 'response.create' });
    const signal = await began.promise;
    await call.end();
    expect(signal.aborted).toBe(true);
  });

  it('are not run for function calls that a page creates', async () => {
    const sandbox = await sandboxed();
    let ran = 0;
    const server = broker(sandbox.url, agent(tool('find', () => ++ran)));
    const call = await connected(server, sandbox);
    call.say({ type: 'conversation.item.create', item: { type: 'function_call', name: 'find', call_id: 'mine', arguments: '{}' } });
    call.say({ type: 'response.create' });
    expect(await call.call.ended).toBe('hangup');
    expect((await server.heard('tampered')).field).toBe('conversation.item.function_call');
    expect(ran).toBe(0);
  });
});

describe('transcripts', () => {
  it('of finished turns are passed only to onTranscript', async () => {
    const sandbox = await sandboxed();
    sandbox.script({ replies: ['Good canary morning.'] });
    const turns: TranscriptTurn[] = [];
    const server = broker(sandbox.url, {
      onTranscript: (turn) => {
        turns.push(turn);
        throw new Error('disk full');
      },
    });
    const call = await connected(server, sandbox);
    call.say({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello canary.' }] },
    });
    call.say({ type: 'response.create' });
    await server.hears('response.done');
    call.call.sendEvent({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: 'i',
      content_index: 0,
      transcript: 'Spoken canary.',
      usage: { type: 'duration', seconds: 2 },
    });
    await server.hears('conversation.item.input_audio_transcription.completed');
    expect(turns.map(({ role, text }) => [role, text])).toEqual([
      ['user', 'Hello canary.'],
      ['assistant', 'Good canary morning.'],
      ['user', 'Spoken canary.'],
    ]);
    expect(turns[0]).toMatchObject({ profile: 'default', visitor: undefined });
    await call.end();
    expect(JSON.stringify(server.events)).not.toContain('canary');
  });
});
