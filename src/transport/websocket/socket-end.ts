/**
 * Interprets the end of a WebSocket. Browsers report a code and a reason, but no details about a failed handshake.
 *
 * Codes: OpenAI closes with 3000 after a wrong key and 4000 after other refusals, each after an `error` event, and with 1001
 * at the maximum length of a session (recorded).
 */
import type { CallEnd } from '../../contract/call-bus.js';
import { VoiceAgentError } from '../../contract/errors.js';
import type { RealtimeEvent } from '../../contract/options.js';

/** The end of a socket in this stage; `refusal` is the last `error` event before the session was configured. */
export function socketEnd(
  stage: 'new' | 'opening' | 'configuring' | 'live',
  code: number,
  reason: string,
  refusal: RealtimeEvent | undefined,
): CallEnd {
  if (stage === 'new' || stage === 'opening') {
    return new VoiceAgentError('network', { message: 'The WebSocket connection to the voice server failed.' });
  }
  if (code === 1001 && /maximum duration|expired/i.test(reason)) return new VoiceAgentError('session_expired');
  if (code === 3000 || code === 4000 || code === 1008 || (refusal && stage === 'configuring')) {
    const { message, code: cause } = (refusal?.['error'] ?? {}) as { message?: unknown; code?: unknown };
    const said = typeof message === 'string' ? message : reason;
    const words = said.replace(/\b(ek|sk)[-_][\w*.-]+/g, '…').slice(0, 300);
    return new VoiceAgentError(stage === 'live' ? 'connection_lost' : 'sdp_rejected', {
      message: `The voice server refused the call${words && `: ${words}`}`,
      ...(typeof cause === 'string' ? { cause } : {}),
    });
  }
  return stage === 'live' && code === 1000 ? 'server' : new VoiceAgentError('connection_lost');
}
