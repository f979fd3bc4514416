/**
 * The notice: what a visitor should know or do now. Owns the widget's only status line and its only alert, both always
 * in the page, so that each change is told once. The state's name stands above it, in the panel, and is not live.
 */
import { html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { VoiceAgentError } from '../contract/index.js';
import { RequestEvent } from '../contract/events.js';
import { panelBase } from '../styles/panel-base.js';
import { tokens } from '../styles/tokens.js';
import { PanelView } from './panel-view.js';
import { sound } from './icons.js';
import { errorActions, noticeWords, secondsTo } from './notice-words.js';
import type { NoticeAction } from './notice-words.js';
import { noticeStyles } from './notice-styles.js';
import { SecondsController } from './seconds-controller.js';

/**
 * Words and offers for every state that needs some.
 *
 * @fires voice-agent-connect-request - Start, retry, call again; `microphone: false` by "Type instead".
 * @fires voice-agent-sound-request - "Tap to hear".
 * @csspart notice - The whole notice.
 * @csspart message - Its text.
 * @csspart actions - Its buttons.
 * @csspart action - One button.
 */
export class VoiceAgentNotice extends PanelView {
  static override styles = [tokens, panelBase, noticeStyles];
  static override properties: PropertyDeclarations = {
    error: { attribute: false },
    oneWay: { type: Boolean },
  };

  /** An error that did not end the call; the host takes it away when it is over. */
  declare error: VoiceAgentError | undefined;
  /** What is said is only written down: there is nobody to type to. */
  declare oneWay: boolean;

  constructor() {
    super();
    this.error = undefined;
    this.oneWay = false;
    new SecondsController(this, () => {
      const { status } = this;
      const at = status.state === 'failed' ? status.retryAt : status.state === 'connected' ? status.ending?.at : undefined;
      return at !== undefined && secondsTo(at) > 0 ? at : undefined;
    });
  }

  /** Whole seconds until a retry is worth it. */
  get #wait(): number {
    const { status } = this;
    return status.state === 'failed' && status.retryAt ? secondsTo(status.retryAt) : 0;
  }

  protected override render(): TemplateResult {
    const s = this.strings;
    const { status } = this;
    const failed = status.state === 'failed';
    const words = failed ? undefined : noticeWords(status, s);
    // An end that is near goes over a problem inside the call.
    const ending = status.state === 'connected' && status.ending;
    const error = failed ? status.error : ending ? undefined : this.error;
    const told = error && s.errors[error.code];
    const cancelled = failed && error?.code === 'aborted';
    const offers = failed ? errorActions(status.error) : (words?.actions ?? []);
    const actions = this.oneWay ? offers.filter((action) => action !== 'type') : offers;
    return html`<div part="notice">
      <p class="unseen" role="status">${cancelled ? told?.title : told ? '' : words?.announce}</p>
      <div part="message" role="alert">
        ${told && !cancelled ? html`<p><span class=${failed ? 'unseen' : 'title'}>${told.title}. </span><bdi>${told.detail}</bdi></p>` : nothing}
      </div>
      ${told && !cancelled ? nothing : (told?.detail ?? words?.detail) ? html`<p part="message" class=${ending ? 'ending' : nothing}><bdi>${told?.detail ?? words?.detail}</bdi></p>` : nothing}
      ${actions.length ? html`<div part="actions">${actions.map((action) => this.#button(action))}</div>` : nothing}
    </div>`;
  }

  #button(action: NoticeAction): TemplateResult {
    const s = this.strings;
    const wait = action === 'retry' ? this.#wait : 0;
    const label = { start: s.start, retry: s.retry, again: s.callAgain, type: s.typeInstead, hear: s.tapToHear }[action];
    return html`<button
      part="action"
      class=${action === 'type' ? 'button' : 'button main'}
      aria-disabled=${wait > 0}
      @click=${() => this.#act(action)}
    >
      ${action === 'hear' ? sound : nothing}<span>${label}${wait ? html` <span class="wait">${s.retryIn(wait)}</span>` : nothing}</span>
    </button>`;
  }

  #act(action: NoticeAction): void {
    if (action === 'hear') this.dispatchEvent(new RequestEvent('voice-agent-sound-request'));
    else if (action === 'type') this.dispatchEvent(new RequestEvent('voice-agent-connect-request', { microphone: false }));
    else if (action !== 'retry' || !this.#wait) this.dispatchEvent(new RequestEvent('voice-agent-connect-request', {}));
  }
}
