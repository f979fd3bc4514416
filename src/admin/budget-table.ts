/** The use of each account today and this month: spent, reserved and limit, with the used share as a bar. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { BudgetReport, OperatedAccount, OperatedPeriod, OperatorAmounts } from '../server/contract/operator.js';
import { amountText } from './amount-text.js';

interface Amount {
  readonly name: keyof OperatorAmounts;
  readonly label: string;
}

const AMOUNTS: readonly Amount[] = [
  { name: 'money', label: 'Money' },
  { name: 'calls', label: 'Calls' },
  { name: 'seconds', label: 'Minutes' },
  { name: 'tokens', label: 'Tokens' },
];

/** See the head of the file. */
export function budgetTable({ accounts, omitted, timeZone }: BudgetReport): TemplateResult {
  return html`<div class="scroll" role="group" aria-label="Budget" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">Account</th>
            <th scope="col">Period</th>
            <th scope="col">Amount</th>
            <th scope="col" class="number">Spent</th>
            <th scope="col" class="number">Reserved</th>
            <th scope="col" class="number">Limit</th>
            <th scope="col">Used</th>
          </tr>
        </thead>
        ${accounts.map(accountRows)}
      </table>
    </div>
    <p class="note">Days and months begin at midnight in the time zone ${timeZone}.</p>
    ${omitted > 0 ? html`<p class="note">${omitted} more accounts with lower costs.</p>` : nothing}`;
}

function accountRows(account: OperatedAccount): TemplateResult {
  const { month } = account;
  const lines = [...linesOf('Today', account), ...(month ? linesOf('This month', month) : [])];
  return html`<tbody>
    ${lines.map(
      (line, index) => html`<tr>
        ${index === 0 ? html`<th scope="rowgroup" rowspan=${lines.length}>${accountName(account.account)}</th>` : nothing}
        ${lineCells(account.account, line)}
      </tr>`,
    )}
  </tbody>`;
}

/** One amount in one period. */
interface Line {
  readonly period: string;
  readonly used: OperatedPeriod;
  readonly amount: Amount;
}

/** Amounts that are used or limited; without any, the number of calls. */
function linesOf(period: string, used: OperatedPeriod): readonly Line[] {
  const { spent, reserved, limits } = used;
  const shown = AMOUNTS.filter(({ name }) => spent[name] > 0 || reserved[name] > 0 || limits[name] !== undefined);
  return (shown.length > 0 ? shown : AMOUNTS.filter(({ name }) => name === 'calls')).map((amount) => ({ period, used, amount }));
}

function lineCells(account: string, { period, used: { spent, reserved, limits }, amount: { name, label } }: Line): TemplateResult {
  const limit = limits[name];
  const used = spent[name] + reserved[name];
  return html`<td>${period}</td>
    <td>${label}</td>
    <td class="number">${amountText(name, spent[name])}</td>
    <td class="number">${amountText(name, reserved[name])}</td>
    <td class="number">${limit === undefined ? 'None' : amountText(name, limit)}</td>
    <td class="used">
      ${limit === undefined || limit === 0 ? nothing : usedShare(used / limit, `${label} of ${account}, ${period.toLowerCase()}`)}
    </td>`;
}

function usedShare(share: number, label: string): TemplateResult {
  const percent = Math.min(100, Math.round(share * 100));
  return html`<meter min="0" max="100" high="80" optimum="0" value=${percent} aria-label=${label}></meter>
    ${percent} %`;
}

const KINDS: Readonly<Record<string, string>> = {
  visitor: 'Visitor',
  proof: 'Visitor’s proof',
  caller: 'Caller',
  address: 'Address',
  subnet: 'Network /56',
  network: 'Network /48',
};

/** `all`, agents by name, and visitors by their keyed hash. */
function accountName(account: string): TemplateResult | string {
  if (account === 'all') return 'All calls';
  const [kind = '', name = ''] = account.split(/:(.*)/s);
  if (kind === 'profile') return name;
  return html`${KINDS[kind] ?? kind} <code class="hash" title=${name}>${name}</code>`;
}
