/** The WebRTC transport's chunk: loaded when the visitor shows intent to talk. */
import type { Transport, TransportOptions } from '../transport.js';
import { WebrtcTransport } from './webrtc-transport.js';

/** Creates the transport for one call over WebRTC. */
export function createTransport(options: TransportOptions): Transport {
  return new WebrtcTransport(options);
}
