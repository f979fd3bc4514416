/**
 * The one error class that leaves this package, and the words for its causes. Remedies for people live in `i18n/`
 * under the same codes; this file holds the short English message for logs.
 */

/** Every cause that `VoiceAgentError.code` can name. */
export type ErrorCode =
  /** The site's server answered 401: it wants to know the visitor. */
  | 'token_unauthorized'
  /** The site's server did not accept the visitor's proof (403, `visitor_denied`). */
  | 'visitor_denied'
  /** The site's server answered 403: this page's origin is not allowed. */
  | 'origin_denied'
  /** 429 from the site's server or the Realtime API; see `retryAfter`. */
  | 'rate_limited'
  /** The key endpoint's answer is no usable key: not JSON, too large, a standard `sk-` key, redirected elsewhere. */
  | 'token_malformed'
  /** The key endpoint did not answer within 10 s. */
  | 'token_timeout'
  /** The site's server says, by problem details with a 5xx, that no calls are to be had now; see `retryAfter`. */
  | 'unavailable'
  /** The browser could not reach a server: offline, DNS, CORS, or 5xx after retries. */
  | 'network'
  /**
   * A part of the widget's own code did not load: the site was updated since the page was opened, a blocker or the network. Some
   * browsers remember such a failure, so that only a reload of the page helps.
   */
  | 'load_failed'
  | 'mic_denied'
  /** The prompt was closed without an answer; asking again is possible. */
  | 'mic_dismissed'
  | 'mic_missing'
  | 'mic_busy'
  /** The browser may use the microphone, and the device does not answer. */
  | 'mic_unresponsive'
  /** Not HTTPS (nor localhost): browsers offer no microphone there. */
  | 'insecure_context'
  /** Permissions-Policy of the embedding page forbids the microphone: `allow="microphone"` is missing. */
  | 'policy_blocked'
  /** The offer was refused (4xx). */
  | 'sdp_rejected'
  /** The answer is no SDP that this browser can use. */
  | 'sdp_invalid'
  /** No network path to the media server within 15 s, usually a firewall. */
  | 'ice_failed'
  /** The data channel did not open, or the session did not start, in time. */
  | 'channel_timeout'
  /** The server refused the session's configuration, or `call-url` leads to nothing that takes calls. */
  | 'session_rejected'
  /** The server's maximum session length is over. */
  | 'session_expired'
  /** An established call broke. */
  | 'connection_lost'
  /** The whole attempt took longer than `timeout`. */
  | 'timeout'
  /** The caller's `AbortSignal`, `close()`, or removal of the element ended the attempt. */
  | 'aborted'
  /** The browser lacks WebRTC, or the setup lacks what the call needs (no `token-url`). */
  | 'unsupported'
  /** Something was asked of a call that is not connected, or with unusable arguments. */
  | 'invalid_request'
  /** The server reported an error inside a running call; the call goes on. See `reason`. */
  | 'server_error'
  /** The server cut an answer before anything of it could be shown, and the call goes on. `reason` is its cause. */
  | 'answer_incomplete';

/** Details of a `VoiceAgentError` besides its code. */
export interface ErrorDetails {
  /** Overrides the default English message. */
  readonly message?: string;
  /** False where trying again cannot help without a change by the site's owner or the visitor. Default by code. */
  readonly recoverable?: boolean;
  /** Milliseconds until a retry is worth it (from `Retry-After`). */
  readonly retryAfter?: number;
  /** See `VoiceAgentError.reason`. */
  readonly reason?: string | undefined;
  /** What was caught, for developers. Never holds a key. */
  readonly cause?: unknown;
}

const MESSAGES: Record<ErrorCode, string> = {
  token_unauthorized: 'The server refused this visitor (401).',
  visitor_denied: 'The server did not accept who the visitor is (403).',
  origin_denied: 'The server does not allow this page (403).',
  rate_limited: 'Too many calls right now (429).',
  token_malformed: 'The key endpoint did not answer with an ephemeral key.',
  token_timeout: 'The key endpoint did not answer in time.',
  unavailable: 'No calls are to be had at the moment.',
  network: 'The server could not be reached.',
  load_failed: 'A part of the widget could not be loaded. Reload the page.',
  mic_denied: 'The microphone is blocked.',
  mic_dismissed: 'The microphone prompt was closed.',
  mic_missing: 'No microphone was found.',
  mic_busy: 'The microphone is in use by another program.',
  mic_unresponsive: 'The microphone does not answer.',
  insecure_context: 'Microphones work on secure (https) pages only.',
  policy_blocked: 'The embedding page forbids the microphone: add allow="microphone".',
  sdp_rejected: 'The voice server refused the call.',
  sdp_invalid: 'The voice server gave an unusable answer.',
  ice_failed: 'No network path to the voice server.',
  channel_timeout: 'The voice server did not start the session in time.',
  session_rejected: 'The voice server refused the session settings.',
  session_expired: 'The session reached its maximum length.',
  connection_lost: 'The connection was lost.',
  timeout: 'The connection took too long.',
  aborted: 'The connection attempt was ended.',
  unsupported: 'Voice calls do not work in this setup.',
  invalid_request: 'This cannot be done now.',
  server_error: 'The voice server reported an error.',
  answer_incomplete: 'The voice server did not complete an answer.',
};

const NOT_RECOVERABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'origin_denied',
  'token_malformed',
  'insecure_context',
  'policy_blocked',
  'session_rejected',
  'unsupported',
]);

/** What every failing promise of this package rejects with and every `voice-agent-error` event carries. */
export class VoiceAgentError extends Error {
  override readonly name = 'VoiceAgentError';
  readonly code: ErrorCode;
  /** True when the same call may work later or after the visitor did something. */
  readonly recoverable: boolean;
  /** Milliseconds until a retry is worth it. */
  readonly retryAfter: number | undefined;
  /**
   * The server's own name for the cause, with `server_error` and `answer_incomplete`: the code of its error, `content_filter`,
   * `max_output_tokens` and the like. Absent if it named none.
   */
  readonly reason?: string;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(details.message ?? MESSAGES[code], 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.recoverable = details.recoverable ?? !NOT_RECOVERABLE.has(code);
    this.retryAfter = details.retryAfter;
    if (details.reason !== undefined) this.reason = details.reason;
  }

  /** Passes a `VoiceAgentError` through and wraps anything else in the given code. */
  static from(reason: unknown, code: ErrorCode): VoiceAgentError {
    return reason instanceof VoiceAgentError ? reason : new VoiceAgentError(code, { cause: reason });
  }
}
