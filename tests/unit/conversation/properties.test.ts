/** Properties that hold for every stream of events, valid or not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RealtimeEvent } from '../../../src/contract/options.js';
import { reduce } from '../../../src/conversation/reduce.js';
import { emptyState } from '../../../src/conversation/state.js';
import type { State } from '../../../src/conversation/state.js';
import { DrivenStore, item, on, recording, recordings } from './driven-store.js';

const RUNS = { numRuns: 150 };
const streams = recordings.map((name) => recording(name).map(({ event }) => event));

/** Invariants after any events. */
function expectSound(driven: DrivenStore): void {
  driven.store.flush();
  const { items, messages, toolCalls } = driven.store.snapshot();
  expect(
    Object.isFrozen(items) &&
      Object.isFrozen(messages) &&
      Object.isFrozen(toolCalls) &&
      messages.every(Object.isFrozen) &&
      toolCalls.every(Object.isFrozen),
  ).toBe(true);
  const ids = [...messages, ...toolCalls].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(items.filter((entry) => 'role' in entry)).toEqual(messages);
  expect(items.filter((entry) => !('role' in entry))).toEqual(toolCalls);
  const reportedIds = () => driven.messages.map(({ id }) => id);
  for (const { id, status, text, via } of messages)
    if (status !== 'streaming' && (via === 'text' || text !== '')) expect(reportedIds()).toContain(id);
  driven.store.endCall();
  expect(new Set(reportedIds()).size).toBe(reportedIds().length);
  const after = driven.store.snapshot();
  // The reported messages, with their revisions, are equal to the final transcript.
  const known = new Map(driven.messages.map((message) => [message.id, message]));
  for (const { message, previous } of driven.revisions) {
    expect(known.get(message.id)).toBe(previous);
    known.set(message.id, message);
  }
  for (const { id, text, status } of after.messages) expect(known.get(id)).toMatchObject({ text, status });
  expect(after.messages.some(({ status }) => status === 'streaming')).toBe(false);
  expect(after.toolCalls.some(({ status }) => status === 'streaming' || status === 'running')).toBe(false);
}

/** A stream with events moved, repeated and removed. */
const damaged = fc
  .constantFrom(...streams)
  .chain((events) =>
    fc
      .array(fc.tuple(fc.nat(events.length - 1), fc.nat(6)), { minLength: 1, maxLength: events.length * 2 })
      .map((picks) => picks.map(([index, wait]) => ({ event: events[index] as RealtimeEvent, wait }))),
  );

