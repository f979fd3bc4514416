/**
 * What every implementation of `SharedState` has to do, as tests. Each is run with two handles on one state, as two
 * processes have them; a state that lives in one process gives the same handle twice.
 */
import { afterEach, describe, it } from 'vitest';
import { budgets } from './shared-state/budgets.js';
import { callBook } from './shared-state/call-book.js';
import { properties } from './shared-state/histories.js';
import { once } from './shared-state/once.js';
import { rates } from './shared-state/rate-windows.js';
import type { StateUnderTest } from './shared-state/state-under-test.js';

/** How the suite is run. */
export interface SuiteOptions {
  /** Sequences that each property is tried with, default 40. */
  readonly runs?: number;
  /** Parts to run, for what implements only those; default all. */
  readonly only?: readonly (keyof typeof PARTS)[];
}

/** The suite's parts by name. */
const PARTS = {
  'rate windows': rates,
  budgets,
  once,
  'call book': callBook,
  'for every history': properties,
};

/** Declares the tests; call it at the top level of a test file. */
export function sharedStateSuite(name: string, open: () => Promise<StateUnderTest>, { runs = 40, only = Object.keys(PARTS) as (keyof typeof PARTS)[] }: SuiteOptions = {}): void {
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

    it('is ready', async () => {
      const { one, other } = await fresh();
      await one.ready();
      await other.ready();
    });

    for (const part of only) PARTS[part](fresh, open, runs);
  });
}
