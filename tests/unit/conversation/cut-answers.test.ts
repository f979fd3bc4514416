/** Answers that a server did not complete, and the reason that is reported to pages and visitors. */
import { describe, expect, it } from 'vitest';
import { DrivenStore, item, on } from './driven-store.js';

const incomplete = (reason: unknown, output: readonly Record<string, unknown>[] = []) => ({
  type: 'response.done',
  response: { id: 'r', status: 'incomplete', status_details: { type: 'incomplete', reason }, output },
});
const failed = (error: unknown) => ({
  type: 'response.done',
  response: { id: 'r', status: 'failed', status_details: { type: 'failed', error }, output: [] },
});
const only = (driven: DrivenStore) => {
  expect(driven.shown).toHaveLength(1);
  return driven.shown[0];
};

describe('an answer that was cut', () => {
  it.each(['content_filter', 'max_output_tokens', 'something_new'])('has the reason %s', (reason) => {
    expect(only(new DrivenStore().feed(on.text('r', 'a', 'Half'), incomplete(reason)))).toMatchObject({
      text: 'Half',
      status: 'failed',
      reason,
    });
  });

  it('has no reason if the server sent none', () => {
    for (const details of [undefined, null, 7, {}, { reason: null }]) {
      const message = only(
        new DrivenStore().feed(on.text('r', 'a', 'Half'), {
          type: 'response.done',
          response: { id: 'r', status: 'incomplete', status_details: details },
        }),
      );
      expect(message?.status).toBe('failed');
      expect(message && 'reason' in message && typeof message.reason !== 'string').toBe(false);
    }
  });

  it.each([
    ['the code of its error', { code: 'rate_limit_exceeded', type: 'requests', message: 'Slow down.' }, 'rate_limit_exceeded'],
    ['the type of its error', { code: null, type: 'server_error' }, 'server_error'],
  ])('has %s as the reason', (_, error, reason) => {
    expect(only(new DrivenStore().feed(on.text('r', 'a', 'Half'), failed(error)))).toMatchObject({ status: 'failed', reason });
  });

  it('is marked once its playback has ended, and reported once', () => {
    const driven = new DrivenStore().feed(
      on.say('r', 'a', 'Half'),
      on.sound('r', 'started'),
      incomplete('content_filter', [item.answered('a', 'Half', 'incomplete')]),
    );
    expect(driven.lines).toEqual(['assistant: Half [streaming]']);
    driven.feed(on.sound('r', 'stopped'));
    expect(only(driven)).toMatchObject({ status: 'failed', reason: 'content_filter' });
    expect(driven.messages).toHaveLength(1);
  });

  it('is marked although the server marks its items as completed', () => {
    const driven = new DrivenStore().feed(
      on.outputDone('r', item.answered('a', 'First.')),
      incomplete('max_output_tokens', [item.answered('a', 'First.')]),
    );
    expect(only(driven)).toMatchObject({ text: 'First.', status: 'failed', reason: 'max_output_tokens' });
    expect(driven.store.showsCut(incomplete('max_output_tokens'))).toBe(true);
  });

  it('leaves complete messages unchanged if a tool call shows the cut', () => {
    const driven = new DrivenStore().feed(
      on.outputDone('r', item.answered('a', 'One moment.')),
      on.output('r', item.call('f'), 1),
      incomplete('max_output_tokens'),
    );
    expect(driven.lines).toEqual(['assistant: One moment.']);
    expect(driven.tools.map(({ status }) => status)).toEqual(['failed']);
  });

  it('has no reason if the visitor interrupted it first', () => {
    const driven = new DrivenStore().feed(
      on.say('r', 'a', 'One two three four five'),
      on.sound('r', 'started'),
      on.truncated('a', 600),
      incomplete('content_filter'),
    );
    expect(only(driven)).toEqual({ id: 'a', role: 'assistant', text: 'One two', status: 'interrupted', via: 'voice' });
  });

  it.each(['turn_detected', 'client_cancelled', 'interruption'])('counts as interrupted for the reason %s', (reason) => {
    for (const status of ['cancelled', 'incomplete']) {
      const driven = new DrivenStore().feed(on.text('r', 'a', 'Half'), {
        type: 'response.done',
        response: { id: 'r', status, status_details: { type: status, reason } },
      });
      expect(driven.lines).toEqual(['assistant: Half [interrupted]']);
    }
  });

  it('is shown in the transcript only if it has text', () => {
    expect(
      new DrivenStore().feed(on.text('r', 'a', 'Half'), incomplete('content_filter')).store.showsCut(incomplete('content_filter')),
    ).toBe(true);
    expect(new DrivenStore().feed(incomplete('content_filter')).store.showsCut(incomplete('content_filter'))).toBe(false);
    expect(
      new DrivenStore().feed(on.output('r', item.begun('a')), incomplete('content_filter')).store.showsCut(incomplete('content_filter')),
    ).toBe(false);
    expect(new DrivenStore().store.showsCut({ type: 'response.done', response: null })).toBe(false);
  });
});
