/** The chunk for a page's own transport. Contains no Agents SDK code: the page brings its own. */
import { CustomTransportAdapter } from './custom-transport-adapter.js';
import type { Transport, TransportOptions } from '../transport.js';

/** Adapts the page's own transport to a call. @throws VoiceAgentError `unsupported` if it is not a transport layer */
export function createTransport(options: TransportOptions): Transport {
  return new CustomTransportAdapter(options);
}
