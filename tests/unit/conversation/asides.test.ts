/** Visibility of out-of-band responses; the transports mark them as such. */
import { describe, expect, it } from 'vitest';
import { DrivenStore, item, on } from './driven-store.js';

const ask = (more: Record<string, unknown> = {}) => ({ type: 'response.create', ...more, response: { conversation: 'none' } });
const outside = (id: string) => on.created(id, { conversation_id: null });

describe('an out-of-band response', () => {
  it('is not shown if the page requested it, but the next response is', () => {
    const driven = new DrivenStore();
    driven.store.noteSent(ask());
    driven.feed(outside('r1'), on.say('r1', 'a1', 'Hidden'), on.done('r1'), on.created('r2'), on.say('r2', 'a2', 'Shown'), on.done('r2'));
    expect(driven.lines).toEqual(['assistant: Shown']);
    expect(driven.messages).toHaveLength(1);
    expect(driven.store.history()).toHaveLength(1);
  });

  it('is not shown as text if a sideband requested it, and its tool calls do not run', () => {
    const driven = new DrivenStore().feed(
      outside('r'),
      on.text('r', 'a', 'topic: numbers'),
      on.outputDone('r', item.call('f', '{}', 'completed'), 1),
      on.done('r'),
    );
    expect([driven.lines, driven.tools, driven.calls]).toEqual([[], [], []]);
  });

  it('is shown if the visitor hears it and the page did not request it', () => {
    expect(new DrivenStore().feed(outside('r'), on.say('r', 'a', 'Please hold.'), on.done('r')).lines).toEqual(['assistant: Please hold.']);
  });

  it('is shown as soon as the server adds it to the conversation', () => {
    expect(new DrivenStore().feed(outside('r'), on.text('r', 'a', 'Added'), on.added(item.begun('a')), on.done('r')).lines).toEqual([
      'assistant: Added',
    ]);
  });

  it.each([
    [
      'the request was rejected',
      (driven: DrivenStore) => driven.feed({ type: 'error', error: { code: 'invalid_value', event_id: 'mine' } }),
    ],
    ['the call ended', (driven: DrivenStore) => driven.store.endCall()],
  ])('does not count as requested by the page after %s', (_, end) => {
    const driven = new DrivenStore();
    driven.store.noteSent(ask({ event_id: 'mine' }));
    end(driven);
    expect(driven.feed(outside('r'), on.say('r', 'a', 'Shown'), on.done('r')).lines).toEqual(['assistant: Shown']);
  });

  it('is recognized at its end', () => {
    const { store } = new DrivenStore().feed(outside('r1'), on.created('r2', { conversation_id: 'conv_1' }), on.created('r3'));
    expect(['r1', 'r2', 'r3', 'r4'].map((id) => store.isAside(on.done(id)))).toEqual([true, false, false, false]);
  });
});
