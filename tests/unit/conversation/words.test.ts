/** Spoken turns on servers that never commit, transcribe late, or correct transcripts: what is shown, and what is reported. */
import { describe, expect, it } from 'vitest';
import { DrivenStore, item, on } from './driven-store.js';

const TRANSCRIBES = { type: 'session.updated', session: { audio: { input: { transcription: { model: 'm' } } } } };
const segment = (id: string, text: string) => ({
  type: 'conversation.item.input_audio_transcription.segment',
  item_id: id,
  content_index: 0,
  id: 's',
  speaker: 'A',
  start: 0,
  end: 1,
  text,
});
const messageTexts = (driven: DrivenStore) => {
  driven.store.flush();
  return driven.messages.map(({ text }) => text);
};
const revised = (driven: DrivenStore) => {
  driven.store.flush();
  return driven.revisions.map(({ message, previous }) => `${previous.text} → ${message.text} [${message.status}]`);
};

describe('a turn that was never committed', () => {
  const two = () => new DrivenStore().feed(on.speech('u1'), on.speech('u2'));

  it.each([
    ['a complete transcript', on.transcript('u1', 'First')],
    ['a transcript delta', on.heard('u1', 'First')],
    ['a segment', segment('u1', 'First')],
    ['a failed transcription', on.unheard('u1')],
    ['its item', on.added(item.spoken('u1'))],
    ['the end of its item', on.itemDone(item.spoken('u1', 'First'))],
    ['a late commit', on.commit('u1')],
  ])('is restored in its place by %s', (_, event) => {
    const driven = two();
    expect(driven.shown.map(({ id }) => id)).toEqual(['u2']);
    driven.feed(event);
    expect(driven.shown.map(({ id }) => id)).toEqual(['u1', 'u2']);
  });

  it('stays before the answers that arrived in the meantime', () => {
    const driven = two().feed(on.say('r', 'a', 'Yes.'), on.done('r'), on.transcript('u2', 'second'), on.transcript('u1', 'first'));
    expect(driven.lines).toEqual(['user: first', 'user: second', 'assistant: Yes.']);
    expect(messageTexts(driven).sort()).toEqual(['Yes.', 'first', 'second']);
  });

  it('is hidden once a later answer is complete, so that the answer does not wait for it, and restored by its transcript', () => {
    const driven = new DrivenStore().feed(TRANSCRIBES, on.speech('u1'), on.say('r', 'a', 'Yes.'));
    expect(driven.shown.map(({ id }) => id)).toEqual(['u1', 'a']);
    driven.feed(on.done('r'));
    expect(driven.shown.map(({ id }) => id)).toEqual(['a']);
    driven.feed(on.transcript('u1', 'first'));
    expect(driven.lines).toEqual(['user: first', 'assistant: Yes.']);
  });

  it('moves to the place that the server sends', () => {
    const driven = two().feed(on.transcript('u1', 'first'), on.transcript('u2', 'second'), on.itemDone(item.spoken('u1', 'first'), 'u2'));
    expect(driven.lines).toEqual(['user: second', 'user: first']);
  });

  it.each([
    ['nothing', []],
    ['a blank transcript', [on.transcript('u1', ' \n')]],
    ['a blank delta', [on.heard('u1', ' ')]],
  ])('stays hidden with %s', (_, events) => {
    const driven = two().feed(...events, on.transcript('u2', 'second'), on.done('r'));
    driven.store.endCall();
    expect(driven.lines).toEqual(['user: second']);
    expect(messageTexts(driven)).toEqual(['second']);
  });

  it('is restored by a transcript after the buffer was cleared, but not after it was deleted', () => {
    const driven = new DrivenStore().feed(on.speech('u1'), { type: 'input_audio_buffer.cleared' }, on.transcript('u1', 'first'));
    expect(driven.lines).toEqual(['user: first']);
    driven.feed(
      { type: 'conversation.item.deleted', item_id: 'u1' },
      on.transcript('u1', 'again'),
      on.heard('u1', 'again'),
      on.unheard('u1'),
    );
    expect(driven.lines).toEqual([]);
  });

  it('ends some time after its last transcript delta, although the transcript was never completed', () => {
    const driven = new DrivenStore().feed(on.speech('u'), on.heard('u', 'Hello'), on.done('r1'));
    expect(driven.lines).toEqual(['user: Hello [streaming]']);
    driven.at = 10_000;
    expect(driven.feed(on.done('r2')).lines).toEqual(['user: Hello']);
  });
});

