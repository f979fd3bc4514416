import { css } from 'lit';

/** Media query of the screens on which a floating panel is a full sheet. */
export const sheetScreens = css`(max-width: 480px), (max-height: 480px)`;

/** Layout of the panel: one column, two if the panel is wide, a full sheet on small screens. */
export const panelStyles = css`
  :host {
    container: voice-agent-panel / size;
    inline-size: min(var(--voice-agent-panel-inline-size, 408px), 100% - 2 * var(--_edge));
    block-size: min(var(--voice-agent-panel-block-size, 720px), 100% - 2 * var(--_edge) - var(--_keyboard, 0px));
  }
  :host([placement^='bottom']) {
    inset-block-end: var(--_keyboard, 0px);
  }
  /* Covers the card and takes its size: a size container has none of its own. */
  :host([placement='inline']) {
    position: absolute;
    inset: 0;
    inline-size: auto;
    block-size: auto;
  }
  dialog {
    position: static;
    inline-size: 100%;
    max-inline-size: none;
    max-block-size: none;
    margin: 0;
    padding: 0;
    color: inherit;
  }
  [part='panel'] {
    block-size: 100%;
    display: grid;
    grid: auto minmax(min-content, 1fr) auto auto auto auto / minmax(0, 1fr);
    grid-template-areas: 'header' 'stage' 'transcript' 'approval' 'controls' 'composer';
    overflow: hidden auto;
    background: var(--_surface);
    border: 1px solid var(--_border);
    border-radius: var(--_radius);
    outline: none;
  }
  :host(:not([placement='inline'])) [part='panel'] {
    box-shadow: var(--_shadow);
    animation: rise 0.32s cubic-bezier(0.2, 0.9, 0.3, 1);
  }
  [part='panel']:focus-visible {
    outline: 3px solid var(--_focus);
    outline-offset: -3px;
  }
  @keyframes rise {
    from {
      opacity: 0;
      transform: translateY(16px) scale(0.985);
    }
  }
  header {
    position: relative;
    grid-area: header;
    display: flex;
    align-items: center;
    justify-content: space-between;
    padding-block: 14px 10px;
    padding-inline: 20px 12px;
  }
  h2 {
    margin: 0;
    font-size: 1.0625em;
    font-weight: 650;
    line-height: 1.3;
    letter-spacing: -0.01em;
  }
  [part='disclosure'] {
    color: var(--_muted);
    font-size: 0.8125em;
    line-height: 1.4;
  }
  [part='close-button'] {
    display: grid;
    place-items: center;
    color: var(--_muted);
  }
  /* For users of screen readers and braille displays. It takes no space in the header, and is visible while focused. */
  [part='announce-switch'] {
    position: absolute;
    inset: 10px 64px auto;
    margin-inline: auto;
    inline-size: max-content;
    max-inline-size: calc(100% - 128px);
  }
  [part='announce-switch']:not(:focus-visible) {
    opacity: 0;
    pointer-events: none;
  }
  [part='announce-switch'][aria-checked='true'] {
    color: var(--_on-accent);
    background: var(--_accent);
  }
  [part='stage'] {
    grid-area: stage;
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: clamp(12px, 8cqb - 34px, 24px);
    padding: 4px 28px 12px;
    text-align: center;
    --_justify: center;
  }
  ::slotted([slot='visual']) {
    flex: none;
    inline-size: clamp(56px, 110cqb - 560px, min(60cqi, 248px));
  }
  .words {
    display: grid;
    gap: 8px;
    justify-items: inherit;
    max-inline-size: 34ch;
  }
  [part='state'] {
    font-size: 1.5em;
    font-weight: 650;
    line-height: 1.2;
    letter-spacing: -0.02em;
    text-wrap: balance;
  }
  .failed [part='state'] {
    color: var(--_danger);
  }
  /* The remaining time of the call stays visible, even if the panel scrolls. */
  .ending {
    position: sticky;
    z-index: 1;
    inset-block-start: 0;
    background: var(--_surface);
  }
  ::slotted([slot='transcript']) {
    grid-area: transcript;
  }
  ::slotted([slot='approval']) {
    grid-area: approval;
  }
  ::slotted([slot='controls']) {
    grid-area: controls;
  }
  ::slotted([slot='composer']) {
    grid-area: composer;
    padding-block-end: env(safe-area-inset-bottom);
  }
  :host([compact]) [part='panel'] {
    grid-template-rows: auto auto minmax(9em, 1fr) auto auto auto;
  }
  :host([compact][asking]) [part='panel'] {
    grid-template-rows: auto auto minmax(5em, 1fr) auto auto auto;
  }
  :host([compact]) [part='stage'] {
    flex-direction: row;
    justify-content: start;
    align-items: safe center;
    gap: 16px;
    padding: 0 20px 12px;
    border-block-end: 1px solid var(--_border);
    text-align: start;
    --_justify: start;
  }
  :host([compact]) ::slotted([slot='visual']) {
    inline-size: clamp(48px, 18cqb - 40px, 84px);
    align-self: start;
  }
  /* Sized only by the grid, so that growing text inside causes no layout elsewhere. */
  :host([compact]) ::slotted([slot='transcript']) {
    contain: strict;
  }
  :host([compact]) .words {
    max-inline-size: none;
  }
  :host([compact]) [part='state'] {
    font-size: 1.25em;
  }

  @container voice-agent-panel (width >= 720px) or ((width >= 560px) and (height < 480px)) {
    [part='panel'],
    :host([compact]) [part='panel'],
    :host([compact][asking]) [part='panel'] {
      grid: auto minmax(min-content, 1fr) auto auto / minmax(270px, 2fr) minmax(0, 3fr);
      grid-template-areas: 'header header' 'stage transcript' 'stage approval' 'controls composer';
    }
    [part='stage'],
    :host([compact]) [part='stage'] {
      flex-direction: column;
      justify-content: center;
      text-align: center;
      --_justify: center;
      padding: 8px 28px 16px;
      gap: 24px;
      border: 0;
    }
    ::slotted([slot='visual']),
    :host([compact]) ::slotted([slot='visual']) {
      inline-size: clamp(56px, 90cqb - 360px, min(30cqi, 280px));
      align-self: center;
    }
    ::slotted([slot='composer']) {
      align-self: end;
    }
    :host([one-way]) [part='panel'] {
      grid-template-areas: 'header header' 'stage transcript' 'controls transcript';
    }
  }
  /* Phone in landscape: buttons stay on the screen. */
  @container voice-agent-panel (width >= 560px) and (height < 480px) {
    [part='panel'] {
      grid-template-areas: 'header header' 'stage stage' 'approval approval' 'controls composer';
    }
    :host([compact]:not([one-way])) [part='panel'] {
      grid-template-areas: 'header header' 'stage transcript' 'approval approval' 'controls composer';
    }
    header {
      padding-block: 8px 0;
    }
    [part='stage'],
    :host([compact]) [part='stage'] {
      flex-direction: row;
      gap: 16px;
      padding: 4px 20px;
      text-align: start;
      --_justify: start;
    }
    .words {
      max-inline-size: 48ch;
    }
    [part='state'] {
      font-size: 1.25em;
    }
    ::slotted([slot='visual']),
    :host([compact]) ::slotted([slot='visual']) {
      inline-size: 56px;
    }
    :host([compact]) .failed ::slotted([slot='visual']) {
      display: none;
    }
    /* Its log has to exist before the first turn is announced. */
    :host(:not([compact])) ::slotted([slot='transcript']) {
      grid-area: stage;
      block-size: 0;
      overflow: hidden;
    }
  }

  @media ${sheetScreens} {
    :host(:not([placement='inline'])) {
      inset: var(--_top, 0px) 0 var(--_keyboard, 0px);
      margin: 0;
      inline-size: auto;
      block-size: auto;
    }
    dialog:modal {
      position: fixed;
      inset: var(--_top, 0px) 0 var(--_keyboard, 0px);
      inline-size: auto;
      block-size: auto;
    }
    :host(:not([placement='inline'])) [part='panel'] {
      border: 0;
      border-radius: 0;
      padding-block-start: env(safe-area-inset-top);
      padding-inline: env(safe-area-inset-left) env(safe-area-inset-right);
    }
  }

  /* Print: the name and the whole conversation, in the flow of the page. Floating forms are not printed. */
  @media print {
    :host([placement='inline']) {
      position: static;
      container-type: normal;
      color-scheme: light;
    }
    [part='panel'],
    :host([compact]) [part='panel'] {
      display: block;
      block-size: auto;
      overflow: visible;
    }
    [part='stage'],
    ::slotted(:not([slot='transcript'])) {
      display: none !important;
    }
    :host([compact]) ::slotted([slot='transcript']) {
      contain: none;
    }
  }
`;
