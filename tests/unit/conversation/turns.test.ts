/** The text of a turn, its end, and when it is reported. */
import { describe, expect, it } from 'vitest';
import { DrivenStore, item, on } from './driven-store.js';

describe('streaming text', () => {
  it('is shown for both sides', () => {
    const driven = new DrivenStore().feed(
      on.speech('u'),
      on.heard('u', 'What'),
      on.heard('u', ' now'),
      on.say('r', 'a', 'Let'),
      on.say('r', 'a', ' us'),
    );
    expect(driven.lines).toEqual(['user: What now [streaming]', 'assistant: Let us [streaming]']);
    expect(driven.transcripts.map(({ text }) => text)).toEqual(['What now', 'Let us']);
    expect(driven.messages).toEqual([]);
  });

  it('may arrive as a delta before its item, and a done event before its deltas', () => {
    const driven = new DrivenStore().feed(
      on.say('r', 'a', 'Hel'),
      on.said('r', 'a', 'Hello.'),
      on.say('r', 'a', 'lo.'),
      on.output('r', item.begun('a')),
    );
    expect(driven.lines).toEqual(['assistant: Hello. [streaming]']);
    driven.feed(on.outputDone('r', item.answered('a', 'Hello.')), on.added(item.begun('a')), on.done('r'));
    expect(driven.lines).toEqual(['assistant: Hello.']);
  });

  it('joins content parts in order', () => {
    const driven = new DrivenStore().feed(
      on.text('r', 'a', 'second', { content_index: 1 }),
      on.text('r', 'a', 'fir', { content_index: 0 }),
      on.text('r', 'a', 'st', { content_index: 0 }),
    );
    expect(driven.shown[0]).toMatchObject({ text: 'first\nsecond', via: 'text' });
    driven.feed(
      on.added({
        id: 'u',
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look:' },
          { type: 'input_image', image_url: 'data:,' },
          { type: 'input_text', text: 'nice?' },
        ],
      }),
    );
    expect(driven.shown[1]).toMatchObject({ text: 'Look:\nnice?', status: 'done' });
  });

  it('is completed from content parts, items and response.done', () => {
    const part = {
      type: 'response.content_part.done',
      response_id: 'r',
      item_id: 'a',
      output_index: 0,
      content_index: 0,
      part: { type: 'audio', transcript: 'From the part.' },
    };
    expect(new DrivenStore().feed(part).lines).toEqual(['assistant: From the part. [streaming]']);
    expect(new DrivenStore().feed(on.say('r', 'a', 'From'), on.outputDone('r', item.answered('a', 'From the item.'))).lines).toEqual([
      'assistant: From the item.',
    ]);
    expect(
      new DrivenStore().feed(on.say('r', 'a', 'From'), on.done('r', 'completed', [item.answered('a', 'From the end.')])).lines,
    ).toEqual(['assistant: From the end.']);
  });

  it('has the phase that the server sends with the item, and none otherwise', () => {
    const driven = new DrivenStore().feed(
      on.output('r', { ...item.begun('a'), phase: 'commentary' }, 0),
      on.said('r', 'a', 'Let me look that up.'),
      on.outputDone('r', { ...item.answered('a', 'Let me look that up.'), phase: 'commentary' }, 0),
      on.output('r', { ...item.begun('b'), phase: 'final_answer' }, 1),
      on.said('r', 'b', 'It arrives on Friday.', { output_index: 1 }),
      on.output('r', { ...item.begun('c'), phase: 'something new' }, 2),
      on.said('r', 'c', 'Anything else?', { output_index: 2 }),
    );
    expect(driven.shown.map(({ text, phase }) => [text, phase])).toEqual([
      ['Let me look that up.', 'commentary'],
      ['It arrives on Friday.', 'final_answer'],
      ['Anything else?', undefined],
    ]);
    expect(driven.shown[2]).not.toHaveProperty('phase');
  });

  it('is kept if the final event has no text', () => {
    const driven = new DrivenStore().feed(
      on.say('r', 'a', 'Hello'),
      on.said('r', 'a', ''),
      on.outputDone('r', { ...item.answered('a', ''), content: [{ type: 'output_audio' }] }),
    );
    expect(driven.lines).toEqual(['assistant: Hello']);
  });

  it('is read from output_text and text content parts', () => {
    const part = (type: string, text: string) => ({
      type: 'response.content_part.added',
      response_id: 'r',
      item_id: 'a',
      output_index: 0,
      content_index: 0,
      part: { type, text },
    });
    expect(new DrivenStore().feed(part('output_text', 'Hi')).lines).toEqual(['assistant: Hi [streaming]']);
    expect(new DrivenStore().feed(part('text', 'Hi'), on.text('r', 'a', ' you')).lines).toEqual(['assistant: Hi you [streaming]']);
  });
});

