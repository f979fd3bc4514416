/** Interrupted answers: only the heard text remains. */
import { describe, expect, it } from 'vitest';
import { truncateText, measuredSpeechPace, defaultSpeechPace } from '../../../src/conversation/speech-pace.js';
import { DrivenStore, item, on } from './driven-store.js';

const TEXT = 'The quick brown fox jumps over the lazy dog and runs away into the forest.';

const answering = (text = TEXT) => {
  const driven = new DrivenStore();
  driven.feed(
    on.created('r'),
    on.output('r', item.begun('a')),
    on.added(item.begun('a'), null),
    on.say('r', 'a', text),
    on.sound('r', 'started'),
  );
  return driven;
};

describe('cutting an answer to the heard text', () => {
  it('keeps the words that fit the played time', () => {
    const driven = answering().feed(on.done('r'), on.truncated('a', 1_000), on.sound('r', 'cleared'));
    expect(driven.lines).toEqual(['assistant: The quick brown [interrupted]']);
    expect(driven.messages).toEqual(driven.shown);
  });

  it('prefers the milliseconds of the server to the local clock, in either order', () => {
    const early = answering();
    early.at = 3_000;
    early.feed(on.truncated('a', 1_000), on.sound('r', 'cleared'));
    const late = answering();
    late.at = 3_000;
    late.feed(on.sound('r', 'cleared'), on.truncated('a', 1_000));
    expect(early.lines).toEqual(['assistant: The quick brown [interrupted]']);
    expect(late.lines).toEqual(early.lines);
  });

  it('uses the local clock if the server sends no time', () => {
    const driven = answering();
    driven.at = 1_000;
    driven.feed(on.sound('r', 'cleared'), on.done('r', 'cancelled'));
    expect(driven.lines).toEqual(['assistant: The quick brown [interrupted]']);
  });

  it('learns the pace from an answer that was played to its end', () => {
    const driven = answering();
    driven.at = TEXT.length * 100;
    driven.feed(on.done('r'), on.sound('r', 'stopped'), on.say('r2', 'b', TEXT), on.sound('r2', 'started'), on.truncated('b', 1_000));
    expect(driven.lines[1]).toBe('assistant: The quick [interrupted]');
  });

  it('calculates the pace of an answer whose audio arrived in events', () => {
    const driven = new DrivenStore().feed(
      on.say('r', 'a', '0123456789 0123456789'),
      {
        type: 'response.output_audio.delta',
        response_id: 'r',
        item_id: 'a',
        output_index: 0,
        content_index: 0,
        delta: 'A'.repeat(64 * 2_100),
      },
      on.truncated('a', 1_000),
    );
    expect(driven.lines).toEqual(['assistant: 0123456789 [interrupted]']);
  });

  it('reads the format of that audio from the session', () => {
    const driven = new DrivenStore().feed(
      { type: 'session.updated', session: { audio: { output: { format: { type: 'audio/pcmu' } } } } },
      on.say('r', 'a', '0123456789 0123456789'),
      { type: 'response.output_audio.delta', response_id: 'r', item_id: 'a', output_index: 0, content_index: 0, delta: 'A'.repeat(22_400) },
      on.truncated('a', 1_000),
    );
    expect(driven.lines).toEqual(['assistant: 0123456789 [interrupted]']);
  });

  it('does not show an answer of which nothing was heard', () => {
    const driven = answering().feed(on.truncated('a', 0), on.done('r', 'cancelled'));
    expect(driven.lines).toEqual([]);
    expect(driven.messages).toEqual([]);
  });

  it('does not show an answer that was cancelled before its playback started, if the server reports playback', () => {
    const driven = answering().feed(on.done('r'), on.sound('r', 'stopped'), on.say('r2', 'b', 'Never'), on.done('r2', 'cancelled'));
    expect(driven.shown.map(({ id }) => id)).toEqual(['a']);
    expect(new DrivenStore().feed(on.say('r', 'a', 'Read'), on.done('r', 'cancelled')).lines).toEqual(['assistant: Read [interrupted]']);
  });

  it('does not cut a text answer', () => {
    const driven = new DrivenStore().feed(on.text('r', 'a', TEXT), on.done('r', 'cancelled'));
    expect(driven.lines).toEqual([`assistant: ${TEXT} [interrupted]`]);
  });

  it('does not restore the cut text when late events arrive', () => {
    const driven = answering().feed(
      on.truncated('a', 1_000),
      on.say('r', 'a', ' And more.'),
      on.said('r', 'a', `${TEXT} And more.`),
      on.outputDone('r', item.answered('a', `${TEXT} And more.`, 'incomplete')),
      on.done('r', 'cancelled'),
    );
    expect(driven.lines).toEqual(['assistant: The quick brown [interrupted]']);
  });

  it('replaces the estimate by the truncated text of the server permanently', () => {
    const retrieved = (text: string | null) => ({
      type: 'conversation.item.retrieved',
      item: { id: 'a', type: 'message', role: 'assistant', status: 'incomplete', content: [{ type: 'output_audio', transcript: text }] },
    });
    const driven = answering().feed(on.truncated('a', 1_000), retrieved(null));
    expect(driven.lines).toEqual(['assistant: The quick brown [interrupted]']);
    driven.feed(retrieved(TEXT));
    expect(driven.lines).toEqual(['assistant: The quick brown [interrupted]']);
    driven.feed(retrieved('The quick brown fox'), on.said('r', 'a', TEXT), on.sound('r', 'cleared'));
    expect(driven.lines).toEqual(['assistant: The quick brown fox [interrupted]']);
  });

  it('marks an answer that was already reported, without reporting it again', () => {
    const driven = new DrivenStore().feed(on.say('r', 'a', TEXT), on.done('r'));
    expect(driven.lines).toEqual([`assistant: ${TEXT}`]);
    driven.feed(on.truncated('a', 1_000));
    expect(driven.lines).toEqual(['assistant: The quick brown [interrupted]']);
    expect(driven.messages).toHaveLength(1);
  });

  it('cuts the answer at hang-up, unless it was played to the end', () => {
    const middle = answering().feed(on.done('r'));
    middle.at = 1_000;
    middle.store.endCall();
    expect(middle.lines).toEqual(['assistant: The quick brown [interrupted]']);
    const over = answering().feed(on.done('r'));
    over.at = 60_000;
    over.store.endCall();
    expect(over.lines).toEqual([`assistant: ${TEXT}`]);
  });
});

