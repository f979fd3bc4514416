/**
 * The buttons of an active call, and a line with both level meters and the call duration. Owns no call
 * state. Disabled buttons stay focusable, so that a change of turns never moves the focus.
 */
import { html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { Levels } from '../contract/call.js';
import type { CallStatus, StatusOf } from '../contract/index.js';
import { RequestEvent } from '../contract/events.js';
import { panelBase } from '../styles/panel-base.js';
import { tokens } from '../styles/tokens.js';
import { boolean } from './boolean.js';
import { PanelView } from './panel-view.js';
import { controlsStyles } from './controls-styles.js';
import { panelIcons } from './panel-icons.js';

/** Whether there is no microphone to mute. */
export const isDeaf = ({ microphone: state }: StatusOf<'connected'>): boolean => /^(off|lost|unavailable)$/.test(state);

/** Requests to mute or unmute the microphone, if there is one. */
export function requestMute(view: EventTarget, status: CallStatus): void {
  if (status.state !== 'connected' || isDeaf(status)) return;
  view.dispatchEvent(new RequestEvent('voice-agent-mute-request', { muted: status.microphone !== 'muted' }));
}

/**
 * The Mute, Interrupt and End buttons, the duration and the level meters.
 *
 * @fires voice-agent-mute-request - Requests to mute or unmute the microphone.
 * @fires voice-agent-interrupt-request - Requests to stop the answer.
 * @fires voice-agent-close-request - Requests to end the call or the attempt.
 * @csspart controls - The whole bar.
 * @csspart meters - Both level meters, with the duration between them.
 * @csspart meter - One level meter.
 * @csspart duration - The duration of the call.
 * @csspart mute-button - The Mute button.
 * @csspart interrupt-button - The Interrupt button.
 * @csspart end-button - The "End call" or Cancel button.
 */
export class VoiceAgentControls extends PanelView {
  static override styles = [tokens, panelBase, controlsStyles];
  static override properties: PropertyDeclarations = {
    oneWay: { type: Boolean, converter: boolean },
  };

  /** True with `mode="transcription"`: there is no other voice, and nothing to interrupt. */
  declare oneWay: boolean;

  constructor() {
    super();
    this.oneWay = false;
  }

  /** Sets both meters, 0..1. May be called every frame. */
  show({ input, output }: Levels): void {
    const [user, agent] = this.renderRoot.querySelectorAll<HTMLElement>('[part="meter"] i');
    if (user) user.style.transform = `scaleX(${String(input)})`;
    if (agent) agent.style.transform = `scaleX(${String(output)})`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const s = this.strings;
    const { status } = this;
    if (status.state === 'connecting' || status.state === 'reconnecting') {
      return html`<div part="controls" role="group" aria-label=${s.controls}>
        <button part="end-button" class="button" @click=${this.#end}>${panelIcons.hangUp}<span .textContent=${s.cancel}></span></button>
      </div>`;
    }
    if (status.state !== 'connected') return nothing;
    const muted = status.microphone === 'muted';
    const deaf = isDeaf(status);
    const silent = deaf || muted || status.microphone === 'system-muted';
    const answering = status.activity === 'thinking' || status.activity === 'speaking';
    return html`<div part="meters" class=${this.oneWay ? 'one' : nothing}>
        <span class="user" aria-hidden="true" .textContent=${s.you}></span>
        <div part="meter" class="user" aria-hidden="true"><i></i></div>
        <voice-agent-clock part="duration" role="timer" aria-label=${s.duration} .since=${status.since}></voice-agent-clock>
        ${this.oneWay ? nothing : html`<div part="meter" class="agent" aria-hidden="true"><i></i></div><span class="agent" aria-hidden="true" .textContent=${s.agent}></span>`}
      </div>
      <div part="controls" role="group" aria-label=${s.controls}>
        <button part="mute-button" class="quiet" aria-pressed=${muted} aria-disabled=${deaf} @click=${this.#mute}>
          ${silent ? panelIcons.microphoneOff : panelIcons.microphone}<span .textContent=${deaf ? s.noMicrophone : s.mute}></span>
        </button>
        ${
          this.oneWay
            ? nothing
            : html`<button part="interrupt-button" class="quiet" aria-disabled=${!answering} @click=${this.#interrupt}>${panelIcons.stop}<span .textContent=${s.interrupt}></span></button>`
        }
        <button part="end-button" @click=${this.#end}>${panelIcons.hangUp}<span .textContent=${s.end}></span></button>
      </div>`;
  }

  readonly #mute = (): void => requestMute(this, this.status);

  readonly #interrupt = (): void => {
    const { status } = this;
    if (status.state !== 'connected' || (status.activity !== 'thinking' && status.activity !== 'speaking')) return;
    this.dispatchEvent(new RequestEvent('voice-agent-interrupt-request'));
  };

  readonly #end = (): void => {
    this.dispatchEvent(new RequestEvent('voice-agent-close-request'));
  };
}