describe('a spoken turn of the visitor', () => {
  it('is shown without text as soon as speech starts', () => {
    const driven = new DrivenStore().feed(on.speech('u'));
    expect(driven.shown).toEqual([{ id: 'u', role: 'user', text: '', status: 'streaming', via: 'voice' }]);
    driven.feed(on.commit('u', null), on.added(item.spoken('u'), null), on.transcript('u', ' Hello.\n'));
    expect(driven.shown).toEqual([{ id: 'u', role: 'user', text: 'Hello.', status: 'done', via: 'voice' }]);
    expect(driven.messages).toEqual(driven.shown);
    expect(driven.transcripts).toEqual([]);
  });

  it('is not shown if its transcript is blank', () => {
    const driven = new DrivenStore().feed(on.speech('u'), on.commit('u'), on.transcript('u', ' \n'), on.done('r'));
    expect(driven.lines).toEqual([]);
    expect(driven.messages).toEqual([]);
  });

  it('keeps an empty text if the session has no transcription', () => {
    const driven = new DrivenStore().feed(
      { type: 'session.updated', session: { audio: { input: { transcription: null } } } },
      on.commit('u'),
      on.say('r', 'a', 'Yes.'),
    );
    expect(driven.lines[0]).toBe('user:  [streaming]');
    driven.feed(on.done('r'));
    expect(driven.lines).toEqual(['user: ', 'assistant: Yes.']);
  });

  it('waits longer if a transcript is expected, and accepts it even after the wait', () => {
    const driven = new DrivenStore().feed(
      { type: 'session.updated', session: { audio: { input: { transcription: { model: 'm' } } } } },
      on.commit('u'),
      on.done('r1'),
    );
    expect(driven.lines).toEqual(['user:  [streaming]']);
    driven.at = 10_000;
    driven.feed(on.done('r2'));
    expect(driven.lines).toEqual(['user: ']);
    driven.feed(on.transcript('u', 'At last.'));
    expect(driven.lines).toEqual(['user: At last.']);
    expect(driven.messages.map(({ text }) => text)).toEqual(['At last.']);
    expect(driven.revisions).toEqual([]);
  });

  it('starts that wait at the end of speech, however long it was', () => {
    const driven = new DrivenStore().feed(
      { type: 'session.updated', session: { audio: { input: { transcription: { model: 'm' } } } } },
      on.speech('u'),
    );
    driven.at = 15_000;
    driven.feed(on.commit('u'), on.added(item.spoken('u')), on.done('r'));
    expect(driven.lines).toEqual(['user:  [streaming]']);
  });

  it('does not restart that wait with each event of the item', () => {
    const driven = new DrivenStore().feed(
      { type: 'session.updated', session: { audio: { input: { transcription: { model: 'm' } } } } },
      on.commit('u'),
    );
    driven.at = 9_000;
    driven.feed(on.itemDone(item.spoken('u')));
    driven.at = 11_000;
    expect(driven.feed(on.done('r')).lines).toEqual(['user: ']);
  });

  it('is not finished while it is spoken, whatever else ends', () => {
    const driven = new DrivenStore().feed(on.say('r', 'a', 'Hm.'), on.speech('u'), on.done('r'));
    expect(driven.lines).toEqual(['assistant: Hm.', 'user:  [streaming]']);
  });

  it('treats an empty transcript in an item as pending', () => {
    const driven = new DrivenStore().feed(on.added(item.spoken('u', '')));
    expect(driven.lines).toEqual(['user:  [streaming]']);
    expect(driven.feed(on.transcript('u', 'Here')).lines).toEqual(['user: Here']);
    expect(new DrivenStore().feed(on.added(item.spoken('u', 'Known'))).lines).toEqual(['user: Known']);
  });

  it('is marked if its transcription failed', () => {
    const driven = new DrivenStore().feed(on.commit('u'), on.unheard('u'));
    expect(driven.lines).toEqual(['user:  [failed]']);
    expect(driven.messages).toHaveLength(1);
  });

  it('is removed if the server heard only noise or cleared its buffer', () => {
    const driven = new DrivenStore().feed(on.speech('noise'), on.speech('u'));
    expect(driven.shown.map(({ id }) => id)).toEqual(['u']);
    driven.feed({ type: 'input_audio_buffer.cleared' });
    expect(driven.lines).toEqual([]);
    driven.feed(on.commit('u'), on.transcript('u', 'There after all'));
    expect(driven.lines).toEqual(['user: There after all']);
  });

  it('is not shown for silence that timed out', () => {
    const driven = new DrivenStore().feed(
      { type: 'input_audio_buffer.timeout_triggered', item_id: 'u', audio_start_ms: 0, audio_end_ms: 5000 },
      on.commit('u'),
      on.added(item.spoken('u')),
      on.done('r'),
    );
    expect(driven.lines).toEqual([]);
  });

  it('accepts cumulative transcripts that are completed several times', () => {
    const driven = new DrivenStore().feed(on.transcript('u', 'One'), on.transcript('u', 'One two'), on.transcript('u', 'One two three'));
    expect(driven.lines).toEqual(['user: One two three']);
    expect(driven.messages).toHaveLength(1);
  });
});

