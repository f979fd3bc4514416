/** When listeners are called, and that what they get cannot be changed. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { frameSchedule } from '../../../src/conversation/frame-schedule.js';
import { DrivenStore, item, on } from './driven-store.js';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('one call per frame', () => {
  it('whatever the number of events', () => {
    const driven = new DrivenStore();
    for (let count = 0; count < 10_000; count += 1) driven.feed(on.say('r', 'a', 'x'));
    expect(driven.scheduled).toBe(1);
    expect(driven.snapshots).toEqual([]);
    driven.pending?.();
    expect(driven.snapshots).toHaveLength(1);
    expect(driven.transcripts).toHaveLength(1);
    expect(driven.transcripts[0]?.text).toHaveLength(10_000);
  });

  it('none when nothing visible changed', () => {
    const driven = new DrivenStore().feed(on.created('r'), { type: 'session.created', session: {} });
    expect(driven.scheduled).toBe(0);
    const { shown } = driven.feed(on.added(item.typed('a', 'A'), null));
    driven.feed(on.added({ id: 's', type: 'message', role: 'system', content: [] }, 'a'));
    driven.store.flush();
    expect(driven.snapshots).toHaveLength(1);
    expect(driven.shown).toBe(shown);
  });

  it('and the snapshot in between is the one that was told', () => {
    const driven = new DrivenStore().feed(on.added(item.typed('a', 'A'), null));
    expect(driven.store.snapshot().messages).toEqual([]);
    driven.pending?.();
    expect(driven.store.snapshot()).toBe(driven.snapshots[0]);
    expect(driven.pending).toBeUndefined();
  });

  it('tells finished turns in the order of the conversation', () => {
    const driven = new DrivenStore().feed(on.say('r', 'a', 'Answer'), on.done('r'), on.commit('u', null), on.transcript('u', 'Question'));
    driven.store.flush();
    expect(driven.messages.map(({ text }) => text)).toEqual(['Question', 'Answer']);
  });

  it('keeps what did not change by identity', () => {
    const driven = new DrivenStore().feed(on.added(item.typed('a', 'A'), null), on.outputDone('r', item.call('f', '{}', 'completed')));
    const first = driven.shown[0];
    const { tools } = driven;
    driven.feed(on.say('r', 'b', 'B'));
    expect(driven.shown[0]).toBe(first);
    expect(driven.tools).toBe(tools);
  });
});

describe('snapshots', () => {
  it('are frozen through and through', () => {
    const driven = new DrivenStore().feed(on.say('r', 'a', 'x'), on.output('r', item.call('f'), 1));
    driven.store.flush();
    driven.feed(on.say('r', 'a', 'y'));
    driven.store.flush();
    for (const conversation of [...driven.snapshots, new DrivenStore().store.snapshot()]) {
      for (const value of [conversation, conversation.messages, conversation.toolCalls, ...conversation.messages, ...conversation.toolCalls]) expect(Object.isFrozen(value)).toBe(true);
    }
    expect(Object.isFrozen(driven.store.dropped)).toBe(true);
  });
});

describe('listeners', () => {
  it('can leave, and leave only for themselves', () => {
    const driven = new DrivenStore();
    const heard = vi.fn();
    const leave = driven.store.subscribe(heard);
    driven.store.subscribe(heard);
    leave();
    leave();
    driven.feed(on.say('r', 'a', 'x'));
    driven.store.flush();
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('that throw are reported and disturb nobody', () => {
    const report = vi.fn();
    vi.stubGlobal('reportError', report);
    const driven = new DrivenStore();
    const failure = new Error('listener');
    driven.store.subscribe(() => {
      throw failure;
    });
    const heard = vi.fn();
    driven.store.subscribe(heard);
    driven.feed(on.say('r', 'a', 'x'));
    driven.store.flush();
    expect(heard).toHaveBeenCalledTimes(1);
    expect(report).toHaveBeenCalledWith(failure);
  });

  it('may use the store', () => {
    const driven = new DrivenStore();
    driven.store.onMessage(({ id }) => {
      if (id !== 'a') return;
      driven.store.addLocalUserText('b', 'B');
      driven.store.flush();
    });
    driven.feed(on.added(item.typed('a', 'A'), null));
    driven.store.flush();
    expect(driven.messages.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(driven.lines).toEqual(['user: A', 'user: B']);
  });
});

describe('ends', () => {
  it('hang-up: at once, nothing streaming, nothing scheduled, ids of the next call are new', () => {
    const driven = new DrivenStore().feed({ ...on.text('r', 'a', 'Half'), event_id: 'event_1' }, on.speech('u'));
    driven.store.endCall();
    expect(driven.lines).toEqual(['assistant: Half [interrupted]']);
    expect(driven.pending).toBeUndefined();
    driven.feed({ ...on.text('r2', 'b', 'New'), event_id: 'event_1' });
    expect(driven.lines[1]).toBe('assistant: New [streaming]');
  });

  it('hang-up twice changes nothing', () => {
    const driven = new DrivenStore().feed(on.text('r', 'a', 'Half'));
    driven.store.endCall();
    driven.store.endCall();
    expect(driven.snapshots).toHaveLength(1);
    expect(driven.messages).toHaveLength(1);
  });

  it('clear: nothing is left, and what is said next is shown', () => {
    const driven = new DrivenStore().feed(on.added(item.typed('a', 'A'), null), on.text('r', 'b', 'B'));
    driven.store.flush();
    driven.store.clear();
    expect(driven.store.snapshot()).toEqual({ items: [], messages: [], toolCalls: [] });
    expect(driven.snapshots).toHaveLength(2);
    driven.feed(on.added(item.typed('a', 'A'), null), on.done('r'));
    expect(driven.lines).toEqual(['user: A']);
    expect(driven.messages.map(({ id }) => id)).toEqual(['a', 'a']);
  });
});

describe('the frame', () => {
  const frames = () => {
    const waiting = new Map<number, () => void>();
    vi.stubGlobal('requestAnimationFrame', (run: () => void) => (waiting.set(waiting.size + 1, run), waiting.size));
    vi.stubGlobal('cancelAnimationFrame', (id: number) => void waiting.delete(id));
    return waiting;
  };

  it('is the animation frame where there are frames', () => {
    vi.useFakeTimers();
    const waiting = frames();
    const run = vi.fn();
    frameSchedule(run);
    for (const frame of waiting.values()) frame();
    expect(run).toHaveBeenCalledTimes(1);
    expect(waiting.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is a timer where frames do not come: a page that is hidden, then or later', () => {
    vi.useFakeTimers();
    const waiting = frames();
    const run = vi.fn();
    frameSchedule(run);
    vi.advanceTimersByTime(100);
    expect(run).toHaveBeenCalledTimes(1);
    expect(waiting.size).toBe(0);
  });

  it('is a timer outside of pages', () => {
    vi.useFakeTimers();
    const run = vi.fn();
    frameSchedule(run);
    vi.advanceTimersByTime(16);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('can be called off, without a rest', () => {
    vi.useFakeTimers();
    const waiting = frames();
    const run = vi.fn();
    frameSchedule(run)();
    vi.advanceTimersByTime(1_000);
    expect(run).not.toHaveBeenCalled();
    expect(waiting.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