describe('the report of a spoken turn', () => {
  it.each([
    ['after the answer', () => [on.commit('u'), on.say('r', 'a', 'Hi.'), on.done('r')], 0],
    ['after ten seconds', () => [TRANSCRIBES, on.commit('u'), on.done('r')], 12_000],
    ['after the next turn', () => [on.commit('u'), on.done('r'), on.commit('u2'), on.transcript('u2', 'next'), on.done('r2')], 0],
    ['after an item without content', () => [on.added({ ...item.spoken('u'), content: null }), on.commit('u'), on.done('r')], 0],
    ['after a transcript of null', () => [on.commit('u'), on.itemDone(item.spoken('u', null)), on.transcript('u', null), on.done('r')], 0],
    ['after a blank transcript', () => [on.commit('u'), on.transcript('u', ''), on.done('r')], 0],
    [
      'after silence that timed out',
      () => [{ type: 'input_audio_buffer.timeout_triggered', item_id: 'u' }, on.commit('u'), on.done('r')],
      0,
    ],
  ])('comes once, with the transcript, if that arrives %s', (_, events, wait) => {
    for (const words of [
      [on.transcript('u', 'my words')],
      [on.heard('u', 'my'), on.heard('u', ' words'), on.transcript('u', 'my words')],
      [on.itemDone(item.spoken('u', 'my words'))],
    ]) {
      const driven = new DrivenStore().feed(...events());
      driven.store.flush();
      driven.at = wait;
      driven.feed(on.done('later'));
      driven.store.flush();
      for (const event of words) {
        driven.feed(event);
        driven.store.flush();
      }
      expect(driven.messages.filter(({ id }) => id === 'u')).toMatchObject([{ text: 'my words', status: 'done', via: 'voice' }]);
      expect(revised(driven)).toEqual([]);
      driven.feed(...words);
      driven.store.endCall();
      expect(driven.messages.filter(({ id }) => id === 'u')).toHaveLength(1);
      expect(revised(driven)).toEqual([]);
    }
  });

  it('streams again while a late transcript arrives in deltas', () => {
    const driven = new DrivenStore().feed(on.commit('u'), on.done('r'));
    expect(driven.lines).toEqual(['user: ']);
    expect(driven.feed(on.heard('u', 'my')).lines).toEqual(['user: my [streaming]']);
    expect(driven.transcripts.map(({ text }) => text)).toEqual(['my']);
    expect(driven.messages).toEqual([]);
  });

  it.each([
    ['ends', false],
    ['breaks and continues', true],
  ])('comes without a transcript when the call %s', (_, goesOn) => {
    const driven = new DrivenStore().feed(on.commit('u'), on.say('r', 'a', 'Hi.'), on.done('r'));
    expect(messageTexts(driven)).toEqual(['Hi.']);
    driven.store.endCall(goesOn);
    expect(messageTexts(driven)).toEqual(['Hi.', '']);
  });

  it('comes at once if the transcription failed, and is revised if a transcript arrives later', () => {
    const driven = new DrivenStore().feed(on.commit('u'), on.unheard('u'));
    expect(messageTexts(driven)).toEqual(['']);
    driven.feed(on.transcript('u', 'words'));
    expect(driven.lines).toEqual(['user: words']);
    expect(revised(driven)).toEqual([' → words [done]']);
  });

  it('marks a transcription that failed after the wait', () => {
    const driven = new DrivenStore().feed(on.commit('u'), on.done('r'));
    driven.feed(on.unheard('u'));
    expect(driven.messages.map(({ status }) => status)).toEqual([]);
    driven.store.flush();
    expect(driven.messages.map(({ status }) => status)).toEqual(['failed']);
  });

  it('does not come for a turn that was deleted or cleared in the meantime', () => {
    const driven = new DrivenStore().feed(on.commit('u'), on.done('r'));
    driven.store.flush();
    driven.feed({ type: 'conversation.item.deleted', item_id: 'u' });
    driven.store.endCall();
    expect(messageTexts(driven)).toEqual([]);
    driven.feed(on.commit('v'), on.done('r'));
    driven.store.flush();
    driven.store.clear();
    driven.store.endCall();
    expect(messageTexts(driven)).toEqual([]);
  });
});

