/** The chunk for transports of the page's own. */
import { VoiceAgentError } from '../contract/errors.js';
import type { Transport, TransportOptions } from './transport.js';

/** Makes the page's own transport fit for a call. */
export function createTransport(_options: TransportOptions): Transport {
  throw new VoiceAgentError('unsupported');
}
