/**
 * Tests that every implementation of `SharedState` must pass. Each runs with two handles on one state, like two
 * processes; a state within one process returns the same handle twice.
 */
import { afterEach, describe, it } from 'vitest';
import { budgets } from './shared-state/budgets.js';
import { callBook } from './shared-state/call-book.js';
import { properties } from './shared-state/histories.js';
import { once } from './shared-state/once.js';
import { operation } from './shared-state/operation.js';
import { rates } from './shared-state/rate-windows.js';
import type { StateUnderTest } from './shared-state/state-under-test.js';

/** Options of the suite. */
export interface SuiteOptions {
  /** Number of sequences that each property is tested with, default 40. */
  readonly runs?: number;
  /** Parts to run, for implementations of only those; default: all. */
  readonly only?: readonly (keyof typeof PARTS)[];
}

/** The suite's parts by name. */
const PARTS = {
  'rate windows': rates,
  budgets,
  once,
  'call book': callBook,
  operation,
  'for every history': properties,
};

/** Declares the tests; call it at the top level of a test file. */
export function sharedStateSuite(
  name: string,
  open: () => Promise<StateUnderTest>,
  { runs = 40, only = Object.keys(PARTS) as (keyof typeof PARTS)[] }: SuiteOptions = {},
): void {
  describe(name, () => {
    const opened: StateUnderTest[] = [];
    const fresh = async (): Promise<StateUnderTest> => {
      const state = await open();
      opened.push(state);
      return state;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((state) => state.close()));
    });

    it('resolves ready()', async () => {
      const { one, other } = await fresh();
      await one.ready();
      await other.ready();
    });

    for (const part of only) PARTS[part](fresh, open, runs);
  });
}
