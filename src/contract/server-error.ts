/**
 * Reads the errors of a server, and how a response ended, whatever their shape. The GA events carry
 * `error: {type, code, message, param, event_id}`; other servers send text, put the fields beside `type: "error"`, or name the code in
 * `error.type`.
 *
 * Owns the shapes. Does not own what an error means for the call (`session/server-error.ts`).
 */
import { fieldsOf } from './fields.js';

/** An error of the server in one shape. */
export interface ServerError {
  /** The server's name for it: its `code`, or else its `type`. */
  readonly reason: string | undefined;
  /** The server's own words. */
  readonly message: string | undefined;
  /** The `event_id` of the client event that caused it. */
  readonly about: string | undefined;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'number' ? String(value) : typeof value === 'string' && value.trim() ? value : undefined);
/** The first member of a list that holds something; anything else as it is. */
const first = (value: unknown): unknown => (Array.isArray(value) ? value.find(Boolean) : value);

/** Reads the error in the `error` field of an event (or of a response's details), and the fields beside it. */
export function errorOf(holder: unknown): ServerError {
  const outer = fieldsOf(holder);
  const inner = first(outer['error']);
  const levels = [fieldsOf(first(fieldsOf(inner)['error'])), fieldsOf(inner), outer];
  const find = (name: string): string | undefined => levels.map((fields) => textOf(fields[name])).find((text) => text && text !== 'error');
  return { reason: find('code') ?? find('type'), message: find('message') ?? textOf(inner), about: textOf(fieldsOf(inner)['event_id']) };
}

/** How a response ended. */
export interface AnswerEnd {
  /** `failed`: the answer is incomplete. `interrupted`: the visitor or the page interrupted it. */
  readonly end: 'done' | 'interrupted' | 'failed';
  /** The server cut it at a limit of its own, without an error. */
  readonly incomplete: boolean;
  /** The server's name for the cause of a failure: `content_filter`, `max_output_tokens`, the code of an error. */
  readonly reason: string | undefined;
  /** The error of a failure, as it was sent. */
  readonly error: unknown;
}

/** Reasons of an interruption; some servers call such a response `incomplete`. */
const CUT = /turn_detected|cancel|interrupt/;

/** Reads the response of a `response.done`. */
export function answerEndOf(response: unknown): AnswerEnd {
  const { status, status_details: details } = fieldsOf(response);
  const { reason: named, error = textOf(details) } = fieldsOf(details);
  const reason = textOf(named) ?? errorOf({ error }).reason;
  const incomplete = status === 'incomplete' && !CUT.test(reason ?? '');
  if (incomplete || status === 'failed') return { end: 'failed', incomplete, reason, error };
  return { end: status === 'cancelled' || status === 'incomplete' ? 'interrupted' : 'done', incomplete, reason: undefined, error };
}
