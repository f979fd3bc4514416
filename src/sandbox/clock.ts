/**
 * Time in the sandbox. Everything that waits takes a `Clock`, so that tests can advance past a 60-minute cap or a key's
 * expiry. `Timers` holds the running timers of one call; ending the call clears them, so that no timer outlives a
 * hang-up.
 */

/** The sandbox's source of time. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after `ms` milliseconds; pass the returned value to `clearTimeout`. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Cancels a timer created by `setTimeout`. */
  clearTimeout(handle: unknown): void;
}

/** The system clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (handle) => {
    clearTimeout(handle as ReturnType<typeof setTimeout>);
  },
};

/** A set of timers with a single owner. */
export class Timers {
  readonly #clock: Clock;
  readonly #cancels = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Number of running timers and sleeps. */
  get size(): number {
    return this.#cancels.size;
  }

  /** Runs `callback` after `ms`; the returned function cancels it. */
  after(ms: number, callback: () => void): () => void {
    const handle = this.#clock.setTimeout(() => {
      this.#cancels.delete(cancel);
      callback();
    }, ms);
    const cancel = (): void => {
      this.#clock.clearTimeout(handle);
      this.#cancels.delete(cancel);
    };
    this.#cancels.add(cancel);
    return cancel;
  }

  /** Resolves `true` after `ms`, or `false` as soon as `signal` aborts or the timers are cleared. */
  sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (full: boolean): void => {
        this.#clock.clearTimeout(handle);
        this.#cancels.delete(interrupt);
        signal?.removeEventListener('abort', interrupt);
        resolve(full);
      };
      const interrupt = (): void => {
        finish(false);
      };
      const handle = this.#clock.setTimeout(() => {
        finish(true);
      }, ms);
      this.#cancels.add(interrupt);
      signal?.addEventListener('abort', interrupt, { once: true });
    });
  }

  /** Cancels every timer; pending sleeps resolve `false`. */
  clear(): void {
    for (const cancel of [...this.#cancels]) cancel();
  }
}

/** Thrown when a sandbox wait times out. */
export class SandboxTimeout extends Error {
  override readonly name = 'SandboxTimeout';
  /** The events seen meanwhile, by type, oldest first; at most the last hundred. */
  readonly seen: readonly string[];

  constructor(message: string, seen: readonly string[] = []) {
    const last = seen.slice(-100);
    super(last.length === 0 ? `${message}; nothing was received` : `${message}; seen: ${last.slice(-20).join(', ')}`);
    this.seen = last;
  }
}
