/** Splits audio into chunks that every connection accepts. */

/**
 * Bytes of one `input_audio_buffer.append`: 0.7 s of PCM16 at 24 kHz. In base64 it stays below 65,536, the message size that
 * every WebRTC peer accepts (RFC 8841 §6).
 */
export const AUDIO_CHUNK_SIZE = 32_768;

/** The bytes in chunks of whole samples; of a view only the bytes that it covers, whatever its type. */
export function* audioChunks(audio: ArrayBuffer | ArrayBufferView): Generator<ArrayBuffer> {
  const bytes = ArrayBuffer.isView(audio) ? new Uint8Array(audio.buffer, audio.byteOffset, audio.byteLength) : new Uint8Array(audio);
  for (let at = 0; at < bytes.length; at += AUDIO_CHUNK_SIZE) yield bytes.slice(at, at + AUDIO_CHUNK_SIZE).buffer;
}
