/** Where a floating launcher or panel sits: in one corner of the viewport, clear of notches and rounded screens. */
import { css } from 'lit';

/** Reads the reflected `placement` attribute of its view. */
export const floating = css`
  :host(:not([placement='inline'])) {
    position: fixed;
    z-index: var(--_layer);
  }
  :host([placement^='bottom']) {
    inset-block-end: max(var(--_edge), env(safe-area-inset-bottom));
  }
  :host([placement^='top']) {
    inset-block-start: max(var(--_edge), env(safe-area-inset-top));
  }
  :host([placement$='end']) {
    inset-inline-end: max(var(--_edge), env(safe-area-inset-right));
  }
  :host([placement$='start']) {
    inset-inline-start: max(var(--_edge), env(safe-area-inset-left));
  }
`;
