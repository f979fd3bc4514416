/** What a measurement hands to the bench: one figure of the product, its bound, and how sure it is. */
import { median, quantile, round, summarise } from './bench-statistics.js';
import type { Summary } from './bench-statistics.js';

/** One row of the table. */
export interface Figure {
  readonly figure: string;
  /** What is held against the bound: a median, a p95, a difference, a ratio. */
  readonly value: number;
  readonly unit: string;
  /** Largest allowed value; absent where the row only informs. */
  readonly bound?: number;
  /** `atLeast` turns the bound round. */
  readonly atLeast?: boolean;
  /** The sample that the value comes from, with its noise. */
  readonly sample?: Summary;
  /** What it was compared with, in the same run. */
  readonly baseline?: { readonly name: string; readonly sample: Summary };
  /** Ours by theirs, of the medians. */
  readonly ratio?: number;
  /** Counted things besides time, conditions, doubts. */
  readonly note?: string;
}

/** True when the figure is within its bound, `undefined` when it has none. */
export function isMet({ value, bound, atLeast }: Figure): boolean | undefined {
  if (bound === undefined) return undefined;
  return atLeast === true ? value >= bound : value <= bound;
}

/** How much later ours is than theirs: difference of the medians, and the noise of the pairs that ran side by side. */
export function difference(figure: string, bound: number, ours: readonly number[], name: string, theirs: readonly number[]): Figure {
  const pairs = ours.map((value, index) => value - (theirs[index] ?? NaN));
  return {
    figure,
    value: round(median(ours) - median(theirs)),
    unit: 'ms',
    bound,
    sample: summarise(ours),
    baseline: { name, sample: summarise(theirs) },
    ratio: round(median(ours) / median(theirs), 2),
    note: `difference within a round: p10–p90 ${String(round(quantile(pairs, 0.1)))}–${String(round(quantile(pairs, 0.9)))} ms`,
  };
}

/** Ours by theirs, of the medians. Where theirs is nothing, ours must be nothing, too: the ratio is then 1. */
export function ratio(figure: string, bound: number | undefined, ours: readonly number[], name: string, theirs: readonly number[]): Figure {
  const value = median(ours) === median(theirs) ? 1 : round(median(ours) / median(theirs), 3);
  return {
    figure,
    value,
    unit: '×',
    ...(bound === undefined ? {} : { bound }),
    sample: summarise(ours),
    baseline: { name, sample: summarise(theirs) },
    ratio: round(value, 2),
  };
}
