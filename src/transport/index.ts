/** The transport chunk: loaded on intent to talk, the only place where the Agents SDK enters. */
import type { Transport, TransportOptions } from './transport.js';
import { WebRtcTransport } from './webrtc-transport.js';

/** Makes the transport for one call over WebRTC. */
export function createTransport(options: TransportOptions): Transport {
  return new WebRtcTransport(options);
}
