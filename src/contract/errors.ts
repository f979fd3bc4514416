/**
 * The only error class that this package exposes, with its codes. The texts for visitors live in `i18n/`
 * under the same codes; this file has the short English messages for logs.
 */

interface ErrorRow {
  /** Short English message for logs. */
  readonly message: string;
  /** False if retrying cannot help without a change by the site owner or the visitor. Default true. */
  readonly recoverable?: boolean;
}

/** All errors by code. */
const ERRORS = {
  /** The site's server responded with 401: the visitor has to sign in. */
  token_unauthorized: { message: 'The server requires the visitor to sign in (401).' },
  /** The site's server rejected the visitor's credentials (403, `visitor_denied`). */
  visitor_denied: { message: 'The server rejected the visitor credentials (403).' },
  /** The site's server responded with 403: this page's origin is not allowed. */
  origin_denied: { message: 'The server does not allow this page (403).', recoverable: false },
  /** 429 from the site's server or the Realtime API; see `retryAfter`. */
  rate_limited: { message: 'Too many calls right now (429).' },
  /** The key endpoint's response has no usable key: not JSON, too large, a standard `sk-` key, redirected to another origin. */
  token_malformed: { message: 'The key endpoint did not return an ephemeral key.', recoverable: false },
  /** The key endpoint did not respond within 10 s. */
  token_timeout: { message: 'The key endpoint did not respond in time.' },
  /** The site's server responded with a 5xx and problem details: calls are currently unavailable. See `retryAfter`. */
  unavailable: { message: 'Calls are currently unavailable.' },
  /** The site's owner has paused calls (503, `paused`). See `retryAfter`. */
  paused: { message: 'The site has paused calls.' },
  /** The browser could not reach a server: offline, DNS, CORS, or 5xx after retries. */
  network: { message: 'The server could not be reached.' },
  /**
   * Part of the widget's own code failed to load: the site was updated since the page was opened, a blocker, or the network. Some
   * browsers cache such a failure, so only reloading the page helps.
   */
  load_failed: { message: 'Part of the widget failed to load. Reload the page.' },
  /** The visitor, the browser or the system blocks the microphone. */
  mic_denied: { message: 'The microphone is blocked.' },
  /** The prompt was dismissed without a choice; asking again is possible. */
  mic_dismissed: { message: 'The microphone prompt was dismissed.' },
  /** No microphone is connected. */
  mic_missing: { message: 'No microphone was found.' },
  /** Another application uses the microphone. */
  mic_busy: { message: 'The microphone is in use by another application.' },
  /** The permission is granted, but the device does not respond. */
  mic_unresponsive: { message: 'The microphone is not responding.' },
  /** Neither HTTPS nor localhost: browsers provide no microphone there. */
  insecure_context: { message: 'Microphones only work on secure (HTTPS) pages.', recoverable: false },
  /** The embedding page's Permissions-Policy blocks the microphone: `allow="microphone"` is missing. */
  policy_blocked: { message: 'The embedding page blocks the microphone: add allow="microphone".', recoverable: false },
  /** The offer was rejected (4xx). */
  sdp_rejected: { message: 'The voice server refused the call.' },
  /** The answer is not SDP that this browser can use. */
  sdp_invalid: { message: 'The voice server sent an invalid SDP answer.' },
  /** No network path to the media server within 15 s, usually a firewall. */
  ice_failed: { message: 'No network path to the voice server.' },
  /** The data channel did not open, or the session did not start, in time. */
  channel_timeout: { message: 'The voice server did not start the session in time.' },
  /** The server rejected the session configuration, or `call-url` does not accept calls. */
  session_rejected: { message: 'The voice server rejected the session settings.', recoverable: false },
  /** The server's maximum session length was reached. */
  session_expired: { message: 'The session reached its maximum length.' },
  /** The connection of an established call was lost. */
  connection_lost: { message: 'The connection was lost.' },
  /** The whole attempt took longer than `timeout`. */
  timeout: { message: 'The connection took too long.' },
  /** The caller's `AbortSignal`, `close()`, or removal of the element ended the attempt. */
  aborted: { message: 'The connection attempt was aborted.' },
  /** The browser lacks WebRTC, or a required setting is missing (no `token-url`). */
  unsupported: { message: 'Voice calls are not supported in this setup.', recoverable: false },
  /** A method was called while not connected, or with invalid arguments. */
  invalid_request: { message: 'This is not possible right now.' },
  /** The server reported an error during a call; the call continues. See `reason`. */
  server_error: { message: 'The voice server reported an error.' },
  /** The server cut off a response before any of it could be shown; the call continues. `reason` has the cause. */
  answer_incomplete: { message: 'The voice server did not complete a response.' },
} satisfies Record<string, ErrorRow>;

/** All values of `VoiceAgentError.code`. */
export type ErrorCode = keyof typeof ERRORS;

/** Details of a `VoiceAgentError` in addition to its code. */
export interface ErrorDetails {
  /** Overrides the default English message. */
  readonly message?: string;
  /** Overrides the code's default. */
  readonly recoverable?: boolean;
  /** Milliseconds to wait before a retry (from `Retry-After`). */
  readonly retryAfter?: number;
  /** See `VoiceAgentError.reason`. */
  readonly reason?: string | undefined;
  /** The underlying error, for developers. Never contains a key. */
  readonly cause?: unknown;
}

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
    const { message, recoverable = true }: ErrorRow = ERRORS[code];
    super(details.message ?? message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.recoverable = details.recoverable ?? recoverable;
    this.retryAfter = details.retryAfter;
    if (details.reason !== undefined) this.reason = details.reason;
  }

  /** Returns a `VoiceAgentError` unchanged and wraps anything else with the given code. */
  static from(reason: unknown, code: ErrorCode): VoiceAgentError {
    return reason instanceof VoiceAgentError ? reason : new VoiceAgentError(code, { cause: reason });
  }
}
