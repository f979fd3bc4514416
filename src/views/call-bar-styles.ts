import { css } from 'lit';

/** Styles of the call bar: a small card in the corner of the widget. */
export const callBarStyles = css`
  :host {
    display: block;
    pointer-events: auto;
    inset: auto;
    margin: 0;
    padding: 0;
    border: 1px solid var(--_border);
    border-radius: var(--_radius);
    background: var(--_surface);
    box-shadow: var(--_shadow);
    overflow: hidden;
    inline-size: min(360px, 100vw - 2 * var(--_edge));
    max-inline-size: none;
  }
  :host(:not(:popover-open)) {
    position: fixed;
  }
  .words {
    padding: 12px 16px 0;
    text-align: center;
    font-weight: 600;
  }
`;
