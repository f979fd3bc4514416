/** The refusals that every transport gives in the same words. */
import { VoiceAgentError } from '../contract/errors.js';

/** What sends was called before the connection, or after it. */
export const notConnected = (): VoiceAgentError => new VoiceAgentError('invalid_request', { message: 'The call is not connected.' });

/** `connect()` was called again after the end: a transport is made for one call. */
export const callOver = (): VoiceAgentError =>
  new VoiceAgentError('invalid_request', { message: 'This call is over; connect the element again.' });
