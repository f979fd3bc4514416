/**
 * The design tokens: all colours, sizes and fonts of the widget. A page sets the public `--voice-agent-…` properties on the
 * element or an ancestor; inside, only the short private names are used. `light-dark()` follows `color-scheme`,
 * which the element sets from its `theme`. Owns names and defaults, no layout.
 *
 * Each voice has a colour: sea green for the visitor, coral for the agent.
 */
import { css } from 'lit';

/** Tokens for all views, including the launcher. */
export const tokens = css`
  :host {
    --_accent: var(--voice-agent-accent-color, light-dark(#1f1a30, #f2eefb));
    --_on-accent: var(--voice-agent-accent-text-color, light-dark(#fff, #1f1a30));
    --_surface: var(--voice-agent-surface-color, light-dark(#fff, #191622));
    --_text: var(--voice-agent-text-color, light-dark(#1f1a30, #f4f1fa));
    --_muted: var(--voice-agent-muted-color, light-dark(#655f76, #aaa3bb));
    --_border: var(--voice-agent-border-color, light-dark(#e8e4ef, #352f44));
    --_focus: var(--voice-agent-focus-color, light-dark(#5a3df0, #b9a8ff));
    --_user: var(--voice-agent-user-color, #17b8a6);
    --_agent: var(--voice-agent-agent-color, #ff6b4a);
    --_third: var(--voice-agent-blend-color, #8a5cf6);
    --_radius: var(--voice-agent-panel-radius, 24px);
    --_edge: var(--voice-agent-edge-offset, 20px);
    --_layer: var(--voice-agent-panel-z-index, 2147483000);
    --_inline: var(--voice-agent-inline-block-size, min(38em, 92svh));
    --_shadow: var(--voice-agent-panel-shadow, 0 1px 2px #1f1a3014, 0 12px 40px #1f1a302e);
    color: var(--_text);
    font: 400 max(1rem, 16px) / 1.5 var(--voice-agent-font-family, system-ui, sans-serif);
    box-sizing: border-box;
    -webkit-tap-highlight-color: transparent;
  }
  * {
    box-sizing: border-box;
  }
  button {
    font: inherit;
    color: inherit;
    background: none;
    border: 0;
    padding: 0;
    min-block-size: 44px;
    min-inline-size: 44px;
    cursor: pointer;
    touch-action: manipulation;
  }
  :focus-visible {
    outline: 3px solid var(--_focus);
    outline-offset: 2px;
    /* The second colour of the ring, for pages with a background similar to the first. */
    box-shadow: 0 0 0 7px var(--_surface);
  }
`;

/**
 * Styles of the element itself: its place in the page, and the colour scheme that `light-dark()` follows in all views, which
 * is the page's unless `theme` sets one. A floating element has no box, so that it takes no cell, slot or gap of its parent, and
 * no space if the page gives its children another `display`.
 */
export const theme = css`
  :host {
    display: block;
    visibility: visible;
    writing-mode: horizontal-tb;
  }
  div {
    position: relative;
  }
  :host(:not([placement='inline'])),
  :host(:not([placement='inline'])) div {
    display: contents;
    position: fixed !important;
  }
  :host([hidden]) {
    display: none;
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
`;
