/** Audio from the page: chunks, streams, back-pressure, ends. */
import { describe, expect, it } from 'vitest';
import { AudioSender } from '../../../src/session/audio-sender.js';
import { deferred, settle } from './fake-environment.js';

const samples = (length: number, from = 0): Int16Array => Int16Array.from({ length }, (_, index) => from + index);
const bytes = (array: Int16Array): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** A connection that records what it is sent, and whose back-pressure the test controls. */
function connection() {
  const sent: (Int16Array | string)[] = [];
  const gates: (() => void)[] = [];
  const world = { full: false, end: new AbortController() };
  const sender = new AudioSender(
    {
      sendAudio: (audio) => void sent.push(new Int16Array(audio)),
      sendEvent: ({ type }) => void sent.push(type),
      drained: () => (world.full ? new Promise((resolve) => gates.push(resolve)) : Promise.resolve()),
    },
    world.end.signal,
  );
  const joined = () => sent.flatMap((piece) => (typeof piece === 'string' ? [] : [...piece]));
  return { sender, sent, world, joined, letOne: () => gates.shift()?.() };
}

/** A stream of these chunks that records how it is read. */
function stream(chunks: unknown[], end: 'close' | 'stay' | 'fail' = 'close') {
  const log = { pulled: 0, cancelled: undefined as unknown };
  const source = new ReadableStream(
    {
      pull(controller) {
        const chunk = chunks[log.pulled++];
        if (log.pulled <= chunks.length) return controller.enqueue(chunk);
        if (end === 'close') controller.close();
        else if (end === 'fail') controller.error(new Error('microphone unplugged'));
        else return new Promise<void>(() => undefined);
      },
      cancel(reason) {
        log.cancelled = reason;
      },
    },
    { highWaterMark: 0 },
  );
  return { source, log };
}

describe('recordings', () => {
  it.each([
    ['an Int16Array', samples(40_000)],
    ['an ArrayBuffer', samples(40_000).buffer],
    ['the part that a view covers', samples(40_002).subarray(0, 40_000)],
  ])('%s is sent in chunks of at most 32 kB, completely and in order', async (_, audio) => {
    const { sender, sent, joined } = connection();
    await sender.send(audio as Int16Array);
    expect(sent.map((piece) => piece.length)).toEqual([16_384, 16_384, 7_232]);
    expect(joined()).toEqual([...samples(40_000)]);
  });

  it('commit follows the last chunk, also of empty audio', async () => {
    const { sender, sent } = connection();
    await sender.send(samples(2), { commit: true });
    await sender.send(samples(0), { commit: true });
    expect(sent).toEqual([samples(2), 'input_audio_buffer.commit', 'input_audio_buffer.commit']);
  });

  it.each([null, undefined, 'sound', [1, 2], new Float32Array(4), {}])('%s is rejected', async (audio) => {
    const { sender, sent } = connection();
    await expect((async () => sender.send(audio as never))()).rejects.toMatchObject({ code: 'invalid_request' });
    expect(sent).toEqual([]);
  });

  it('two recordings do not mix, and a failed one does not block the next', async () => {
    const { sender, sent } = connection();
    const { source } = stream([samples(1), new Float32Array(1)]);
    const first = sender.send(source);
    const second = sender.send(samples(3), { commit: true });
    await expect(first).rejects.toMatchObject({ code: 'invalid_request' });
    await second;
    expect(sent).toEqual([samples(1), samples(3), 'input_audio_buffer.commit']);
  });
});

describe('streams', () => {
  it('are sent to their end, also with chunks that split a sample', async () => {
    const { sender, joined, sent } = connection();
    const all = bytes(samples(50, 300));
    const { source } = stream([all.slice(0, 1), all.slice(1, 4), all.slice(4, 7), all.slice(7, 8).buffer, all.slice(8, 51), all.slice(51)]);
    await sender.send(source, { commit: true });
    expect(joined()).toEqual([...samples(50, 300)]);
    expect(sent.at(-1)).toBe('input_audio_buffer.commit');
    expect(source.locked).toBe(false);
  });

  it('are read no faster than the connection accepts audio', async () => {
    const { sender, sent, world, letOne } = connection();
    const { source, log } = stream([samples(2), samples(2), samples(2)]);
    world.full = true;
    const sending = sender.send(source);
    await settle();
    expect([log.pulled, sent.length]).toEqual([1, 0]);
    letOne();
    await settle();
    expect([log.pulled, sent.length]).toEqual([2, 1]);
    world.full = false;
    letOne();
    await sending;
    expect(sent).toHaveLength(3);
  });

  it('are cancelled while they wait for their next chunk when the call ends', async () => {
    const { sender, sent, world } = connection();
    const { source, log } = stream([samples(2)], 'stay');
    const sending = sender.send(source, { commit: true });
    const refused = expect(sending).rejects.toMatchObject({ code: 'aborted' });
    await settle();
    world.end.abort(new Error('the call ended'));
    await refused;
    expect(sent).toEqual([samples(2)]);
    expect(log.cancelled).toMatchObject({ code: 'aborted' });
  });

  it('are cancelled while they wait for the connection, with those behind them', async () => {
    const { sender, sent, world } = connection();
    const first = stream([samples(2)]);
    const second = stream([samples(2)]);
    world.full = true;
    const refused = Promise.all(
      [sender.send(first.source), sender.send(second.source)].map((sending) => expect(sending).rejects.toMatchObject({ code: 'aborted' })),
    );
    await settle();
    world.end.abort();
    await refused;
    expect(sent).toEqual([]);
    expect(first.log.cancelled).toBeDefined();
    expect(second.log.cancelled).toBeDefined();
  });

  it('report a failure with its cause', async () => {
    const { sender } = connection();
    const { source } = stream([samples(1)], 'fail');
    await expect(sender.send(source)).rejects.toMatchObject({ code: 'invalid_request', cause: { message: 'microphone unplugged' } });
  });

  it('are rejected if they are locked', async () => {
    const { sender } = connection();
    const { source } = stream([samples(1)]);
    source.getReader();
    await expect((async () => sender.send(source))()).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('may wait before their first chunk', async () => {
    const { sender, joined } = connection();
    const { promise, resolve } = deferred<Int16Array>();
    const source = new ReadableStream<Int16Array>({
      async start(controller) {
        controller.enqueue(await promise);
        controller.close();
      },
    });
    const sending = sender.send(source);
    await settle();
    resolve(samples(5));
    await sending;
    expect(joined()).toEqual([...samples(5)]);
  });
});
