/**
 * The duration of an active call, updated once a second without re-rendering anything else. Loaded with the panel; the pill
 * uses its tag, too.
 */
import { css, html } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { clock } from '../i18n/clock.js';
import { SecondsController } from './seconds-controller.js';
import { View } from './view.js';

/** Digits that count up from `since`. Has no role of its own: the surrounding view labels it. */
export class VoiceAgentClock extends View {
  static override styles = css`
    :host {
      font-variant-numeric: tabular-nums;
    }
  `;
  static override properties: PropertyDeclarations = { since: { attribute: false } };

  /** Time of connection (`performance.now()`). */
  declare since: number | undefined;

  constructor() {
    super();
    new SecondsController(this, () => this.since);
  }

  protected override render(): TemplateResult {
    return html`<span .textContent=${this.since === undefined ? '' : clock(performance.now() - this.since)}></span>`;
  }
}
