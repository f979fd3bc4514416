/** Functions of the page in a call: which calls run, the order of results, and when the model's next response is requested. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import type { ClientTool } from '../../../src/contract/options.js';
import { callWithTools } from './call-with-tools.js';
import { deferred, NOTHING, settle, fakeEnvironment } from './fake-environment.js';
import { VoiceSession } from '../../../src/session/voice-session.js';

beforeEach(() => {
  vi.stubGlobal('MediaStream', class {});
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const echo: ClientTool = { name: 'echo', execute: (args) => args };
const held = () => {
  const gates = [deferred<string>(), deferred<string>()] as const;
  const tools: ClientTool[] = [
    { name: 'first', execute: () => gates[0].promise },
    { name: 'second', execute: () => gates[1].promise },
  ];
  return { gates, tools };
};

describe('before the call', () => {
  test('an invalid tool is reported by name before a key is requested or a prompt is shown', async () => {
    const { environment, requests, tracks, left } = fakeEnvironment();
    const session = new VoiceSession({ tokenUrl: '/token', tools: [{ ...echo, name: 'two words' }] }, environment);
    await expect(session.connect()).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('"two words"') as string,
    });
    expect(session.status.state).toBe('failed');
    expect(requests).toEqual([]);
    expect(tracks).toEqual([]);
    expect(left()).toEqual(NOTHING);
  });

  test('the session settings declare the tools', async () => {
    const { transport } = await callWithTools({
      tools: [echo, { name: 'b', parameters: z.object({ x: z.number() }), execute: echo.execute }],
    });
    expect(transport.options.session['tools']).toMatchObject([{ name: 'echo' }, { name: 'b', parameters: { required: ['x'] } }]);
  });
});

describe('results', () => {
  test('are sent in the order of the calls, whichever is ready first, with one response request after the last', async () => {
    const { gates, tools } = held();
    const { respond, done, sent, heard } = await callWithTools({ tools: [...tools, echo] });
    respond('r1', [
      ['first', 'c1'],
      ['second', 'c2'],
      ['echo', 'c3'],
    ]);
    done('r1');
    gates[1].resolve('2');
    await vi.waitFor(() => expect(heard).toContain('done second 2'));
    expect(heard).toContain('done echo {}');
    expect(sent()).toEqual([]);
    gates[0].resolve('1');
    await vi.waitFor(() => expect(sent()).toEqual(['c1=1', 'c2=2', 'c3={}', 'answer!']));
  });

  test('do not request a response while the current one is in progress', async () => {
    const { respond, done, emit, sent } = await callWithTools({ tools: [echo] });
    respond('r1', [['echo', 'c1']]);
    await vi.waitFor(() => expect(sent()).toEqual(['c1={}']));
    emit('response.output_item.done', {
      response_id: 'r1',
      output_index: 1,
      item: { id: 'i2', type: 'function_call', call_id: 'c2', name: 'echo', arguments: '{"x":2}', status: 'completed' },
    });
    await vi.waitFor(() => expect(sent()).toEqual(['c1={}', 'c2={"x":2}']));
    done('r1');
    expect(sent()).toEqual(['c1={}', 'c2={"x":2}', 'answer!']);
  });

  test('do not wait for the calls of another response', async () => {
    const { gates, tools } = held();
    const { respond, done, sent } = await callWithTools({ tools });
    respond('r1', [['first', 'c1']]);
    done('r1');
    respond('r2', [['second', 'c2']]);
    done('r2');
    gates[1].resolve('2');
    await vi.waitFor(() => expect(sent()).toEqual(['c2=2', 'answer!']));
    gates[0].resolve('1');
    await vi.waitFor(() => expect(sent()).toEqual(['c2=2', 'answer!', 'c1=1', 'answer!']));
  });

  test('are sent although the visitor interrupts while a tool runs', async () => {
    const { gates, tools } = held();
    const { respond, emit, session, sent } = await callWithTools({ tools });
    respond('r1', [['first', 'c1']]);
    emit('output_audio_buffer.started', { response_id: 'r1' });
    emit('input_audio_buffer.speech_started', { item_id: 'u1' });
    session.interrupt();
    emit('response.done', { response: { id: 'r1', status: 'cancelled', output: [] } });
    gates[0].resolve('1');
    await vi.waitFor(() => expect(sent()).toEqual(['c1=1', 'answer!']));
  });

  test('of interleaved responses are separate, each with a request when its own response is done', async () => {
    const { emit, done, sent } = await callWithTools({ tools: [echo] });
    const call = (response: string, callId: string): void =>
      emit('response.output_item.done', {
        response_id: response,
        output_index: 0,
        item: { id: `item_${callId}`, type: 'function_call', call_id: callId, name: 'echo', arguments: '{}', status: 'completed' },
      });
    emit('response.created', { response: { id: 'r1' } });
    emit('response.created', { response: { id: 'r2' } });
    call('r1', 'c1');
    call('r2', 'c2');
    await vi.waitFor(() => expect(sent()).toEqual(['c1={}', 'c2={}']));
    done('r1');
    expect(sent()).toEqual(['c1={}', 'c2={}', 'answer!']);
    done('r2');
    expect(sent()).toEqual(['c1={}', 'c2={}', 'answer!', 'answer!']);
  });

  test('are not sent for an out-of-band response, which does not end the one beside it', async () => {
    const execute = vi.fn(() => 'x');
    const { emit, done, sent } = await callWithTools({ tools: [{ name: 'a', execute }] });
    const call = (response: string, callId: string): void =>
      emit('response.output_item.done', {
        response_id: response,
        output_index: 0,
        item: { id: `item_${callId}`, type: 'function_call', call_id: callId, name: 'a', arguments: '{}', status: 'completed' },
      });
    emit('response.created', { response: { id: 'r1', conversation_id: 'conv' } });
    emit('response.created', { response: { id: 'aside', conversation_id: null } });
    call('aside', 'c0');
    call('r1', 'c1');
    done('aside');
    await vi.waitFor(() => expect(sent()).toEqual(['c1=x']));
    done('r1');
    expect(sent()).toEqual(['c1=x', 'answer!']);
    expect(execute).toHaveBeenCalledTimes(1);
  });

  test('of a response whose end is lost need no request after the next response, which has read them', async () => {
    const { gates, tools } = held();
    const { emit, done, sent } = await callWithTools({ tools: [...tools, echo] });
    emit('response.created', { response: { id: 'r1', conversation_id: 'conv' } });
    emit('response.output_item.done', {
      response_id: 'r1',
      output_index: 0,
      item: { id: 'i1', type: 'function_call', call_id: 'c1', name: 'echo', arguments: '{}', status: 'completed' },
    });
    emit('response.output_item.done', {
      response_id: 'r1',
      output_index: 1,
      item: { id: 'i2', type: 'function_call', call_id: 'c2', name: 'first', arguments: '{}', status: 'completed' },
    });
    await vi.waitFor(() => expect(sent()).toEqual(['c1={}']));
    emit('response.created', { response: { id: 'r2', conversation_id: 'conv' } });
    done('r2');
    expect(sent(), 'the second answer was requested elsewhere').toEqual(['c1={}']);
    gates[0].resolve('late');
    await vi.waitFor(() => expect(sent()).toEqual(['c1={}', 'c2=late', 'answer!']));
  });

  test('are sent once for a call that arrives twice', async () => {
    const execute = vi.fn(() => 'x');
    const { respond, done, emit, sent } = await callWithTools({ tools: [{ name: 'a', execute }] });
    respond('r1', [['a', 'c1']]);
    emit('conversation.item.done', {
      item: { id: 'item_c1', type: 'function_call', call_id: 'c1', name: 'a', arguments: '{}', status: 'completed' },
    });
    done('r1');
    await vi.waitFor(() => expect(sent()).toEqual(['c1=x', 'answer!']));
    expect(execute).toHaveBeenCalledTimes(1);
  });

  test('report a failure to the model and the page', async () => {
    const { respond, done, sent, heard, lines, session } = await callWithTools({
      tools: [{ name: 'bad', execute: () => Promise.reject(new Error('broken')) }],
    });
    respond('r1', [
      ['bad', 'c1'],
      ['none', 'c2'],
    ]);
    done('r1');
    await vi.waitFor(() =>
      expect(sent()).toEqual(['c1={"error":"broken"}', 'c2={"error":"There is no tool named \\"none\\"."}', 'answer!']),
    );
    expect(heard).toEqual(expect.arrayContaining(['start bad', 'failed bad {"error":"broken"}']));
    expect(heard).not.toContain('start none');
    await vi.waitFor(() => expect(lines()).toEqual(['bad failed', 'none failed']));
    expect(session.status.state).toBe('connected');
  });

  test('are dropped if they arrive after the end of the call, which aborts running tools', async () => {
    const late = deferred<string>();
    let signal: AbortSignal | undefined;
    const { respond, done, session, sent, heard, left } = await callWithTools({
      tools: [
        {
          name: 'slow',
          execute: (_, context) => {
            ({ signal } = context);
            return late.promise;
          },
        },
      ],
    });
    respond('r1', [['slow', 'c1']]);
    done('r1');
    await vi.waitFor(() => expect(heard).toEqual(['start slow']));
    await session.close();
    expect(signal?.aborted).toBe(true);
    late.resolve('too late');
    await settle();
    expect(sent()).toEqual([]);
    expect(heard).toEqual(['start slow']);
    expect(left()).toEqual(NOTHING);
  });

  test('that cannot be sent are reported to the page without ending the call', async () => {
    const { respond, done, transport, errors, heard, session } = await callWithTools({ tools: [echo] });
    transport.sendEvent = () => {
      throw new Error('closing');
    };
    respond('r1', [['echo', 'c1']]);
    done('r1');
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    expect(heard).toContain('done echo {}');
    expect(session.status.state).toBe('connected');
  });
});

describe('functions that need approval', () => {
  const pay: ClientTool = { name: 'pay', needsApproval: true, execute: ({ sum }: { sum: number }) => `paid ${sum}` };

  test('are shown as waiting until the visitor decides', async () => {
    const { respond, done, asked, session, sent, heard, lines } = await callWithTools({ tools: [pay] });
    respond('r1', [
      ['pay', 'c1', '{"sum":5}'],
      ['pay', 'c2', '{"sum":6}'],
    ]);
    done('r1');
    await vi.waitFor(() => expect(session.approvals).toHaveLength(2));
    expect(asked).toMatchObject([{ id: 'c1', kind: 'function', name: 'pay', arguments: '{"sum":5}' }, { id: 'c2' }]);
    await vi.waitFor(() => expect(lines()).toEqual(['pay waiting', 'pay waiting']));
    expect(session.status).toMatchObject({ activity: 'listening' });
    session.decide('c2', true);
    await vi.waitFor(() => expect(heard).toEqual(['start pay', 'done pay paid 6']));
    expect(sent()).toEqual([]);
    session.decide('c1', false);
    await vi.waitFor(() =>
      expect(sent()).toEqual(['c1={"error":"The visitor denied this. The tool did not run."}', 'c2=paid 6', 'answer!']),
    );
    expect(heard.at(-1)).toMatch(/^denied pay /);
    await vi.waitFor(() => expect(lines()).toEqual(['pay denied', 'pay done']));
    expect(session.approvals).toEqual([]);
  });

  test('can be decided by the page inside the event', async () => {
    const { respond, done, session, sent } = await callWithTools({ tools: [pay] });
    const lists = vi.fn();
    session.on('approvals', lists);
    session.on('approval-request', ({ approve }) => approve());
    respond('r1', [['pay', 'c1', '{"sum":5}']]);
    done('r1');
    await vi.waitFor(() => expect(sent()).toEqual(['c1=paid 5', 'answer!']));
    expect(lists).not.toHaveBeenCalled();
  });

  test('are denied at the time limit without a decision', async () => {
    const { respond, done, session, sent, time } = await callWithTools({ tools: [pay], approvalTimeout: 9_000 });
    respond('r1', [['pay', 'c1', '{"sum":5}']]);
    done('r1');
    await vi.waitFor(() => expect(session.approvals).toHaveLength(1));
    await time.advance(8_999);
    expect(sent()).toEqual([]);
    await time.advance(1);
    await vi.waitFor(() => expect(sent()).toEqual([expect.stringContaining('did not decide in time'), 'answer!']));
  });

  test('do not run or send anything if the call ends first, and are shown as denied', async () => {
    const { respond, done, session, sent, heard, lines, left } = await callWithTools({ tools: [pay] });
    respond('r1', [['pay', 'c1', '{"sum":5}']]);
    done('r1');
    await vi.waitFor(() => expect(session.approvals).toHaveLength(1));
    await session.close();
    session.decide('c1', true);
    await settle();
    expect(sent()).toEqual([]);
    expect(heard).toEqual([]);
    expect(lines()).toEqual(['pay denied']);
    expect(left()).toEqual(NOTHING);
  });
});
