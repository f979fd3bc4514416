/** Styles of the operator's page. Colours come from the widget's design tokens. */
import { css } from 'lit';

export const adminStyles = css`
  :host {
    --_page: light-dark(#fbfaf7, #110e18);
    --_danger: light-dark(#b3261e, #ffb4ab);
    --_warning: light-dark(#8a5200, #ffcf8f);
    --_good: light-dark(#0b6b60, #6fe0d2);
    --_mono: ui-monospace, monospace;
    display: block;
    min-block-size: 100dvh;
    background: var(--_page);
  }
  header,
  main {
    max-inline-size: 72rem;
    margin-inline: auto;
    padding: 1rem clamp(1rem, 4vw, 2.5rem);
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 1rem;
    padding-block-start: 1.5rem;
  }
  h1,
  h2,
  p,
  dl,
  dd,
  ul {
    margin: 0;
    padding: 0;
  }
  h1 {
    font-size: 1.375rem;
  }
  h2 {
    font-size: 1.125rem;
    margin-block-end: 0.5rem;
  }
  section,
  .figures > div {
    padding: 1.25rem;
    border: 1px solid var(--_border);
    border-radius: 16px;
    background: var(--_surface);
  }
  main {
    display: grid;
    gap: 1rem;
    /* Tables scroll instead of widening the page. */
    grid-template-columns: minmax(0, 1fr);
  }
  section {
    min-inline-size: 0;
  }
  .columns {
    display: grid;
    gap: 1rem;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr));
  }
  .heading,
  .actions {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem;
  }
  .heading {
    justify-content: space-between;
    margin-block-end: 0.5rem;
  }
  header .actions {
    margin-inline-start: auto;
  }
  button {
    padding-inline: 1rem;
    border: 1px solid var(--_muted);
    border-radius: 99px;
    background: var(--_surface);
  }
  button:hover {
    border-color: var(--_text);
  }
  .small {
    padding-inline: 0.75rem;
    font-size: 0.9375rem;
  }
  .primary {
    border-color: var(--_accent);
    background: var(--_accent);
    color: var(--_on-accent);
  }
  .danger {
    border-color: var(--_danger);
    color: var(--_danger);
    font-weight: 600;
  }
  .status {
    padding: 0.25rem 0.75rem;
    border: 1px solid currentcolor;
    border-radius: 99px;
    font-weight: 600;
  }
  .open {
    color: var(--_good);
  }
  .paused {
    color: var(--_warning);
  }
  .problem {
    color: var(--_danger);
    font-weight: 600;
  }
  header .problem {
    flex-basis: 100%;
  }
  .problem:empty {
    display: none;
  }
  .note,
  .empty,
  .figures span,
  .axis,
  .code {
    color: var(--_muted);
  }
  .note {
    font-size: 0.9375rem;
  }
  .figures {
    display: grid;
    gap: 1rem;
    grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr));
  }
  .figures strong {
    display: block;
    font-size: 1.75rem;
    line-height: 1.2;
    font-variant-numeric: tabular-nums;
  }
  .scroll {
    /* Contains texts that are hidden visually. */
    position: relative;
    overflow-x: auto;
    border-radius: 8px;
  }
  table {
    inline-size: 100%;
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 0.375rem 0.75rem 0.375rem 0;
    border-block-end: 1px solid var(--_border);
    text-align: start;
    vertical-align: middle;
    font-weight: 400;
  }
  thead th {
    color: var(--_muted);
    font-size: 0.9375rem;
    white-space: nowrap;
  }
  tbody th[scope='rowgroup'] {
    vertical-align: top;
    font-weight: 600;
  }
  .number {
    text-align: end;
    white-space: nowrap;
  }
  .number + :not(.number) {
    padding-inline-start: 1rem;
  }
  tbody:last-child tr:last-child > *,
  tbody:last-child th[scope='rowgroup'] {
    border: 0;
  }
  code {
    font-family: var(--_mono);
    font-size: 0.9em;
  }
  .code {
    overflow-wrap: anywhere;
    font-size: 0.8125em;
  }
  .hash {
    display: inline-block;
    max-inline-size: 11ch;
    overflow: hidden;
    text-overflow: ellipsis;
    vertical-align: bottom;
  }
  meter {
    inline-size: 8rem;
    vertical-align: middle;
  }
  .used {
    white-space: nowrap;
  }
  .chart {
    display: block;
    inline-size: 100%;
    block-size: 9rem;
    margin-block: 0.75rem 0.25rem;
    border-block-end: 1px solid var(--_muted);
  }
  .axis {
    display: flex;
    justify-content: space-between;
    gap: 1rem;
    font-size: 0.875rem;
  }
  rect.started,
  .legend .started::before {
    fill: #17b8a6;
    background: #17b8a6;
  }
  rect.refusals,
  .legend .refusals::before {
    fill: light-dark(#c98a1b, #e0a63d);
    background: light-dark(#c98a1b, #e0a63d);
  }
  rect.errors,
  .legend .errors::before {
    fill: light-dark(#b3261e, #ff8a7a);
    background: light-dark(#b3261e, #ff8a7a);
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1.25rem;
    margin-block: 0.5rem;
    list-style: none;
  }
  .legend li::before {
    content: '';
    display: inline-block;
    inline-size: 0.75rem;
    block-size: 0.75rem;
    margin-inline-end: 0.5rem;
    border-radius: 3px;
  }
  summary {
    min-block-size: 44px;
    align-content: center;
    cursor: pointer;
  }
  .sign-in {
    display: grid;
    grid-template-columns: auto;
    place-content: center;
    min-block-size: 100dvh;
  }
  form {
    display: grid;
    gap: 0.75rem;
    inline-size: min(26rem, 100vw - 2rem);
    padding: 2rem;
    border: 1px solid var(--_border);
    border-radius: 24px;
    background: var(--_surface);
  }
  input {
    min-block-size: 44px;
    padding-inline: 0.75rem;
    border: 1px solid var(--_muted);
    border-radius: 12px;
    background: var(--_page);
    color: inherit;
    font: inherit;
  }
  dialog {
    max-inline-size: min(30rem, 100vw - 2rem);
    padding: 1.5rem;
    border: 1px solid var(--_border);
    border-radius: 24px;
    background: var(--_surface);
    color: var(--_text);
  }
  dialog::backdrop {
    background: rgb(17 14 24 / 0.6);
  }
  dialog .actions {
    justify-content: flex-end;
    margin-block-start: 1.25rem;
  }
  .hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;
