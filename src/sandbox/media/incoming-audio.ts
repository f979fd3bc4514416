/**
 * The visitor's microphone: RTP payloads in, 20 ms PCM frames out.
 *
 * Owns: which packets are accepted, and splitting audio into frames. Does not own the decoder's memory, and has no
 * jitter buffer: packets are processed in order of arrival, late or repeated ones are dropped, lost ones are not
 * concealed.
 */

import { FRAME_SAMPLES } from './peer.js';
import type { OpusDecoder } from './opus.js';

/** Packet counts so far. */
export interface IncomingCounts {
  /** Packets decoded. */
  readonly packets: number;
  /** Packets dropped: not Opus, another payload type, repeated or late. */
  readonly dropped: number;
}

/** The fields of an RTP header used here. */
export interface RtpFields {
  readonly payloadType: number;
  readonly sequenceNumber: number;
  readonly ssrc: number;
}

/** Converts packets of any duration to 20 ms frames. */
export class IncomingAudio {
  readonly #decoder: OpusDecoder;
  readonly #payloadType: number;
  readonly #onFrame: (frame: Int16Array) => void;
  /** Samples of an incomplete frame; only packets of a duration other than 20 ms leave any. */
  #rest = new Int16Array(0);
  #ssrc: number | undefined;
  #sequence = 0;
  #packets = 0;
  #dropped = 0;

  constructor(decoder: OpusDecoder, payloadType: number, onFrame: (frame: Int16Array) => void) {
    this.#decoder = decoder;
    this.#payloadType = payloadType;
    this.#onFrame = onFrame;
  }

  get counts(): IncomingCounts {
    return { packets: this.#packets, dropped: this.#dropped };
  }

  /** Processes one RTP packet; never throws because of its content. */
  push(header: RtpFields, payload: Uint8Array): void {
    if (header.payloadType !== this.#payloadType || !this.#isNew(header)) {
      this.#dropped += 1;
      return;
    }
    const samples = this.#decoder.decode(payload);
    if (samples === undefined) {
      this.#dropped += 1;
      return;
    }
    this.#packets += 1;
    this.#cut(samples);
  }

  /** A new SSRC restarts the sequence: the client replaced its sender. */
  #isNew(header: RtpFields): boolean {
    if (this.#ssrc !== header.ssrc) {
      this.#ssrc = header.ssrc;
      this.#sequence = header.sequenceNumber;
      return true;
    }
    const step = (header.sequenceNumber - this.#sequence) & 0xff_ff;
    if (step === 0 || step > 0x80_00) {
      return false;
    }
    this.#sequence = header.sequenceNumber;
    return true;
  }

  #cut(samples: Int16Array): void {
    if (this.#rest.length === 0 && samples.length === FRAME_SAMPLES) {
      this.#onFrame(samples);
      return;
    }
    const all = new Int16Array(this.#rest.length + samples.length);
    all.set(this.#rest);
    all.set(samples, this.#rest.length);
    let from = 0;
    for (; from + FRAME_SAMPLES <= all.length; from += FRAME_SAMPLES) {
      this.#onFrame(all.slice(from, from + FRAME_SAMPLES));
    }
    this.#rest = all.slice(from);
  }
}
