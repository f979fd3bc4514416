/** Errors that all transports share. */
import { VoiceAgentError } from '../../contract/errors.js';

/** A sending method was called while not connected. */
export const notConnectedError = (): VoiceAgentError => new VoiceAgentError('invalid_request', { message: 'The call is not connected.' });

/** `connect()` was called after the end: a transport serves one call. */
export const callOverError = (): VoiceAgentError =>
  new VoiceAgentError('invalid_request', { message: 'This call is over; connect the element again.' });
