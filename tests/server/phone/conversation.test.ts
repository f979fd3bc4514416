/**
 * Whole phone conversations: the sandbox places the call, the server accepts it by webhook, an agent of the real Agents SDK speaks,
 * and the caller hears it.
 */
import { describe, expect, it } from 'vitest';
import { MemoryState } from '../../../src/server/state/memory-state.js';
import type { SharedState } from '../../../src/server/contract/shared-state.js';
import { findWords, SAME_WORDS } from '../../support/sound-match.js';
import { record } from '../../support/spoken.js';
import { tone } from '../../unit/sandbox/harness.js';
import { pass } from '../calls/support.js';
import { HandClock, signalled } from '../token-route-support.js';
import { CALLER, NUMBER, PATIENCE, dial, phoneSandbox, phoneServer, posted, steps } from './support.js';

const HUMAN = 'tel:+4930123499';

describe('a phone conversation', { timeout: 60_000 }, () => {
  it('is accepted and greeted, answers a question with a tool, and ends when the caller hangs up', async () => {
    const words = await record('phone-order', ['I would like to know where my order is.']);
    const { createSpeech, synthesize } = await import('../../../src/sandbox/media/speech.js');
    const speech = createSpeech();
    const answer = 'Your order arrives on Friday morning.';
    const asked: unknown[] = [];
    try {
      const sandbox = await phoneSandbox({
        speak: (text) => synthesize(text, speech),
        script: {
          replies: ['Good day, how can I help?', { items: [{ call: 'find_order', arguments: { number: 7 } }] }, answer],
          transcripts: ['I would like to know where my order is.'],
        },
      });
      const turns: { role: string; text: string }[] = [];
      const server = await phoneServer(sandbox, {
        profiles: {
          shop: {
            access: ['phone'],
            session: {
              model: 'gpt-realtime-2.1',
              instructions: 'Sell flowers.',
              voice: 'cedar',
              turnDetection: 'server_vad',
              transcription: { model: 'gpt-transcribe' },
            },
            tools: [
              {
                name: 'find_order',
                description: 'Looks an order up.',
                parameters: { type: 'object', properties: { number: { type: 'integer' } }, required: ['number'] },
                execute: (args, { profile, visitor, ref }) => {
                  asked.push({ args, profile, known: typeof visitor === 'string', ref: typeof ref === 'string' });
                  return { arrives: 'Friday' };
                },
              },
            ],
            mcp: [{ label: 'flowers', url: 'https://mcp.example.com/', authorization: 'Bearer canary' }],
          },
        },
        onTranscript: ({ role, text }) => turns.push({ role, text }),
      });
      const caller = dial(sandbox, server);
      expect(await caller.delivered).toEqual({ status: 200, body: '' });
      const call = await caller.answered;
      expect(call.sessionConfig).toMatchObject({
        model: 'gpt-realtime-2.1',
        instructions: 'Sell flowers.',
        audio: {
          input: { turn_detection: { type: 'server_vad' }, transcription: { model: 'gpt-transcribe' } },
          output: { voice: 'cedar' },
        },
        tools: [
          {
            type: 'function',
            name: 'find_order',
            description: 'Looks an order up.',
            parameters: { properties: { number: { type: 'integer' } } },
          },
          { type: 'function', name: 'end_call' },
          { type: 'mcp', server_label: 'flowers', authorization: 'Bearer canary' },
        ],
        tracing: null,
      });
      await call.waitForServerEvent('output_audio_buffer.stopped', PATIENCE);
      const said = Date.now();
      await caller.say(words.samples);
      const spoken = await call.waitForServerEvent(({ type, at }) => type === 'output_audio_buffer.stopped' && at > said, PATIENCE);
      expect(asked).toEqual([{ args: { number: 7 }, profile: 'shop', known: true, ref: true }]);
      expect(call.items.find(({ type }) => type === 'function_call_output')).toMatchObject({ output: '{"arrives":"Friday"}' });
      await caller.waitForSilence({ after: spoken.at, ...PATIENCE });
      expect(findWords(caller.heard(), await synthesize(answer, speech)).score, 'the caller hears the answer').toBeGreaterThan(SAME_WORDS);
      expect(findWords(call.inputAudio(), words.samples).score, 'the agent hears the caller').toBeGreaterThan(SAME_WORDS);
      expect(turns).toEqual([
        { role: 'assistant', text: 'Good day, how can I help?' },
        { role: 'user', text: 'I would like to know where my order is.' },
        { role: 'assistant', text: answer },
      ]);
      // The accepted session was never updated.
      expect(call.events.filter(({ direction, type }) => direction === 'in' && type === 'session.update')).toEqual([]);
      expect(call.sidebands).toBe(1);
      caller.hangUp();
      const ended = await server.heard('call-ended');
      expect(ended).toMatchObject({ kind: 'phone', profile: 'shop', reason: 'visitor', spent: { calls: 1 } });
      expect(steps(server)).toEqual(['incoming', 'accepted', 'ended: visitor']);
      expect(server.events.find(({ type }) => type === 'tool')).toMatchObject({ name: 'find_order', failed: false });
      // No event contains the caller's number; all contain the same hash.
      expect(JSON.stringify(server.events)).not.toContain(CALLER.slice(3));
      expect(
        new Set(
          server.events.flatMap((event) =>
            event.type === 'phone' ? [event.caller] : event.type === 'call-started' ? [event.visitor] : [],
          ),
        ).size,
      ).toBe(1);
    } finally {
      await speech.close();
    }
  });

  it('is transferred to a human after the agent has announced it', async () => {
    const sandbox = await phoneSandbox({
      script: { replies: [{ items: [{ say: 'I transfer you to a colleague now.' }, { call: 'transfer_to_human' }] }] },
    });
    const server = await phoneServer(sandbox, { phone: { human: HUMAN } as never });
    const caller = dial(sandbox, server);
    const call = await caller.answered;
    expect(await caller.ended).toEqual({ by: 'referred', target: HUMAN });
    // The announcement was complete before the transfer.
    expect(call.events.map(({ type }) => type)).toContain('output_audio_buffer.stopped');
    expect(await server.heard('call-ended')).toMatchObject({ reason: 'referred' });
    expect(steps(server)).toEqual(['incoming', 'accepted', 'referred', 'ended: referred']);
    expect(posted(sandbox, 'refer')).toEqual([{ target_uri: HUMAN }]);
    // A hangup could have interrupted the transfer.
    expect(posted(sandbox, 'hangup')).toEqual([]);
  });

  it('stays with the agent if the transfer fails, and has no transfer tool if no human is configured', async () => {
    const sandbox = await phoneSandbox({
      script: {
        replies: [{ items: [{ call: 'transfer_to_human' }] }, 'That did not work.'],
        faults: [{ at: 'refer', fault: 'status', status: 400 }],
      },
    });
    const server = await phoneServer(sandbox, { phone: { human: HUMAN } as never });
    const caller = dial(sandbox, server);
    const call = await caller.answered;
    await call.waitForServerEvent('output_audio_buffer.started', PATIENCE);
    expect(call.items.find(({ type }) => type === 'function_call_output')?.output).toContain('The transfer failed');
    expect([caller.state, steps(server)]).toEqual(['talking', ['incoming', 'accepted']]);
    const alone = await phoneServer(sandbox);
    const other = await dial(sandbox, alone).answered;
    expect(other.sessionConfig.tools?.map((tool) => (tool as { name?: string }).name)).toEqual(['end_call']);
  });

  it('is ended by the agent after it has said goodbye', async () => {
    const sandbox = await phoneSandbox({ script: { replies: [{ items: [{ say: 'Goodbye, have a nice day.' }, { call: 'end_call' }] }] } });
    const server = await phoneServer(sandbox);
    const caller = dial(sandbox, server);
    const call = await caller.answered;
    expect(await caller.ended).toEqual({ by: 'hangup' });
    expect(call.events.map(({ type }) => type)).toContain('output_audio_buffer.stopped');
    expect(caller.heardLevel()).toBeGreaterThan(-40);
    expect(await server.heard('call-ended')).toMatchObject({ reason: 'agent' });
  });

  it('ends at its maximum duration and after silence', async () => {
    const sandbox = await phoneSandbox({ script: { replies: ['Good day.'] } });
    const clock = new HandClock();
    const server = await phoneServer(sandbox, { limits: { maxSeconds: 120 } }, clock);
    const caller = dial(sandbox, server);
    const call = await caller.answered;
    await server.heard('sideband');
    await call.waitForServerEvent('output_audio_buffer.stopped', PATIENCE);
    // Key presses interrupt silence.
    for (let minute = 0; minute < 2; minute++) {
      await pass(clock, 50_000);
      caller.press('1');
      await server.heard(
        'phone',
        ({ step }) => step === 'dtmf' && server.events.filter((event) => event.type === 'phone' && event.step === 'dtmf').length > minute,
      );
    }
    expect(caller.state).toBe('talking');
    await pass(clock, 20_000);
    expect(await caller.ended).toEqual({ by: 'hangup' });
    expect(await server.heard('call-ended')).toMatchObject({ reason: 'duration', spent: { seconds: 120 } });
    const silent = await phoneServer(sandbox, { limits: { maxIdleSeconds: 30 }, phone: { greeting: false } as never }, clock);
    const quiet = dial(sandbox, silent);
    await quiet.answered;
    await silent.heard('sideband');
    await pass(clock, 30_000);
    expect(await quiet.ended).toEqual({ by: 'hangup' });
    expect(await silent.heard('call-ended')).toMatchObject({ reason: 'idle', spent: { seconds: 30 } });
    expect(quiet.heardLevel(), 'the caller speaks first').toBe(-100);
  });

  it('runs the agent’s tools within their limits', async () => {
    let ran = 0;
    const sandbox = await phoneSandbox({
      script: { replies: [{ items: Array.from({ length: 3 }, () => ({ call: 'find', arguments: {} })) }, 'Done.'] },
    });
    const server = await phoneServer(sandbox, {
      profiles: {
        shop: {
          access: ['phone'],
          tools: [{ name: 'find', execute: () => ++ran }],
          limits: { toolRuns: { perCall: 2, argumentBytes: 64 } },
        },
      },
      phone: { greeting: 'Find it.' } as never,
    });
    const call = await dial(sandbox, server).answered;
    await call.waitForServerEvent('output_audio_buffer.stopped', PATIENCE);
    expect(ran).toBe(2);
    const outputs = call.items.filter(({ type }) => type === 'function_call_output').map(({ output }) => output);
    expect(outputs.filter((output) => output?.includes('The limit of tool calls for this conversation is reached.'))).toHaveLength(1);
    expect(await server.heard('tool', ({ refused }) => refused !== undefined)).toMatchObject({ name: 'find', refused: 'perCall' });
  });

  it('reports key presses', async () => {
    const sandbox = await phoneSandbox();
    const pressed: unknown[] = [];
    const all = signalled();
    const server = await phoneServer(sandbox, {
      phone: {
        greeting: 'Ask for a number.',
        onDtmf: (press: unknown) => {
          if (pressed.push(press) === 3) all.resolve();
          throw new Error('its own matter');
        },
      } as never,
    });
    const caller = dial(sandbox, server);
    const call = await caller.answered;
    await caller.waitForSound(PATIENCE);
    caller.press('17#');
    await all.promise;
    const { ref } = await server.heard('call-started');
    expect(pressed).toEqual(['1', '7', '#'].map((digit) => ({ ref, digit })));
    expect(steps(server)).toEqual(['incoming', 'accepted', 'dtmf', 'dtmf', 'dtmf']);
    expect(JSON.stringify(server.events), 'only the owner’s code receives the pressed keys').not.toMatch(/"(digit|event)":/);
    expect((await call.waitForClientEvent('response.create')).event).toMatchObject({ response: { instructions: 'Ask for a number.' } });
  });

  it('survives a lost sideband and keeps its tools', async () => {
    const sandbox = await phoneSandbox({ script: { replies: ['Good day.', { items: [{ call: 'end_call' }] }] } });
    const server = await phoneServer(sandbox);
    const caller = dial(sandbox, server);
    const call = await caller.answered;
    await call.waitForServerEvent('output_audio_buffer.stopped', PATIENCE);
    call.closeSidebands();
    await server.heard('sideband', ({ state }) => state === 'attached-again');
    await caller.say(tone(800));
    await caller.say(1_000);
    expect(await caller.ended).toEqual({ by: 'hangup' });
    expect(await server.heard('call-ended')).toMatchObject({ reason: 'agent' });
    expect(server.events.filter(({ type }) => type === 'sideband')).toMatchObject([
      { state: 'attached' },
      { state: 'lost' },
      { state: 'attached-again' },
    ]);
  });

  it('reveals no internal details to the model when tools fail, time out or require approval', async () => {
    const sandbox = await phoneSandbox({
      script: {
        replies: [
          { items: [{ call: 'broken' }] },
          { items: [{ call: 'slow' }] },
          { items: [{ call: 'broken', arguments: '{"half' }] },
          { items: [{ call: 'unknown', arguments: {} }] },
          { items: [{ mcpApproval: 'wire_money', server: 'bank' }] },
          'Sorry.',
        ],
        mcp: { bank: { tools: [{ name: 'wire_money' }] } },
      },
    });
    const aborted: unknown[] = [];
    const server = await phoneServer(sandbox, {
      profiles: {
        reception: {
          access: ['phone'],
          tools: [
            { name: 'broken', execute: () => Promise.reject(new Error('canary: password wrong')) },
            {
              name: 'slow',
              timeout: 100,
              execute: (_, { signal }) =>
                new Promise((resolve) => signal.addEventListener('abort', () => resolve(aborted.push(signal.aborted)))),
            },
          ],
          mcp: [{ label: 'bank', url: 'https://mcp.example.com/', requireApproval: 'always' }],
        },
      },
    });
    const call = await dial(sandbox, server).answered;
    const answer = await call.waitForClientEvent(
      ({ event }) => (event['item'] as { type?: unknown } | undefined)?.type === 'mcp_approval_response',
      PATIENCE,
    );
    expect(answer.event).toMatchObject({ item: { approve: false } });
    const outputs = call.items.flatMap(({ type, output }) => (type === 'function_call_output' ? [output] : []));
    expect(outputs).toEqual([
      '{"error":"The tool failed."}',
      '{"error":"The tool did not answer in time."}',
      '{"error":"The arguments are not a JSON object."}',
      '{"error":"The tool does not exist."}',
    ]);
    expect(aborted).toEqual([true]);
    expect(JSON.stringify([call.events, server.events])).not.toContain('canary');
  });

  it('ends when its token limit is reached', async () => {
    const sandbox = await phoneSandbox({
      script: { replies: Array.from({ length: 20 }, () => 'And this, too, is something that has to be said at some length. '.repeat(4)) },
    });
    const server = await phoneServer(sandbox, { limits: { tokens: 2_000, warningSeconds: 0 }, budget: { tokensPerDay: 5_000 } });
    const caller = dial(sandbox, server);
    const call = await caller.answered;
    // Each response may use only part of the limit, so that a single one does not end the call.
    expect(call.sessionConfig.max_output_tokens).toBe(250);
    await caller.say(Array.from({ length: 8 }, () => [tone(800), 1_200]).flat());
    expect(await caller.ended).toEqual({ by: 'hangup' });
    const { reason, spent } = await server.heard('call-ended');
    expect([reason, spent.tokens > 500, spent.tokens <= 2_000]).toEqual(['budget', true, true]);
  });

  it('runs concurrently with another one, each with its own agent', async () => {
    const sandbox = await phoneSandbox();
    const ran: string[] = [];
    const profile = (name: string) => ({
      access: ['phone'] as const,
      session: { model: 'gpt-realtime-2.1', instructions: name },
      tools: [{ name: 'who', execute: () => ran.push(name) }],
    });
    const server = await phoneServer(sandbox, {
      profiles: { sales: profile('sales'), repair: profile('repair') },
      phone: { numbers: { [NUMBER]: 'sales', '*': 'repair' } } as never,
    });
    sandbox.script({ replies: [{ items: [{ call: 'who' }] }, 'There you are.'] });
    const callers = [dial(sandbox, server), dial(sandbox, server, { to: '+49301111', from: '+49302222' })];
    const calls = await Promise.all(callers.map(({ answered }) => answered));
    expect(calls.map(({ sessionConfig }) => sessionConfig.instructions)).toEqual(['sales', 'repair']);
    await Promise.all(callers.map((caller) => caller.waitForSound(PATIENCE)));
    expect(ran.sort()).toEqual(['repair', 'sales']);
    callers[0]?.hangUp();
    await server.heard('call-ended', ({ profile: name }) => name === 'sales');
    expect(callers[1]?.state).toBe('talking');
    await server.app.close();
    expect(await callers[1]?.ended).toEqual({ by: 'hangup' });
    expect(await server.heard('call-ended', ({ profile: name }) => name === 'repair')).toMatchObject({ reason: 'shutdown' });
  });

  it('is taken over by another process with its agent when its server stops', async () => {
    // Like Redis: the next process finds the calls in it.
    const lasting: SharedState = Object.assign(new MemoryState(), { lasting: true });
    const sandbox = await phoneSandbox({ script: { replies: ['Good day.', { items: [{ call: 'end_call' }] }] } });
    const first = await phoneServer(sandbox, { state: lasting });
    const caller = dial(sandbox, first);
    const call = await caller.answered;
    await call.waitForServerEvent('output_audio_buffer.stopped', PATIENCE);
    await first.app.close();
    expect(caller.state).toBe('talking');
    const second = await phoneServer(sandbox, { state: lasting });
    await second.heard('sideband', ({ state }) => state === 'attached-again');
    await caller.say(tone(800));
    await caller.say(1_000);
    expect(await caller.ended).toEqual({ by: 'hangup' });
    expect(await second.heard('call-ended')).toMatchObject({ reason: 'agent' });
    // The process that took over did not greet again.
    expect(call.events.filter(({ direction, type }) => direction === 'in' && type === 'response.create')).toHaveLength(1);
  });
});
