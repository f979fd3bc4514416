import { css } from 'lit';

/** Styles of the notice. */
export const noticeStyles = css`
  :host {
    display: block;
    position: relative;
    color: var(--_muted);
    text-wrap: pretty;
  }
  .title {
    color: var(--_danger);
    font-weight: 600;
  }
  [part='actions'] {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    justify-content: var(--_justify, start);
    margin-block-start: 14px;
  }
  /* Phone in landscape: two buttons fit side by side. */
  @container (width >= 560px) and (height < 480px) {
    [part='actions'] .button {
      padding-inline: 12px;
      font-size: 0.875em;
    }
  }
  .ending {
    color: var(--_text);
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .wait {
    font-variant-numeric: tabular-nums;
    font-weight: 400;
  }
`;
