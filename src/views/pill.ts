/**
 * The pill: a call whose floating panel is minimised. Owns its buttons, the count of new answers, and the live region
 * that announces them, failures, and blocked sound. Does not own the call.
 */
import { html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { Placement } from '../contract/index.js';
import { RequestEvent } from '../contract/events.js';
import { floating } from '../styles/floating.js';
import { panelBase } from '../styles/panel-base.js';
import { tokens } from '../styles/tokens.js';
import { boolean } from './boolean.js';
import { isDeaf, requestMute } from './controls.js';
import { float } from './float.js';
import { panelIcons } from './panel-icons.js';
import { mark } from './launcher.js';
import { launcherStyles } from './launcher-styles.js';
import { stateWords } from './visual-state.js';
import { PanelView } from './panel-view.js';
import { pillStyles } from './pill-styles.js';

/**
 * The name, the state and the duration of the call; a badge, Mute and End.
 *
 * @fires voice-agent-open-request - Requests to open the panel.
 * @fires voice-agent-mute-request - Requests to mute or unmute the microphone.
 * @fires voice-agent-close-request - Requests to end the call or the attempt.
 * @csspart pill - The whole pill.
 * @csspart open-button - The button that opens the panel.
 * @csspart badge - The number of answers since the panel was minimised.
 * @csspart mute-button - The Mute button.
 * @csspart end-button - The "End call" or Cancel button.
 */
export class VoiceAgentPill extends PanelView {
  static override styles = [floating, tokens, panelBase, launcherStyles, pillStyles];
  static override properties: PropertyDeclarations = {
    placement: { reflect: true },
    heading: {},
    answers: { attribute: false },
    oneWay: { type: Boolean, converter: boolean },
  };

  declare placement: Placement;
  /** Name of the widget. If empty, the language's default. */
  declare heading: string;
  /** Number of finished answers in the whole conversation. */
  declare answers: number;
  /** True with `mode="transcription"`, which has no answers. */
  declare oneWay: boolean;

  /** Number of answers when the panel was minimised. */
  #read: number | undefined;

  constructor() {
    super();
    this.placement = 'bottom-end';
    this.heading = '';
    this.answers = 0;
    this.oneWay = false;
    float(this);
  }

  /** Focuses the button that opens the panel. */
  override focus(options?: FocusOptions): void {
    this.renderRoot.querySelector('button')?.focus(options);
  }

  protected override render(): TemplateResult {
    const { status, strings: s } = this;
    // The count drops when the conversation is cleared.
    this.#read = Math.min(this.#read ?? this.answers, this.answers);
    const fresh = this.answers - this.#read;
    const live = status.state === 'connected' && status;
    const silent = live && /muted$/.test(live.microphone);
    const words = live && !live.soundBlocked && !silent ? s.onCall : stateWords(status, s);
    const announcement = status.state === 'failed' || (live && live.soundBlocked) ? words : fresh ? s.newAnswers(fresh) : '';
    return html`<div part="pill" class="pill">
      <p class="unseen" role="status" .textContent=${announcement}></p>
      <button part="open-button" aria-haspopup="dialog" @click=${this.#open}>
        ${mark}<span>
          <span class="name" .textContent=${this.heading || s.heading}></span>
          <span class="line"><span .textContent=${words}></span>${live ? html` <voice-agent-clock aria-hidden="true" .since=${live.since}></voice-agent-clock>` : nothing}</span>
          ${fresh ? html`<span class="unseen" .textContent=${s.newAnswers(fresh)}></span>` : nothing}
        </span>
        ${fresh ? html`<b part="badge" aria-hidden="true" .textContent=${fresh > 9 ? '9+' : String(fresh)}></b>` : nothing}
      </button>
      ${
        live
          ? html`<button part="mute-button" aria-label=${isDeaf(live) ? s.noMicrophone : s.mute} title=${isDeaf(live) ? s.noMicrophone : s.mute} aria-pressed=${live.microphone === 'muted'} aria-disabled=${isDeaf(live)} @click=${this.#mute}>
              ${silent || isDeaf(live) ? panelIcons.microphoneOff : panelIcons.microphone}
            </button>`
          : nothing
      }
      ${
        live || /connecting$/.test(status.state)
          ? html`<button part="end-button" aria-label=${live ? s.end : s.cancel} title=${live ? s.end : s.cancel} @click=${this.#end}>${panelIcons.hangUp}</button>`
          : nothing
      }
    </div>`;
  }

  readonly #open = (): void => {
    this.dispatchEvent(new RequestEvent('voice-agent-open-request', { open: true }));
  };

  readonly #mute = (): void => requestMute(this, this.status);

  readonly #end = (): void => {
    this.dispatchEvent(new RequestEvent('voice-agent-close-request'));
  };
}
