/** The WebSocket transport's chunk: loaded on intent to talk where the page asks for `transport="websocket"`. */
import { VoiceAgentError } from '../contract/errors.js';
import type { Transport, TransportOptions } from './transport.js';

/** Makes the transport for one call over WebSocket. */
export function createTransport(_options: TransportOptions): Transport {
  throw new VoiceAgentError('unsupported');
}
