/** The chunk for transports of the page's own. Holds nothing of the Agents SDK: the page brings what it needs. */
import { ForeignTransport } from './foreign-transport.js';
import type { Transport, TransportOptions } from './transport.js';

/** Makes the page's own transport fit for a call. @throws VoiceAgentError `unsupported` when it is no transport */
export function createTransport(options: TransportOptions): Transport {
  return new ForeignTransport(options);
}