describe('the revision of a turn that was reported', () => {
  it.each([
    ['is corrected', [on.transcript('u', 'Hello')], [on.transcript('u', 'Hallo')], 'Hello → Hallo [done]'],
    [
      'is retrieved with a different text',
      [on.transcript('u', 'Hello')],
      [{ type: 'conversation.item.retrieved', item: item.spoken('u', 'Hallo') }],
      'Hello → Hallo [done]',
    ],
    ['turns out to be blank', [on.transcript('u', 'Hello')], [on.transcript('u', '')], 'Hello →  [done]'],
    [
      'is replaced by another history',
      [on.added(item.typed('u', 'A'))],
      [{ type: 'conversation.item.deleted', item_id: 'u' }, on.added(item.typed('u', 'B'))],
      'A → B [done]',
    ],
    [
      'is cut to what was heard',
      [on.say('r', 'u', 'one two three four five'), on.done('r')],
      [on.truncated('u', 600)],
      'one two three four five → one two [interrupted]',
    ],
    ['was not heard at all', [on.say('r', 'u', 'one two'), on.done('r')], [on.truncated('u', 0)], 'one two →  [interrupted]'],
  ])('comes when it %s', (_, first, then, expected) => {
    const driven = new DrivenStore().feed(...first);
    expect(messageTexts(driven)).toHaveLength(1);
    driven.feed(...then);
    expect(revised(driven)).toEqual([expected]);
    driven.feed(...then.slice(-1));
    expect(revised(driven)).toHaveLength(1);
    expect(messageTexts(driven)).toHaveLength(1);
  });

  it('comes once for a turn that continues after a pause, when its transcript is complete', () => {
    const driven = new DrivenStore().feed(TRANSCRIBES, on.commit('u'), on.heard('u', 'Hello'));
    driven.at = 10_000;
    driven.feed(on.done('r'));
    expect(messageTexts(driven)).toEqual(['Hello']);
    driven.feed(on.heard('u', ' world'));
    expect(driven.lines).toEqual(['user: Hello world [streaming]']);
    expect(revised(driven)).toEqual([]);
    driven.feed(on.transcript('u', 'Hello world.'));
    expect(revised(driven)).toEqual(['Hello → Hello world. [done]']);
    expect(Object.isFrozen(driven.revisions[0])).toBe(true);
  });

  it('comes when a typed turn is rejected', () => {
    const driven = new DrivenStore();
    driven.store.addLocalUserText('mine', 'Hi');
    driven.store.flush();
    driven.store.failLocalUserText('mine');
    expect(revised(driven)).toEqual(['Hi → Hi [failed]']);
  });

  it('does not come for items that a new connection repeats', () => {
    const driven = new DrivenStore().feed(on.commit('u'), on.transcript('u', 'Hello'), on.say('r', 'a', 'Hi.'), on.done('r'));
    driven.store.endCall(true);
    driven.feed(
      on.added(item.typed('u', 'Hello there'), null),
      on.itemDone(item.typed('u', 'Hello there')),
      on.added(item.answered('a', 'Hi!'), 'u'),
    );
    expect(revised(driven)).toEqual([]);
    expect(messageTexts(driven)).toHaveLength(2);
  });
});
