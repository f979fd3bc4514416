/**
 * The call bar: the controls of an active call while those of the panel cannot be pressed, for example in a closed dialog of the page.
 * Placed in the page itself, as a popover.
 */
import { html } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { Placement, Theme } from '../contract/index.js';
import { floating } from '../styles/floating.js';
import { panelBase } from '../styles/panel-base.js';
import { theme, tokens } from '../styles/tokens.js';
import { boolean } from './boolean.js';
import { callBarStyles } from './call-bar-styles.js';
import { PanelView } from './panel-view.js';

/** A region with the state as text, Mute, Interrupt and End. */
export class VoiceAgentCallBar extends PanelView {
  static override styles = [theme, tokens, panelBase, floating, callBarStyles];
  static override properties: PropertyDeclarations = {
    placement: { reflect: true },
    theme: { reflect: true },
    heading: {},
    oneWay: { type: Boolean, converter: boolean },
    silenced: { type: Boolean, converter: boolean },
  };

  declare placement: Placement;
  declare theme: Theme;
  /** Name of the widget. If empty, the language's default. */
  declare heading: string;
  /** True with `mode="transcription"`, which has nothing to interrupt. */
  declare oneWay: boolean;
  /** The microphone was muted because the widget was hidden. */
  declare silenced: boolean;

  /** Set after the first render: screen readers announce changes of a live region, not its initial content. */
  #announcement = '';

  protected override render(): TemplateResult {
    const { status, strings: s } = this;
    const muted = status.state === 'connected' && status.microphone === 'muted';
    const words = status.state === 'reconnecting' ? s.reconnecting : this.silenced ? s.hiddenMuted : muted ? s.muted : s.onCall;
    return html`<section aria-label=${this.heading || s.heading}>
      <p class="unseen" role="status">${this.#announcement}</p>
      <p class="words"><bdi>${words}</bdi></p>
      <voice-agent-controls .status=${status} .oneWay=${this.oneWay} .strings=${s}></voice-agent-controls>
    </section>`;
  }

  protected override firstUpdated(): void {
    this.#announcement = this.silenced ? this.strings.hiddenMuted : this.strings.goesOn;
    this.requestUpdate();
  }
}
