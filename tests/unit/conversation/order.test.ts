/** The order of turns, whatever order the events arrive in. */
import { describe, expect, it } from 'vitest';
import { DrivenStore, item, on } from './driven-store.js';

const ids = (driven: DrivenStore) => driven.shown.map(({ id }) => id).join(' ');

describe('order of turns', () => {
  it('places an item behind its predecessor, not at the end', () => {
    const driven = new DrivenStore().feed(
      on.added(item.typed('a', 'A'), null),
      on.added(item.typed('c', 'C'), 'a'),
      on.added(item.typed('b', 'B'), 'a'),
    );
    expect(ids(driven)).toBe('a b c');
  });

  it('moves an item and its followers when its predecessor arrives later', () => {
    const driven = new DrivenStore().feed(
      on.added(item.typed('x', 'X')),
      on.added(item.typed('d', 'D'), 'c'),
      on.added(item.typed('c', 'C'), 'b'),
      on.added(item.typed('y', 'Y'), 'd'),
      on.added(item.typed('b', 'B'), 'x'),
    );
    expect(ids(driven)).toBe('x b c d y');
  });

  it('keeps the place of a hidden item, which is never shown or reported', () => {
    const driven = new DrivenStore();
    driven.store.hideItem('h');
    driven.feed(
      on.added(item.typed('a', 'A'), null),
      on.added(item.typed('h', 'H'), 'a'),
      on.added(item.typed('b', 'B'), 'h'),
      on.added(item.typed('c', 'C'), 'a'),
    );
    expect(ids(driven)).toBe('a c b');
    driven.store.endCall();
    expect(driven.messages.map(({ id }) => id)).toEqual(['a', 'c', 'b']);
  });

  it('appends items without a known predecessor', () => {
    const driven = new DrivenStore().feed(
      on.added(item.typed('a', 'A'), null),
      on.added(item.typed('b', 'B')),
      on.added(item.typed('c', 'C')),
    );
    expect(ids(driven)).toBe('a b c');
  });

  it('treats null as the beginning of the call', () => {
    const driven = new DrivenStore().feed(on.output('r', item.begun('b')), on.say('r', 'b', 'B'), on.added(item.typed('a', 'A'), null));
    expect(ids(driven)).toBe('a b');
  });

  it('treats root as the beginning, each time', () => {
    const driven = new DrivenStore().feed(on.added(item.typed('b', 'B'), null), on.added(item.typed('a', 'A'), 'root'));
    expect(ids(driven)).toBe('a b');
  });

  it('keeps the order for servers that always send null', () => {
    const driven = new DrivenStore().feed(...['a', 'b', 'c'].flatMap((id) => [on.commit(id, null), on.transcript(id, id)]));
    expect(ids(driven)).toBe('a b c');
  });

  it('ignores a repeated predecessor, so that a late done event does not undo an insertion', () => {
    const driven = new DrivenStore().feed(
      on.added(item.typed('a', 'A'), null),
      on.added(item.typed('c', 'C'), 'a'),
      on.added(item.typed('b', 'B'), 'a'),
      on.itemDone(item.typed('c', 'C'), 'a'),
    );
    expect(ids(driven)).toBe('a b c');
  });

  it('handles cycles of predecessors and items that precede themselves', () => {
    const driven = new DrivenStore().feed(
      on.added(item.typed('a', 'A'), 'b'),
      on.added(item.typed('b', 'B'), 'a'),
      on.added(item.typed('c', 'C'), 'c'),
    );
    expect(driven.shown).toHaveLength(3);
    driven.feed(on.itemDone(item.typed('a', 'A'), 'c'), on.itemDone(item.typed('b', 'B'), 'a'), on.itemDone(item.typed('c', 'C'), 'b'));
    expect(new Set(driven.shown.map(({ id }) => id)).size).toBe(3);
  });

  it('does not move an item behind its own followers', () => {
    const driven = new DrivenStore().feed(
      on.added(item.typed('x', 'X'), null),
      ...['b', 'c', 'd'].map((id, index) => on.added(item.typed(id, id), 'xbc'[index])),
    );
    expect(ids(driven)).toBe('x b c d');
    driven.feed(on.itemDone(item.typed('b', 'b'), 'd'), on.itemDone(item.typed('b', 'b'), 'c'));
    expect(ids(driven)).toBe('x b c d');
  });

  it('places a late user transcript before its answer', () => {
    const driven = new DrivenStore().feed(
      on.output('r', item.begun('answer')),
      on.say('r', 'answer', 'Good.'),
      on.added(item.begun('answer'), 'question'),
      on.transcript('question', 'How are you?'),
      on.commit('question', null),
    );
    expect(driven.lines).toEqual(['user: How are you?', 'assistant: Good. [streaming]']);
  });

  it('keeps a spoken turn that started during an answer behind it', () => {
    const driven = new DrivenStore().feed(
      on.added(item.typed('u1', 'Go'), null),
      on.speech('u2'),
      on.output('r', item.begun('a1')),
      on.added(item.begun('a1'), 'u1'),
      on.say('r', 'a1', 'Well'),
      on.commit('u2', 'a1'),
    );
    expect(ids(driven)).toBe('u1 a1 u2');
  });

  it('sorts items of one response by output_index if they have no predecessor', () => {
    const driven = new DrivenStore().feed(
      on.say('r', 'second', 'Two', { output_index: 1 }),
      on.speech('u'),
      on.say('r', 'third', 'Three', { output_index: 2 }),
      on.say('r', 'first', 'One', { output_index: 0 }),
    );
    expect(ids(driven)).toBe('first second third u');
  });

  it('keeps places behind hidden items', () => {
    const system = { id: 's', type: 'message', role: 'system', content: [{ type: 'input_text', text: 'Be kind.' }] };
    const driven = new DrivenStore().feed(
      on.added(system, null),
      on.added({ id: 'm', type: 'mcp_list_tools', tools: [] }, 's'),
      on.added(item.typed('b', 'B'), 'm'),
      on.added(item.typed('a', 'A'), 's'),
    );
    expect(driven.lines).toEqual(['user: A', 'user: B']);
  });

  it('places a second call behind the first, with or without null', () => {
    const driven = new DrivenStore().feed(on.added(item.typed('a', 'A'), null), on.added(item.typed('b', 'B'), 'a'));
    driven.store.endCall();
    driven.feed(on.added(item.typed('d', 'D')), on.added(item.typed('c', 'C'), null));
    expect(ids(driven)).toBe('a b c d');
  });

  it('places items correctly around typed turns that were shown before the server confirmed them', () => {
    const driven = new DrivenStore().feed(on.added(item.typed('a', 'A'), null), on.say('r', 'answer', 'So'));
    driven.store.addLocalUserText('mine', 'Mine');
    driven.feed(
      on.added(item.begun('late'), 'answer'),
      on.say('r', 'late', 'And', { output_index: 1 }),
      on.added(item.typed('mine', 'Mine'), 'late'),
    );
    expect(ids(driven)).toBe('a answer late mine');
  });
});

