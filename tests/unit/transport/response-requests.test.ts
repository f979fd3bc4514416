/** Response requests: when they are sent, and the handling of refused ones. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CallBus } from '../../../src/contract/call-bus.js';
import type { RealtimeEvent } from '../../../src/contract/options.js';
import { ResponseRequests } from '../../../src/transport/shared/response-requests.js';
import { FakeTime } from '../session/fake-environment.js';

const ASK: RealtimeEvent = { type: 'response.create' };
const CODE = 'conversation_already_has_active_response';
const WORDS = 'Conversation already has an active response in progress: resp_2. Wait until the response is finished.';

/** A queue, and everything that it sends and reports. */
function queue() {
  const time = new FakeTime();
  const sent: RealtimeEvent[] = [];
  const awaited: boolean[] = [];
  const refused: RealtimeEvent[] = [];
  let ids = 0;
  let closing = false;
  const bus = new CallBus();
  bus.on('awaited', (now) => awaited.push(now));
  bus.on('refused', (cause) => refused.push(cause));
  const requests = new ResponseRequests({
    timers: time,
    newId: () => `id_${++ids}`,
    send: (event) => {
      if (closing) throw new Error('closing');
      sent.push(event);
    },
    bus,
  });
  const hear = (...events: RealtimeEvent[]): void => events.forEach((event) => requests.apply(requests.read(event)));
  return { requests, time, sent, awaited, refused, hear, close: () => (closing = true) };
}

const created = (id: string, conversation: unknown = 'conv'): RealtimeEvent => ({
  type: 'response.created',
  response: { id, conversation_id: conversation },
});
const unnamed = (id: string): RealtimeEvent => ({ type: 'response.created', response: { id } });
const done = (id: string): RealtimeEvent => ({ type: 'response.done', response: { id, status: 'completed', output: [] } });
const delta = (id: string): RealtimeEvent => ({ type: 'response.output_audio_transcript.delta', response_id: id, delta: 'a' });
const refusal = (error: unknown = { type: 'invalid_request_error', code: CODE, message: WORDS }): RealtimeEvent => ({
  type: 'error',
  error,
});

describe('the order of requests', () => {
  test('a request waits for the running response, waiting plain requests are merged, and others keep their order', () => {
    const { requests, sent, hear } = queue();
    hear(created('resp_1'));
    for (const event of [ASK, ASK, { ...ASK, response: { instructions: 'x' } }]) requests.add(event);
    expect(sent).toEqual([]);
    hear(done('resp_1'));
    expect(sent).toEqual([{ ...ASK, event_id: 'id_1' }]);
    hear(created('resp_2'), done('resp_2'));
    expect(sent[1]).toEqual({ ...ASK, event_id: 'id_2', response: { instructions: 'x' } });
  });

  test('an out-of-band response neither waits nor blocks others', () => {
    const { requests, sent, hear } = queue();
    hear(created('resp_1'));
    requests.add({ ...ASK, response: { conversation: 'none' } });
    expect(sent).toHaveLength(1);
    requests.add(ASK);
    hear(created('resp_aside', null), done('resp_aside'));
    expect(sent, 'the end of the out-of-band response does not end the answer').toHaveLength(1);
    hear(done('resp_1'));
    expect(sent).toHaveLength(2);
  });

  test('a request waits for a response that continues beside a newer one', () => {
    const { requests, sent, hear } = queue();
    hear(unnamed('resp_1'), unnamed('resp_2'), delta('resp_1'), done('resp_2'));
    requests.add(ASK);
    expect(sent).toEqual([]);
    hear(done('resp_1'));
    expect(sent).toHaveLength(1);
  });

  test.each<[string, RealtimeEvent[]]>([
    ['nothing is active', [{ type: 'error', error: { code: 'response_cancel_not_active' } }]],
    ['a newer response has started and ended', [created('resp_2'), done('resp_2')]],
  ])('a lost end of a response does not block requests: %s', (_, events) => {
    const { requests, sent, hear } = queue();
    hear(created('resp_1'));
    requests.add(ASK);
    hear(...events);
    expect(sent).toHaveLength(1);
  });

  test('a request stops waiting for a response without events, but not for an active one', async () => {
    const { requests, sent, hear, time } = queue();
    hear(created('resp_1'));
    requests.add(ASK);
    for (let turn = 0; turn < 4; turn++) {
      await time.advance(10_000);
      hear(delta('resp_1'));
    }
    expect(sent).toEqual([]);
    await time.advance(40_000);
    expect(sent).toHaveLength(1);
    requests.release();
    expect(time.pending).toBe(0);
  });
});

