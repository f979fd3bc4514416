/**
 * Sends audio from the page during one call: whole recordings, or streams that may last as long as the call.
 *
 * Owns: chunks, their order, back-pressure, the reader of a stream. Does not own: the connection, when a turn ends.
 *
 * Sending is not paced: servers accept audio faster than real time and detect turns by samples, not by the clock.
 */
import type { AudioInput } from '../contract/call.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { Transport } from '../transport/transport.js';
import { until } from './http.js';

/** Bytes of one chunk: whole samples, and in base64 below the message size that every connection accepts. */
const PIECE = 32_768;

type Sink = Pick<Transport, 'sendAudio' | 'sendEvent' | 'drained'>;

/** The audio sender of one call. */
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
   * Sends all of the audio after everything passed before, so that two recordings never mix.
   * @throws VoiceAgentError `invalid_request`: not audio, or the stream fails; `aborted`: the call ended first
   */
  send(audio: AudioInput, { commit = false }: { commit?: boolean } = {}): Promise<void> {
    const source = isStream(audio) ? open(audio) : bytesOf(audio);
    const sent = this.#last.then(async () => {
      // An incomplete sample at the very end is dropped.
      await (source instanceof Uint8Array ? this.#pieces(source) : this.#pump(source));
      if (commit) this.#sink.sendEvent({ type: 'input_audio_buffer.commit' });
    });
    this.#last = sent.catch(() => undefined);
    return sent;
  }

  /** Reads a stream to its end, no faster than the connection accepts it. */
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
      throw new VoiceAgentError('invalid_request', { message: 'The audio stream failed.', cause: reason });
    }
  }

  /** Sends whole samples in chunks. @returns the remaining bytes of an incomplete sample */
  async #pieces(bytes: Uint8Array): Promise<Uint8Array> {
    const end = bytes.length - (bytes.length % 2);
    for (let at = 0; at < end; at += PIECE) {
      await this.#alive(this.#sink.drained?.());
      this.#sink.sendAudio(bytes.slice(at, Math.min(at + PIECE, end)).buffer);
    }
    return bytes.slice(end);
  }

  async #alive<T>(promise: Promise<T> | undefined): Promise<T> {
    const over = () => new VoiceAgentError('aborted', { message: 'The call ended before all audio was sent.' });
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
    throw new VoiceAgentError('invalid_request', { message: 'The audio stream is already locked.', cause });
  }
}

/** The bytes of a buffer, or of the part of it that a view covers. */
function bytesOf(sound: unknown): Uint8Array {
  if (sound instanceof ArrayBuffer) return new Uint8Array(sound);
  if (sound instanceof Int16Array || sound instanceof Uint8Array) return new Uint8Array(sound.buffer, sound.byteOffset, sound.byteLength);
  throw new VoiceAgentError('invalid_request', { message: 'Audio must be PCM16: an Int16Array, ArrayBuffer, or a stream of these.' });
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
