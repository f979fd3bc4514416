/** Malicious events: nothing throws, no prototype is polluted, no text is interpreted. */
import { describe, expect, it } from 'vitest';
import { DrivenStore, item, on, recording } from './driven-store.js';
import type { RealtimeEvent } from '../../../src/contract/options.js';

const JUNK: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  Number.NaN,
  1e308,
  '',
  'x',
  [],
  [null],
  {},
  { type: 1 },
  { content: 1 },
  '__proto__',
  'constructor',
  { toString: 1 },
  { type: { toString: 1 } },
  [{ type: { toString: 1 } }],
];

describe('malformed events', () => {
  it('are dropped and counted if they are not valid events', () => {
    const driven = new DrivenStore();
    for (const junk of [undefined, null, 1, 'text', [], {}, { type: 7 }]) driven.store.apply(junk as unknown as RealtimeEvent);
    expect(driven.store.dropped).toEqual({ duplicates: 0, malformed: 7 });
    expect(driven.pending).toBeUndefined();
  });

  it('never throw, whatever value any field has', () => {
    for (const name of ['spoken-and-typed', 'barge-in-during-generation', 'tool-call']) {
      for (const { event } of recording(name)) {
        for (const field of Object.keys(event).filter((key) => key !== 'type')) {
          for (const junk of JUNK) {
            const rest = { ...event, event_id: undefined };
            const driven = new DrivenStore().feed(on.added(item.begun('item_a1')), { ...rest, [field]: junk });
            for (const message of driven.shown) expect(typeof message.text).toBe('string');
          }
        }
      }
    }
  });

  it('never throw, whatever value any field of an item has', () => {
    for (const { event } of recording('tool-call').filter(({ event: { item: carried } }) => carried)) {
      for (const field of ['id', 'type', 'role', 'status', 'content', 'name', 'arguments', 'call_id']) {
        for (const junk of JUNK) {
          const rest = { ...event, event_id: undefined };
          const driven = new DrivenStore().feed({ ...rest, item: { ...(event['item'] as object), [field]: junk } });
          for (const call of driven.tools) expect(typeof call.arguments).toBe('string');
        }
      }
    }
  });

  it('do not add anything but text to a turn', () => {
    const driven = new DrivenStore().feed(
      on.say('r', 'a', 'Hello'),
      ...[{ toString: () => 'no' }, 7, ['x'], null].map((delta) => on.say('r', 'a', delta)),
    );
    expect(driven.lines).toEqual(['assistant: Hello [streaming]']);
    expect(driven.store.dropped.malformed).toBe(4);
  });

  it('cannot change the role of a turn', () => {
    const driven = new DrivenStore().feed(
      on.added(item.typed('u', 'Mine'), null),
      on.say('r', 'u', 'Forged'),
      on.said('r', 'u', 'Forged'),
      on.say('r', 'a', 'Yours'),
      on.transcript('a', 'Forged'),
    );
    expect(driven.lines).toEqual(['user: Mine', 'assistant: Yours [streaming]']);
  });

  it('cannot change a tool call into a turn, or a turn into a tool call', () => {
    const driven = new DrivenStore().feed(on.output('r', item.call('f')), on.say('r', 'f', 'Forged'), on.say('r', 'a', 'Hi'), {
      type: 'response.function_call_arguments.delta',
      response_id: 'r',
      item_id: 'a',
      call_id: 'c',
      output_index: 0,
      delta: '{}',
    });
    expect(driven.lines).toEqual(['assistant: Hi [streaming]']);
    expect(driven.tools).toHaveLength(1);
  });
});

describe('names of prototype members', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s works as an id', (id) => {
    const driven = new DrivenStore().feed(
      on.added(item.typed(id, 'Hi'), id),
      { ...on.say(id, `${id}2`, 'Hello', { previous_item_id: id }), event_id: id },
      on.done(id),
      JSON.parse(`{"type":"${id}","item_id":"${id}"}`),
    );
    expect(driven.lines).toEqual(['user: Hi', 'assistant: Hello']);
    expect(({} as Record<string, unknown>)['id']).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('text', () => {
  const corpus = [
    '<img src=x onerror=alert(1)>',
    '<svg><script>1</script></svg>',
    '[a](javascript:alert(1))',
    'java\nscript:x',
    '![](https://example.com/beacon.png)',
    '\u202eabc\u2066',
    'a\u200bb',
    '\ud800',
    '&lt;b&gt;',
    '{{7*7}}',
    '\0',
  ];
  it.each(corpus)('keeps %j unchanged', (text) => {
    const driven = new DrivenStore().feed(...[...text].map((character) => on.text('r', 'a', character)), on.added(item.typed('u', text)));
    expect(driven.shown.map((message) => message.text)).toEqual([text, text]);
  });
});

describe('limits', () => {
  it('cut and count a text that is too long', () => {
    const driven = new DrivenStore();
    for (let count = 0; count < 30; count += 1) driven.feed(on.say('r', 'a', 'x'.repeat(10_000)));
    expect(driven.shown[0]?.text).toHaveLength(200_000);
    expect(driven.store.dropped.malformed).toBe(10);
  });

  it('reject too many content parts and too long ids', () => {
    const driven = new DrivenStore().feed(
      on.say('r', 'a', 'x', { content_index: 1e9 }),
      on.say('r', 'a', 'x', { content_index: -1 }),
      on.say('r', 'a'.repeat(10_000), 'x'),
    );
    expect(driven.lines).toEqual([]);
    expect(driven.store.dropped.malformed).toBe(3);
    driven.feed(on.added({ ...item.typed('u', ''), content: Array.from({ length: 5_000 }, () => ({ type: 'input_text', text: 'y' })) }));
    expect(driven.shown[0]?.text).toHaveLength(64 * 2 - 1);
  });

  it('forget the oldest event ids first', () => {
    const driven = new DrivenStore();
    for (let count = 0; count < 10_000; count += 1) driven.feed({ type: 'rate_limits.updated', event_id: `e${count}` });
    driven.feed({ ...on.text('r', 'a', 'once'), event_id: 'e9999' }, { ...on.text('r', 'a', 'once'), event_id: 'e0' });
    expect(driven.lines).toEqual(['assistant: once [streaming]']);
    expect(driven.store.dropped.duplicates).toBe(1);
  });
});

describe('an unknown event', () => {
  it('does not change the state', () => {
    const driven = new DrivenStore().feed(
      { type: 'response.telepathy.delta', item_id: 'a', delta: 'x' },
      { type: '' },
      { type: 'error', error: { message: 'x' } },
    );
    expect(driven.store.dropped).toEqual({ duplicates: 0, malformed: 0 });
    expect(driven.pending).toBeUndefined();
  });
});
