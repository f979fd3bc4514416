/** Arithmetic of what calls cost. */
import type { Amounts } from './shared-state.js';

/** The names of all amounts, in the order in which they are checked. */
export const AMOUNT_NAMES = ['calls', 'seconds', 'tokens', 'micros'] as const satisfies readonly (keyof Amounts)[];

/** No cost at all. */
export const NOTHING: Amounts = { calls: 0, seconds: 0, tokens: 0, micros: 0 };

/** The sum of two. */
export function plus(a: Amounts, b: Amounts): Amounts {
  return { calls: a.calls + b.calls, seconds: a.seconds + b.seconds, tokens: a.tokens + b.tokens, micros: a.micros + b.micros };
}

/** What is left of one when another is taken away; may be negative. */
export function minus(a: Amounts, b: Amounts): Amounts {
  return { calls: a.calls - b.calls, seconds: a.seconds - b.seconds, tokens: a.tokens - b.tokens, micros: a.micros - b.micros };
}
