/** The last 24 hours as a bar chart, and as a table for everyone who prefers numbers. */
import { html, svg } from 'lit';
import type { TemplateResult } from 'lit';
import type { ActivityHour } from '../server/contract/operator.js';
import { amountText, hourText } from './amount-text.js';

/** Sizes in units of the drawing. */
const SLOT = 10;
const BAR = 7;
const HEIGHT = 60;

/** The parts of a bar, from the bottom. */
const PARTS = [
  { name: 'started', label: 'Calls and keys', count: (hour: ActivityHour) => hour.calls + hour.keys },
  { name: 'refusals', label: 'Refusals', count: (hour: ActivityHour) => hour.refusals },
  { name: 'errors', label: 'Errors', count: (hour: ActivityHour) => hour.errors },
] as const;

const totalOf = (hour: ActivityHour): number => PARTS.reduce((sum, { count }) => sum + count(hour), 0);

/** See the head of the file. */
export function activityChart(hours: readonly ActivityHour[]): TemplateResult {
  const most = Math.max(1, ...hours.map(totalOf));
  return html`<svg
      class="chart"
      viewBox=${`0 0 ${hours.length * SLOT} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label=${summary(hours)}
    >
      ${hours.map((hour, index) => bar(hour, index, most))}
    </svg>
    <div class="axis" aria-hidden="true">
      <span>${hourText(hours[0]?.start ?? 0)}</span><span>Most in one hour: ${amountText('calls', Math.max(0, ...hours.map(totalOf)))}</span
      ><span>Now</span>
    </div>
    <ul class="legend">
      ${PARTS.map(({ name, label }) => html`<li class=${name}>${label}</li>`)}
    </ul>
    <details>
      <summary>Show as a table</summary>
      <div class="scroll" role="group" aria-label="Last 24 hours" tabindex="0">${hoursTable(hours)}</div>
    </details>`;
}

function bar(hour: ActivityHour, index: number, most: number): TemplateResult {
  let top = HEIGHT;
  return svg`${PARTS.map(({ name, count }) => {
    const height = (count(hour) / most) * HEIGHT;
    top -= height;
    return svg`<rect class=${name} x=${index * SLOT + (SLOT - BAR) / 2} y=${top} width=${BAR} height=${height}></rect>`;
  })}`;
}

function summary(hours: readonly ActivityHour[]): string {
  const sums = PARTS.map(({ label, count }) => `${label}: ${hours.reduce((sum, hour) => sum + count(hour), 0)}`);
  return `The last 24 hours. ${sums.join('. ')}.`;
}

function hoursTable(hours: readonly ActivityHour[]): TemplateResult {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Hour</th>
        <th scope="col" class="number">Calls</th>
        <th scope="col" class="number">Keys</th>
        <th scope="col" class="number">Money</th>
        <th scope="col" class="number">Refusals</th>
        <th scope="col" class="number">Errors</th>
      </tr>
    </thead>
    <tbody>
      ${[...hours].reverse().map(
        ({ start, calls, keys, money, refusals, errors }) => html`<tr>
          <th scope="row">${hourText(start)}</th>
          <td class="number">${amountText('calls', calls)}</td>
          <td class="number">${amountText('calls', keys)}</td>
          <td class="number">${amountText('money', money)}</td>
          <td class="number">${amountText('calls', refusals)}</td>
          <td class="number">${amountText('calls', errors)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}