describe('a refused request', () => {
  test.each<[string, RealtimeEvent]>([
    ['in error.code', refusal()],
    ['in error.type', refusal({ type: CODE, message: 'Cannot create response.' })],
    ['in the message', refusal({ message: WORDS })],
    ['as text', refusal(WORDS)],
    ['beside the type', { type: 'error', code: CODE, message: 'Busy.' }],
  ])('is retried when the running response is done, with the code %s', (_, event) => {
    const { requests, sent, hear, refused, awaited } = queue();
    requests.add({ ...ASK, response: { instructions: 'x' } });
    hear(created('resp_2'), event);
    expect(sent).toHaveLength(1);
    hear(delta('resp_2'), done('resp_2'));
    expect(sent[1]).toEqual({ ...ASK, response: { instructions: 'x' }, event_id: 'id_2' });
    expect(awaited).toEqual([true, true]);
    expect(refused).toEqual([]);
  });

  test('waits for a response that has not started to arrive', () => {
    const { requests, sent, hear } = queue();
    requests.add(ASK);
    hear(refusal({ code: CODE, message: 'Busy.' }));
    expect(sent).toHaveLength(1);
    hear(created('resp_2'));
    expect(sent).toHaveLength(1);
    hear(done('resp_2'));
    expect(sent).toHaveLength(2);
  });

  test.each([
    ['with its id', refusal()],
    ['without its id', refusal({ code: CODE, message: 'Busy.' })],
  ])('is retried at once if the blocking response has already ended: %s', (_, event) => {
    const { requests, sent, hear } = queue();
    requests.add(ASK);
    hear(created('resp_2'), done('resp_2'), event);
    expect(sent).toHaveLength(2);
  });

  test('is retried after a time limit if no response starts', async () => {
    const { requests, sent, hear, time } = queue();
    requests.add(ASK);
    hear(refusal());
    await time.advance(3_000);
    expect(sent).toHaveLength(2);
  });

  test('is not retried if a later response has started, which has read the same input', () => {
    const { requests, sent, hear } = queue();
    requests.add(ASK);
    hear(created('resp_2'), refusal(), created('resp_3'), done('resp_2'), done('resp_3'));
    expect(sent).toHaveLength(1);
  });

  test('is not duplicated by a request in the meantime', () => {
    const { requests, sent, hear } = queue();
    requests.add(ASK);
    hear(created('resp_2'), refusal());
    requests.add(ASK);
    hear(done('resp_2'), created('resp_3'), done('resp_3'));
    expect(sent).toHaveLength(2);
  });

  test('is reported after the second refusal, and the next one is sent', () => {
    const { requests, sent, hear, refused, awaited } = queue();
    requests.add(ASK);
    hear(created('resp_2'), refusal(), done('resp_2'), created('resp_3'), refusal());
    expect(refused).toHaveLength(1);
    expect(awaited.at(-1)).toBe(false);
    requests.add(ASK);
    hear(done('resp_3'));
    expect(sent).toHaveLength(3);
  });

  test('is dropped when the call ends', async () => {
    const { requests, sent, hear, time, close } = queue();
    requests.add(ASK);
    hear(created('resp_2'), refusal());
    close();
    hear(done('resp_2'));
    requests.release();
    await time.advance(100_000);
    expect(sent).toHaveLength(1);
    expect(time.pending).toBe(0);
  });

  test('does not block later requests if it fails for another reason', () => {
    const { requests, sent, hear } = queue();
    requests.add(ASK);
    hear({ type: 'error', error: { code: 'invalid_value', event_id: 'id_1' } });
    requests.add(ASK);
    expect(sent).toHaveLength(2);
    hear({ type: 'error', error: { code: 'invalid_value', event_id: 'of_another_event' } });
    requests.add({ ...ASK, response: {} });
    expect(sent, 'the second response has not started').toHaveLength(2);
  });
});

describe('out of band', () => {
  const kind = (event: RealtimeEvent): unknown => (event['response'] as { conversation_id?: unknown }).conversation_id;

  test('null means out of band if the server sends conversation ids, or the page requested it', () => {
    const named = queue();
    named.hear(created('resp_1'), done('resp_1'));
    expect(kind(named.requests.read(created('resp_2', null)))).toBeNull();
    const asked = queue();
    asked.requests.add({ ...ASK, response: { conversation: 'none' } });
    expect(kind(asked.requests.read(created('resp_1', null)))).toBeNull();
    expect(kind(asked.requests.read(unnamed('resp_1')))).toBeNull();
  });

  test('null is ignored if the server sends no conversation ids', () => {
    const { requests, hear } = queue();
    requests.add(ASK);
    expect(kind(requests.read(created('resp_1', null)))).toBeUndefined();
    hear(created('resp_1', null), done('resp_1'));
    expect(kind(requests.read(created('resp_2', null)))).toBeUndefined();
  });
});

test('every request is followed by an answer or a report, whatever is lost or refused', async () => {
  /** A server with one response at a time, which loses events and refuses requests while it answers. */
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ busy: fc.boolean(), losesBegin: fc.boolean(), losesEnd: fc.boolean() }), { minLength: 1, maxLength: 6 }),
      async (turns) => {
        const { requests, time, sent, refused, hear } = queue();
        let responses = 0;
        for (const { busy, losesBegin, losesEnd } of turns) {
          const before = sent.length;
          const reported = refused.length;
          requests.add({ ...ASK, response: { metadata: { turn: String(responses) } } });
          await time.advance(20_000);
          expect(sent.length).toBeGreaterThan(before);
          if (busy) {
            const other = `resp_${++responses}`;
            hear(...(losesBegin ? [] : [created(other)]), refusal({ code: CODE, message: 'Busy.' }), ...(losesEnd ? [] : [done(other)]));
            await time.advance(40_000);
            expect(sent.length + refused.length).toBeGreaterThan(before + 1 + reported);
          }
          const own = `resp_${++responses}`;
          hear(...(losesBegin ? [] : [created(own)]), delta(own), ...(losesEnd ? [] : [done(own)]));
        }
        requests.release();
      },
    ),
    { numRuns: 60 },
  );
});
