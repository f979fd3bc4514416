/** Time as an argument: real in production, by hand in tests. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `fire` once after so many milliseconds; the returned function calls it off. */
  after(ms: number, fire: () => void): () => void;
}

/** The system's time. On Node its timers alone keep no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fire) {
    const timer: unknown = setTimeout(fire, ms);
    (timer as { unref?: () => void }).unref?.();
    return () => clearTimeout(timer as number);
  },
};
