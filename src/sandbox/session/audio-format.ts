/**
 * Audio of WebSocket sessions: converts between base64 of 24 kHz PCM or 8 kHz G.711 (µ-law, A-law) and the sandbox's 24
 * kHz PCM. WebRTC media does not pass through here.
 */
import { ApiError } from '../protocol/api-error.js';
import { fromBase64, toBase64 } from '../protocol/base64.js';

/** The audio formats of the GA interface; PCM is always 24 kHz mono, signed 16-bit, little endian. */
export interface AudioFormat {
  type: 'audio/pcm' | 'audio/pcmu' | 'audio/pcma';
  rate?: 24_000;
}

/** Encodes PCM as the payload of a delta event. */
export type AudioEncoder = (pcm: Int16Array, format: AudioFormat) => string;

/** Encodes PCM for `response.output_audio.delta`. */
export const encodeAudio: AudioEncoder = (pcm, format) => {
  if (format.type === 'audio/pcm') return toBase64(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength));
  const encode = format.type === 'audio/pcmu' ? toMuLaw : toALaw;
  const bytes = new Uint8Array(Math.floor(pcm.length / 3));
  for (let index = 0; index < bytes.length; index++) {
    const mean = ((pcm[index * 3] ?? 0) + (pcm[index * 3 + 1] ?? 0) + (pcm[index * 3 + 2] ?? 0)) / 3;
    bytes[index] = encode(Math.round(mean));
  }
  return toBase64(bytes);
};

/**
 * Decodes the audio of `input_audio_buffer.append`.
 *
 * @throws ApiError `invalid_value` if it is not valid base64, or PCM with an odd number of bytes.
 */
export function decodeAudio(base64: string, format: AudioFormat): Int16Array {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) throw badAudio('it is not valid base64');
  const bytes = fromBase64(base64);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (format.type === 'audio/pcm') {
    if (bytes.length % 2 !== 0) throw badAudio('PCM has two bytes per sample, got an odd number of bytes');
    const samples = new Int16Array(bytes.length / 2);
    for (let index = 0; index < samples.length; index++) samples[index] = view.getInt16(index * 2, true);
    return samples;
  }
  const decode = format.type === 'audio/pcmu' ? fromMuLaw : fromALaw;
  const samples = new Int16Array(bytes.length * 3);
  let last = 0;
  for (const [index, byte] of bytes.entries()) {
    const value = decode(byte);
    for (let step = 1; step <= 3; step++) samples[index * 3 + step - 1] = Math.round(last + ((value - last) * step) / 3);
    last = value;
  }
  return samples;
}

function badAudio(why: string): ApiError {
  return new ApiError({
    message: `Invalid 'audio': expected base64-encoded audio bytes in the session's input format, but ${why}.`,
    code: 'invalid_value',
    param: 'audio',
  });
}

// G.711 as in ITU-T Recommendation G.711: 8-bit logarithmic samples, bits inverted on the line.

function toMuLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(32_635, Math.abs(sample)) + 132;
  const exponent = Math.floor(Math.log2(magnitude)) - 7;
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
}

function fromMuLaw(byte: number): number {
  const bits = ~byte & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 132) << ((bits >> 4) & 7)) - 132;
  return (bits & 0x80) === 0 ? magnitude : -magnitude;
}

function toALaw(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const magnitude = Math.min(32_767, sample >= 0 ? sample : -sample - 1);
  const exponent = magnitude < 256 ? 0 : Math.floor(Math.log2(magnitude)) - 7;
  const mantissa = (magnitude >> (exponent === 0 ? 4 : exponent + 3)) & 0x0f;
  return (sign | (exponent << 4) | mantissa) ^ 0x55;
}

function fromALaw(byte: number): number {
  const bits = byte ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const base = ((bits & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? base : (base + 256) << (exponent - 1);
  return (bits & 0x80) === 0 ? -magnitude : magnitude;
}