describe('typed turns', () => {
  it('are shown at once, only once, and confirmed by the same id', () => {
    const driven = new DrivenStore();
    driven.store.addLocalUserText('mine', ' <b>Hi</b> ');
    expect(driven.shown).toEqual([{ id: 'mine', role: 'user', text: ' <b>Hi</b> ', status: 'done', via: 'text' }]);
    const shown = driven.shown;
    driven.store.addLocalUserText('mine', 'again');
    driven.feed(on.added(item.typed('mine', ' <b>Hi</b> '), null), on.itemDone(item.typed('mine', ' <b>Hi</b> '), null));
    expect(driven.shown).toBe(shown);
    expect(driven.messages).toHaveLength(1);
  });

  it('are recognized if the server assigns another id', () => {
    const driven = new DrivenStore();
    driven.store.addLocalUserText('mine', 'Hello');
    driven.store.addLocalUserText('mine2', 'Hello');
    driven.feed(
      on.added(item.typed('theirs', 'Hello'), null),
      on.added(item.typed('theirs2', 'Hello'), 'theirs'),
      on.added(item.typed('theirs3', 'Hello'), 'theirs2'),
    );
    expect(driven.shown.map(({ id }) => id)).toEqual(['theirs', 'theirs2', 'theirs3']);
    expect(driven.messages).toHaveLength(3);
  });

  it('are kept and marked if the server rejects them', () => {
    const driven = new DrivenStore();
    driven.store.addLocalUserText('mine', 'Hello');
    driven.store.failLocalUserText('mine');
    driven.store.failLocalUserText('unknown');
    expect(driven.lines).toEqual(['user: Hello [failed]']);
  });

  it('are not shown if blank', () => {
    const driven = new DrivenStore();
    driven.store.addLocalUserText('mine', '  ');
    expect(driven.lines).toEqual([]);
  });
});

