/** Chunks of PCM: 24 kHz mono, signed 16-bit. */
import { SAMPLE_RATE } from './peer.js';

/** Duration in milliseconds of PCM chunks. */
export function durationMs(chunks: readonly Int16Array[]): number {
  return (chunks.reduce((sum, chunk) => sum + chunk.length, 0) * 1000) / SAMPLE_RATE;
}

/** Joins chunks into one PCM array. */
export function joinPcm(chunks: readonly Int16Array[]): Int16Array {
  const joined = new Int16Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}
