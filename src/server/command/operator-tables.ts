/** The operator's reports as text for a terminal. */
import type { BudgetReport, OperatedAccount, OperatedCall, OperatorAmounts } from '../contract/operator.js';

/** A table of live calls. */
export function operatorCallTable(calls: readonly OperatedCall[]): string {
  const rows = calls.map(({ ref, profile, kind, visitor = '', spent }) => [
    ref,
    profile,
    kind,
    clock(spent.seconds),
    String(spent.tokens),
    money(spent.money),
    visitor,
  ]);
  const count = `${String(calls.length)} live ${calls.length === 1 ? 'call' : 'calls'}`;
  return calls.length === 0 ? count : `${table([['ref', 'agent', 'kind', 'age', 'tokens', 'money', 'visitor'], ...rows])}\n${count}`;
}

/** A table of today's use: one line per account and amount that is used or limited. */
export function operatorBudgetTable({ accounts, omitted }: BudgetReport): string {
  const rows = accounts.flatMap((account) => AMOUNTS.flatMap((amount) => budgetRow(account, amount)));
  const head = ['account', 'today', 'spent', 'reserved', 'limit'];
  const more = omitted > 0 ? `\n${String(omitted)} more accounts with lower costs` : '';
  return `${table([head, ...rows])}${more}`;
}

interface Amount {
  readonly label: string;
  readonly name: keyof OperatorAmounts;
  text(value: number): string;
}

const AMOUNTS: readonly Amount[] = [
  { label: 'calls', name: 'calls', text: String },
  { label: 'minutes', name: 'seconds', text: (seconds) => (seconds / 60).toFixed(1) },
  { label: 'tokens', name: 'tokens', text: String },
  { label: 'money', name: 'money', text: (value) => money(value) },
];

function budgetRow({ account, spent, reserved, limits, concurrent }: OperatedAccount, { label, name, text }: Amount): string[][] {
  const limit = limits[name];
  const used = spent[name] > 0 || reserved[name] > 0 || limit !== undefined;
  const row = [account, label, text(spent[name]), text(reserved[name]), limit === undefined ? '' : text(limit)];
  const live = ['', 'at once', '', String(concurrent), limits.concurrent === undefined ? '' : String(limits.concurrent)];
  if (name !== 'calls') return used ? [['', ...row.slice(1)]] : [];
  // The first line of an account is always shown.
  return [row, ...(concurrent > 0 || limits.concurrent !== undefined ? [live] : [])];
}

const money = (amount: number): string => amount.toFixed(4);

const clock = (seconds: number): string => `${String(Math.floor(seconds / 60))}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

/** Columns as wide as their widest cell; numbers are aligned to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const numeric = widths.map((_, column) => rows.slice(1).every((row) => /^[\d.:]*$/.test(row[column] ?? '')));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (numeric[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
