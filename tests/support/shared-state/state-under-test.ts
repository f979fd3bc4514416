/** The state that the suite tests. */
import type { SharedState } from '../../../src/server/contract/shared-state.js';

/** An empty state, with control over its time. */
export interface StateUnderTest {
  readonly one: SharedState;
  /** The same state, as another process sees it. */
  readonly other: SharedState;
  /** The state's time in milliseconds since the epoch. */
  now(): number;
  /** Advances the time of budgets, leases and ended calls. */
  jump(ms: number): void;
  /** Advances time for everything, including rate windows and keys that a store expires itself. */
  wait(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens an empty state, which is closed after the test. */
export type Fresh = () => Promise<StateUnderTest>;
