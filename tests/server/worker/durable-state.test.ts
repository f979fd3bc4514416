/** State in Durable Objects, in the real workerd: the common suite, spread over shards, over a restart, and unreachable. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Amounts, CallNotice, CallRecord, SharedState } from '../../../src/server/state/shared-state.js';
import { StateUnavailable } from '../../../src/server/state/shared-state.js';
import { callRecord, listener, sharedStateSuite } from '../../support/shared-state-suite.js';
import { bundleWorker, runWorker } from '../../support/workerd.js';
import type { RunningWorker } from '../../support/workerd.js';
import type { Asked } from '../../support/workers/state.js';

// Each question is an HTTP request to another process.
vi.setConfig({ testTimeout: 60_000 });

let worker: RunningWorker;
let serial = 0;

beforeAll(async () => {
  worker = await runWorker(await bundleWorker('state'));
}, 120_000);

afterAll(() => worker.close());

/** Time by hand, in objects of this test alone. */
class Remote {
  time = 1_800_000_000_000;
  readonly objects = `test-${String((serial += 1))}`;
  readonly #listening = new Set<AbortController>();

  state(shards: number): SharedState {
    const ask = async <Answer>(method: Asked['method'], ...args: readonly unknown[]): Promise<Answer> => (await this.#send(shards, method, args)).json() as Promise<Answer>;
    return {
      lasting: true,
      take: (wants) => ask('take', wants),
      reserve: (reservation) => ask('reserve', reservation),
      settle: (id, spent) => ask('settle', id, spent),
      once: (key, seconds) => ask('once', key, seconds),
      ready: () => ask('ready'),
      close: () => ask('close'),
      calls: {
        add: (call: CallRecord, watcher, leaseMs) => ask('calls.add', call, watcher, leaseMs),
        find: async (id) => (await ask<{ call: CallRecord; ended: never } | null>('calls.find', id)) ?? undefined,
        renew: (watcher, leaseMs, spent: ReadonlyMap<string, Amounts>) => ask('calls.renew', watcher, leaseMs, [...spent]),
        adopt: (watcher, leaseMs) => ask('calls.adopt', watcher, leaseMs),
        end: (id, reason) => ask('calls.end', id, reason),
        count: () => ask('calls.count'),
        tell: (id, notice) => ask('calls.tell', id, notice),
        listen: async (id, heard) => this.#listen((await this.#send(shards, 'calls.listen', [id])).body, heard),
      },
    };
  }

  stop(): void {
    for (const one of this.#listening) one.abort();
  }

  async #send(shards: number, method: Asked['method'], args: readonly unknown[]): Promise<Response> {
    const controller = new AbortController();
    if (method === 'calls.listen') this.#listening.add(controller);
    const asked: Asked = { objects: this.objects, shards, now: this.time, method, args };
    const response = await fetch(worker.url, { method: 'POST', body: JSON.stringify(asked), signal: controller.signal });
    if (response.status === 503) throw new StateUnavailable(await response.text());
    if (!response.ok) throw new Error(await response.text());
    return response;
  }

  async #listen(body: ReadableStream<Uint8Array> | null, heard: (notice: CallNotice) => void): Promise<() => void> {
    const reader = (body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream() as never).getReader() as ReadableStreamDefaultReader<string>;
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
          // The listener's own matter.
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

for (const shards of [1, 8]) {
  sharedStateSuite(
    `Durable Objects, windows in ${String(shards)}`,
    async () => {
      const remote = new Remote();
      return {
        one: remote.state(shards),
        other: remote.state(shards),
        now: () => remote.time,
        jump: (ms) => (remote.time += ms),
        wait: async (ms) => void (remote.time += ms),
        close: async () => remote.stop(),
      };
    },
    { runs: shards === 1 ? 30 : 5 },
  );
}

describe('Durable Objects', () => {
  it('forget nothing when their process ends', async () => {
    const remote = new Remote();
    const state = remote.state(2);
    const lines = { name: 'all', perDay: { calls: 3 }, atOnce: 1 };
    const amounts = { calls: 1, seconds: 10, tokens: 0, micros: 0 };
    expect(await state.take([{ key: 'all', count: 1, seconds: 60 }])).toEqual({ ok: true });
    expect(await state.reserve({ id: 'a', accounts: [lines], amounts, until: remote.time + 60_000 })).toEqual({ ok: true });
    expect(await state.once('webhook:1', 300)).toBe(true);
    await state.calls.add(callRecord('c', remote.time), 'first', 15_000);
    await worker.restart();
    expect((await state.take([{ key: 'all', count: 1, seconds: 60 }])).ok).toBe(false);
    expect(await state.reserve({ id: 'b', accounts: [lines], amounts, until: remote.time + 60_000 })).toMatchObject({ ok: false, limit: 'atOnce', retryAfter: 60 });
    expect(await state.once('webhook:1', 300)).toBe(false);
    expect(await state.calls.find('c')).toMatchObject({ call: { id: 'c' } });
    await state.settle('a', amounts);
    expect(await state.reserve({ id: 'b', accounts: [lines], amounts, until: remote.time + 60_000 })).toEqual({ ok: true });
  });

  it('end the streams of listeners with the call', async () => {
    const remote = new Remote();
    const state = remote.state(1);
    await state.calls.add(callRecord('a', remote.time), 'first', 15_000);
    const heard = listener();
    await state.calls.listen('a', heard.heard);
    await state.calls.end('a', 'tampered');
    expect(await heard.hears(1)).toEqual([{ type: 'ended', reason: 'tampered' }]);
  });
});
