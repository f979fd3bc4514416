/** Turns when responses interleave, and when events are lost. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RealtimeEvent } from '../../../src/contract/options.js';
import { TurnTracker } from '../../../src/session/turn-tracker.js';

const created = (id: string, conversation: unknown = 'conv'): RealtimeEvent => ({
  type: 'response.created',
  response: { id, conversation_id: conversation },
});
const done = (id: string, status = 'completed'): RealtimeEvent => ({ type: 'response.done', response: { id, status } });
const buffer = (what: string, id: string): RealtimeEvent => ({ type: `output_audio_buffer.${what}`, response_id: id });
const words = (id: string): RealtimeEvent => ({ type: 'response.output_audio_transcript.delta', response_id: id, item_id: `of_${id}` });
const input = (what: string, item: string): RealtimeEvent => ({ type: `input_audio_buffer.${what}`, item_id: item });
const heard = (item: string): RealtimeEvent => ({
  type: 'conversation.item.input_audio_transcription.completed',
  item_id: item,
  transcript: 'a',
});
const added = (item: string): RealtimeEvent => ({ type: 'conversation.item.added', item: { id: item, type: 'message', role: 'user' } });

function after(...events: RealtimeEvent[]): TurnTracker {
  const tracker = new TurnTracker();
  for (const event of events) tracker.apply(event);
  return tracker;
}

describe('an out-of-band response', () => {
  test('does not affect the turn while it is generated', () => {
    const tracker = after(created('r1'), buffer('started', 'r1'));
    for (const event of [created('aside', null), { type: 'response.output_text.delta', response_id: 'aside' }, done('aside')]) {
      tracker.apply(event);
      expect([tracker.activity, tracker.cancellable]).toEqual(['speaking', ['r1']]);
    }
    expect(after(created('aside', null)).activity).toBe('listening');
  });

  test('does not end the wait for an answer', () => {
    const tracker = after(input('speech_started', 'u1'), input('speech_stopped', 'u1'), created('aside', null), done('aside'));
    expect(tracker.activity).toBe('thinking');
  });

  test('does not end the speech of the visitor', () => {
    expect(after(input('speech_started', 'u1'), created('aside', null), done('aside')).activity).toBe('user-speaking');
  });

  test('counts as speaking and can be interrupted if it is played', () => {
    const tracker = after(created('r1'), done('r1'), created('aside', null), buffer('started', 'aside'));
    expect([tracker.activity, tracker.cancellable]).toEqual(['speaking', ['aside']]);
    tracker.cut();
    tracker.apply(buffer('started', 'aside'));
    expect(tracker.activity).toBe('listening');
  });
});

describe('end events apply to their response', () => {
  test('the end of another playback does not end this one', () => {
    expect(after(created('r1'), buffer('started', 'r1'), created('r2'), buffer('stopped', 'r0')).activity).toBe('speaking');
  });

  test('the end of another response does not end this one', () => {
    expect(after(created('r1'), done('r0')).activity).toBe('thinking');
  });

  test('two responses in progress end separately', () => {
    const tracker = after(created('r1', undefined), created('r2', undefined), words('r1'), done('r2'));
    expect([tracker.activity, tracker.cancellable]).toEqual(['thinking', ['r1']]);
    tracker.apply(done('r1'));
    expect(tracker.activity).toBe('listening');
  });

  test('the end of a cut answer does not end the wait for the next', () => {
    const tracker = after(created('r1'));
    tracker.cut();
    tracker.expect();
    for (const event of [words('r1'), done('r1', 'cancelled')]) tracker.apply(event);
    expect(tracker.activity).toBe('thinking');
  });

  test('a refusal that is retried does not end the wait, another error does', () => {
    const tracker = after();
    tracker.expect();
    tracker.apply({ type: 'error', error: { code: 'conversation_already_has_active_response' } });
    expect(tracker.activity).toBe('thinking');
    tracker.apply({ type: 'error', error: { code: 'server_error' } });
    expect(tracker.activity).toBe('listening');
  });
});

describe('one lost event', () => {
  test.each<[string, RealtimeEvent[], string]>([
    ['the commit ends the visitor’s turn', [input('speech_started', 'u1'), input('committed', 'u1')], 'thinking'],
    ['its item ends the visitor’s turn', [input('speech_started', 'u1'), added('u1')], 'thinking'],
    ['its transcript ends the visitor’s turn', [input('speech_started', 'u1'), heard('u1')], 'thinking'],
    ['the answer ends the visitor’s turn', [input('speech_started', 'u1'), created('r1')], 'thinking'],
    ['the answer’s playback ends the visitor’s turn', [input('speech_started', 'u1'), buffer('started', 'r1')], 'speaking'],
    ['the answer’s transcript ends the visitor’s turn', [input('speech_started', 'u1'), words('r1')], 'thinking'],
    ['the commit of an earlier turn does not', [input('speech_started', 'u2'), input('committed', 'u1'), heard('u1')], 'user-speaking'],
    ['the answer’s playback ends the wait', [input('speech_stopped', 'u1'), buffer('started', 'r1'), buffer('stopped', 'r1')], 'listening'],
    ['the answer’s end ends the wait', [input('speech_stopped', 'u1'), done('r1')], 'listening'],
    [
      'the playback of the next answer follows that of the last',
      [created('r1'), buffer('started', 'r1'), done('r1'), created('r2'), buffer('started', 'r2'), done('r2'), buffer('stopped', 'r2')],
      'listening',
    ],
    ['the next answer follows one whose end is lost', [created('r1'), created('r2'), done('r2')], 'listening'],
    [
      'a late end of speech does not start another wait',
      [input('speech_started', 'u1'), input('committed', 'u1'), created('r1'), input('speech_stopped', 'u1'), done('r1')],
      'listening',
    ],
  ])('%s', (_, events, activity) => {
    expect(after(...events).activity).toBe(activity);
  });

  test('an answer that the page requested does not end the speech of the visitor', () => {
    const tracker = after(input('speech_started', 'u1'));
    tracker.expect();
    tracker.apply(created('r1'));
    expect(tracker.activity).toBe('user-speaking');
  });
});

/** A complete turn; its events in the order of the protocol. */
function turn(index: number, spoken: boolean): RealtimeEvent[] {
  const [item, response] = [`u${index}`, `r${index}`];
  const asked = spoken
    ? [input('speech_started', item), input('speech_stopped', item), input('committed', item), added(item), heard(item)]
    : [added(item)];
  return [
    ...asked,
    created(response),
    words(response),
    buffer('started', response),
    words(response),
    done(response),
    buffer('stopped', response),
  ];
}

