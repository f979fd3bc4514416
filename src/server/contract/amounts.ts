/** Arithmetic for the cost of calls. */
import { BUDGET_LEVELS } from './shared-state.js';
import type { Amounts, BudgetLevel } from './shared-state.js';

/** The names of all amounts, in the order of checking. */
export const AMOUNT_NAMES = ['calls', 'seconds', 'tokens', 'micros'] as const satisfies readonly (keyof Amounts)[];

/** Zero cost. */
export const ZERO_AMOUNTS: Amounts = { calls: 0, seconds: 0, tokens: 0, micros: 0 };

/** Adds two amounts. */
export function addAmounts(a: Amounts, b: Amounts): Amounts {
  return { calls: a.calls + b.calls, seconds: a.seconds + b.seconds, tokens: a.tokens + b.tokens, micros: a.micros + b.micros };
}

/** Subtracts `b` from `a`; the result may be negative. */
export function subtractAmounts(a: Amounts, b: Amounts): Amounts {
  return { calls: a.calls - b.calls, seconds: a.seconds - b.seconds, tokens: a.tokens - b.tokens, micros: a.micros - b.micros };
}

/** The highest level of a limit that is reached by charging `wanted` in addition to `charged`; `undefined` if no other level is. */
export function levelReached(charged: number, wanted: number, limit: number | undefined): BudgetLevel['percent'] | undefined {
  if (limit === undefined || limit === 0) return undefined;
  return BUDGET_LEVELS.findLast((percent) => charged / limit < percent / 100 && (charged + wanted) / limit >= percent / 100);
}
