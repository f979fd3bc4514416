import { css } from 'lit';

/** Styles of the approval request: a card above the controls, in the agent's colour. */
export const approvalStyles = css`
  :host {
    display: block;
    position: relative;
  }
  [hidden] {
    display: none !important;
  }
  [part='approval'] {
    display: grid;
    gap: 4px 16px;
    margin: 4px 16px 12px;
    padding: 12px 14px 14px;
    background: var(--_surface);
    border: 2px solid var(--_agent);
    border-radius: 20px;
    box-shadow: var(--_shadow);
  }
  h3 {
    margin: 0;
    font-size: 1.0625em;
    font-weight: 650;
    line-height: 1.3;
    overflow-wrap: anywhere;
    outline-offset: 4px;
    border-radius: 4px;
  }
  [part='approval-time'],
  .none {
    color: var(--_muted);
    font-size: 0.875em;
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
  }
  [part='approval-details'] {
    max-block-size: clamp(4.5em, 18cqb - 24px, 12em);
    margin-block: 4px;
    overflow: hidden auto;
    overscroll-behavior: contain;
    padding: 8px 12px;
    background: var(--_raised);
    border-radius: 12px;
    font-size: 0.9375em;
    scrollbar-width: thin;
  }
  dl {
    display: grid;
    gap: 6px;
    margin: 0;
  }
  dt {
    color: var(--_muted);
    font-size: 0.875em;
    overflow-wrap: anywhere;
  }
  dd {
    margin: 0;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  dt,
  dd,
  bdi {
    unicode-bidi: isolate;
  }
  .left {
    color: var(--_muted);
    font-style: italic;
  }
  [part='approval-actions'] {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  .button {
    flex: 1 0 8em;
  }
  .more {
    box-shadow: inset 0 -14px 10px -10px color-mix(in srgb, var(--_text) 34%, transparent);
  }
  [part][aria-disabled='true'].button {
    color: var(--_text);
  }
  [part][aria-disabled='true'].main {
    color: var(--_on-accent);
    background: var(--_accent);
  }
  /* Phone in landscape: the buttons are placed next to the text. */
  @container (width >= 560px) and (height < 480px) {
    [part='approval'] {
      grid-template-columns: minmax(0, 1fr) auto;
    }
    [part='approval-actions'] {
      grid-area: 1 / 2 / 4;
      flex-direction: column;
    }
    .button {
      flex: none;
    }
  }
  @media (forced-colors: active) {
    [part='approval-details'] {
      border: 1px solid;
    }
    .more {
      border-block-end: 4px double;
    }
  }
`;
