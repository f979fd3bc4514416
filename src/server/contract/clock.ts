/** An injectable clock: system time in production, manual in tests. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `fire` once after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, fire: () => void): () => void;
}

/** The system clock. On Node its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fire) {
    const timer: unknown = setTimeout(fire, ms);
    (timer as { unref?: () => void }).unref?.();
    return () => clearTimeout(timer as number);
  },
};
