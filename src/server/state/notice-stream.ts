/**
 * Notices of a call as lines of JSON in a stream, from one Durable Object to a Worker: both ends of it. Not what visitors
 * get, which is an event stream.
 */
import type { CallNotice } from './shared-state.js';

/** The sending ends of one call. */
export class NoticeStreams {
  readonly #open = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #encoder = new TextEncoder();

  get size(): number {
    return this.#open.size;
  }

  /** One more stream. An empty line comes first, so that its reader knows that it is heard. */
  add(gone: () => void): ReadableStream<Uint8Array> {
    let own: ReadableStreamDefaultController<Uint8Array> | undefined;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
        this.#open.add(controller);
        controller.enqueue(this.#encoder.encode('\n'));
      },
      cancel: () => {
        if (own) this.#open.delete(own);
        gone();
      },
    });
  }

  tell(notice: CallNotice): void {
    const line = this.#encoder.encode(`${JSON.stringify(notice)}\n`);
    for (const controller of this.#open) controller.enqueue(line);
  }

  /** Ends all streams. */
  close(): void {
    for (const controller of this.#open) controller.close();
    this.#open.clear();
  }
}

/** Reads a stream until its end or until the returned function is called; resolves once it is heard. */
export async function noticesIn(stream: ReadableStream<Uint8Array>, heard: (notice: CallNotice) => void): Promise<() => void> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let stopped = false;
  const read = async (): Promise<boolean> => {
    const { done, value } = await reader.read();
    if (done) return false;
    const lines = (text + decoder.decode(value, { stream: true })).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) if (line !== '' && !stopped) heard(JSON.parse(line) as CallNotice);
    return true;
  };
  const goOn = async (): Promise<void> => {
    // A stream that breaks tells nothing more; whoever needs the end of the call asks for it.
    while (!stopped && (await read().catch(() => false)));
  };
  await read();
  void goOn();
  return () => {
    stopped = true;
    reader.cancel().catch(() => undefined);
  };
}
