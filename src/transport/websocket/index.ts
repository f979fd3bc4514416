/** The WebSocket transport's chunk: loaded when the visitor shows intent to talk, if the page sets `transport="websocket"`. */
import type { Transport, TransportOptions } from '../transport.js';
import { WebsocketTransport } from './websocket-transport.js';

/** Creates the transport for one call over WebSocket. */
export function createTransport(options: TransportOptions): Transport {
  return new WebsocketTransport(options);
}
