import { css } from 'lit';

/** Styles of the call controls and level meters. */
export const controlsStyles = css`
  :host {
    display: block;
    padding: 4px 16px 12px;
  }
  [part='meters'] {
    display: grid;
    grid-template-columns: auto 1fr auto 1fr auto;
    align-items: center;
    gap: 10px;
    padding: 8px 4px 12px;
    color: var(--_muted);
    font-size: 0.8125em;
  }
  .one {
    grid-template-columns: auto 1fr auto;
  }
  [part='duration'] {
    min-inline-size: 3em;
    text-align: center;
    color: var(--_text);
    font-weight: 600;
  }
  [part='meter'] {
    block-size: 6px;
    border-radius: 3px;
    background: var(--_raised);
    box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--_text) 48%, var(--_surface));
    overflow: hidden;
  }
  /* Sufficient contrast for any voice colour: dark enough on light, light enough on dark backgrounds. */
  i {
    display: block;
    block-size: 100%;
    border-radius: inherit;
    --_voice: var(--_user);
    background: light-dark(oklch(from var(--_voice) min(l, 0.55) c h), oklch(from var(--_voice) max(l, 0.65) c h));
    transform: scaleX(0);
    will-change: transform;
    transform-origin: right;
  }
  .agent i {
    --_voice: var(--_agent);
    transform-origin: left;
  }
  :host(:dir(rtl)) i {
    transform-origin: left;
  }
  :host(:dir(rtl)) .agent i {
    transform-origin: right;
  }
  [part='controls'] {
    display: grid;
    grid-auto-flow: column;
    grid-auto-columns: 1fr;
    gap: 8px;
  }
  button {
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: 2px;
    padding: 9px 4px 7px;
    border-radius: 18px;
    font-size: 0.8125em;
    font-weight: 500;
    line-height: 1.3;
  }
  .button {
    flex-direction: row;
  }
  [part='end-button'] {
    color: var(--_danger);
    background: color-mix(in srgb, var(--_danger) 10%, var(--_surface));
  }
  @media (forced-colors: active) {
    button,
    [part='meter'] {
      border: 1px solid;
    }
    i {
      background: CanvasText !important;
      forced-color-adjust: none;
    }
  }
`;
