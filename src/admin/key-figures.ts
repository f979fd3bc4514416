/** The most important numbers, at the top of the page. */
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { OperatorOverview } from '../server/contract/operator.js';
import { amountText } from './amount-text.js';

/** See the head of the file. */
export function keyFigures({ calls, budget, activity }: OperatorOverview): TemplateResult {
  const all = budget.accounts.find(({ account }) => account === 'all');
  const total = (counts: Readonly<Record<string, number>> = {}): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
  const limit = (name: 'concurrent' | 'money' | 'calls'): string => {
    const value = all?.limits[name];
    return value === undefined ? 'no limit' : `of ${amountText(name, value)}`;
  };
  // Live calls are settled when they end.
  const money = calls.reduce((sum, { spent }) => sum + spent.money, all?.spent.money ?? 0);
  return html`<dl class="figures">
    ${figure('Live calls', amountText('calls', calls.length), limit('concurrent'))}
    ${figure('Money spent today', amountText('money', money), limit('money'))}
    ${figure('Calls and keys today', amountText('calls', (all?.spent.calls ?? 0) + (all?.reserved.calls ?? 0)), limit('calls'))}
    ${activity ? figure('Refusals', amountText('calls', total(activity.refusals)), 'in 24 hours') : ''}
    ${activity ? figure('Errors', amountText('calls', total(activity.errors)), 'in 24 hours') : ''}
  </dl>`;
}

const figure = (label: string, value: string, note: string): TemplateResult =>
  html`<div>
    <dt>${label}</dt>
    <dd><strong>${value}</strong> <span>${note}</span></dd>
  </div>`;