describe('the combined list of messages and tool calls', () => {
  const talk = () =>
    new DrivenStore().feed(
      on.added(item.typed('u1', 'What time is it?'), null),
      on.output('r1', item.call('f')),
      on.added(item.call('f'), 'u1'),
      on.outputDone('r1', item.call('f', '{}', 'completed')),
      on.added(item.result('o', 'f'), 'f'),
      on.text('r2', 'a1', 'Noon.'),
      on.added(item.begun('a1'), 'o'),
      on.added(item.typed('u2', 'Thanks'), 'a1'),
    );

  it('keeps a tool call in its place, however late the turns around it arrive', () => {
    expect(talk().entries).toEqual(['user: What time is it?', 'look_up f', 'assistant: Noon.', 'user: Thanks']);
    const driven = talk().feed(on.added(item.typed('u0', 'Hello'), 'root'), on.transcript('late', 'and now'), on.commit('late', 'u1'));
    expect(driven.entries).toEqual([
      'user: Hello',
      'user: What time is it?',
      'user: and now',
      'look_up f',
      'assistant: Noon.',
      'user: Thanks',
    ]);
  });

  it('contains the same objects as the other two lists, and is one of them if there is only one kind of entry', () => {
    const driven = talk();
    driven.store.flush();
    const { items, messages, toolCalls } = driven.store.snapshot();
    expect(items).toEqual([messages[0], toolCalls[0], messages[1], messages[2]]);
    expect(items[1]).toBe(toolCalls[0]);
    const plain = new DrivenStore().feed(on.text('r', 'a', 'Hi'));
    plain.store.flush();
    expect(plain.store.snapshot().items).toBe(plain.store.snapshot().messages);
  });

  it('stays the same list while nothing in it changes, and shares unchanged entries', () => {
    const driven = talk();
    driven.store.flush();
    const before = driven.store.snapshot();
    driven.feed({ type: 'rate_limits.updated', rate_limits: [] }, on.itemDone(item.typed('u2', 'Thanks'), 'a1'));
    driven.store.flush();
    expect(driven.store.snapshot()).toBe(before);
    driven.feed(on.text('r2', 'a1', ' Sharp.'));
    driven.store.flush();
    const { items } = driven.store.snapshot();
    expect(items.map((entry, index) => entry === before.items[index])).toEqual([true, true, false, true]);
    expect(Object.isFrozen(items)).toBe(true);
  });

  it('drops a deleted tool call, and keeps tool calls across the end of a call', () => {
    const driven = talk();
    driven.store.endCall();
    driven.feed(on.text('r3', 'a2', 'Hello again.'));
    expect(driven.entries).toEqual(['user: What time is it?', 'look_up f', 'assistant: Noon.', 'user: Thanks', 'assistant: Hello again.']);
    driven.feed({ type: 'conversation.item.deleted', item_id: 'f' });
    expect(driven.entries).not.toContain('look_up f');
  });
});
