/** The call registry of one process. Owns live and recently ended calls and their listeners. */
import type { Clock } from '../contract/clock.js';
import type { Amounts, CallRegistry, CallEndReason, CallMemory, CallNotice, CallRecord } from '../contract/shared-state.js';

/** Milliseconds for which an ended call is kept. */
export const RETENTION = 600_000;

/** An active call. JSON. */
export interface LiveCall {
  readonly call: CallRecord;
  readonly watcher: string;
  readonly leaseUntil: number;
}

/** An ended call. JSON. */
export interface Ended {
  readonly call: CallRecord;
  readonly reason: CallEndReason;
  readonly forgetAt: number;
}

/** State to restore after a restart. JSON. */
export interface CallRegistrySnapshot {
  readonly live: readonly LiveCall[];
  readonly ended: readonly Ended[];
}

/** See the head of the file. */
export class MemoryCallRegistry implements CallRegistry {
  readonly #clock: Clock;
  readonly #live: Map<string, LiveCall>;
  /** In the order in which they ended, so that the oldest is removed first. */
  readonly #ended: Map<string, Ended>;
  readonly #listeners = new Map<string, Set<(notice: CallNotice) => void>>();

  constructor(clock: Clock, { live, ended }: CallRegistrySnapshot = { live: [], ended: [] }) {
    this.#clock = clock;
    this.#live = new Map(live.map((liveCall) => [liveCall.call.id, liveCall]));
    this.#ended = new Map(ended.map((each) => [each.call.id, each]));
  }

  async add(call: CallRecord, watcher: string, leaseMs: number): Promise<void> {
    this.#live.set(call.id, { call, watcher, leaseUntil: this.#clock.now() + leaseMs });
  }

  async find(id: string): Promise<{ call: CallRecord; ended: CallEndReason | undefined } | undefined> {
    this.#forget();
    const call = this.#live.get(id)?.call;
    if (call) return { call, ended: undefined };
    const endedCall = this.#ended.get(id);
    return endedCall && { call: endedCall.call, ended: endedCall.reason };
  }

  async renew(watcher: string, leaseMs: number, spent: ReadonlyMap<string, Amounts>): Promise<readonly string[]> {
    const lost: string[] = [];
    const leaseUntil = this.#clock.now() + leaseMs;
    for (const [id, amounts] of spent) {
      const liveCall = this.#live.get(id);
      if (liveCall?.watcher === watcher) this.#live.set(id, { call: { ...liveCall.call, spent: amounts }, watcher, leaseUntil });
      else lost.push(id);
    }
    return lost;
  }

  async remember(watcher: string, id: string, memory: CallMemory): Promise<void> {
    const liveCall = this.#live.get(id);
    if (liveCall?.watcher !== watcher) return;
    this.#live.set(id, { ...liveCall, call: { ...liveCall.call, memory: { ...liveCall.call.memory, ...memory } } });
  }

  async adopt(watcher: string, leaseMs: number): Promise<readonly CallRecord[]> {
    const now = this.#clock.now();
    const adopted = [...this.#live.values()].filter(({ leaseUntil }) => leaseUntil <= now).map(({ call }) => call);
    for (const call of adopted) this.#live.set(call.id, { call, watcher, leaseUntil: now + leaseMs });
    return adopted;
  }

  async end(id: string, reason: CallEndReason): Promise<boolean> {
    const liveCall = this.#live.get(id);
    if (!liveCall) return false;
    this.#live.delete(id);
    this.#forget();
    this.#ended.set(id, { call: { ...liveCall.call, memory: undefined }, reason, forgetAt: this.#clock.now() + RETENTION });
    await this.tell(id, { type: 'ended', reason });
    this.#listeners.delete(id);
    return true;
  }

  async count(): Promise<number> {
    return this.#live.size;
  }

  async list(): Promise<readonly CallRecord[]> {
    return [...this.#live.values()].map(({ call }) => call);
  }

  async tell(id: string, notice: CallNotice): Promise<void> {
    for (const onNotice of [...(this.#listeners.get(id) ?? [])]) {
      try {
        onNotice(notice);
      } catch {
        // An error in one listener does not affect the others.
      }
    }
  }

  async listen(id: string, onNotice: (notice: CallNotice) => void): Promise<() => void> {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(onNotice));
    return () => {
      if (listeners.delete(onNotice) && listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }

  snapshot(): CallRegistrySnapshot {
    this.#forget();
    return { live: [...this.#live.values()], ended: [...this.#ended.values()] };
  }

  #forget(): void {
    const now = this.#clock.now();
    for (const [id, { forgetAt }] of this.#ended) {
      if (forgetAt > now) return;
      this.#ended.delete(id);
    }
  }
}
