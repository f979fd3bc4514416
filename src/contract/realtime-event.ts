/** What dialects and options share: an event, and how it is transported. */

/** A raw Realtime event: JSON with a `type`. */
export interface RealtimeEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** How events and audio are transported: over WebRTC or over one WebSocket. */
export type TransportName = 'webrtc' | 'websocket';
