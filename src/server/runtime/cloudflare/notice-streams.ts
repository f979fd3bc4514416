/**
 * Streams notices of a call as lines of JSON from a Durable Object to a Worker: sender and receiver. Pages receive an event stream
 * instead (`calls/notice-stream.ts`).
 */
import type { CallNotice } from '../../contract/shared-state.js';

/** The open streams of one call, on the sending side. */
export class NoticeStreams {
  readonly #open = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #encoder = new TextEncoder();

  get size(): number {
    return this.#open.size;
  }

  /** Opens another stream. It starts with an empty line, which confirms the subscription to the reader. */
  add(onCancel: () => void): ReadableStream<Uint8Array> {
    let own: ReadableStreamDefaultController<Uint8Array> | undefined;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
        this.#open.add(controller);
        controller.enqueue(this.#encoder.encode('\n'));
      },
      cancel: () => {
        if (own) this.#open.delete(own);
        onCancel();
      },
    });
  }

  send(notice: CallNotice): void {
    const line = this.#encoder.encode(`${JSON.stringify(notice)}\n`);
    for (const controller of this.#open) controller.enqueue(line);
  }

  /** Ends all streams. */
  close(): void {
    for (const controller of this.#open) controller.close();
    this.#open.clear();
  }
}

/** Reads a stream until it ends or the returned function is called. Resolves once the subscription is confirmed. */
export async function readNotices(stream: ReadableStream<Uint8Array>, onNotice: (notice: CallNotice) => void): Promise<() => void> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let stopped = false;
  const read = async (): Promise<boolean> => {
    const { done, value } = await reader.read();
    if (done) return false;
    const lines = (text + decoder.decode(value, { stream: true })).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) if (line !== '' && !stopped) onNotice(JSON.parse(line) as CallNotice);
    return true;
  };
  const readAll = async (): Promise<void> => {
    // A broken stream delivers nothing more; code that needs to know whether the call has ended looks it up.
    while (!stopped && (await read().catch(() => false)));
  };
  await read();
  void readAll();
  return () => {
    stopped = true;
    reader.cancel().catch(() => undefined);
  };
}