describe('cutText() and the pace', () => {
  it('drop a partially heard word', () => {
    expect(truncateText('one two three', 6)).toBe('one ');
    expect(truncateText('one two three', 7)).toBe('one two');
    expect(truncateText('one two three', 2)).toBe('');
    expect(truncateText('one two', 99)).toBe('one two');
    expect(truncateText('one two', 0)).toBe('');
  });

  it('cut between characters in scripts without spaces', () => {
    expect(truncateText('今天天气很好', 3)).toBe('今天天');
    expect(truncateText('今天OK啦', 3)).toBe('今天');
    expect(truncateText('สวัสดีครับ', 4)).toBe('สวัส');
  });

  it('never split a character', () => {
    expect(truncateText('ab 🙂🙂 cd', 4)).toBe('ab ');
  });

  it('are fast for text without spaces', () => {
    const long = `${'a'.repeat(200_000)}!`;
    expect(truncateText(long, 199_999)).toBe('');
  });

  it('account for scripts with more speech per character, and ignore implausible measurements', () => {
    expect(defaultSpeechPace('今天')).toBeLessThan(defaultSpeechPace('today'));
    expect(measuredSpeechPace(150, 10_000)).toBe(0.015);
    expect(measuredSpeechPace(150, 500)).toBeUndefined();
    expect(measuredSpeechPace(0, 10_000)).toBeUndefined();
    expect(measuredSpeechPace(100_000, 2_000)).toBeUndefined();
  });
});
