/** Shared by the lazy views in addition to the tokens: buttons, text only for assistive technology, danger colour. */
import { css } from 'lit';

/** Shared styles of the panel's views. */
export const panelBase = css`
  :host {
    --_danger: var(--voice-agent-danger-color, light-dark(#b4232a, #ff8a80));
    --_raised: var(--voice-agent-raised-color, light-dark(#f5f3f9, #241f31));
    --_tint: var(--voice-agent-bubble-color, light-dark(#dff5f1, #123f3b));
  }
  p {
    margin: 0;
  }
  .unseen {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  button {
    border-radius: 99px;
  }
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    padding: 8px 20px;
    font-weight: 600;
  }
  .button,
  .quiet {
    color: var(--_text);
    background: var(--_raised);
  }
  .main,
  [aria-pressed='true'] {
    color: var(--_on-accent);
    background: var(--_accent);
  }
  button:hover {
    box-shadow: inset 0 0 0 99px color-mix(in srgb, currentcolor 9%, transparent);
  }
  [part][aria-disabled='true'] {
    cursor: default;
    color: var(--_muted);
    background: var(--_raised);
    box-shadow: none;
  }
  svg {
    flex: none;
    inline-size: 24px;
    block-size: 24px;
    fill: none;
    stroke: currentcolor;
    stroke-width: 1.8;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      animation: none !important;
      transition: none !important;
    }
  }
  @media (forced-colors: active) {
    .button {
      border: 1px solid;
    }
    [part][aria-disabled='true'] {
      color: GrayText;
    }
    [aria-pressed='true'] {
      forced-color-adjust: none;
      color: HighlightText;
      background: Highlight;
    }
  }
`;
