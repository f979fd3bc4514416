/**
 * Opus for one call: 24 kHz mono PCM in frames of 20 ms, in and out.
 *
 * Owns: the WASM encoder and decoder of a call and their release. Does not own RTP, timing or loss.
 *
 * The codec is libopus compiled to WASM (`libopus-wasm`), so the sandbox needs no native build. libopus takes 24 kHz as
 * it is, therefore nothing here resamples: the 48 kHz of an SDP line is Opus's RTP clock, not its sample rate.
 *
 * The encoder runs in libopus's low-delay mode, which always chooses CELT. Measured per 20 ms frame at complexity 3 it
 * takes about 40 µs, against 150 µs for the speech mode (SILK/hybrid), and that is what lets one process serve dozens
 * of calls. The price is that outgoing packets carry no in-band error correction; a receiver conceals lost packets.
 *
 * Do not encode frames above 20 ms with `libopus-wasm` 0.2.0: in the speech modes, 40 and 60 ms at 48 kHz overrun its
 * WASM memory, which all calls share, and the next call fails or hangs. Decoding has no such limit; it was tried with
 * every mode, duration and channel count that a browser produces and with damaged packets.
 */

import { Application, createDecoder, createEncoder, Signal } from 'libopus-wasm';
import type { OpusDecoderHandle, OpusEncoderHandle } from 'libopus-wasm';
import { FRAME_SAMPLES, SAMPLE_RATE } from '../peer.js';

/** Longest audio in one Opus packet, in samples at 24 kHz: 120 ms (RFC 6716, section 2.1.4). */
const MAX_PACKET_SAMPLES = (SAMPLE_RATE * 120) / 1000;
/** Bits per second of the encoder. */
const BITRATE = 32_000;
/** Silent frames encoded before a packet of silence is taken as typical: the codec's memory must have run out. */
const SETTLE_FRAMES = 8;

/** Turns 20 ms frames into Opus packets. */
export interface OpusEncoder {
  /**
   * Encodes one frame.
   *
   * @param frame 480 samples; any other length throws `RangeError`.
   * @returns a packet of its own memory.
   */
  encode(frame: Int16Array): Uint8Array;
  /** Frees the WASM memory. Safe to call twice; `encode` throws afterwards. */
  free(): void;
}

/** Turns Opus packets of any duration and channel count into 24 kHz mono. */
export interface OpusDecoder {
  /**
   * Decodes one packet.
   *
   * @returns the samples, or `undefined` when the packet is not valid Opus.
   */
  decode(packet: Uint8Array): Int16Array | undefined;
  /** Frees the WASM memory. Safe to call twice; `decode` throws afterwards. */
  free(): void;
}

async function lowDelayEncoder(): Promise<OpusEncoderHandle> {
  return createEncoder({
    application: Application.RestrictedLowDelay,
    bitrate: BITRATE,
    channels: 1,
    complexity: 3,
    frameSize: FRAME_SAMPLES,
    sampleRate: SAMPLE_RATE,
    signal: Signal.Voice,
    vbr: true,
  });
}

/** Makes an encoder. The first call in a process loads the WASM module (some 10 ms). */
export async function createOpusEncoder(): Promise<OpusEncoder> {
  const handle = await lowDelayEncoder();
  return {
    encode: (frame) => handle.encode(frame),
    free: () => {
      handle.free();
    },
  };
}

/** Makes a decoder. The first call in a process loads the WASM module (some 10 ms). */
export async function createOpusDecoder(): Promise<OpusDecoder> {
  const handle: OpusDecoderHandle = await createDecoder({
    channels: 1,
    maxFrameSize: MAX_PACKET_SAMPLES,
    sampleRate: SAMPLE_RATE,
  });
  let freed = false;
  return {
    decode: (packet) => {
      if (freed) {
        throw new Error('the Opus decoder was freed');
      }
      // An empty packet would ask libopus for concealment instead of being refused.
      if (packet.byteLength === 0) {
        return undefined;
      }
      try {
        return handle.decode(packet);
      } catch {
        return undefined;
      }
    },
    free: () => {
      freed = true;
      handle.free();
    },
  };
}

let silence: Promise<Uint8Array> | undefined;

/**
 * The packet that stands for 20 ms of silence, encoded once per process and shared by all calls: an idle call then
 * costs no encoding. Callers must not write into it.
 */
export async function silentPacket(): Promise<Uint8Array> {
  silence ??= (async () => {
    const encoder = await lowDelayEncoder();
    try {
      const quiet = new Int16Array(FRAME_SAMPLES);
      let packet = encoder.encode(quiet);
      for (let frame = 1; frame < SETTLE_FRAMES; frame += 1) {
        packet = encoder.encode(quiet);
      }
      return packet;
    } finally {
      encoder.free();
    }
  })();
  return silence;
}