const junk = fc.oneof(
  fc.constantFrom(
    'item_u1',
    'item_a1',
    'resp_1',
    '__proto__',
    null,
    undefined,
    0,
    1,
    -1,
    'completed',
    'cancelled',
    'message',
    'user',
    'assistant',
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Events with valid names and arbitrary content. */
const forged = fc.record({
  type: fc.constantFrom(
    ...new Set(streams.flat().map(({ type }) => type)),
    'conversation.item.retrieved',
    'conversation.item.deleted',
    'input_audio_buffer.cleared',
    'response.output_audio.delta',
    'input_audio_buffer.timeout_triggered',
  ),
  event_id: junk,
  item_id: junk,
  response_id: junk,
  output_index: junk,
  content_index: junk,
  previous_item_id: junk,
  delta: junk,
  transcript: junk,
  text: junk,
  arguments: junk,
  audio_end_ms: junk,
  part: junk,
  item: fc.oneof(
    junk,
    fc.record({
      id: junk,
      type: junk,
      role: junk,
      status: junk,
      content: fc.oneof(junk, fc.array(junk)),
      call_id: junk,
      name: junk,
      arguments: junk,
    }),
  ),
  response: fc.oneof(junk, fc.record({ id: junk, status: junk, output: fc.oneof(junk, fc.array(junk)), conversation_id: junk })),
  session: junk,
});

describe('any stream', () => {
  it('leaves a consistent transcript with reordered, repeated and missing events', () => {
    fc.assert(
      fc.property(damaged, (lines) => {
        const driven = new DrivenStore();
        for (const { event, wait } of lines) {
          driven.at += wait * 50;
          const unnamed = { ...event, event_id: undefined };
          driven.feed(wait % 2 ? event : unnamed);
          if (wait > 3) driven.store.flush();
        }
        expectSound(driven);
      }),
      RUNS,
    );
  });

  it('leaves a consistent transcript with forged events', () => {
    fc.assert(
      fc.property(fc.array(forged, { maxLength: 40 }), (events) => {
        expectSound(new DrivenStore().feed(...events));
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('gives the same transcript if it is sent twice, or each event is doubled', () => {
    fc.assert(
      fc.property(fc.constantFrom(...recordings), fc.boolean(), (name, doubled) => {
        const lines = recording(name);
        const twice = doubled ? lines.flatMap((line) => [line, line]) : [...lines, ...lines];
        const once = new DrivenStore().play(lines);
        const again = new DrivenStore().play(twice);
        expect(again.lines).toEqual(once.lines);
        expect(again.messages).toEqual(once.messages);
      }),
      { numRuns: 24 },
    );
  });
});

describe('the same conversation in another order of arrival', () => {
  /**
   * One sequence of events per item or playback; sequences may be interleaved in any way, because transcription, generation and
   * playback run in parallel.
   */
  const threads = [
    [on.speech('u1'), on.commit('u1', null), on.added(item.spoken('u1'), null), on.itemDone(item.spoken('u1'), null)],
    [on.heard('u1', 'Who'), on.heard('u1', ' is there?'), on.transcript('u1', 'Who is there?')],
    [
      on.output('r1', item.begun('a1')),
      on.added(item.begun('a1'), 'u1'),
      on.say('r1', 'a1', 'It is'),
      on.say('r1', 'a1', ' me.'),
      on.said('r1', 'a1', 'It is me.'),
      on.outputDone('r1', item.answered('a1', 'It is me.')),
      on.itemDone(item.answered('a1', 'It is me.'), 'u1'),
    ],
    [
      on.output('r1', item.call('f1'), 1),
      on.added(item.call('f1'), 'a1'),
      on.outputDone('r1', item.call('f1', '{}', 'completed'), 1),
      on.added(item.result('o1', 'f1'), 'f1'),
    ],
    [on.added(item.typed('u2', 'Come in.'), 'o1'), on.itemDone(item.typed('u2', 'Come in.'), 'o1')],
    [
      on.output('r2', item.begun('a2')),
      on.added(item.begun('a2'), 'u2'),
      on.text('r2', 'a2', 'Thank'),
      on.text('r2', 'a2', ' you.'),
      on.itemDone(item.answered('a2', 'Thank you.'), 'u2'),
    ],
  ];
  const merge = fc.array(fc.nat(threads.length - 1), { minLength: 60, maxLength: 60 }).map((picks) => {
    const left = threads.map((thread) => [...thread]);
    const merged = picks.flatMap((pick) => left[pick]?.shift() ?? []);
    return [...merged, ...left.flat()];
  });

  it('gives the same transcript', () => {
    fc.assert(
      fc.property(merge, (events) => {
        const driven = new DrivenStore().feed(...events, on.done('r1'), on.done('r2'));
        expect(driven.lines).toEqual(['user: Who is there?', 'assistant: It is me.', 'user: Come in.', 'assistant: Thank you.']);
        expect(driven.tools.map(({ id, status, arguments: args }) => `${id} ${status} ${args}`)).toEqual(['f1 done {}']);
        expect(driven.calls).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });

  it('restores the order of any chain of predecessors, whichever item arrives first', () => {
    const chain = Array.from({ length: 12 }, (_, index) => `i${index}`);
    fc.assert(
      fc.property(fc.shuffledSubarray(chain, { minLength: chain.length }), (arrival) => {
        const driven = new DrivenStore().feed(
          ...arrival.map((id) => on.added(item.typed(id, id), id === 'i0' ? null : `i${Number(id.slice(1)) - 1}`)),
        );
        expect(driven.shown.map(({ id }) => id)).toEqual(chain);
      }),
      RUNS,
    );
  });
});

describe('the reducer', () => {
  it('is pure: old states stay valid after another branch continued from them', () => {
    fc.assert(
      fc.property(fc.constantFrom(...streams), fc.nat(), fc.array(forged, { maxLength: 10 }), (events, pick, others) => {
        const fold = (from: State, list: readonly RealtimeEvent[]) =>
          list.reduce<State>((state, event, index) => reduce(state, event, index * 10), from);
        const at = pick % events.length;
        const alone = fold(fold(emptyState(), events.slice(0, at)), events.slice(at));
        const base = fold(emptyState(), events.slice(0, at));
        const frozen = structuredClone({ ...base, slots: undefined });
        fold(base, others);
        fold(
          base,
          events.slice(at).map((event) => ({ ...event, item_id: `other_${String(event['item_id'])}` })),
        );
        expect({ ...base, slots: undefined }).toEqual(frozen);
        expect({ ...fold(base, events.slice(at)), slots: undefined }).toEqual({ ...alone, slots: undefined });
      }),
      { numRuns: 100 },
    );
  });

  it('keeps two branches of one state separate, also if they have the same id in different slots', () => {
    const one = reduce(reduce(emptyState(), on.say('r', 'x', 'A'), 0), on.say('r', 'z', 'B'), 0);
    const start = { ...emptyState(), slots: one.slots };
    const two = reduce(reduce(start, on.say('r', 'y', 'C'), 0), on.say('r', 'x', 'D'), 0);
    const texts = (state: State) => state.chunks.flat().map(({ id, parts }) => `${id} ${parts.map(({ text }) => text).join()}`);
    expect(texts(reduce(one, on.say('r', 'x', '!'), 0))).toEqual(['x A!', 'z B']);
    expect(texts(reduce(two, on.say('r', 'x', '!'), 0))).toEqual(['y C', 'x D!']);
  });

  it('returns the same state for events without effect', () => {
    const state = reduce(emptyState(), on.say('r', 'a', 'Hi'), 0);
    expect(reduce(state, { type: 'rate_limits.updated', rate_limits: [] }, 1)).toBe(state);
    expect(reduce(state, on.added({ id: 'a', type: 'message', role: 'assistant', status: 'in_progress' }), 1)).not.toBe(state);
  });

  it('reuses all but one chunk of a long conversation', () => {
    let state = emptyState();
    for (let turn = 0; turn < 1_000; turn += 1) state = reduce(state, on.added(item.typed(`t${turn}`, 'x')), turn);
    state = reduce(state, on.say('r', 'a', 'Hi'), 0);
    const next = reduce(state, on.say('r', 'a', ' you'), 0);
    expect(next.order).toBe(state.order);
    expect(next.chunks.filter((chunk, index) => chunk !== state.chunks[index])).toHaveLength(1);
  });
});
