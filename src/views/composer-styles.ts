import { css } from 'lit';

/** Styles of the text field. */
export const composerStyles = css`
  :host {
    display: block;
    position: relative;
  }
  form {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    margin: 0 16px 16px;
    padding: 4px;
    background: var(--_raised);
    border: 1px solid color-mix(in srgb, var(--_text) 48%, var(--_surface));
    border-radius: 28px;
  }
  form:has(textarea:focus-visible) {
    outline: 3px solid var(--_focus);
    outline-offset: 1px;
    box-shadow: 0 0 0 6px var(--_surface);
  }
  textarea {
    flex: 1;
    min-inline-size: 0;
    min-block-size: 44px;
    max-block-size: 7.75em;
    padding-block: 10px;
    padding-inline: 16px 4px;
    font: inherit;
    color: inherit;
    background: none;
    border: 0;
    resize: none;
    field-sizing: content;
    overflow-y: auto;
    scrollbar-width: thin;
  }
  /* The surrounding box shows the focus. */
  textarea:focus-visible {
    outline: none;
    box-shadow: none;
  }
  textarea::placeholder {
    color: var(--_muted);
    opacity: 1;
  }
  [part='counter'] {
    flex: 100%;
    padding: 0 16px 4px;
    color: var(--_muted);
    font-size: 0.8125em;
  }
  [part='counter']:empty {
    display: none;
  }
  [part='counter'].over {
    color: var(--_danger);
  }
  button {
    display: grid;
    place-items: center;
    flex: none;
  }
`;
