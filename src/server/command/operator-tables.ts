/** The operator's reports as text for a terminal. */
import type { BudgetReport, OperatedAccount, OperatedCall, OperatedPeriod, OperatorAmounts } from '../contract/operator.js';

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

/** A table of the use of today and this month: one line per account, period and amount that is used or limited. */
export function operatorBudgetTable({ accounts, omitted, timeZone }: BudgetReport): string {
  const head = ['account', 'period', 'amount', 'spent', 'reserved', 'limit'];
  const more = omitted > 0 ? `\n${String(omitted)} more accounts with lower costs` : '';
  return `${table([head, ...accounts.flatMap(accountRows)])}${more}\nDays and months begin at midnight in the time zone ${timeZone}.`;
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

/** The name of the account is only on its first line. */
function accountRows(account: OperatedAccount): string[][] {
  const { concurrent, limits, month } = account;
  const live = ['at once', 'calls', '', String(concurrent), limits.concurrent === undefined ? '' : String(limits.concurrent)];
  const rows = [
    ...periodRows('today', account),
    ...(concurrent > 0 || limits.concurrent !== undefined ? [live] : []),
    ...(month ? periodRows('month', month) : []),
  ];
  return rows.map((row, index) => [index === 0 ? account.account : '', ...row]);
}

/** The line of the calls is always shown. */
const periodRows = (period: string, { spent, reserved, limits }: OperatedPeriod): string[][] =>
  AMOUNTS.filter(({ name }) => name === 'calls' || spent[name] > 0 || reserved[name] > 0 || limits[name] !== undefined).map(
    ({ label, name, text }) => {
      const limit = limits[name];
      return [period, label, text(spent[name]), text(reserved[name]), limit === undefined ? '' : text(limit)];
    },
  );

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
