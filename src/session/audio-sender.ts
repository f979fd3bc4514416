/**
 * Sends sound of the page's own during one call: whole recordings, or streams that may go on as long as the call.
 *
 * Owns: pieces, their order, back-pressure, the reader of a stream. Does not own: the connection, nor when a turn is over.
 *
 * Nothing is paced: a server takes sound faster than it was spoken, and tells turns by the samples, not by the clock.
 */
import type { AudioInput } from '../contract/call.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { Transport } from '../transport/transport.js';
import { until } from './http.js';

/** Bytes of one piece: whole samples, and in base64 below what every connection takes as one message. */
const PIECE = 32_768;

type Sink = Pick<Transport, 'sendAudio' | 'sendEvent' | 'drained'>;

/** The sender of one call; see the head of the file. */
export class AudioSender {
  readonly #sink: Sink;
  readonly #signal: AbortSignal;
  #last: Promise<unknown> = Promise.resolve();

  /** @param signal aborted when the call ends */
  constructor(sink: Sink, signal: AbortSignal) {
    this.#sink = sink;
    this.#signal = signal;
  }

  /**
   * Sends all of it, after what was given before, so that two recordings never mix.
   * @throws VoiceAgentError `invalid_request`: no sound, or a stream that fails; `aborted`: the call ended before
   */
  send(audio: AudioInput, { commit = false }: { commit?: boolean } = {}): Promise<void> {
    const source = isStream(audio) ? open(audio) : bytesOf(audio);
    const sent = this.#last.then(async () => {
      // Half a sample at the very end says nothing.
      await (source instanceof Uint8Array ? this.#pieces(source) : this.#pump(source));
      if (commit) this.#sink.sendEvent({ type: 'input_audio_buffer.commit' });
    });
    this.#last = sent.catch(() => undefined);
    return sent;
  }

  /** Reads a stream to its end, no faster than the connection takes it. */
  async #pump(reader: ReadableStreamDefaultReader<unknown>): Promise<void> {
    let rest: Uint8Array = new Uint8Array(0);
    try {
      for (;;) {
        const { done, value } = await this.#alive(reader.read());
        if (done) break;
        rest = await this.#pieces(join(rest, bytesOf(value)));
      }
      reader.releaseLock();
    } catch (reason) {
      reader.cancel(reason).catch(() => undefined);
      if (reason instanceof VoiceAgentError) throw reason;
      throw new VoiceAgentError('invalid_request', { message: 'The stream of sound failed.', cause: reason });
    }
  }

  /** Sends whole samples, piece by piece. @returns half a sample that is left over */
  async #pieces(bytes: Uint8Array): Promise<Uint8Array> {
    const end = bytes.length - (bytes.length % 2);
    for (let at = 0; at < end; at += PIECE) {
      await this.#alive(this.#sink.drained?.());
      this.#sink.sendAudio(bytes.slice(at, Math.min(at + PIECE, end)).buffer);
    }
    return bytes.slice(end);
  }

  async #alive<T>(promise: Promise<T> | undefined): Promise<T> {
    const over = () => new VoiceAgentError('aborted', { message: 'The call ended before all of the sound was sent.' });
    if (this.#signal.aborted) throw over();
    try {
      return await until(promise ?? (Promise.resolve() as Promise<T>), this.#signal);
    } catch (reason) {
      throw this.#signal.aborted ? over() : reason;
    }
  }
}

const isStream = (audio: unknown): audio is ReadableStream => typeof ReadableStream === 'function' && audio instanceof ReadableStream;

function open(stream: ReadableStream): ReadableStreamDefaultReader<unknown> {
  try {
    return stream.getReader() as ReadableStreamDefaultReader<unknown>;
  } catch (cause) {
    throw new VoiceAgentError('invalid_request', { message: 'The stream of sound is read by somebody else.', cause });
  }
}

/** The bytes of a buffer or of what a view shows of it. */
function bytesOf(sound: unknown): Uint8Array {
  if (sound instanceof ArrayBuffer) return new Uint8Array(sound);
  if (sound instanceof Int16Array || sound instanceof Uint8Array) return new Uint8Array(sound.buffer, sound.byteOffset, sound.byteLength);
  throw new VoiceAgentError('invalid_request', { message: 'Sound is PCM16 in an Int16Array, an ArrayBuffer, or a stream of these.' });
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
