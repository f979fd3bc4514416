import { css } from 'lit';

/** Styles of the launcher: pill, card, and the small visualizer that opens on hover. */
export const launcherStyles = css`
  :host([open]) {
    display: none;
  }
  /* Reserves the card's space before it is rendered, and behind an inline panel. */
  :host([placement='inline']) {
    display: block;
    min-block-size: var(--_inline);
  }
  :host([open][placement='inline']) {
    visibility: hidden;
  }
  .mark {
    flex: none;
    inline-size: 40px;
    transition: transform 0.5s cubic-bezier(0.2, 0.8, 0.2, 1);
    fill: var(--_agent);
    fill-opacity: 0.85;
  }
  /* No rule for the path: the copy inherits the colour of its use element in every browser. */
  use {
    fill: var(--_third);
    rotate: 45deg;
  }
  circle {
    fill: var(--_user);
    fill-opacity: 1;
  }
  circle:last-child {
    fill: #fff;
  }
  button:hover .mark {
    transform: rotate(30deg) scale(1.08);
  }
  .name,
  .line {
    display: block;
    line-height: 1.3;
  }
  .name {
    font-weight: 600;
  }
  .line {
    font-size: 0.8125em;
  }
  .pill {
    display: flex;
    color: var(--_on-accent);
    background: var(--_accent);
    border-radius: 99px;
    box-shadow: var(--_shadow);
  }
  .pill button {
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 10px;
    border-radius: 99px;
    text-align: start;
    /* Long words of a heading must not make the pill wider than a narrow window. */
    overflow-wrap: anywhere;
  }
  .pill [part='launcher'] {
    padding-inline-end: 16px;
  }
  .pill svg:not(.mark) {
    inline-size: 24px;
    fill: none;
    stroke: currentcolor;
    stroke-width: 1.8;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .line svg:not(.mark) {
    inline-size: 1.25em;
    vertical-align: -0.25em;
  }
  .card {
    display: grid;
    align-content: center;
    justify-items: center;
    text-align: center;
    min-block-size: var(--_inline);
    padding: 32px 24px;
    background: var(--_surface);
    border: 1px solid var(--_border);
    border-radius: var(--_radius);
  }
  /* If the width depends on the content, it is 408 px, and 242 px at minimum. */
  .card::after {
    content: '. .';
    visibility: hidden;
    block-size: 0;
    max-inline-size: 100%;
    overflow: hidden;
    text-indent: 190px;
    word-spacing: 160px;
  }
  .card .mark {
    inline-size: 144px;
    margin-block-end: 32px;
  }
  .card .name {
    font-size: 1.75em;
    line-height: 1.2;
    letter-spacing: -0.02em;
    text-wrap: balance;
  }
  .card .line {
    color: var(--_muted);
    font-size: 1em;
    margin-block: 8px 28px;
  }
  .card button {
    padding: 10px 20px;
    border-radius: 99px;
    font-weight: 500;
  }
  .card .start {
    padding: 14px 32px;
    color: var(--_on-accent);
    background: var(--_accent);
    font-weight: 600;
    margin-block-end: 8px;
  }
  button:disabled {
    opacity: 0.5;
    cursor: default;
  }
  @media (prefers-reduced-motion: reduce) {
    .mark {
      transition: none;
    }
  }
  @media (forced-colors: active) {
    .pill,
    .card .start {
      border: 1px solid;
    }
  }
`;
