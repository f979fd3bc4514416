/**
 * The border between the sandbox's protocol and its WebRTC stack.
 *
 * Owns: the shape of one call's media and data channel, nothing else. The protocol side never sees an RTP packet, the
 * media side never sees a Realtime event, so that the stack can be exchanged (see `media/werift-peer.ts` for why it is
 * werift).
 *
 * Audio everywhere in the sandbox is 24 kHz mono PCM, signed 16-bit, the Realtime API's own format. One frame is
 * 20 ms = 480 samples.
 */

/** Samples per second of all PCM in the sandbox. */
export const SAMPLE_RATE = 24_000;
/** Length of one audio frame in milliseconds. */
export const FRAME_MS = 20;
/** Samples in one frame. */
export const FRAME_SAMPLES = (SAMPLE_RATE * FRAME_MS) / 1000;

/** What a peer reports. All callbacks are set before `answer()` is called; none is called after `close()`. */
export interface PeerEvents {
  /** The client's `oai-events` channel is open. */
  onOpen(): void;
  /** One message of the data channel, as text. Binary messages are reported as `undefined` text. */
  onMessage(text: string | undefined): void;
  /** One decoded 20 ms frame of the visitor's microphone. Missing packets are not filled in. */
  onAudio(frame: Int16Array): void;
  /**
   * Asked once every 20 ms by the peer's own clock for the next frame to play; `undefined` sends silence, so that RTP
   * never stops. What was returned here counts as heard by the visitor.
   */
  nextFrame(): Int16Array | undefined;
  /** The client went away: channel or connection closed, or ICE/DTLS failed. Called at most once. */
  onClose(): void;
}

/** Thrown by `PeerFactory` for an offer that cannot be answered (bad SDP, no audio section, no data channel). */
export class OfferError extends Error {
  override readonly name = 'OfferError';
}

/** One WebRTC call as the protocol sees it. */
export interface Peer {
  /** The SDP answer to the offer that the peer was made from. */
  readonly answer: string;
  /** Sends one text message on the data channel; a message for a closed channel is dropped. */
  send(text: string): void;
  /** Sends one binary message, which the real API never does (a fault that scenarios ask for). */
  sendBinary?(bytes: Uint8Array): void;
  /** Closes only the data channel (a fault that scenarios ask for). */
  closeChannel(): void;
  /** Share of outgoing RTP packets to drop, 0..1 (a fault that scenarios ask for). */
  setLoss(share: number): void;
  /** Ends the call and frees its sockets. Safe to call twice. */
  close(): Promise<void>;
}

/** Makes the peer for one offer; rejects with `OfferError` when the offer is unusable. */
export type PeerFactory = (offerSdp: string, events: PeerEvents) => Promise<Peer>;
