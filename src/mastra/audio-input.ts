/** Converts the input of a voice. Owns no limits: the call has them. */
import type { AudioInput } from '../contract/call.js';

type Piece = string | ArrayBuffer | ArrayBufferView;

/** A stream of chunks: a web stream, a Node stream, or any other async iterable. */
export type Pieces = AsyncIterable<Piece> | ReadableStream<Piece>;

/** The input in a form that a call accepts; `undefined` if it is not audio. */
export function toAudioInput(input: unknown): AudioInput | undefined {
  if (input instanceof Int16Array || input instanceof ArrayBuffer || input instanceof ReadableStream) return input as AudioInput;
  if (ArrayBuffer.isView(input)) return bytesOf(input).slice().buffer;
  if (typeof input !== 'object' || input === null || !(Symbol.asyncIterator in input)) return undefined;
  const pieces = (input as AsyncIterable<Piece>)[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await pieces.next();
      if (next.done) controller.close();
      else controller.enqueue(bytesOf(next.value));
    },
    async cancel() {
      await pieces.return?.();
    },
  });
}

/** All bytes of audio or text. */
export async function collectBytes(input: AudioInput): Promise<Uint8Array> {
  if (!(input instanceof ReadableStream)) return bytesOf(input);
  const flat = new TransformStream<Piece, Uint8Array<ArrayBuffer>>({
    transform: (piece, controller) => controller.enqueue(bytesOf(piece)),
  });
  return new Uint8Array(await new Response((input as ReadableStream<Piece>).pipeThrough(flat)).arrayBuffer());
}

/** Bytes as base64. */
export function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

function bytesOf(piece: Piece): Uint8Array<ArrayBuffer> {
  if (typeof piece === 'string') return new TextEncoder().encode(piece);
  if (ArrayBuffer.isView(piece)) return new Uint8Array(piece.buffer as ArrayBuffer, piece.byteOffset, piece.byteLength);
  return new Uint8Array(piece);
}
