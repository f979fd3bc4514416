/**
 * What the server's errors mean for a running call: which ones the visitor has to know, and which ones end the call. Does not own
 * their shapes (`contract/server-error.ts`). Codes are looked for in all fields, since servers put them into different ones.
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { RealtimeEvent } from '../contract/options.js';
import { refusesAnswer } from '../contract/refuses-answer.js';
import { answerEndOf, errorOf } from '../contract/server-error.js';
import { toJson } from '../contract/to-json.js';

/**
 * Refusals that harm nobody: the server had already done what was asked, there was nothing to do, or it does not know the events that
 * only keep its conversation tidy. Codes and messages of the Realtime API and of servers of the same family.
 */
const HARMLESS = [
  /response_cancel_not_active|no active response|response while one is in progress/i,
  // The SDK retrieves each cut item, which the server may have dropped.
  /item_(retrieve|truncate|delete)_invalid|(retriev|truncat|delet)ing item|already shorter than|only model output audio/i,
  /buffer_commit_empty|committing input audio buffer: .*(empty|too small)/i,
  // An event that is refused by its name; a server that lists all events that it knows means another one.
  /^(?!.*supported values).*(item\.(retrieve|truncate|delete)|output_audio_buffer\.clear|response\.cancel)\b/i,
];

/** The account cannot pay or is not known any more: no answer will ever come. */
const FATAL = /"(insufficient_quota|invalid_api_key|account_deactivated|billing_hard_limit_reached|beta_api_shape_disabled)"/;

/** An error that concerns the page. */
export interface ServerProblem {
  readonly error: VoiceAgentError;
  /** True when the call cannot go on. */
  readonly ends: boolean;
  /** The `event_id` of the client event that caused it. */
  readonly about: string | undefined;
}

/** What the transcript knows about a response, once the event is worked in. `ConversationStore` implements it. */
export interface ResponseKnowledge {
  /** The response is outside the conversation. */
  isAside(event: RealtimeEvent): boolean;
  /** A row of the transcript shows that the answer was cut. */
  showsCut(event: RealtimeEvent): boolean;
}

/** The problem that an `error` or a `response.done` reports; `undefined` for other events and harmless refusals. */
export function readServerError(event: RealtimeEvent, responses: ResponseKnowledge): ServerProblem | undefined {
  if (event.type === 'response.done') return readAnswerEnd(event, responses);
  if (event.type !== 'error') return undefined;
  const problem = problemOf(event);
  const harmless = refusesAnswer(event) || HARMLESS.some((pattern) => pattern.test(toJson(event)));
  return problem?.ends || !harmless ? problem : undefined;
}

/** The visitor has to know of a failure, and of a cut that no row shows; never of a response outside the conversation. */
function readAnswerEnd(event: RealtimeEvent, responses: ResponseKnowledge): ServerProblem | undefined {
  const { response } = event;
  const { end, incomplete, reason, error } = answerEndOf(response);
  if (end !== 'failed') return undefined;
  const problem = problemOf({ error: error ?? {} });
  if (problem?.ends) return problem;
  if (responses.isAside(event) || (incomplete && responses.showsCut(event))) return undefined;
  return incomplete ? { error: new VoiceAgentError('answer_incomplete', { reason, cause: response }), ends: false, about: undefined } : problem;
}

/** The problem in the `error` field and the fields beside it; `undefined` if they say nothing. */
function problemOf(holder: Readonly<Record<string, unknown>>): ServerProblem | undefined {
  const { reason, message, about } = errorOf(holder);
  const cause = holder['error'] ?? holder;
  const text = toJson(holder);
  if (!reason && !message && !holder['error']) return undefined;
  const expired = text.includes('"session_expired"');
  const ends = expired || FATAL.test(text);
  const error = expired ? new VoiceAgentError('session_expired', { cause }) : new VoiceAgentError('server_error', { ...(message && { message }), reason, cause, recoverable: !ends });
  return { error, ends, about };
}
