/**
 * The only error class that this package exposes, with its codes. The texts for visitors live in `i18n/`
 * under the same codes; this file has the short English messages for logs.
 */

/** All values of `VoiceAgentError.code`. */
export type ErrorCode =
  /** The site's server responded with 401: the visitor has to sign in. */
  | 'token_unauthorized'
  /** The site's server rejected the visitor's credentials (403, `visitor_denied`). */
  | 'visitor_denied'
  /** The site's server responded with 403: this page's origin is not allowed. */
  | 'origin_denied'
  /** 429 from the site's server or the Realtime API; see `retryAfter`. */
  | 'rate_limited'
  /** The key endpoint's response has no usable key: not JSON, too large, a standard `sk-` key, redirected to another origin. */
  | 'token_malformed'
  /** The key endpoint did not respond within 10 s. */
  | 'token_timeout'
  /** The site's server responded with a 5xx and problem details: calls are currently unavailable. See `retryAfter`. */
  | 'unavailable'
  /** The browser could not reach a server: offline, DNS, CORS, or 5xx after retries. */
  | 'network'
  /**
   * Part of the widget's own code failed to load: the site was updated since the page was opened, a blocker, or the network. Some
   * browsers cache such a failure, so only reloading the page helps.
   */
  | 'load_failed'
  | 'mic_denied'
  /** The prompt was dismissed without a choice; asking again is possible. */
  | 'mic_dismissed'
  | 'mic_missing'
  | 'mic_busy'
  /** The permission is granted, but the device does not respond. */
  | 'mic_unresponsive'
  /** Neither HTTPS nor localhost: browsers provide no microphone there. */
  | 'insecure_context'
  /** The embedding page's Permissions-Policy blocks the microphone: `allow="microphone"` is missing. */
  | 'policy_blocked'
  /** The offer was rejected (4xx). */
  | 'sdp_rejected'
  /** The answer is not SDP that this browser can use. */
  | 'sdp_invalid'
  /** No network path to the media server within 15 s, usually a firewall. */
  | 'ice_failed'
  /** The data channel did not open, or the session did not start, in time. */
  | 'channel_timeout'
  /** The server rejected the session configuration, or `call-url` does not accept calls. */
  | 'session_rejected'
  /** The server's maximum session length was reached. */
  | 'session_expired'
  /** The connection of an established call was lost. */
  | 'connection_lost'
  /** The whole attempt took longer than `timeout`. */
  | 'timeout'
  /** The caller's `AbortSignal`, `close()`, or removal of the element ended the attempt. */
  | 'aborted'
  /** The browser lacks WebRTC, or a required setting is missing (no `token-url`). */
  | 'unsupported'
  /** A method was called while not connected, or with invalid arguments. */
  | 'invalid_request'
  /** The server reported an error during a call; the call continues. See `reason`. */
  | 'server_error'
  /** The server cut off a response before any of it could be shown; the call continues. `reason` has the cause. */
  | 'answer_incomplete';

/** Details of a `VoiceAgentError` in addition to its code. */
export interface ErrorDetails {
  /** Overrides the default English message. */
  readonly message?: string;
  /** False if retrying cannot help without a change by the site owner or the visitor. The default depends on the code. */
  readonly recoverable?: boolean;
  /** Milliseconds to wait before a retry (from `Retry-After`). */
  readonly retryAfter?: number;
  /** See `VoiceAgentError.reason`. */
  readonly reason?: string | undefined;
  /** The underlying error, for developers. Never contains a key. */
  readonly cause?: unknown;
}

const MESSAGES: Record<ErrorCode, string> = {
  token_unauthorized: 'The server requires the visitor to sign in (401).',
  visitor_denied: 'The server rejected the visitor credentials (403).',
  origin_denied: 'The server does not allow this page (403).',
  rate_limited: 'Too many calls right now (429).',
  token_malformed: 'The key endpoint did not return an ephemeral key.',
  token_timeout: 'The key endpoint did not respond in time.',
  unavailable: 'Calls are currently unavailable.',
  network: 'The server could not be reached.',
  load_failed: 'Part of the widget failed to load. Reload the page.',
  mic_denied: 'The microphone is blocked.',
  mic_dismissed: 'The microphone prompt was dismissed.',
  mic_missing: 'No microphone was found.',
  mic_busy: 'The microphone is in use by another application.',
  mic_unresponsive: 'The microphone is not responding.',
  insecure_context: 'Microphones only work on secure (HTTPS) pages.',
  policy_blocked: 'The embedding page blocks the microphone: add allow="microphone".',
  sdp_rejected: 'The voice server refused the call.',
  sdp_invalid: 'The voice server sent an invalid SDP answer.',
  ice_failed: 'No network path to the voice server.',
  channel_timeout: 'The voice server did not start the session in time.',
  session_rejected: 'The voice server rejected the session settings.',
  session_expired: 'The session reached its maximum length.',
  connection_lost: 'The connection was lost.',
  timeout: 'The connection took too long.',
  aborted: 'The connection attempt was aborted.',
  unsupported: 'Voice calls are not supported in this setup.',
  invalid_request: 'This is not possible right now.',
  server_error: 'The voice server reported an error.',
  answer_incomplete: 'The voice server did not complete a response.',
};

const NOT_RECOVERABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'origin_denied',
  'token_malformed',
  'insecure_context',
  'policy_blocked',
  'session_rejected',
  'unsupported',
]);

/** The error that all promises of this package reject with, and that `voice-agent-error` events carry. */
export class VoiceAgentError extends Error {
  override readonly name = 'VoiceAgentError';
  readonly code: ErrorCode;
  /** True if the same call may succeed later or after an action by the visitor. */
  readonly recoverable: boolean;
  /** Milliseconds to wait before a retry. */
  readonly retryAfter: number | undefined;
  /**
   * The server's name for the cause, for `server_error` and `answer_incomplete`: its error code, `content_filter`,
   * `max_output_tokens` and similar. Absent if the server gave none.
   */
  readonly reason?: string;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(details.message ?? MESSAGES[code], 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.recoverable = details.recoverable ?? !NOT_RECOVERABLE.has(code);
    this.retryAfter = details.retryAfter;
    if (details.reason !== undefined) this.reason = details.reason;
  }

  /** Returns a `VoiceAgentError` unchanged and wraps anything else with the given code. */
  static from(reason: unknown, code: ErrorCode): VoiceAgentError {
    return reason instanceof VoiceAgentError ? reason : new VoiceAgentError(code, { cause: reason });
  }
}