test('a turn with lost events leaves nothing after the next turn', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.array(fc.boolean(), { minLength: 11, maxLength: 11 })), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      (turns, lastSpoken) => {
        const tracker = new TurnTracker();
        turns.forEach(([spoken, keeps], index) => {
          if (!spoken) tracker.expect();
          turn(index, spoken).forEach((event, place) => keeps[place] && tracker.apply(event));
        });
        if (!lastSpoken) tracker.expect();
        const seen: string[] = [];
        for (const event of turn(turns.length, lastSpoken)) {
          tracker.apply(event);
          seen.push(tracker.activity);
        }
        expect(seen.at(-1)).toBe('listening');
        expect(seen.at(-3), 'its playback is shown').toBe('speaking');
        expect(tracker.hasAnswer).toBe(false);
      },
    ),
  );
});

test('a turn with one lost event leaves nothing at its end, except for a lost end of playback', () => {
  for (const spoken of [true, false]) {
    for (const lost of turn(0, spoken).slice(0, -1)) {
      const tracker = new TurnTracker();
      if (!spoken) tracker.expect();
      for (const event of turn(0, spoken)) if (JSON.stringify(event) !== JSON.stringify(lost)) tracker.apply(event);
      expect(tracker.activity, `without ${lost.type}`).toBe('listening');
    }
  }
});
