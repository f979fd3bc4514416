/**
 * The interface between the sandbox's protocol and its WebRTC stack.
 *
 * Owns only the types of one call's media and data channel. The protocol side never handles RTP packets and the media
 * side never handles Realtime events, so that the stack can be replaced (`media/werift-peer.ts` explains why it is
 * werift).
 *
 * Audio in the sandbox is 24 kHz mono PCM, signed 16-bit, the Realtime API's own format. One frame is 20 ms = 480
 * samples.
 */

/** Samples per second of all PCM in the sandbox. */
export const SAMPLE_RATE = 24_000;
/** Duration of one audio frame in milliseconds. */
export const FRAME_MS = 20;
/** Samples in one frame. */
export const FRAME_SAMPLES = (SAMPLE_RATE * FRAME_MS) / 1000;

/** Events of a peer. All callbacks are set before `answer()` is called; none is called after `close()`. */
export interface PeerEvents {
  /** The client's `oai-events` channel is open. */
  onOpen(): void;
  /** One message of the data channel as text; `undefined` for a binary message. */
  onMessage(text: string | undefined): void;
  /** One decoded 20 ms frame of the visitor's microphone. Missing packets are not concealed. */
  onAudio(frame: Int16Array): void;
  /**
   * Called every 20 ms by the peer's own clock for the next frame to play; `undefined` sends silence, so that RTP never
   * stops. A returned frame counts as heard by the visitor.
   */
  nextFrame(): Int16Array | undefined;
  /** The client disconnected: channel or connection closed, or ICE/DTLS failed. Called at most once. */
  onClose(): void;
}

/** Thrown by `PeerFactory` for an offer that cannot be answered (invalid SDP, no audio section, no data channel). */
export class OfferError extends Error {
  override readonly name = 'OfferError';
}

/** One WebRTC call, as the protocol sees it. */
export interface Peer {
  /** The SDP answer to the offer that created the peer. */
  readonly answer: string;
  /** Sends one text message on the data channel; dropped if the channel is closed. */
  send(text: string): void;
  /** Sends one binary message, which the real API never does (used by faults). */
  sendBinary?(bytes: Uint8Array): void;
  /** Closes only the data channel (used by faults). */
  closeChannel(): void;
  /** Share of outgoing RTP packets to drop, 0..1 (used by faults). */
  setLoss(share: number): void;
  /** Ends the call and frees its sockets. Safe to call twice. */
  close(): Promise<void>;
}

/** Creates the peer for one offer; rejects with `OfferError` if the offer is unusable. */
export type PeerFactory = (offerSdp: string, events: PeerEvents) => Promise<Peer>;
