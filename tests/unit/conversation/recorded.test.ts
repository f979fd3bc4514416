/**
 * Complete streams: the final transcript, and the reports to the page. Streams named `sandbox-…` were recorded from the sandbox,
 * the others written by hand in the documented order of events.
 */
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../src/contract/messages.js';
import { DrivenStore, recording, recordings } from './driven-store.js';

const EXPECTED: Record<string, readonly string[]> = {
  'spoken-and-typed': [
    'user: What is the weather like in Oslo?',
    'assistant: In Oslo it is cold and clear today, with about two degrees and no wind at all.',
    'user: And tomorrow?',
    'assistant: Tomorrow it will snow.',
  ],
  'barge-in-after-generation': [
    'user: Tell me a long story.',
    'assistant: Once upon a time there was a [interrupted]',
    'user: Stop, shorter please.',
    'assistant: A boat went to sea.',
  ],
  'barge-in-during-generation': [
    'user: Count to one hundred.',
    'assistant: One, two, three, [interrupted]',
    'user: Enough, thanks.',
    'assistant: All right.',
  ],
  'late-failed-and-empty-transcripts': [
    'user: Good morning!',
    'assistant: Good morning, how can I help?',
    'user:  [failed]',
    'assistant: Could you say that again?',
  ],
  'tool-call': ['user: When do you open?', 'assistant: Let me look.', 'assistant: We open at nine on Friday.'],
  'sandbox-interruptions': [
    'user: Tell me everything.',
    'assistant: Let me tell you [interrupted]',
    'user: Stop it.',
    'assistant: Let me tell you everything about the history [interrupted]',
    'user: Short please.',
    'assistant: Fine, I stop.',
    'user: Again.',
    'assistant: Let me tell [interrupted]',
  ],
  'sandbox-whole-call': [
    'assistant: Hello there, what would you like to know about our shop today?',
    'user: When are you open?',
    'assistant: We are open from nine in the morning until six in the evening, every day but Sunday.',
    'user: Do you sell umbrellas?',
    'assistant: I will look that up.',
    'assistant: There are four umbrellas left.',
  ],
  'text-answers-no-transcription': [
    'user: Write a poem.',
    'assistant: Roses are red, violets [failed]',
    'user: ',
    'assistant: I heard you.',
  ],
};

describe('recorded streams', () => {
  it.each(recordings)('%s gives the expected transcript', (name) => {
    const driven = new DrivenStore().play(recording(name));
    expect(driven.lines).toEqual(EXPECTED[name]);
    expect(driven.store.dropped).toEqual({ duplicates: 0, malformed: 0 });
  });

  it.each(recordings)('%s reports each turn once, leaves nothing open, and has no effect when it is sent again', (name) => {
    const driven = new DrivenStore().play(recording(name));
    const shown = driven.shown;
    expect(shown.filter(({ status }) => status === 'streaming')).toEqual([]);
    const wordless = (message: Message): boolean => message.via === 'voice' && message.status === 'done' && message.text === '';
    expect(driven.messages.map(({ id }) => id).sort()).toEqual(
      shown
        .filter((message) => !wordless(message))
        .map(({ id }) => id)
        .sort(),
    );
    driven.play(recording(name));
    expect(driven.shown).toBe(shown);
    expect(driven.store.dropped.duplicates).toBe(recording(name).length);
    driven.store.endCall();
    expect(driven.messages.map(({ id }) => id).sort()).toEqual(shown.map(({ id }) => id).sort());
    expect(driven.revisions).toEqual([]);
  });

  it.each(recordings)('%s gives the same transcript if all events arrive in one frame', (name) => {
    const slow = new DrivenStore().play(recording(name));
    const fast = new DrivenStore();
    for (const { at, event } of recording(name)) {
      fast.at = at;
      fast.store.apply(event);
    }
    expect(fast.lines).toEqual(slow.lines);
    expect(fast.snapshots).toHaveLength(1);
    fast.store.endCall();
    expect(fast.messages).toHaveLength(fast.shown.length);
    expect(fast.messages).toEqual(expect.arrayContaining([...fast.shown]));
  });

  it.each(recordings)('%s leaves no open turn after a hang-up at any point', (name) => {
    const lines = recording(name);
    for (let length = 0; length <= lines.length; length += 1) {
      const driven = new DrivenStore().play(lines.slice(0, length));
      driven.store.endCall();
      expect(driven.shown.filter(({ status }) => status === 'streaming')).toEqual([]);
      expect(driven.tools.filter(({ status }) => status === 'streaming' || status === 'running')).toEqual([]);
      expect(new Set(driven.messages.map(({ id }) => id)).size).toBe(driven.messages.length);
      expect(driven.pending).toBeUndefined();
    }
  });

  it('reports a tool call once, with its complete arguments', () => {
    const driven = new DrivenStore().play(recording('tool-call'));
    expect(driven.calls).toEqual([
      { id: 'item_f1', callId: 'call_1', name: 'opening_hours', arguments: '{"day":"friday"}', status: 'running' },
    ]);
    expect(driven.tools).toEqual([{ ...driven.calls[0], status: 'done' }]);
  });
});
