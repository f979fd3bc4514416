/**
 * The launcher: all of the widget that a page shows before anybody is interested. A pill in a corner, or a card in the
 * flow of the page that already has the panel's height. Owns no call and loads nothing; it only asks its host.
 */
import { html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { CallStatus, Placement, StatusOf } from '../contract/index.js';
import { RequestEvent } from '../contract/events.js';
import { en } from '../i18n/en.js';
import type { LauncherStrings } from '../i18n/strings.js';
import { floating } from '../styles/floating.js';
import { tokens } from '../styles/tokens.js';
import { boolean } from './boolean.js';
import { float } from './float.js';
import { KEYBOARD, MICROPHONE, icon } from './launcher-icons.js';
import { launcherStyles } from './launcher-styles.js';
import { View } from './view.js';

/** Four petals; drawn twice, the second time turned by an eighth. Without bindings, which would cost each page that loads it. */
export const bloom = html`<svg class="bloom" viewBox="-12 -12 24 24" aria-hidden="true">
  <path id="petals" d="M0 0C-6-5-2.5-11.7 0-11.7S6-5 0 0C5-6 11.7-2.5 11.7 0S5 6 0 0C6 5 2.5 11.7 0 11.7S-6 5 0 0C-5 6-11.7 2.5-11.7 0S-5-6 0 0" /><use href="#petals" /><circle r="3.5" /><circle r="1.7" />
</svg>`;

/** A part of the widget's code did not load: a reload of the page may help. */
export const isStale = (status: CallStatus): boolean => (status as Partial<StatusOf<'failed'>>).error?.code === 'load_failed';

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
 * @cssprop --voice-agent-panel-z-index - Layer of the floating forms in browsers without popovers; elsewhere they are in the top layer.
 * @cssprop --voice-agent-inline-block-size - Height of the inline card and the inline panel.
 * @cssprop --voice-agent-font-family - Font of the widget.
 */
export class VoiceAgentLauncher extends View {
  static override styles = [floating, tokens, launcherStyles];
  static override properties: PropertyDeclarations = {
    placement: { reflect: true },
    heading: {},
    status: { attribute: false },
    open: { type: Boolean, converter: boolean, reflect: true },
    disabled: { type: Boolean, converter: boolean, reflect: true },
    oneWay: { type: Boolean, converter: boolean },
    strings: { attribute: false },
  };

  declare placement: Placement;
  /** Name of the widget; empty: the language's own words. */
  declare heading: string;
  declare status: CallStatus;
  /** The panel is on show; the launcher then steps aside, and an inline one keeps its room for the panel. */
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
    float(this);
  }

  /** Focuses the main button. */
  override focus(options?: FocusOptions): void {
    this.renderRoot.querySelector('button')?.focus(options);
  }

  /** The first rendering is a task of its own, so that the load of the script does not block the page for longer than it must. */
  protected override async scheduleUpdate(): Promise<void> {
    if (!this.hasUpdated) await new Promise((resolve) => setTimeout(resolve));
    await super.scheduleUpdate();
  }

  protected override render(): TemplateResult {
    const s = this.strings;
    const { status } = this;
    const start = () => this.#ask({});
    const type = () => this.#ask({ microphone: false });
    const busy = /^(re)?connecting/.test(status.state);
    const idle = status.state === 'idle';
    const stale = isStale(status);
    const disclosure = this.oneWay ? s.captionsDisclosure : s.disclosure;
    const heading = this.heading || s.heading;
    if (this.placement !== 'inline') {
      const first = idle ? s.start : busy ? s.connecting : status.state === 'failed' ? s.failed : '';
      const words = [first, stale ? s.reload : disclosure].filter(Boolean).join(' · ');
      return html`<div part="base" class="pill">
        <button part="launcher" aria-haspopup="dialog" ?disabled=${this.disabled} @click=${start}>
          ${bloom}<span><span part="heading" class="name" .textContent=${heading}></span><span part="disclosure" class="line">${idle ? icon(MICROPHONE) : nothing}<span .textContent=${words}></span></span></span>
        </button>
        ${
          busy || this.oneWay
            ? nothing
            : html`<button part="type-button" aria-label=${s.typeInstead} title=${s.typeInstead} ?disabled=${this.disabled} @click=${type}>
                ${icon(KEYBOARD)}
              </button>`
        }
      </div>`;
    }
    return html`<div part="base" class="card">
      ${bloom}<span part="heading" class="name" .textContent=${heading}></span><span part="disclosure" class="line" .textContent=${disclosure}></span>
      <button part="launcher" class="start" ?disabled=${this.disabled} @click=${start}><span .textContent=${busy ? s.connecting : stale ? s.reload : s.start}></span></button>
      <button part="type-button" ?hidden=${this.oneWay} ?disabled=${this.disabled} @click=${type}><span .textContent=${s.typeInstead}></span></button>
    </div>`;
  }

  /** While a call is there, or its end is to be read, both buttons only open. */
  #ask(call: { microphone?: boolean }): void {
    this.dispatchEvent(new RequestEvent('voice-agent-open-request', { open: true }));
    if (this.status.state === 'idle' || isStale(this.status)) this.dispatchEvent(new RequestEvent('voice-agent-connect-request', call));
  }
}
