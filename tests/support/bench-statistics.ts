/** Order statistics for the benchmark's tables; none assume a normal distribution. */

/** Summary of a sample. All values in the unit of the sample. */
export interface Summary {
  readonly n: number;
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
  readonly p95: number;
  readonly min: number;
  readonly max: number;
}

/** The value below which `share` (0..1) of the sample lies, interpolated; `NaN` for an empty sample. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)];
  const high = sorted[Math.ceil(place)];
  return low === undefined || high === undefined ? NaN : low + (high - low) * (place - Math.floor(place));
}

/** The median. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Rounds to one decimal, the precision of these measurements. */
export const round = (value: number, digits = 1): number => Number(value.toFixed(digits));

/** Summarises a sample for a row. */
export function summarise(values: readonly number[]): Summary {
  return {
    n: values.length,
    median: round(median(values)),
    p10: round(quantile(values, 0.1)),
    p90: round(quantile(values, 0.9)),
    p95: round(quantile(values, 0.95)),
    min: round(Math.min(...values)),
    max: round(Math.max(...values)),
  };
}
