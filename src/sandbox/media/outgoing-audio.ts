/**
 * The sandbox's outgoing audio: one RTP packet per 20 ms of real time.
 *
 * Owns: RTP sequence and timestamps of the stream, the choice between speech and cached silence, and artificial loss.
 * Does not own the clock that calls it, nor the socket.
 *
 * RTP never pauses and its timestamps always advance: a browser's jitter buffer that runs empty or receives old
 * timestamps keeps playing for about a second after an interruption, and takes as long to resume.
 */

import { FRAME_SAMPLES, SAMPLE_RATE } from './peer.js';
import type { OpusEncoder } from './opus.js';

/** RTP ticks per frame: the Opus RTP clock is always 48 kHz (RFC 7587, section 4.1). */
const TICKS = FRAME_SAMPLES * (48_000 / SAMPLE_RATE);
/** Silent frames to encode after speech, so that the encoder's look-ahead is played before the cached packets. */
const TAIL_FRAMES = 2;

/** Sends one packet. The marker bit is set when speech begins after silence. */
export type SendPacket = (payload: Uint8Array, sequence: number, timestamp: number, marker: boolean) => void;

/** Settings of the stream. */
export interface OutgoingAudioOptions {
  readonly encoder: OpusEncoder;
  /** A packet of 20 ms of silence. */
  readonly silence: Uint8Array;
  readonly send: SendPacket;
  /** 0 ≤ result < 1; determines which packets are dropped and the initial sequence number and timestamp. */
  readonly random: () => number;
}

/** Turns frames into a continuous RTP stream. */
export class OutgoingAudio {
  readonly #options: OutgoingAudioOptions;
  readonly #quiet = new Int16Array(FRAME_SAMPLES);
  #sequence: number;
  #timestamp: number;
  #loss = 0;
  #tail = 0;
  #speaking = false;

  constructor(options: OutgoingAudioOptions) {
    this.#options = options;
    this.#sequence = Math.floor(options.random() * 0x80_00);
    this.#timestamp = Math.floor(options.random() * 0x1_00_00_00_00);
  }

  /** Share of packets to drop, 0 to 1; other values are clamped. */
  set loss(share: number) {
    this.#loss = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
  }

  /**
   * Sends the packet of one frame.
   *
   * @param frame 480 samples, or `undefined` for silence. A shorter frame is padded with silence, a longer one is
   * truncated. @param skipped frames of real time without a packet before this one.
   */
  push(frame: Int16Array | undefined, skipped: number): void {
    const starts = frame !== undefined && !this.#speaking;
    this.#speaking = frame !== undefined;
    const packet = this.#encode(frame);
    this.#timestamp = (this.#timestamp + TICKS * skipped) >>> 0;
    const lost = this.#loss > 0 && this.#options.random() < this.#loss;
    if (!lost) {
      this.#options.send(packet, this.#sequence, this.#timestamp, starts);
    }
    // A dropped packet uses a sequence number, so that the receiver detects the loss. Skipped frames do not.
    this.#sequence = (this.#sequence + 1) & 0xff_ff;
    this.#timestamp = (this.#timestamp + TICKS) >>> 0;
  }

  #encode(frame: Int16Array | undefined): Uint8Array {
    if (frame !== undefined) {
      this.#tail = TAIL_FRAMES;
      return this.#options.encoder.encode(frame.length === FRAME_SAMPLES ? frame : fitted(frame));
    }
    if (this.#tail > 0) {
      this.#tail -= 1;
      return this.#options.encoder.encode(this.#quiet);
    }
    return this.#options.silence;
  }
}

function fitted(frame: Int16Array): Int16Array {
  const fit = new Int16Array(FRAME_SAMPLES);
  fit.set(frame.subarray(0, FRAME_SAMPLES));
  return fit;
}
