/**
 * The length of a running call, one update a second of nothing but these digits. Comes with the panel; the launcher names
 * its tag too, and shows no clock as long as the panel was never loaded, which keeps the first chunk small.
 */
import { LitElement, css } from 'lit';
import type { PropertyDeclarations } from 'lit';
import { clock } from '../i18n/clock.js';
import { SecondsController } from './seconds-controller.js';

/** Digits that count from `since`. Has no role of its own: the view around it says what it is. */
export class VoiceAgentClock extends LitElement {
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

  protected override render(): string {
    return this.since === undefined ? '' : clock(performance.now() - this.since);
  }
}
