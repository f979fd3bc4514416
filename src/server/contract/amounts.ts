/** Arithmetic for the cost of calls. */
import type { Amounts } from './shared-state.js';

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
