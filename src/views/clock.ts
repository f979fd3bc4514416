/**
 * The length of a running call, one update a second of nothing but these digits. Comes with the panel; the launcher names
 * its tag too, and shows no clock as long as the panel was never loaded, which keeps the first chunk small.
 */
import { css, html } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { clock } from '../i18n/clock.js';
import { SecondsController } from './seconds-controller.js';
import { View } from './view.js';

/** Digits that count from `since`. Has no role of its own: the view around it says what it is. */
export class VoiceAgentClock extends View {
  static override styles = css`
    :host {
      font-variant-numeric: tabular-nums;
    }
  `;
  static override properties: PropertyDeclarations = { since: { attribute: false } };

  /** `performance.now()` at the moment of connection. */
  declare since: number | undefined;

  constructor() {
    super();
    new SecondsController(this, () => this.since);
  }

  protected override render(): TemplateResult {
    return html`<span .textContent=${this.since === undefined ? '' : clock(performance.now() - this.since)}></span>`;
  }
}
