/**
 * The call book of a process whose shared call book may be unavailable. Owns the process's knowledge of its own calls, which it keeps
 * watching, and the updates for the shared book once it is back: new calls, ended calls and listeners.
 *
 * Meanwhile, calls of other processes are unknown: looking them up fails as it would without the fallback.
 */
import { StateUnavailable } from '../contract/shared-state.js';
import type { Amounts, CallRegistry, CallEndReason, CallNotice, CallRecord } from '../contract/shared-state.js';

interface Own {
  call: CallRecord;
  readonly watcher: string;
  readonly leaseMs: number;
  /** False until the shared book contains the call. */
  shared: boolean;
}

interface Listener {
  heard(notice: CallNotice): void;
  /** Unsubscribes from the shared book; `undefined` until subscribed there. */
  stop: (() => void) | undefined;
}

/** See the head of the file. */
export class FallbackCallRegistry implements CallRegistry {
  readonly #shared: CallRegistry;
  /** Live calls that this process watches. */
  readonly #own = new Map<string, Own>();
  /** Ended calls that are not yet marked as ended in the shared book. */
  readonly #over = new Map<string, { readonly call: CallRecord; readonly reason: CallEndReason }>();
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(shared: CallRegistry) {
    this.#shared = shared;
  }

  async add(call: CallRecord, watcher: string, leaseMs: number): Promise<void> {
    const own: Own = { call, watcher, leaseMs, shared: true };
    this.#own.set(call.id, own);
    await this.#ask(
      () => this.#shared.add(call, watcher, leaseMs),
      () => void (own.shared = false),
    );
  }

  async find(id: string): Promise<{ call: CallRecord; ended: CallEndReason | undefined } | undefined> {
    const over = this.#over.get(id);
    if (over) return { call: over.call, ended: over.reason };
    const own = this.#own.get(id);
    if (own?.shared === false) return { call: own.call, ended: undefined };
    return this.#ask(
      () => this.#shared.find(id),
      (error) => {
        if (!own) throw error;
        return { call: own.call, ended: undefined };
      },
    );
  }

  async renew(watcher: string, leaseMs: number, spent: ReadonlyMap<string, Amounts>): Promise<readonly string[]> {
    const known = new Map([...spent].filter(([id]) => this.#own.get(id)?.shared !== false && !this.#over.has(id)));
    for (const [id, amounts] of spent) {
      const own = this.#own.get(id);
      if (own) own.call = { ...own.call, spent: amounts };
    }
    const over = [...spent.keys()].filter((id) => this.#over.has(id));
    const lost = await this.#ask(
      () => this.#shared.renew(watcher, leaseMs, known),
      () => [],
    );
    for (const id of lost) this.#own.delete(id);
    return [...over, ...lost];
  }

  async adopt(watcher: string, leaseMs: number): Promise<readonly CallRecord[]> {
    const adopted = await this.#ask(
      () => this.#shared.adopt(watcher, leaseMs),
      () => [],
    );
    for (const call of adopted) if (!this.#over.has(call.id)) this.#own.set(call.id, { call, watcher, leaseMs, shared: true });
    return adopted.filter(({ id }) => !this.#over.has(id));
  }

  async end(id: string, reason: CallEndReason): Promise<boolean> {
    if (this.#over.has(id)) return false;
    const own = this.#own.get(id);
    if (own?.shared === false) return this.#endHere(id, own, reason);
    return this.#ask(
      async () => {
        const first = await this.#shared.end(id, reason);
        this.#own.delete(id);
        return first;
      },
      (error) => {
        if (!own) throw error;
        return this.#endHere(id, own, reason);
      },
    );
  }

  count(): Promise<number> {
    return this.#ask(
      () => this.#shared.count(),
      () => this.#own.size,
    );
  }

  async tell(id: string, notice: CallNotice): Promise<void> {
    await this.#ask(
      () => this.#shared.tell(id, notice),
      () => this.#hear(id, notice),
    );
  }

  async listen(id: string, heard: (notice: CallNotice) => void): Promise<() => void> {
    let open = true;
    const listener: Listener = {
      heard: (notice) => {
        if (!open) return;
        // The end may arrive both locally and from the shared book.
        if (notice.type === 'ended') close();
        heard(notice);
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
    await this.#ask(
      () => this.#join(id, listener),
      () => undefined,
    );
    return close;
  }

  /** Sends missed updates to the shared book once it is available; if it fails again, the remaining ones wait for the next call. */
  async makeUp(): Promise<void> {
    try {
      for (const own of this.#own.values()) {
        if (own.shared) continue;
        await this.#shared.add(own.call, own.watcher, own.leaseMs);
        own.shared = true;
      }
      for (const [id, { reason }] of [...this.#over]) {
        await this.#shared.end(id, reason);
        this.#over.delete(id);
      }
      for (const [id, listeners] of [...this.#listeners]) {
        for (const listener of [...listeners]) if (!listener.stop) await this.#join(id, listener);
      }
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
    }
  }

  async #join(id: string, listener: Listener): Promise<void> {
    const stop = await this.#shared.listen(id, (notice) => listener.heard(notice));
    // The listener may have been removed in the meantime.
    if (this.#listeners.get(id)?.has(listener)) listener.stop = stop;
    else stop();
  }

  #endHere(id: string, own: Own, reason: CallEndReason): true {
    this.#own.delete(id);
    this.#over.set(id, { call: own.call, reason });
    this.#hear(id, { type: 'ended', reason });
    return true;
  }

  #hear(id: string, notice: CallNotice): void {
    for (const { heard } of [...(this.#listeners.get(id) ?? [])]) {
      try {
        heard(notice);
      } catch {
        // An error in one listener does not affect the others.
      }
    }
  }

  async #ask<T>(question: () => Promise<T>, meanwhile: (error: StateUnavailable) => T): Promise<T> {
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      return meanwhile(error);
    }
  }
}
