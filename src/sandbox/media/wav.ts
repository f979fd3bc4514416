/**
 * WAV files with 16-bit PCM: input for a browser's fake microphone, and recordings of calls.
 *
 * Owns: the RIFF container. Does not support other encodings: they are rejected with a `WavError` that names them.
 */

import { SAMPLE_RATE } from './peer.js';
import { resample } from './resample.js';

/** Why a file was rejected. */
export type WavErrorCode = 'not_wav' | 'not_pcm16' | 'truncated' | 'malformed';

/** The file is not usable 16-bit PCM WAV. */
export class WavError extends Error {
  override readonly name = 'WavError';
  readonly code: WavErrorCode;

  constructor(code: WavErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A WAV file in memory. */
export interface Wav {
  /** Samples per second and channel. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Interleaved if there is more than one channel. */
  readonly samples: Int16Array;
}

const PCM = 1;
const EXTENSIBLE = 0xff_fe;
const HEADER_BYTES = 44;
/** Bytes of an extensible format chunk up to its sub-format. */
const EXTENSIBLE_BYTES = 26;

function tag(view: DataView, offset: number): string {
  return String.fromCharCode(view.getUint8(offset), view.getUint8(offset + 1), view.getUint8(offset + 2), view.getUint8(offset + 3));
}

interface Format {
  readonly channels: number;
  readonly sampleRate: number;
}

function readFormat(view: DataView, offset: number, size: number): Format {
  if (size < 16) {
    throw new WavError('malformed', 'the format chunk is too short');
  }
  let encoding = view.getUint16(offset, true);
  if (encoding === EXTENSIBLE && size >= EXTENSIBLE_BYTES) {
    encoding = view.getUint16(offset + 24, true);
  }
  const channels = view.getUint16(offset + 2, true);
  const sampleRate = view.getUint32(offset + 4, true);
  const bits = view.getUint16(offset + 14, true);
  if (encoding !== PCM || bits !== 16) {
    throw new WavError('not_pcm16', `expected 16-bit PCM, got encoding ${String(encoding)} with ${String(bits)} bits`);
  }
  if (channels < 1 || channels > 32 || sampleRate < 1000 || sampleRate > 768_000) {
    throw new WavError('malformed', `unsupported format: ${String(channels)} channels at ${String(sampleRate)} Hz`);
  }
  return { channels, sampleRate };
}

/**
 * Reads a WAV file. If a data chunk's length was never filled in (a recording from a pipe), the data extends to the
 * end.
 *
 * @throws {WavError} if it is not RIFF/WAVE, not 16-bit PCM, or truncated.
 */
export function parseWav(bytes: Uint8Array): Wav {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < 12 || tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE') {
    throw new WavError('not_wav', 'not a RIFF/WAVE file');
  }
  let format: Format | undefined;
  for (let offset = 12; offset + 8 <= bytes.byteLength;) {
    const kind = tag(view, offset);
    const size = view.getUint32(offset + 4, true);
    const start = offset + 8;
    const left = bytes.byteLength - start;
    if (kind === 'data') {
      if (format === undefined) {
        throw new WavError('malformed', 'the data chunk precedes the format chunk');
      }
      const unknown = size === 0xff_ff_ff_ff || (size === 0 && left > 0);
      if (!unknown && size > left) {
        throw new WavError('truncated', `the file ends ${String(size - left)} bytes early`);
      }
      const frameBytes = 2 * format.channels;
      const length = Math.floor((unknown ? left : size) / frameBytes) * format.channels;
      const samples = new Int16Array(length);
      for (let index = 0; index < length; index += 1) {
        samples[index] = view.getInt16(start + 2 * index, true);
      }
      return { ...format, samples };
    }
    if (size > left) {
      throw new WavError('truncated', `the file ends inside its ${kind} chunk`);
    }
    if (kind === 'fmt ') {
      format = readFormat(view, start, size);
    }
    // Chunks are padded to an even length.
    offset = start + size + (size % 2);
  }
  throw new WavError('truncated', 'the file has no data chunk');
}

/** Averages the channels of a file into one. */
function mixDown(wav: Wav): Int16Array {
  if (wav.channels === 1) {
    return wav.samples;
  }
  const mono = new Int16Array(wav.samples.length / wav.channels);
  for (let frame = 0; frame < mono.length; frame += 1) {
    let sum = 0;
    for (let channel = 0; channel < wav.channels; channel += 1) {
      sum += wav.samples[frame * wav.channels + channel] ?? 0;
    }
    mono[frame] = Math.round(sum / wav.channels);
  }
  return mono;
}

/**
 * Reads a WAV file of any rate and channel count as the sandbox's 24 kHz mono PCM.
 *
 * @throws {WavError} like `parseWav`.
 */
export function pcmFromWav(bytes: Uint8Array): Int16Array {
  const wav = parseWav(bytes);
  return resample(mixDown(wav), wav.sampleRate, SAMPLE_RATE);
}

/**
 * Writes mono PCM as a WAV file.
 *
 * @param sampleRate in Hz; default 24000.
 */
export function writeWav(samples: Int16Array, sampleRate: number = SAMPLE_RATE): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + samples.length * 2);
  const view = new DataView(bytes.buffer);
  const write = (offset: number, text: string): void => {
    bytes.set(new TextEncoder().encode(text), offset);
  };
  write(0, 'RIFF');
  view.setUint32(4, bytes.byteLength - 8, true);
  write(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  write(36, 'data');
  view.setUint32(40, samples.length * 2, true);
  for (const [index, sample] of samples.entries()) {
    view.setInt16(HEADER_BYTES + 2 * index, sample, true);
  }
  return bytes;
}
