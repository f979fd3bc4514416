/**
 * Reads server errors, and how a response ended, in any known shape. GA events carry
 * `error: {type, code, message, param, event_id}`; other servers send text, put the fields next to `type: "error"`, or put the code in
 * `error.type`.
 *
 * Owns the shapes. What an error means for the call is decided in `session/server-error.ts`.
 */
import { fieldsOf } from './fields.js';

/** A server error in normalized form. */
export interface ServerError {
  /** The server's name for the error: its `code`, or else its `type`. */
  readonly reason: string | undefined;
  /** The server's message. */
  readonly message: string | undefined;
  /** The `event_id` of the client event that caused it. */
  readonly about: string | undefined;
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'number' ? String(value) : typeof value === 'string' && value.trim() ? value : undefined;
/** The first truthy element of an array; any other value unchanged. */
const first = (value: unknown): unknown => (Array.isArray(value) ? value.find(Boolean) : value);

/** Reads the error from the `error` field of an event (or of a response's details), and from the fields next to it. */
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
  /** The server cut it off at one of its limits, without an error. */
  readonly incomplete: boolean;
  /** The server's name for the cause of a failure: `content_filter`, `max_output_tokens`, the code of an error. */
  readonly reason: string | undefined;
  /** The raw error of a failure. */
  readonly error: unknown;
}

/** Reasons that mean an interruption; some servers report such a response as `incomplete`. */
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
