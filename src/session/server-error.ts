/** What the server's complaints mean for a running call. */
import { VoiceAgentError } from '../contract/errors.js';
import type { RealtimeEvent } from '../contract/options.js';

/** Races between the page and the server that harm nobody. */
const HARMLESS: ReadonlySet<unknown> = new Set([
  'response_cancel_not_active',
  'conversation_already_has_active_response',
  // The SDK asks for each cut item, which the server may have thrown away.
  'item_retrieve_invalid_item_id',
]);

/** The account cannot pay or is not known any more: no answer will ever come. */
const FATAL: ReadonlySet<unknown> = new Set([
  'insufficient_quota',
  'invalid_api_key',
  'account_deactivated',
  'billing_hard_limit_reached',
  'beta_api_shape_disabled',
]);

/** A complaint that concerns the page. */
export interface ServerProblem {
  readonly error: VoiceAgentError;
  /** True when the call cannot go on. */
  readonly ends: boolean;
  /** The `event_id` of the event of ours that caused it. */
  readonly about: string | undefined;
}

/** The problem that an `error` or a failed `response.done` tells of, if it is one. */
export function readServerError(event: RealtimeEvent): ServerProblem | undefined {
  const cause = event.type === 'error' ? event['error'] : failure(event);
  if (typeof cause !== 'object' || cause === null) return undefined;
  const { code, message, event_id: id } = cause as { code?: unknown; message?: unknown; event_id?: unknown };
  if (HARMLESS.has(code)) return undefined;
  const about = typeof id === 'string' ? id : undefined;
  if (code === 'session_expired') return { error: new VoiceAgentError('session_expired', { cause }), ends: true, about };
  const ends = FATAL.has(code);
  const said = typeof message === 'string' && message ? { message } : {};
  return { error: new VoiceAgentError('server_error', { ...said, cause, recoverable: !ends }), ends, about };
}

function failure(event: RealtimeEvent): unknown {
  const response = event['response'] as { status?: unknown; status_details?: { error?: unknown } | null } | null | undefined;
  return response?.status === 'failed' ? (response.status_details?.error ?? {}) : undefined;
}
