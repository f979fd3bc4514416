/** The message and effect of server errors, whatever their shape. */
import { describe, expect, test } from 'vitest';
import type { RealtimeEvent } from '../../../src/contract/options.js';
import { readServerError as read } from '../../../src/session/server-error.js';

const readServerError = (event: RealtimeEvent, { aside = false, shown = false } = {}) =>
  read(event, { isAside: () => aside, showsCut: () => shown });

const error = (fields: Readonly<Record<string, unknown>>) => ({ type: 'error', event_id: 'event_1', ...fields });

describe('an error event', () => {
  test.each([
    ['an object', { error: { type: 'server_error', code: 'overloaded', message: 'Busy.' } }],
    ['text with a code beside it', { error: 'Busy.', code: 'overloaded' }],
    ['flat fields', { message: 'Busy.', code: 'overloaded' }],
    ['flat fields beside null', { error: null, message: 'Busy.', code: 'overloaded' }],
    ['a code in error.type', { error: { type: 'overloaded', code: null, message: 'Busy.' } }],
    ['a list', { error: [null, { code: 'overloaded', message: 'Busy.' }] }],
    ['an error inside the error', { error: { error: { code: 'overloaded', message: 'Busy.' } } }],
  ])('is read as %s', (_, fields) => {
    const problem = readServerError(error(fields));
    expect(problem).toMatchObject({ ends: false, error: { code: 'server_error', message: 'Busy.', recoverable: true } });
  });

  test.each([
    ['text only', { error: 'Busy.' }, 'Busy.'],
    ['a message without a code', { message: 'Busy.' }, 'Busy.'],
    ['a number', { error: 503 }, '503'],
    ['an empty list', { error: [] }, 'The voice server reported an error.'],
    ['a list in a list', { error: [[['deep']]] }, 'The voice server reported an error.'],
    ['true', { error: true }, 'The voice server reported an error.'],
    ['a numeric code', { error: { code: 503 } }, 'The voice server reported an error.'],
    ['an empty object', { error: {} }, 'The voice server reported an error.'],
    ['a code without a message', { code: 'overloaded' }, 'The voice server reported an error.'],
  ])('is reported if it holds %s', (_, fields, message) => {
    expect(readServerError(error(fields))?.error).toMatchObject({ code: 'server_error', message });
  });

  test.each([[{}], [{ error: null }], [{ error: '' }], [{ error: null, code: null, message: '' }]])(
    'is dropped if it is empty: %j',
    (fields) => {
      expect(readServerError(error(fields))).toBeUndefined();
    },
  );

  test('names the client event that caused it', () => {
    expect(readServerError(error({ error: { code: 'invalid_value', event_id: 'mine' } }))?.about).toBe('mine');
  });

  test.each(['insufficient_quota', 'invalid_api_key', 'beta_api_shape_disabled'])('%s ends the call in each field', (code) => {
    for (const fields of [{ error: { code } }, { error: { type: code, code: null } }, { error: 'No.', code }, { code, message: 'No.' }]) {
      expect(readServerError(error(fields))).toMatchObject({ ends: true, error: { code: 'server_error', recoverable: false } });
    }
  });

  test('session_expired ends the call in each field', () => {
    for (const fields of [
      { error: { code: 'session_expired' } },
      { error: { type: 'session_expired' } },
      { error: 'Over.', code: 'session_expired' },
    ]) {
      expect(readServerError(error(fields))).toMatchObject({ ends: true, error: { code: 'session_expired' } });
    }
  });
});

