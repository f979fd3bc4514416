import { css } from 'lit';

/** Styles of a minimised call, in addition to those of the launcher's pill. */
export const pillStyles = css`
  .pill {
    align-items: center;
    gap: 4px;
    padding-inline-end: 8px;
    max-inline-size: calc(100vw - 2 * var(--_edge));
  }
  .pill button:not([part='open-button']) {
    inline-size: 44px;
    justify-content: center;
  }
  [part='open-button'] {
    min-inline-size: 0;
  }
  .line {
    overflow-wrap: anywhere;
  }
  [part='badge'] {
    min-inline-size: 24px;
    padding-inline: 6px;
    border-radius: 99px;
    color: var(--_accent);
    background: var(--_on-accent);
    font-size: 0.8125em;
    line-height: 24px;
    text-align: center;
  }
  .pill [aria-disabled='true'] {
    color: inherit;
    background: none;
    opacity: 0.6;
  }
  .pill [aria-pressed='true'] {
    color: var(--_accent);
    background: var(--_on-accent);
  }
  @media (forced-colors: active) {
    [part='badge'] {
      border: 1px solid;
    }
  }
`;
