/**
 * The boundary between page and widget, for the two outermost views (launcher and panel). Resets inherited text styles
 * of the page, and places a floating form in a corner of the viewport, clear of notches and rounded corners.
 */
import { css } from 'lit';

/**
 * Precedes the tokens, which set font and colour again. `all` does not affect direction and custom properties. Uses percentages,
 * because viewport units grow with `zoom`. Reads the reflected `placement` attribute of its view.
 */
export const floating = css`
  :host {
    all: initial;
    color-scheme: inherit;
    visibility: inherit;
    display: block;
    -webkit-text-size-adjust: 100%;
  }
  :host(:not([placement='inline'])) {
    position: fixed;
    z-index: var(--_layer);
    margin: max(var(--_edge), env(safe-area-inset-top)) max(var(--_edge), env(safe-area-inset-right))
      max(var(--_edge), env(safe-area-inset-bottom)) max(var(--_edge), env(safe-area-inset-left));
  }
  :host([placement^='bottom']) {
    inset-block-end: 0;
  }
  :host([placement^='top']) {
    inset-block-start: 0;
  }
  :host([placement$='end']) {
    inset-inline-end: 0;
  }
  :host([placement$='start']) {
    inset-inline-start: 0;
  }
  @media print {
    :host([open]),
    :host(:not([placement='inline'])) {
      display: none !important;
    }
  }
`;
