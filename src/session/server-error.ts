/**
 * Maps the server's errors to a running call: which ones to report to the visitor, and which ones end the call. Does not own
 * their shapes (`contract/server-error.ts`). Codes are searched in all fields, because servers use different ones.
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { RealtimeEvent } from '../contract/options.js';
import { refusesAnswer } from '../contract/refuses-answer.js';
import { answerEndOf, errorOf } from '../contract/server-error.js';
import { toJson } from '../contract/to-json.js';

/**
 * Harmless errors: the request was already done, there was nothing to do, or the server does not support an event that only keeps
 * its conversation tidy. Codes and messages of the Realtime API and of compatible servers.
 */
const HARMLESS = [
  /response_cancel_not_active|no active response|response while one is in progress/i,
  // The SDK retrieves each cut item, which the server may have dropped.
  /item_(retrieve|truncate|delete)_invalid|(retriev|truncat|delet)ing item|already shorter than|only model output audio/i,
  /buffer_commit_empty|committing input audio buffer: .*(empty|too small)/i,
  // An event type that the server does not support. A message that lists all supported types is about another event.
  /^(?!.*supported values).*(item\.(retrieve|truncate|delete)|output_audio_buffer\.clear|response\.cancel)\b/i,
];

/** The account has no credit or is no longer valid: no answer will follow. */
const FATAL = /"(insufficient_quota|invalid_api_key|account_deactivated|billing_hard_limit_reached|beta_api_shape_disabled)"/;

/** An error to report to the page. */
export interface ServerProblem {
  readonly error: VoiceAgentError;
  /** True if the call cannot continue. */
  readonly ends: boolean;
  /** The `event_id` of the client event that caused it. */
  readonly about: string | undefined;
}

/** What the transcript knows about a response after processing the event. `ConversationStore` implements it. */
export interface ResponseKnowledge {
  /** The response is out of band. */
  isAside(event: RealtimeEvent): boolean;
  /** The transcript shows that the answer was cut. */
  showsCut(event: RealtimeEvent): boolean;
}

/** The problem that an `error` or a `response.done` reports; `undefined` for other events and harmless errors. */
export function readServerError(event: RealtimeEvent, responses: ResponseKnowledge): ServerProblem | undefined {
  if (event.type === 'response.done') return readAnswerEnd(event, responses);
  if (event.type !== 'error') return undefined;
  const problem = problemOf(event);
  const harmless = refusesAnswer(event) || HARMLESS.some((pattern) => pattern.test(toJson(event)));
  return problem?.ends || !harmless ? problem : undefined;
}

/** Reports a failure, and a cut that the transcript does not show; never an out-of-band response, unless the error ends the call. */
function readAnswerEnd(event: RealtimeEvent, responses: ResponseKnowledge): ServerProblem | undefined {
  const { response } = event;
  const { end, incomplete, reason, error } = answerEndOf(response);
  if (end !== 'failed') return undefined;
  const problem = problemOf({ error: error ?? {} });
  if (problem?.ends) return problem;
  if (responses.isAside(event) || (incomplete && responses.showsCut(event))) return undefined;
  return incomplete
    ? { error: new VoiceAgentError('answer_incomplete', { reason, cause: response }), ends: false, about: undefined }
    : problem;
}

/** The problem in the `error` field and its sibling fields; `undefined` if they are empty. */
function problemOf(holder: Readonly<Record<string, unknown>>): ServerProblem | undefined {
  const { reason, message, about } = errorOf(holder);
  const cause = holder['error'] ?? holder;
  const text = toJson(holder);
  if (!reason && !message && !holder['error']) return undefined;
  const expired = text.includes('"session_expired"');
  const ends = expired || FATAL.test(text);
  const error = expired
    ? new VoiceAgentError('session_expired', { cause })
    : new VoiceAgentError('server_error', { ...(message && { message }), reason, cause, recoverable: !ends });
  return { error, ends, about };
}
