/** Prints figures: one line each, followed by the samples behind it. */
import { isMet } from './bench-figure.js';
import type { Figure } from './bench-figure.js';
import type { Summary } from './bench-statistics.js';

const wide = (what: string, columns: number): string => what.padStart(columns);

const spread = ({ n, median, p10, p90, p95 }: Summary): string =>
  `median ${String(median)}, p95 ${String(p95)} (p10–p90 ${String(p10)}–${String(p90)}, n ${String(n)})`;

/** One row. */
export function printFigure(figure: Figure): void {
  const { value, unit, bound, sample, baseline, ratio, note } = figure;
  const verdict = { true: 'met   ', false: 'MISSED', undefined: '      ' }[String(isMet(figure)) as 'true'];
  const limit = bound === undefined ? '' : `${figure.atLeast ? '≥' : '≤'} ${String(bound)} ${unit}`;
  console.log(`  ${verdict}  ${wide(`${String(value)} ${unit}`, 12)}  ${limit.padEnd(13)}  ${figure.figure}`);
  const indent = ' '.repeat(39);
  if (sample) console.log(`${indent}ours: ${spread(sample)}`);
  if (baseline)
    console.log(`${indent}${baseline.name}: ${spread(baseline.sample)}${ratio === undefined ? '' : `; ratio ${String(ratio)}`}`);
  if (note) console.log(`${indent}${note}`);
}

/** Counts the bounds that are met. */
export function printTotals(figures: readonly Figure[], failures: number): void {
  const bound = figures.filter((figure) => isMet(figure) !== undefined);
  const missed = bound.filter((figure) => !isMet(figure));
  console.log(
    `\n${String(bound.length - missed.length)} of ${String(bound.length)} bounds met${failures ? `, ${String(failures)} measurements FAILED` : ''}`,
  );
  for (const { figure, value, unit, bound: limit } of missed)
    console.log(`  missed: ${figure}: ${String(value)} ${unit}, bound ${String(limit)}`);
}
