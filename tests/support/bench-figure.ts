/** The result of a measurement: a figure of the product, its bound and its noise. */
import { median, quantile, round, summarise } from './bench-statistics.js';
import type { Summary } from './bench-statistics.js';

/** One row of the table. */
export interface Figure {
  readonly figure: string;
  /** The value compared with the bound: a median, a p95, a difference or a ratio. */
  readonly value: number;
  readonly unit: string;
  /** Largest allowed value; omitted if the row is informational. */
  readonly bound?: number;
  /** `atLeast` makes the bound a minimum. */
  readonly atLeast?: boolean;
  /** The sample behind the value, with its noise. */
  readonly sample?: Summary;
  /** The baseline measured in the same run. */
  readonly baseline?: { readonly name: string; readonly sample: Summary };
  /** Ours divided by the baseline, of the medians. */
  readonly ratio?: number;
  /** Additional counts, conditions and caveats. */
  readonly note?: string;
}

/** True if the figure is within its bound, `undefined` if it has none. */
export function isMet({ value, bound, atLeast }: Figure): boolean | undefined {
  if (bound === undefined) return undefined;
  return atLeast === true ? value >= bound : value <= bound;
}

/** How much slower ours is than the baseline: the difference of the medians, and the noise of the pairs measured side by side. */
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

/** Ours divided by the baseline, of the medians. If the baseline is 0, ours must be 0 too; the ratio is then 1. */
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
