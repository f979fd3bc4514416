/** State in Durable Objects in a real workerd: the shared suite with rate windows spread over four objects, and a restart. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Amounts, CallNotice, CallRecord, SharedState } from '../../../src/server/contract/shared-state.js';
import { sharedStateSuite } from '../../support/shared-state-suite.js';
import { callRecord, listener } from '../../support/shared-state/samples.js';
import { bundleWorker, runWorker } from '../../support/workerd.js';
import type { RunningWorker } from '../../support/workerd.js';
import type { Answered, Asked } from '../../support/workers/state.js';

// Each operation is an HTTP request to another process.
vi.setConfig({ testTimeout: 60_000 });

let worker: RunningWorker;
let serial = 0;

beforeAll(async () => {
  worker = await runWorker(await bundleWorker('state'));
}, 120_000);

afterAll(() => worker.close());

interface Waiting {
  readonly asked: Asked;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** A state with a manual clock in objects used only by one test. */
class Remote {
  time = 1_800_000_000_000;
  readonly objects = `test-${String((serial += 1))}`;
  readonly #listening = new Set<AbortController>();
  readonly #waiting: Waiting[] = [];

  state(): SharedState {
    const ask = <Answer>(method: Asked['method'], ...args: readonly unknown[]): Promise<Answer> =>
      new Promise<unknown>((resolve, reject) =>
        this.#ask({ objects: this.objects, shards: 4, now: this.time, method, args }, resolve, reject),
      ) as Promise<Answer>;
    return {
      lasting: true,
      take: (wants) => ask('take', wants),
      reserve: (reservation) => ask('reserve', reservation),
      settle: (id, spent) => ask('settle', id, spent),
      once: (key, seconds) => ask('once', key, seconds),
      setPaused: (paused) => ask('setPaused', paused),
      paused: () => ask('paused'),
      usage: (calendar) => ask('usage', calendar),
      ready: () => ask('ready'),
      close: () => ask('close'),
      calls: {
        add: (call: CallRecord, watcher, leaseMs) => ask('calls.add', call, watcher, leaseMs),
        find: async (id) => (await ask<{ call: CallRecord; ended: never } | null>('calls.find', id)) ?? undefined,
        renew: (watcher, leaseMs, spent: ReadonlyMap<string, Amounts>) => ask('calls.renew', watcher, leaseMs, [...spent]),
        remember: (watcher, id, memory) => ask('calls.remember', watcher, id, memory),
        adopt: (watcher, leaseMs) => ask('calls.adopt', watcher, leaseMs),
        end: (id, reason) => ask('calls.end', id, reason),
        count: () => ask('calls.count'),
        list: () => ask('calls.list'),
        tell: (id, notice) => ask('calls.tell', id, notice),
        listen: async (id, heard) => this.#listen(id, heard),
      },
    };
  }

  stop(): void {
    for (const one of this.#listening) one.abort();
  }

  /** Batches concurrent operations into one request, so that they also run concurrently in the Worker. */
  #ask(asked: Asked, resolve: (answer: unknown) => void, reject: (error: Error) => void): void {
    if (this.#waiting.push({ asked, resolve, reject }) === 1) setImmediate(() => void this.#flushAll());
  }

  async #flushAll(): Promise<void> {
    // A Worker may make up to a thousand subrequests per request.
    for (const all = this.#waiting.splice(0); all.length > 0;) await this.#flush(all.splice(0, 200));
  }

  async #flush(waiting: readonly Waiting[]): Promise<void> {
    try {
      const response = await fetch(worker.url, { method: 'POST', body: JSON.stringify(waiting.map(({ asked }) => asked)) });
      const answers = (await response.json()) as readonly Answered[];
      waiting.forEach(({ resolve, reject }, at) => {
        const answered = answers[at] as Answered;
        if ('error' in answered) reject(new Error(answered.error));
        else resolve(answered.answer);
      });
    } catch (error) {
      for (const { reject } of waiting) reject(error as Error);
    }
  }

  async #listen(id: string, heard: (notice: CallNotice) => void): Promise<() => void> {
    const controller = new AbortController();
    this.#listening.add(controller);
    const asked: Asked = { objects: this.objects, shards: 4, now: this.time, method: 'calls.listen', args: [id] };
    const { body } = await fetch(worker.url, { method: 'POST', body: JSON.stringify([asked]), signal: controller.signal });
    const reader = (body as ReadableStream<Uint8Array>)
      .pipeThrough(new TextDecoderStream() as never)
      .getReader() as ReadableStreamDefaultReader<string>;
    let stopped = false;
    let text = '';
    const next = async (): Promise<boolean> => {
      const { done, value } = await reader.read();
      const lines = (text += value ?? '').split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '' || stopped) continue;
        try {
          heard(JSON.parse(line) as CallNotice);
        } catch {
          // Errors of listeners are ignored.
        }
      }
      return !done;
    };
    await next();
    void (async () => {
      while (!stopped && (await next().catch(() => false)));
    })();
    return () => {
      stopped = true;
      reader.cancel().catch(() => undefined);
    };
  }
}

sharedStateSuite(
  'Durable Objects',
  async () => {
    const remote = new Remote();
    return {
      one: remote.state(),
      other: remote.state(),
      now: () => remote.time,
      jump: (ms) => (remote.time += ms),
      wait: async (ms) => void (remote.time += ms),
      close: async () => remote.stop(),
    };
  },
  { runs: 20 },
);

describe('a state in Durable Objects', () => {
  it('keeps everything when its process restarts', async () => {
    const remote = new Remote();
    const state = remote.state();
    const lines = { name: 'all', perDay: { calls: 3 }, maxConcurrent: 1 };
    const amounts = { calls: 1, seconds: 10, tokens: 0, micros: 0 };
    expect(await state.take([{ key: 'all', count: 1, seconds: 60 }])).toEqual({ ok: true });
    expect(await state.reserve({ id: 'a', accounts: [lines], amounts, until: remote.time + 60_000 })).toEqual({ ok: true });
    expect(await state.once('webhook:1', 300)).toBe(true);
    await state.calls.add(callRecord('c', remote.time), 'first', 15_000);
    await state.setPaused(true);
    await worker.restart();
    expect(await state.paused()).toBe(true);
    expect(await state.reserve({ id: 'b', accounts: [lines], amounts, until: remote.time + 60_000 })).toEqual({
      ok: false,
      limit: 'paused',
    });
    await state.setPaused(false);
    expect((await state.take([{ key: 'all', count: 1, seconds: 60 }])).ok).toBe(false);
    expect(await state.reserve({ id: 'b', accounts: [lines], amounts, until: remote.time + 60_000 })).toMatchObject({
      ok: false,
      limit: 'maxConcurrent',
      retryAfter: 60,
    });
    expect(await state.once('webhook:1', 300)).toBe(false);
    expect(await state.calls.find('c')).toMatchObject({ call: { id: 'c' } });
    await state.settle('a', amounts);
    expect(await state.reserve({ id: 'b', accounts: [lines], amounts, until: remote.time + 60_000 })).toEqual({ ok: true });
  });

  it('closes the streams of listeners when the call ends', async () => {
    const remote = new Remote();
    const state = remote.state();
    await state.calls.add(callRecord('a', remote.time), 'first', 15_000);
    const heard = listener();
    await state.calls.listen('a', heard.heard);
    await state.calls.end('a', 'tampered');
    expect(await heard.hears(1)).toEqual([{ type: 'ended', reason: 'tampered' }]);
  });
});
