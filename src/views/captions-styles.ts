import { css } from 'lit';

/** Styles of the captions: large lines over the whole width; streaming text is fainter and underlined. */
export const captionsStyles = css`
  .row {
    margin-block: 0 0.6em;
    font-size: var(--voice-agent-caption-size, 1.3125em);
    line-height: 1.4;
  }
  .row .unseen {
    display: none;
  }
  .user {
    display: block;
    justify-items: normal;
  }
  .user p {
    padding: 0;
    background: none;
    border: 0;
    border-radius: 0;
    max-inline-size: none;
  }
  .streaming p {
    color: var(--_muted);
    text-decoration: underline dotted 1px;
    text-underline-offset: 0.3em;
  }
  .row small {
    font-size: 0.6875em;
  }
  [part='latest-button'] {
    inset-block-end: 76px;
  }
  [part='toolbar'] {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: end;
    gap: 8px;
    padding: 8px 16px;
  }
  [part='toolbar'] button {
    padding-inline: 14px 18px;
    font-size: 0.875em;
  }
  [part='toolbar'] svg {
    inline-size: 20px;
    block-size: 20px;
  }
  [part='toolbar-status'] {
    flex: 1;
    color: var(--_muted);
    font-size: 0.875em;
    line-height: 1.3;
  }
  [part='toolbar-status']:not(:empty) {
    min-inline-size: min(100%, 11em);
  }
`;
