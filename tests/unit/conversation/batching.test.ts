/** When listeners are called, and that the snapshots they receive are immutable. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { frameSchedule } from '../../../src/conversation/frame-schedule.js';
import { DrivenStore, item, on } from './driven-store.js';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('listeners', () => {
  it('are called once per frame, whatever the number of events', () => {
    const driven = new DrivenStore();
    for (let count = 0; count < 10_000; count += 1) driven.feed(on.say('r', 'a', 'x'));
    expect(driven.scheduled).toBe(1);
    expect(driven.snapshots).toEqual([]);
    driven.pending?.();
    expect(driven.snapshots).toHaveLength(1);
    expect(driven.transcripts).toHaveLength(1);
    expect(driven.transcripts[0]?.text).toHaveLength(10_000);
  });

  it('are not called if nothing visible changed', () => {
    const driven = new DrivenStore().feed(on.created('r'), { type: 'session.created', session: {} });
    expect(driven.scheduled).toBe(0);
    const { shown } = driven.feed(on.added(item.typed('a', 'A'), null));
    driven.feed(on.added({ id: 's', type: 'message', role: 'system', content: [] }, 'a'));
    driven.store.flush();
    expect(driven.snapshots).toHaveLength(1);
    expect(driven.shown).toBe(shown);
  });

  it('see the last reported snapshot between frames', () => {
    const driven = new DrivenStore().feed(on.added(item.typed('a', 'A'), null));
    expect(driven.store.snapshot().messages).toEqual([]);
    driven.pending?.();
    expect(driven.store.snapshot()).toBe(driven.snapshots[0]);
    expect(driven.pending).toBeUndefined();
  });

  it('receive finished turns in conversation order', () => {
    const driven = new DrivenStore().feed(on.say('r', 'a', 'Answer'), on.done('r'), on.commit('u', null), on.transcript('u', 'Question'));
    driven.store.flush();
    expect(driven.messages.map(({ text }) => text)).toEqual(['Question', 'Answer']);
  });

  it('receive the same objects for unchanged entries', () => {
    const driven = new DrivenStore().feed(on.added(item.typed('a', 'A'), null), on.outputDone('r', item.call('f', '{}', 'completed')));
    const first = driven.shown[0];
    const { tools } = driven;
    driven.feed(on.say('r', 'b', 'B'));
    expect(driven.shown[0]).toBe(first);
    expect(driven.tools).toBe(tools);
  });
});

describe('snapshots', () => {
  it('are deeply frozen', () => {
    const driven = new DrivenStore().feed(on.say('r', 'a', 'x'), on.output('r', item.call('f'), 1));
    driven.store.flush();
    driven.feed(on.say('r', 'a', 'y'));
    driven.store.flush();
    for (const conversation of [...driven.snapshots, new DrivenStore().store.snapshot()]) {
      for (const value of [
        conversation,
        conversation.messages,
        conversation.toolCalls,
        ...conversation.messages,
        ...conversation.toolCalls,
      ])
        expect(Object.isFrozen(value)).toBe(true);
    }
    expect(Object.isFrozen(driven.store.dropped)).toBe(true);
  });
});

describe('subscriptions', () => {
  it('can be removed without affecting others', () => {
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

  it('report exceptions of a listener and still call the others', () => {
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

  it('allow a listener to use the store', () => {
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

describe('the end of a call', () => {
  it('notifies listeners at once, leaves nothing streaming or scheduled, and forgets seen event ids', () => {
    const driven = new DrivenStore().feed({ ...on.text('r', 'a', 'Half'), event_id: 'event_1' }, on.speech('u'));
    driven.store.endCall();
    expect(driven.lines).toEqual(['assistant: Half [interrupted]']);
    expect(driven.pending).toBeUndefined();
    driven.feed({ ...on.text('r2', 'b', 'New'), event_id: 'event_1' });
    expect(driven.lines[1]).toBe('assistant: New [streaming]');
  });

  it('has no effect the second time', () => {
    const driven = new DrivenStore().feed(on.text('r', 'a', 'Half'));
    driven.store.endCall();
    driven.store.endCall();
    expect(driven.snapshots).toHaveLength(1);
    expect(driven.messages).toHaveLength(1);
  });

  it('clear() removes everything, and later turns are shown', () => {
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

describe('the frame schedule', () => {
  const frames = () => {
    const waiting = new Map<number, () => void>();
    vi.stubGlobal('requestAnimationFrame', (run: () => void) => (waiting.set(waiting.size + 1, run), waiting.size));
    vi.stubGlobal('cancelAnimationFrame', (id: number) => void waiting.delete(id));
    return waiting;
  };

  it('uses the animation frame', () => {
    vi.useFakeTimers();
    const waiting = frames();
    const run = vi.fn();
    frameSchedule(run);
    for (const frame of waiting.values()) frame();
    expect(run).toHaveBeenCalledTimes(1);
    expect(waiting.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('uses a timer if the page is, or becomes, hidden', () => {
    vi.useFakeTimers();
    const waiting = frames();
    const run = vi.fn();
    frameSchedule(run);
    vi.advanceTimersByTime(100);
    expect(run).toHaveBeenCalledTimes(1);
    expect(waiting.size).toBe(0);
  });

  it('uses a timer without requestAnimationFrame', () => {
    vi.useFakeTimers();
    const run = vi.fn();
    frameSchedule(run);
    vi.advanceTimersByTime(16);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('can be cancelled completely', () => {
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