describe('the end of an answer', () => {
  it('follows the end of playback if the server reports playback', () => {
    const driven = new DrivenStore().feed(
      on.created('r'),
      on.say('r', 'a', 'Hello'),
      on.sound('r', 'started'),
      on.said('r', 'a', 'Hello'),
      on.outputDone('r', item.answered('a', 'Hello')),
      on.done('r'),
    );
    expect(driven.lines).toEqual(['assistant: Hello [streaming]']);
    driven.feed(on.sound('r', 'stopped'));
    expect(driven.lines).toEqual(['assistant: Hello']);
    expect(driven.messages).toHaveLength(1);
  });

  it('comes with the playback of the next answer at the latest', () => {
    const driven = new DrivenStore().feed(
      on.say('r', 'a', 'One'),
      on.sound('r', 'started'),
      on.done('r'),
      on.say('r2', 'b', 'Two'),
      on.sound('r2', 'started'),
    );
    expect(driven.lines).toEqual(['assistant: One', 'assistant: Two [streaming]']);
  });

  it('shows failures and limits', () => {
    const driven = new DrivenStore().feed(
      on.say('r', 'a', 'Half'),
      on.done('r', 'failed'),
      on.text('r2', 'b', 'Half'),
      on.done('r2', 'incomplete'),
      on.text('r3', 'c', 'Half'),
      on.done('r3', 'cancelled'),
    );
    expect(driven.shown.map(({ status }) => status)).toEqual(['failed', 'failed', 'interrupted']);
  });

  it('does not affect complete items when the rest of the response fails', () => {
    const driven = new DrivenStore().feed(
      on.say('r', 'a', 'Whole'),
      on.sound('r', 'started'),
      on.outputDone('r', item.answered('a', 'Whole')),
      on.say('r', 'b', 'Ha', { output_index: 1 }),
      on.done('r', 'failed'),
      on.sound('r', 'stopped'),
    );
    expect(driven.lines).toEqual(['assistant: Whole', 'assistant: Ha [failed]']);
  });

  it('is read from items without a response', () => {
    const unmarked = { ...item.answered('b', 'B'), status: undefined };
    const driven = new DrivenStore().feed(
      on.added(item.answered('a', 'A')),
      on.itemDone(unmarked),
      on.itemDone(item.answered('c', 'C', 'incomplete')),
    );
    expect(driven.lines).toEqual(['assistant: A', 'assistant: B', 'assistant: C [interrupted]']);
  });

  it('applies to items that arrive later', () => {
    const driven = new DrivenStore().feed(on.done('r', 'cancelled'), on.text('r', 'a', 'Late'));
    expect(driven.lines).toEqual(['assistant: Late [interrupted]']);
  });

  it('does not show the items of an out-of-band response', () => {
    const driven = new DrivenStore();
    driven.store.noteSent({ type: 'response.create', response: { conversation: 'none' } });
    driven.feed(
      on.created('r', { conversation_id: null }),
      on.output('r', item.begun('a')),
      on.text('r', 'a', 'Thinking'),
      on.output('r', item.call('f'), 1),
      on.done('r'),
    );
    expect(driven.lines).toEqual([]);
    expect(driven.tools).toEqual([]);
    driven.feed(on.added(item.begun('a')));
    expect(driven.lines).toEqual(['assistant: Thinking']);
  });
});

describe('deleting', () => {
  it('removes a turn, and late events do not restore it', () => {
    const driven = new DrivenStore().feed(
      on.added(item.typed('a', 'A'), null),
      on.added(item.typed('b', 'B'), 'a'),
      { type: 'conversation.item.deleted', item_id: 'a' },
      { type: 'conversation.item.deleted', item_id: 'unknown' },
    );
    expect(driven.lines).toEqual(['user: B']);
    driven.feed(on.transcript('a', 'A'), on.itemDone(item.typed('a', 'A')));
    expect(driven.lines).toEqual(['user: B']);
  });

  it('allows the same id to be added again, as a history reset does', () => {
    const driven = new DrivenStore().feed(
      on.added(item.typed('a', 'A'), null),
      on.added(item.typed('b', 'B'), 'a'),
      { type: 'conversation.item.deleted', item_id: 'a' },
      on.added(item.typed('a', 'A2'), 'root'),
    );
    expect(driven.lines).toEqual(['user: A2', 'user: B']);
    expect(driven.messages.filter(({ id }) => id === 'a')).toHaveLength(1);
  });
});
