/**
 * The call registry of a process whose shared call registry may be unavailable. Owns the process's knowledge of its own calls, which
 * it keeps watching, and the updates for the shared registry once it is back: new calls, ended calls and listeners.
 *
 * Meanwhile, calls of other processes are unknown: looking them up fails as it would without the fallback.
 */
import { StateUnavailable } from '../contract/shared-state.js';
import type { Amounts, CallRegistry, CallEndReason, CallMemory, CallNotice, CallRecord } from '../contract/shared-state.js';

interface Own {
  call: CallRecord;
  readonly watcher: string;
  readonly leaseMs: number;
  /** False until the shared registry contains the call. */
  shared: boolean;
}

interface Listener {
  onNotice(notice: CallNotice): void;
  /** Unsubscribes from the shared registry; `undefined` until subscribed there. */
  stop: (() => void) | undefined;
}

/** See the head of the file. */
export class FallbackCallRegistry implements CallRegistry {
  readonly #shared: CallRegistry;
  /** Live calls that this process watches. */
  readonly #own = new Map<string, Own>();
  /** Ended calls that are not yet marked as ended in the shared registry. */
  readonly #ended = new Map<string, { readonly call: CallRecord; readonly reason: CallEndReason }>();
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(shared: CallRegistry) {
    this.#shared = shared;
  }

  async add(call: CallRecord, watcher: string, leaseMs: number): Promise<void> {
    const own: Own = { call, watcher, leaseMs, shared: true };
    this.#own.set(call.id, own);
    await this.#withFallback(
      () => this.#shared.add(call, watcher, leaseMs),
      () => void (own.shared = false),
    );
  }

  async find(id: string): Promise<{ call: CallRecord; ended: CallEndReason | undefined } | undefined> {
    const over = this.#ended.get(id);
    if (over) return { call: over.call, ended: over.reason };
    const own = this.#own.get(id);
    if (own?.shared === false) return { call: own.call, ended: undefined };
    return this.#withFallback(
      () => this.#shared.find(id),
      (error) => {
        if (!own) throw error;
        return { call: own.call, ended: undefined };
      },
    );
  }

  async renew(watcher: string, leaseMs: number, spent: ReadonlyMap<string, Amounts>): Promise<readonly string[]> {
    const known = new Map([...spent].filter(([id]) => this.#own.get(id)?.shared !== false && !this.#ended.has(id)));
    for (const [id, amounts] of spent) {
      const own = this.#own.get(id);
      if (own) own.call = { ...own.call, spent: amounts };
    }
    const over = [...spent.keys()].filter((id) => this.#ended.has(id));
    const lost = await this.#withFallback(
      () => this.#shared.renew(watcher, leaseMs, known),
      () => [],
    );
    for (const id of lost) this.#own.delete(id);
    return [...over, ...lost];
  }

  async remember(watcher: string, id: string, memory: CallMemory): Promise<void> {
    const own = this.#own.get(id);
    if (own?.watcher === watcher) own.call = { ...own.call, memory: { ...own.call.memory, ...memory } };
    // Otherwise the memory is sent with the call once the shared registry is available.
    if (own?.shared !== false) {
      await this.#withFallback(
        () => this.#shared.remember(watcher, id, memory),
        () => undefined,
      );
    }
  }

  async adopt(watcher: string, leaseMs: number): Promise<readonly CallRecord[]> {
    const adopted = await this.#withFallback(
      () => this.#shared.adopt(watcher, leaseMs),
      () => [],
    );
    for (const call of adopted) if (!this.#ended.has(call.id)) this.#own.set(call.id, { call, watcher, leaseMs, shared: true });
    return adopted.filter(({ id }) => !this.#ended.has(id));
  }

  async end(id: string, reason: CallEndReason): Promise<boolean> {
    if (this.#ended.has(id)) return false;
    const own = this.#own.get(id);
    if (own?.shared === false) return this.#endLocally(id, own, reason);
    return this.#withFallback(
      async () => {
        const first = await this.#shared.end(id, reason);
        this.#own.delete(id);
        return first;
      },
      (error) => {
        if (!own) throw error;
        return this.#endLocally(id, own, reason);
      },
    );
  }

  count(): Promise<number> {
    return this.#withFallback(
      () => this.#shared.count(),
      () => this.#own.size,
    );
  }

  /** While the shared registry is unavailable, only calls of this process. */
  async list(): Promise<readonly CallRecord[]> {
    const shared = await this.#withFallback(
      () => this.#shared.list(),
      () => [...this.#own.values()].filter((own) => own.shared).map(({ call }) => call),
    );
    const unshared = [...this.#own.values()].filter((own) => !own.shared).map(({ call }) => call);
    return [...shared.filter(({ id }) => !this.#ended.has(id) && this.#own.get(id)?.shared !== false), ...unshared];
  }

  async tell(id: string, notice: CallNotice): Promise<void> {
    await this.#withFallback(
      () => this.#shared.tell(id, notice),
      () => this.#deliver(id, notice),
    );
  }

  async listen(id: string, onNotice: (notice: CallNotice) => void): Promise<() => void> {
    let open = true;
    const listener: Listener = {
      onNotice: (notice) => {
        if (!open) return;
        // The end may arrive both locally and from the shared registry.
        if (notice.type === 'ended') close();
        onNotice(notice);
      },
      stop: undefined,
    };
    const close = (): void => {
      open = false;
      listener.stop?.();
      const listeners = this.#listeners.get(id);
      if (listeners?.delete(listener) && listeners.size === 0) this.#listeners.delete(id);
    };
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    await this.#withFallback(
      () => this.#subscribe(id, listener),
      () => undefined,
    );
    return close;
  }

  /** Sends missed updates to the shared registry once it is available; if it fails again, the remaining ones wait for the next call. */
  async synchronize(): Promise<void> {
    try {
      for (const own of this.#own.values()) {
        if (own.shared) continue;
        await this.#shared.add(own.call, own.watcher, own.leaseMs);
        own.shared = true;
      }
      for (const [id, { reason }] of [...this.#ended]) {
        await this.#shared.end(id, reason);
        this.#ended.delete(id);
      }
      for (const [id, listeners] of [...this.#listeners]) {
        for (const listener of [...listeners]) if (!listener.stop) await this.#subscribe(id, listener);
      }
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
    }
  }

  async #subscribe(id: string, listener: Listener): Promise<void> {
    const stop = await this.#shared.listen(id, (notice) => listener.onNotice(notice));
    // The listener may have been removed in the meantime.
    if (this.#listeners.get(id)?.has(listener)) listener.stop = stop;
    else stop();
  }

  #endLocally(id: string, own: Own, reason: CallEndReason): true {
    this.#own.delete(id);
    this.#ended.set(id, { call: own.call, reason });
    this.#deliver(id, { type: 'ended', reason });
    return true;
  }

  #deliver(id: string, notice: CallNotice): void {
    for (const { onNotice } of [...(this.#listeners.get(id) ?? [])]) {
      try {
        onNotice(notice);
      } catch {
        // An error in one listener does not affect the others.
      }
    }
  }

  async #withFallback<T>(operation: () => Promise<T>, fallback: (error: StateUnavailable) => T): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      return fallback(error);
    }
  }
}
