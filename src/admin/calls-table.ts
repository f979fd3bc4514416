/** The live calls, each with a button that ends it. */
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { OperatedCall } from '../server/contract/operator.js';
import { amountText, durationText } from './amount-text.js';

/** Rows are kept by call, so that a focused button still belongs to the same call after a refresh. */
export function callsTable(calls: readonly OperatedCall[], onEnd: (call: OperatedCall) => void): TemplateResult {
  if (calls.length === 0) return html`<p class="empty">No live calls.</p>`;
  return html`<div class="scroll" role="group" aria-label="Live calls" tabindex="0">
    <table>
      <thead>
        <tr>
          <th scope="col">Call</th>
          <th scope="col">Agent</th>
          <th scope="col">Kind</th>
          <th scope="col" class="number">Duration</th>
          <th scope="col" class="number">Tokens</th>
          <th scope="col" class="number">Money</th>
          <th scope="col">Visitor</th>
          <th scope="col"><span class="hidden">Action</span></th>
        </tr>
      </thead>
      <tbody>
        ${repeat(
          calls,
          ({ ref }) => ref,
          (call) => callRow(call, onEnd),
        )}
      </tbody>
    </table>
  </div>`;
}

function callRow(call: OperatedCall, onEnd: (call: OperatedCall) => void): TemplateResult {
  const { ref, profile, kind, spent, visitor } = call;
  return html`<tr>
    <th scope="row"><code>${ref}</code></th>
    <td>${profile}</td>
    <td>${kind === 'phone' ? 'Phone' : 'Browser'}</td>
    <td class="number">${durationText(spent.seconds)}</td>
    <td class="number">${amountText('tokens', spent.tokens)}</td>
    <td class="number">${amountText('money', spent.money)}</td>
    <td>${visitor === undefined ? 'Unknown' : html`<code class="hash" title=${visitor}>${visitor}</code>`}</td>
    <td><button class="small" aria-label=${`End call ${ref}`} @click=${() => onEnd(call)}>End</button></td>
  </tr>`;
}
