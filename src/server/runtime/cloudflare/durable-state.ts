/**
 * State in Cloudflare Durable Objects (`voice-state.ts`): the Worker's side. Each object runs in one place with one thread, so its
 * counts are exact for all Workers.
 *
 * Owns the assignment of data to objects. Budgets, concurrency slots and the call registry share the object `book`, because limits apply
 * to all calls together. Rate windows and proofs are in `windows-0` … `windows-<shards - 1>`, by a hash of their key, so a flood of
 * requests does not slow down active calls. With one shard (the default, enough for some hundred requests per second), the windows of
 * a request cost one object request; with more shards, up to one for each of its four keys.
 */
import type { Calendar } from '../../contract/calendar.js';
import { systemClock } from '../../contract/clock.js';
import type { Clock } from '../../contract/clock.js';
import type { DurableNamespace, DurableStub } from './durable-context.js';
import { readNotices } from './notice-streams.js';
import { StateUnavailable } from '../../contract/shared-state.js';
import type {
  AccountUsage,
  Amounts,
  BudgetAnswer,
  CallRegistry,
  CallEndReason,
  CallMemory,
  CallNotice,
  CallRecord,
  RateAnswer,
  RateWant,
  Reservation,
  SharedState,
} from '../../contract/shared-state.js';
import type { StateMethods, StateRequest } from './voice-state.js';

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
  readonly #request: ObjectRequest;
  readonly #shards: number;

  constructor({ namespace, shards = 1, clock = systemClock }: DurableStateOptions) {
    this.#shards = shards;
    this.#request = objectRequest(namespace, clock);
    this.calls = new DurableCallRegistry(this.#request);
  }

  async take(wants: readonly RateWant[]): Promise<RateAnswer> {
    // In order, grouped by object: a visitor who is over their own limit does not use up shared limits.
    for (let rest = wants; rest.length > 0;) {
      const object = this.#windows(rest[0]?.key ?? '');
      const end = rest.findIndex(({ key }) => this.#windows(key) !== object);
      const answer = await this.#request(object, 'take', [end < 0 ? rest : rest.slice(0, end)]);
      if (!answer.ok) return answer;
      rest = end < 0 ? [] : rest.slice(end);
    }
    return { ok: true };
  }

  reserve(reservation: Reservation): Promise<BudgetAnswer> {
    return this.#request(REGISTRY, 'reserve', [reservation]);
  }

  async settle(id: string, spent: Amounts): Promise<void> {
    await this.#request(REGISTRY, 'settle', [id, spent]);
  }

  once(key: string, seconds: number): Promise<boolean> {
    return this.#request(this.#windows(key), 'once', [key, seconds]);
  }

  async setPaused(paused: boolean): Promise<void> {
    await this.#request(REGISTRY, 'setPaused', [paused]);
  }

  paused(): Promise<boolean> {
    return this.#request(REGISTRY, 'paused', []);
  }

  usage(calendar?: Calendar): Promise<readonly AccountUsage[]> {
    return this.#request(REGISTRY, 'usage', calendar ? [calendar] : []);
  }

  async ready(): Promise<void> {
    await this.#request(REGISTRY, 'count', []);
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

const REGISTRY = 'book';

class DurableCallRegistry implements CallRegistry {
  readonly #request: ObjectRequest;

  constructor(ask: ObjectRequest) {
    this.#request = ask;
  }

  async add(call: CallRecord, watcher: string, leaseMs: number): Promise<void> {
    await this.#request(REGISTRY, 'add', [call, watcher, leaseMs]);
  }

  async find(id: string): Promise<{ call: CallRecord; ended: CallEndReason | undefined } | undefined> {
    const found = await this.#request(REGISTRY, 'find', [id]);
    return found ? { call: found.call, ended: found.ended ?? undefined } : undefined;
  }

  renew(watcher: string, leaseMs: number, spent: ReadonlyMap<string, Amounts>): Promise<readonly string[]> {
    return this.#request(REGISTRY, 'renew', [watcher, leaseMs, [...spent]]);
  }

  async remember(watcher: string, id: string, memory: CallMemory): Promise<void> {
    await this.#request(REGISTRY, 'remember', [watcher, id, memory]);
  }

  adopt(watcher: string, leaseMs: number): Promise<readonly CallRecord[]> {
    return this.#request(REGISTRY, 'adopt', [watcher, leaseMs]);
  }

  end(id: string, reason: CallEndReason): Promise<boolean> {
    return this.#request(REGISTRY, 'end', [id, reason]);
  }

  count(): Promise<number> {
    return this.#request(REGISTRY, 'count', []);
  }

  list(): Promise<readonly CallRecord[]> {
    return this.#request(REGISTRY, 'list', []);
  }

  async tell(id: string, notice: CallNotice): Promise<void> {
    await this.#request(REGISTRY, 'tell', [id, notice]);
  }

  async listen(id: string, onNotice: (notice: CallNotice) => void): Promise<() => void> {
    return readNotices(await this.#request.stream(REGISTRY, 'listen', [id]), onNotice);
  }
}

/** Sends a request to one object. @throws StateUnavailable */
interface ObjectRequest {
  <Method extends keyof StateMethods>(
    object: string,
    method: Method,
    args: Parameters<StateMethods[Method]>,
  ): Promise<ReturnType<StateMethods[Method]>>;
  stream(object: string, method: 'listen', args: [id: string]): Promise<ReadableStream<Uint8Array>>;
}

function objectRequest(namespace: DurableNamespace, clock: Clock): ObjectRequest {
  const answer = async (object: string, method: string, args: readonly unknown[]): Promise<Response> => {
    const body: StateRequest = { method, args, now: clock.now() };
    // A stub is bound to the request that created it, so it is not kept.
    const stub = (): DurableStub => namespace.get(namespace.idFromName(object));
    const send = (): Promise<Response> => stub().fetch('https://state/', { method: 'POST', body: JSON.stringify(body) });
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
  return Object.assign(ask, { stream }) as ObjectRequest;
}
