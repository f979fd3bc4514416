/**
 * In place of `@mastra/node-speaker`, a native package that needs a sound card: takes the same options and the same PCM.
 * Logs what it received once the stream ends.
 */
import { Writable } from 'node:stream';

/** The options that the documents give it. */
export interface SpeakerOptions {
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitDepth: number;
}

export default class Speaker extends Writable {
  readonly #chunks: Buffer[] = [];
  readonly #options: SpeakerOptions;

  constructor(options: SpeakerOptions) {
    super();
    this.#options = options;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  override _final(done: () => void): void {
    console.log({ speaker: this.#options, chunks: this.#chunks.length, sound: Buffer.concat(this.#chunks).toString('base64') });
    done();
  }
}
