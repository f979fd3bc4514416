import { css } from 'lit';

/** Styles of the transcript: the visitor in bubbles, the agent as plain text. */
export const transcriptStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    position: relative;
  }
  [hidden] {
    display: none !important;
  }
  .scroller {
    flex: 1;
    position: relative;
    overflow: hidden auto;
    overflow-anchor: none;
    overscroll-behavior: contain;
    padding: 8px 20px;
    scrollbar-width: thin;
    scrollbar-color: var(--_border) transparent;
  }
  .scroller:focus-visible {
    outline-offset: -3px;
    border-radius: 8px;
  }
  .row,
  .tool {
    contain: layout style;
    margin-block: 0 14px;
  }
  .row p {
    unicode-bidi: isolate;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .user {
    display: grid;
    justify-items: end;
  }
  .user p {
    padding: 8px 16px;
    background: var(--_tint);
    border-radius: 20px;
    border-end-end-radius: 6px;
    max-inline-size: 86%;
  }
  @media (forced-colors: active) {
    .user p {
      border: 1px solid;
    }
  }
  .commentary p {
    padding-inline-start: 10px;
    color: var(--_muted);
    border-inline-start: 2px solid var(--_border);
  }
  .system p,
  .tool {
    color: var(--_muted);
    font-size: 0.875em;
    text-align: center;
  }
  ul,
  ol {
    margin: 4px 0;
    padding-inline-start: 1.5em;
    white-space: normal;
  }
  pre {
    margin: 4px 0;
    padding: 8px 12px;
    background: var(--_raised);
    border-radius: 12px;
    white-space: pre-wrap;
  }
  pre,
  code {
    font-family: ui-monospace, monospace;
    font-size: 0.9375em;
    unicode-bidi: isolate;
  }
  a {
    color: inherit;
    border-radius: 4px;
  }
  .divider {
    padding-block-start: 12px;
    border-block-start: 1px solid var(--_border);
  }
  .wordless p {
    color: var(--_muted);
    font-style: italic;
  }
  small {
    display: block;
    color: var(--_muted);
    font-size: 0.8125em;
    line-height: 1.5;
  }
  small:empty {
    display: none;
  }
  .row small::before {
    content: '— ' / '';
  }
  [part='empty'] {
    padding: 4px 8px 12px;
    color: var(--_muted);
    font-size: 0.9375em;
    text-align: center;
  }
  [part='earlier-button'],
  [part='newer-button'] {
    display: flex;
    margin: 4px auto 16px;
    font-size: 0.875em;
  }
  [part='latest-button'] {
    position: absolute;
    inset-block-end: 8px;
    inset-inline: 0;
    margin-inline: auto;
    inline-size: max-content;
    font-size: 0.875em;
    box-shadow: var(--_shadow);
  }
  @media print {
    :host {
      display: block;
    }
    .scroller {
      overflow: visible;
    }
    .row,
    .tool {
      contain: none;
      break-inside: avoid;
    }
    .user p {
      border: 1px solid var(--_border);
    }
    button {
      display: none !important;
    }
  }
`;
