/** Today's use of each account: spent, reserved and limit, with the used share as a bar. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { BudgetReport, OperatedAccount, OperatorAmounts } from '../server/contract/operator.js';
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
export function budgetTable({ accounts, omitted }: BudgetReport): TemplateResult {
  return html`<div class="scroll" role="group" aria-label="Budget" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">Account</th>
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
    ${omitted > 0 ? html`<p class="note">${omitted} more accounts with lower costs.</p>` : nothing}`;
}

function accountRows(account: OperatedAccount): TemplateResult {
  const { spent, reserved, limits } = account;
  const shown = AMOUNTS.filter(({ name }) => spent[name] > 0 || reserved[name] > 0 || limits[name] !== undefined);
  const amounts = shown.length > 0 ? shown : AMOUNTS.filter(({ name }) => name === 'calls');
  return html`<tbody>
    ${amounts.map(
      (amount, index) => html`<tr>
        ${index === 0 ? html`<th scope="rowgroup" rowspan=${amounts.length}>${accountName(account.account)}</th>` : nothing}
        ${amountCells(account, amount)}
      </tr>`,
    )}
  </tbody>`;
}

function amountCells({ account, spent, reserved, limits }: OperatedAccount, { name, label }: Amount): TemplateResult {
  const limit = limits[name];
  const used = spent[name] + reserved[name];
  return html`<td>${label}</td>
    <td class="number">${amountText(name, spent[name])}</td>
    <td class="number">${amountText(name, reserved[name])}</td>
    <td class="number">${limit === undefined ? 'None' : amountText(name, limit)}</td>
    <td class="used">${limit === undefined || limit === 0 ? nothing : usedShare(used / limit, `${label} of ${account}`)}</td>`;
}

function usedShare(share: number, label: string): TemplateResult {
  const percent = Math.min(100, Math.round(share * 100));
  return html`<meter min="0" max="100" high="80" optimum="0" value=${percent} aria-label=${label}></meter>
    ${percent} %`;
}

/** `all`, agents by name, and visitors by their keyed hash. */
function accountName(account: string): TemplateResult | string {
  if (account === 'all') return 'All calls';
  const [kind = '', name = ''] = account.split(/:(.*)/s);
  if (kind === 'profile') return name;
  return html`${kind === 'visitor' ? 'Visitor' : kind} <code class="hash" title=${name}>${name}</code>`;
}
