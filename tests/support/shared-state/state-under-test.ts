/** A state as the suite meets it. */
import type { SharedState } from '../../../src/server/state/shared-state.js';

/** An empty state, and power over its time. */
export interface StateUnderTest {
  readonly one: SharedState;
  /** The same state, as another process sees it. */
  readonly other: SharedState;
  /** Milliseconds since the epoch, as the state sees it. */
  now(): number;
  /** Moves the time of budgets, leases and remembered calls. */
  jump(ms: number): void;
  /** Lets time pass for everything, also for rate windows and keys that a store forgets by its own time. */
  wait(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens an empty state, which is closed after the test. */
export type Fresh = () => Promise<StateUnderTest>;
