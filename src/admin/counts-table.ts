/** How often each kind of refusal or error occurred. */
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { Counts } from '../server/contract/operator.js';
import { amountText } from './amount-text.js';
import { countName } from './count-names.js';

/**
 * See the head of the file.
 *
 * @param caption names the table for assistive technology
 * @param none shown if there are no counts
 */
export function countsTable(counts: Counts, caption: string, none: string): TemplateResult {
  const rows = Object.entries(counts);
  if (rows.length === 0) return html`<p class="empty">${none}</p>`;
  return html`<table>
    <caption class="hidden">
      ${caption}
    </caption>
    <thead>
      <tr>
        <th scope="col">Reason</th>
        <th scope="col" class="number">Number</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ([code, count]) => html`<tr>
          <th scope="row">${countName(code)} <code class="code">${code}</code></th>
          <td class="number">${amountText('calls', count)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}
