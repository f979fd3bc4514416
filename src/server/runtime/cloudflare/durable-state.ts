/**
 * State in Cloudflare Durable Objects (`voice-state.ts`): the Worker's side. Each object runs in one place with one thread, so its
 * counts are exact for all Workers.
 *
 * Owns the assignment of data to objects. Budgets, concurrency slots and the call book share the object `book`, because limits apply
 * to all calls together. Rate windows and proofs are in `windows-0` … `windows-<shards - 1>`, by a hash of their key, so a flood of
 * requests does not slow down active calls. With one shard (the default, enough for some hundred requests per second), the windows of
 * a request cost one object request; with more shards, up to one for each of its four keys.
 */
import { systemClock } from '../../contract/clock.js';
import type { Clock } from '../../contract/clock.js';
import type { DurableNamespace, DurableStub } from './durable-context.js';
import { noticesIn } from './notice-streams.js';
import { StateUnavailable } from '../../contract/shared-state.js';
import type { Amounts, BudgetAnswer, CallRegistry, CallEndReason, CallNotice, CallRecord, RateAnswer, RateWant, Reservation, SharedState } from '../../contract/shared-state.js';
import type { StateAnswers, StateQuestion } from './voice-state.js';

/** Options of `DurableState`. */
export interface DurableStateOptions {
  /** Durable Object binding of the class `VoiceState`. */
  readonly namespace: DurableNamespace;
  /** Number of objects that share the rate windows, 1–64; default 1. Changing it resets the current windows. */
  readonly shards?: number;
  readonly clock?: Clock;
}

/** See the head of the file. */
export class DurableState implements SharedState {
  readonly lasting = true;
  readonly calls: CallRegistry;
  readonly #ask: Ask;
  readonly #shards: number;

  constructor({ namespace, shards = 1, clock = systemClock }: DurableStateOptions) {
    this.#shards = shards;
    this.#ask = asker(namespace, clock);
    this.calls = new DurableCallBook(this.#ask);
  }

  async take(wants: readonly RateWant[]): Promise<RateAnswer> {
    // In order, grouped by object: a visitor who is over their own limit does not use up shared limits.
    for (let rest = wants; rest.length > 0; ) {
      const object = this.#windows(rest[0]?.key ?? '');
      const end = rest.findIndex(({ key }) => this.#windows(key) !== object);
      const answer = await this.#ask(object, 'take', [end < 0 ? rest : rest.slice(0, end)]);
      if (!answer.ok) return answer;
      rest = end < 0 ? [] : rest.slice(end);
    }
    return { ok: true };
  }

  reserve(reservation: Reservation): Promise<BudgetAnswer> {
    return this.#ask(BOOK, 'reserve', [reservation]);
  }

  async settle(id: string, spent: Amounts): Promise<void> {
    await this.#ask(BOOK, 'settle', [id, spent]);
  }

  once(key: string, seconds: number): Promise<boolean> {
    return this.#ask(this.#windows(key), 'once', [key, seconds]);
  }

  async ready(): Promise<void> {
    await this.#ask(BOOK, 'count', []);
  }

  async close(): Promise<void> {
    // A Worker keeps no connections open.
  }

  /** FNV-1a: distributes evenly enough and gives the same result everywhere. */
  #windows(key: string): string {
    let hash = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    return `windows-${String(hash % this.#shards)}`;
  }
}

const BOOK = 'book';

class DurableCallBook implements CallRegistry {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  async add(call: CallRecord, watcher: string, leaseMs: number): Promise<void> {
    await this.#ask(BOOK, 'add', [call, watcher, leaseMs]);
  }

  async find(id: string): Promise<{ call: CallRecord; ended: CallEndReason | undefined } | undefined> {
    const found = await this.#ask(BOOK, 'find', [id]);
    return found ? { call: found.call, ended: found.ended ?? undefined } : undefined;
  }

  renew(watcher: string, leaseMs: number, spent: ReadonlyMap<string, Amounts>): Promise<readonly string[]> {
    return this.#ask(BOOK, 'renew', [watcher, leaseMs, [...spent]]);
  }

  adopt(watcher: string, leaseMs: number): Promise<readonly CallRecord[]> {
    return this.#ask(BOOK, 'adopt', [watcher, leaseMs]);
  }

  end(id: string, reason: CallEndReason): Promise<boolean> {
    return this.#ask(BOOK, 'end', [id, reason]);
  }

  count(): Promise<number> {
    return this.#ask(BOOK, 'count', []);
  }

  async tell(id: string, notice: CallNotice): Promise<void> {
    await this.#ask(BOOK, 'tell', [id, notice]);
  }

  async listen(id: string, heard: (notice: CallNotice) => void): Promise<() => void> {
    return noticesIn(await this.#ask.stream(BOOK, 'listen', [id]), heard);
  }
}

/** Sends a request to one object. @throws StateUnavailable */
interface Ask {
  <Method extends keyof StateAnswers>(object: string, method: Method, args: Parameters<StateAnswers[Method]>): Promise<ReturnType<StateAnswers[Method]>>;
  stream(object: string, method: 'listen', args: [id: string]): Promise<ReadableStream<Uint8Array>>;
}

function asker(namespace: DurableNamespace, clock: Clock): Ask {
  const answer = async (object: string, method: string, args: readonly unknown[]): Promise<Response> => {
    const question: StateQuestion = { method, args, now: clock.now() };
    // A stub is bound to the request that created it, so it is not kept.
    const stub = (): DurableStub => namespace.get(namespace.idFromName(object));
    const send = (): Promise<Response> => stub().fetch('https://state/', { method: 'POST', body: JSON.stringify(question) });
    try {
      const response = await send().catch((error: unknown) => {
        if ((error as { retryable?: unknown } | null)?.retryable === true) return send();
        throw error;
      });
      if (response.ok) return response;
      throw new Error(`The object responded with status ${String(response.status)}.`);
    } catch (cause) {
      throw new StateUnavailable('The Durable Object did not respond.', { cause });
    }
  };
  const ask = async (object: string, method: string, args: readonly unknown[]): Promise<unknown> => {
    const response = await answer(object, method, args);
    try {
      return await response.json();
    } catch (cause) {
      throw new StateUnavailable('The response of the Durable Object was incomplete.', { cause });
    }
  };
  const stream = async (object: string, method: string, args: readonly unknown[]): Promise<ReadableStream<Uint8Array>> =>
    (await answer(object, method, args)).body as ReadableStream<Uint8Array>;
  return Object.assign(ask, { stream }) as Ask;
}
