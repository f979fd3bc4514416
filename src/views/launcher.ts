/**
 * The launcher: the part of the widget shown before the first interaction. A pill in a corner, or a card in the
 * flow of the page that already has the panel's height. Owns no call and loads nothing; it only fires requests to its host.
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
import { KEYBOARD, MICROPHONE, icon } from './icon.js';
import { launcherStyles } from './launcher-styles.js';
import { View } from './view.js';

/** Four petals, drawn twice, the second time rotated by 45°. Without bindings, to keep the first chunk small. */
export const mark = html`<svg class="mark" viewBox="-12 -12 24 24" aria-hidden="true">
  <path id="petals" d="M0 0C-6-5-2.5-11.7 0-11.7S6-5 0 0C5-6 11.7-2.5 11.7 0S5 6 0 0C6 5 2.5 11.7 0 11.7S-6 5 0 0C-5 6-11.7 2.5-11.7 0S-5-6 0 0" /><use href="#petals" /><circle r="3.5" /><circle r="1.7" />
</svg>`;

/** Whether part of the widget's code failed to load, so that reloading the page may help. */
export const isStale = (status: CallStatus): boolean => (status as Partial<StatusOf<'failed'>>).error?.code === 'load_failed';

/**
 * The button that opens the panel and starts a call.
 *
 * @fires voice-agent-open-request - Requests to open the panel.
 * @fires voice-agent-connect-request - Requests a call; `microphone: false` for "Type instead".
 * @csspart base - The pill or the card.
 * @csspart launcher - The main button.
 * @csspart type-button - The "Type instead" button.
 * @csspart heading - The name of the widget.
 * @csspart disclosure - The AI disclosure, or the state of an active call.
 * @cssprop --voice-agent-accent-color - Background of primary buttons.
 * @cssprop --voice-agent-accent-text-color - Text on the accent colour.
 * @cssprop --voice-agent-surface-color - Background of the panel and the card.
 * @cssprop --voice-agent-text-color - Text colour.
 * @cssprop --voice-agent-muted-color - Secondary text.
 * @cssprop --voice-agent-border-color - Borders.
 * @cssprop --voice-agent-focus-color - Focus ring.
 * @cssprop --voice-agent-user-color - Colour of the visitor's voice.
 * @cssprop --voice-agent-agent-color - Colour of the agent's voice.
 * @cssprop --voice-agent-blend-color - Third colour of the visualizer, between the two voice colours.
 * @cssprop --voice-agent-panel-radius - Corner radius of the panel and the card.
 * @cssprop --voice-agent-panel-shadow - Shadow of the pill and the panel.
 * @cssprop --voice-agent-edge-offset - Distance of the floating forms from the viewport's edge.
 * @cssprop --voice-agent-panel-z-index - `z-index` of the floating forms in browsers without popovers; in other browsers they are in the top layer.
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
  /** Name of the widget. If empty, the language's default. */
  declare heading: string;
  declare status: CallStatus;
  /** True while the panel is shown; the launcher is then hidden, and an inline one reserves the space for the panel. */
  declare open: boolean;
  declare disabled: boolean;
  /** True with `mode="transcription"`, which has no typed turns. */
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

  /** The first render is a separate task, so that loading the script does not block the page longer than necessary. */
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
          ${mark}<span><span part="heading" class="name" .textContent=${heading}></span><span part="disclosure" class="line">${idle ? icon(MICROPHONE) : nothing}<span .textContent=${words}></span></span></span>
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
      ${mark}<span part="heading" class="name" .textContent=${heading}></span><span part="disclosure" class="line" .textContent=${disclosure}></span>
      <button part="launcher" class="start" ?disabled=${this.disabled} @click=${start}><span .textContent=${busy ? s.connecting : stale ? s.reload : s.start}></span></button>
      <button part="type-button" ?hidden=${this.oneWay} ?disabled=${this.disabled} @click=${type}><span .textContent=${s.typeInstead}></span></button>
    </div>`;
  }

  /** While there is a call, or its end is shown, both buttons only open the panel. */
  #ask(call: { microphone?: boolean }): void {
    this.dispatchEvent(new RequestEvent('voice-agent-open-request', { open: true }));
    if (this.status.state === 'idle' || isStale(this.status)) this.dispatchEvent(new RequestEvent('voice-agent-connect-request', call));
  }
}
