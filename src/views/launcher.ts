/**
 * The launcher: all of the widget that a page shows before anybody is interested. A pill in a corner, or a card in the
 * flow of the page that already has the panel's height. Owns no call and loads nothing; it only asks its host.
 */
import { LitElement, html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { CallStatus, Placement } from '../contract/index.js';
import { RequestEvent } from '../contract/events.js';
import { en } from '../i18n/en.js';
import type { LauncherStrings } from '../i18n/strings.js';
import { floating } from '../styles/floating.js';
import { tokens } from '../styles/tokens.js';
import { launcherStyles } from './launcher-styles.js';

/** Four petals; drawn twice, the second time turned by an eighth. */
const PETALS =
  'M0 0C-6-5-2.5-11.7 0-11.7S6-5 0 0C5-6 11.7-2.5 11.7 0S5 6 0 0C6 5 2.5 11.7 0 11.7S-6 5 0 0C-5 6-11.7 2.5-11.7 0S-5-6 0 0';
const bloom = html`<svg class="bloom" viewBox="-12 -12 24 24" aria-hidden="true">
  <path d=${PETALS} /><path d=${PETALS} /><circle r="3.5" /><circle r="1.7" />
</svg>`;

/**
 * The button that opens the panel and starts a call.
 *
 * @fires voice-agent-open-request - The panel is wanted.
 * @fires voice-agent-connect-request - A call is wanted; `microphone: false` by "Type instead".
 * @csspart base - The pill or the card.
 * @csspart launcher - The main button.
 * @csspart type-button - The "Type instead" button.
 * @csspart heading - The name of the widget.
 * @csspart disclosure - The line that says one talks to an AI, or how a running call is.
 * @cssprop --voice-agent-accent-color - Ground of the main buttons.
 * @cssprop --voice-agent-accent-text-color - Text on the accent colour.
 * @cssprop --voice-agent-surface-color - Ground of the panel and the card.
 * @cssprop --voice-agent-text-color - Text.
 * @cssprop --voice-agent-muted-color - Secondary text.
 * @cssprop --voice-agent-border-color - Hairlines.
 * @cssprop --voice-agent-focus-color - Focus ring.
 * @cssprop --voice-agent-user-color - The visitor's voice.
 * @cssprop --voice-agent-agent-color - The agent's voice.
 * @cssprop --voice-agent-blend-color - Third colour of the bloom, between the two voices.
 * @cssprop --voice-agent-panel-radius - Corner radius of the panel and the card.
 * @cssprop --voice-agent-panel-shadow - Shadow of the pill and the panel.
 * @cssprop --voice-agent-edge-offset - Distance of the floating forms from the viewport's edge.
 * @cssprop --voice-agent-panel-z-index - Layer of the floating forms.
 * @cssprop --voice-agent-inline-block-size - Height of the inline card and the inline panel.
 * @cssprop --voice-agent-font-family - Font of the widget.
 */
export class VoiceAgentLauncher extends LitElement {
  static override styles = [tokens, floating, launcherStyles];
  static override properties: PropertyDeclarations = {
    placement: { reflect: true },
    heading: {},
    status: { attribute: false },
    open: { type: Boolean, reflect: true },
    disabled: { type: Boolean, reflect: true },
    oneWay: { type: Boolean },
    strings: { attribute: false },
  };

  declare placement: Placement;
  /** Name of the widget; empty: the language's own words. */
  declare heading: string;
  declare status: CallStatus;
  /** The panel is on show; a floating launcher then steps aside. */
  declare open: boolean;
  declare disabled: boolean;
  /** What is said is only written down: there is nobody to type to. */
  declare oneWay: boolean;
  declare strings: LauncherStrings;

  constructor() {
    super();
    this.placement = 'inline';
    this.heading = '';
    this.status = { state: 'idle' };
    this.open = false;
    this.disabled = false;
    this.strings = en;
  }

  /** Focuses the main button. */
  override focus(options?: FocusOptions): void {
    this.renderRoot.querySelector('button')?.focus(options);
  }

  protected override render(): TemplateResult {
    const s = this.strings;
    const { status } = this;
    const start = () => this.#ask({});
    const type = () => this.#ask({ microphone: false });
    const busy = /^(re)?connecting/.test(status.state);
    const live = status.state === 'connected';
    const name = html`<span part="heading" class="name">${this.heading || s.heading}</span>`;
    const line = html`<span part="disclosure" class="line">${
      live
        ? html`${status.microphone === 'muted' ? s.muted : s.onCall} <voice-agent-clock aria-hidden="true" .since=${status.since}></voice-agent-clock>`
        : busy
          ? s.connecting
          : status.state === 'failed'
            ? html`${s.failed} · ${s.disclosure}`
            : s.disclosure
    }</span>`;
    if (this.placement !== 'inline') {
      return html`<div part="base" class=${live ? 'pill live' : 'pill'}>
        <button part="launcher" aria-haspopup="dialog" ?disabled=${this.disabled} @click=${start}>
          ${bloom}<span>${name}${line}</span>
        </button>
        ${
          live || busy || this.oneWay
            ? nothing
            : html`<button part="type-button" aria-label=${s.typeInstead} title=${s.typeInstead} ?disabled=${this.disabled} @click=${type}>
                <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M5 6h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2M7 10h0m5 0h0m5 0h0M8.5 14h7" /></svg>
              </button>`
        }
      </div>`;
    }
    return html`<div part="base" class="card">
      ${bloom}${name}<span part="disclosure" class="line">${s.disclosure}</span>
      <button part="launcher" class="start" ?disabled=${this.disabled} @click=${start}>${busy ? s.connecting : s.start}</button>
      ${this.oneWay ? nothing : html`<button part="type-button" ?disabled=${this.disabled} @click=${type}>${s.typeInstead}</button>`}
    </div>`;
  }

  /** While a call is there, or its end is to be read, both buttons only open. */
  #ask(call: { microphone?: boolean }): void {
    this.dispatchEvent(new RequestEvent('voice-agent-open-request', { open: true }));
    if (this.status.state === 'idle') this.dispatchEvent(new RequestEvent('voice-agent-connect-request', call));
  }
}
