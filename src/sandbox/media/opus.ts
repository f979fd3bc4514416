/**
 * Opus for one call: 24 kHz mono PCM in frames of 20 ms, in both directions.
 *
 * Owns: the WASM encoder and decoder of a call and their release. Does not own RTP, timing or loss.
 *
 * The codec is libopus compiled to WASM (`libopus-wasm`), so the sandbox needs no native build. libopus accepts 24 kHz
 * directly, so nothing is resampled: the 48 kHz in SDP is Opus's RTP clock, not its sample rate.
 *
 * The encoder runs in libopus's low-delay mode, which always uses CELT. At complexity 3 it takes about 40 µs per 20 ms
 * frame (measured), compared with 150 µs for the speech mode (SILK/hybrid), which lets one process serve dozens of
 * calls. In return, outgoing packets have no in-band error correction; receivers conceal lost packets.
 *
 * Do not encode frames longer than 20 ms with `libopus-wasm` 0.2.0: in the speech modes, 40 and 60 ms at 48 kHz overrun
 * its WASM memory, which all calls share, and the next call fails or hangs. Decoding has no such limit; it was tested
 * with every mode, duration and channel count that a browser produces, and with damaged packets.
 */

import { Application, createDecoder, createEncoder, Signal } from 'libopus-wasm';
import type { OpusDecoderHandle, OpusEncoderHandle } from 'libopus-wasm';
import { FRAME_SAMPLES, SAMPLE_RATE } from './peer.js';

/** Longest audio in one Opus packet, in samples at 24 kHz: 120 ms (RFC 6716, section 2.1.4). */
const MAX_PACKET_SAMPLES = (SAMPLE_RATE * 120) / 1000;
/** Bit rate of the encoder in bits per second. */
const BITRATE = 32_000;
/** Silent frames to encode before a packet represents silence, so that the encoder's state has settled. */
const SETTLE_FRAMES = 8;

/** Encodes 20 ms frames as Opus packets. */
export interface OpusEncoder {
  /**
   * Encodes one frame.
   *
   * @param frame 480 samples; any other length throws `RangeError`.
   * @returns a packet with its own memory.
   */
  encode(frame: Int16Array): Uint8Array;
  /** Frees the WASM memory. Safe to call twice; `encode` throws afterwards. */
  free(): void;
}

/** Decodes Opus packets of any duration and channel count to 24 kHz mono. */
export interface OpusDecoder {
  /**
   * Decodes one packet.
   *
   * @returns the samples, or `undefined` if the packet is not valid Opus.
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

/** Creates an encoder. The first call in a process loads the WASM module (about 10 ms). */
export async function createOpusEncoder(): Promise<OpusEncoder> {
  const handle = await lowDelayEncoder();
  return {
    encode: (frame) => handle.encode(frame),
    free: () => {
      handle.free();
    },
  };
}

/** Creates a decoder. The first call in a process loads the WASM module (about 10 ms). */
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
      // libopus treats an empty packet as a request for concealment instead of rejecting it.
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
 * A packet of 20 ms of silence, encoded once per process and shared by all calls, so that an idle call needs no
 * encoding. Do not modify it.
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
