/** The WebSocket transport's chunk: loaded on intent to talk where the page asks for `transport="websocket"`. */
import type { Transport, TransportOptions } from './transport.js';
import { WebSocketTransport } from './websocket-transport.js';

/** Makes the transport for one call over WebSocket. */
export function createTransport(options: TransportOptions): Transport {
  return new WebSocketTransport(options);
}