describe('harmless errors', () => {
  const CODES = [
    'response_cancel_not_active',
    'conversation_already_has_active_response',
    'item_retrieve_invalid_item_id',
    'item_truncate_invalid_item_id',
    'item_delete_invalid_item_id',
    'input_audio_buffer_commit_empty',
  ];
  test.each(CODES)('%s is not reported, whichever field holds it', (code) => {
    const shapes = [
      { error: { code } },
      { error: { type: code, code: null } },
      { error: 'Refused.', code },
      { code, message: 'Refused.' },
      { error: `${code}: refused` },
      { error: { message: `Refused (${code}).` } },
    ];
    for (const fields of shapes) expect(readServerError(error(fields)), JSON.stringify(fields)).toBeUndefined();
  });

  test.each([
    'Conversation already has an active response',
    'Conversation already has an active response in progress: resp_1. Wait until the response is finished before creating a new one.',
    'Cannot create a response while one is in progress',
    'Cancellation failed: no active response found',
    'Audio content of 3700ms is already shorter than 3760ms',
    'Only model output audio messages can be truncated',
    "Error retrieving item: the item with id 'x' does not exist.",
    "Error truncating item: the item with id 'x' does not exist.",
    "Error deleting item: the item with id 'x' does not exist.",
    'Error committing input audio buffer: the buffer is empty.',
    'Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has 0.00ms of audio.',
    'Unknown event type: conversation.item.retrieve',
    "Unsupported event 'output_audio_buffer.clear'",
    'conversation.item.truncate is not supported',
    'response.cancel: not implemented',
  ])('are recognized by their message: %s', (message) => {
    expect(readServerError(error({ error: { type: 'invalid_request_error', code: 'invalid_value', message } }))).toBeUndefined();
    expect(readServerError(error({ error: message }))).toBeUndefined();
    expect(readServerError(error({ message }))).toBeUndefined();
  });

  test.each([
    "Invalid value: 'foo.bar'. Supported values are: 'session.update', 'conversation.item.retrieve', 'response.cancel'.",
    'Error creating item: the previous item does not exist.',
    'Error committing input audio buffer: the format is unknown.',
    'Unknown event type: conversation.item.create',
  ])('do not include %s', (message) => {
    expect(readServerError(error({ error: { message } }))).toMatchObject({ error: { message } });
  });

  test('do not hide an error that ends the call', () => {
    expect(readServerError(error({ error: { code: 'insufficient_quota', message: 'No active response: quota exceeded.' } }))).toMatchObject(
      { ends: true },
    );
  });
});

describe('a failed response', () => {
  test.each([
    ['an object', { error: { code: 'rate_limit_exceeded', message: 'Slow down.' } }],
    ['text', { error: 'Slow down.' }],
    ['a list', { error: [{ message: 'Slow down.' }] }],
  ])('is reported with its error as %s', (_, details) => {
    const problem = readServerError({
      type: 'response.done',
      response: { id: 'r', status: 'failed', status_details: { type: 'failed', ...details } },
    });
    expect(problem).toMatchObject({ ends: false, error: { code: 'server_error', message: 'Slow down.' } });
  });

  test.each([[undefined], [null], ['text'], [{}], [{ error: null }]])('is reported without details: %j', (details) => {
    expect(readServerError({ type: 'response.done', response: { id: 'r', status: 'failed', status_details: details } })).toMatchObject({
      error: { code: 'server_error' },
    });
  });

  test('has its code, or else its type, as the reason', () => {
    const reasonOf = (error: unknown) =>
      readServerError({ type: 'response.done', response: { status: 'failed', status_details: { error } } })?.error.reason;
    expect([{ code: 'a', type: 'b' }, { code: null, type: 'b' }, 'text', null].map(reasonOf)).toEqual(['a', 'b', undefined, undefined]);
  });

  test('ends the call if the account has no credit, also if it is out of band', () => {
    const event = { type: 'response.done', response: { status: 'failed', status_details: { error: { type: 'insufficient_quota' } } } };
    for (const aside of [true, false]) expect(readServerError(event, { aside })).toMatchObject({ ends: true });
  });

  test('is not reported if it is out of band', () => {
    expect(readServerError({ type: 'response.done', response: { status: 'failed' } }, { aside: true })).toBeUndefined();
  });
  test.each([[undefined], [null], [{}], [{ status: 'completed' }], [{ status: 'cancelled', status_details: { reason: 'turn_detected' } }]])(
    'does not include %j',
    (response) => {
      expect(readServerError({ type: 'response.done', response })).toBeUndefined();
    },
  );
});

describe('an incomplete response', () => {
  const done = (status: string, details: unknown) => ({ type: 'response.done', response: { id: 'r', status, status_details: details } });

  test.each(['content_filter', 'max_output_tokens', undefined])(
    'is reported with its reason if the transcript does not show it: %s',
    (reason) => {
      const problem = readServerError(done('incomplete', { type: 'incomplete', reason }));
      expect(problem).toMatchObject({ ends: false, error: { code: 'answer_incomplete', recoverable: true } });
      expect(problem?.error.reason).toBe(reason);
    },
  );

  test('is not reported if the transcript shows it, or if it is out of band', () => {
    for (const state of [{ shown: true }, { aside: true }])
      expect(readServerError(done('incomplete', { reason: 'content_filter' }), state)).toBeUndefined();
  });

  test.each([
    ['cancelled', { type: 'cancelled', reason: 'turn_detected' }],
    ['cancelled', { type: 'cancelled', reason: 'client_cancelled' }],
    ['cancelled', null],
    ['incomplete', { reason: 'turn_detected' }],
    ['completed', null],
  ])('does not include %s, %j', (status, details) => {
    expect(readServerError(done(status, details))).toBeUndefined();
  });
});
