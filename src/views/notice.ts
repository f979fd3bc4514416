/**
 * The notice: what the visitor should know or do now. Owns the panel's only status line and its only alert, both always
 * in the DOM, so that each change is announced once. Visible text is part of the live region that announces it, so that a screen
 * reader reads it only once in the panel. The end of a call moves the focus, which stops announcements: its text becomes part of
 * the live region shortly afterwards. The state's name is shown above it, in the panel, and is not live.
 */
import { html, nothing } from 'lit';
import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import type { CallStatus, VoiceAgentError } from '../contract/index.js';
import { RequestEvent } from '../contract/events.js';
import { panelBase } from '../styles/panel-base.js';
import { tokens } from '../styles/tokens.js';
import { errorWords } from './cause-words.js';
import { PanelView } from './panel-view.js';
import { boolean } from './boolean.js';
import { panelIcons } from './panel-icons.js';
import { errorActions, noticeWords, secondsTo } from './notice-words.js';
import type { NoticeAction } from './notice-words.js';
import { noticeStyles } from './notice-styles.js';
import { SecondsController } from './seconds-controller.js';

/** Milliseconds between the end of a call and its announcement: a screen reader has then processed the change of focus. */
const FOCUS_TIME = 200;

const isOver = ({ state }: CallStatus): boolean => state === 'failed' || state === 'disconnected';

/**
 * Texts and actions for every state that needs them.
 *
 * @fires voice-agent-connect-request - Start, retry, call again, reload; `microphone: false` for "Type instead".
 * @fires voice-agent-stay-request - "I'm still here".
 * @fires voice-agent-clear-request - "New conversation".
 * @fires voice-agent-sound-request - "Tap to hear".
 * @fires voice-agent-microphone-request - "Reconnect microphone".
 * @csspart notice - The whole notice.
 * @csspart message - Its text.
 * @csspart actions - Its buttons.
 * @csspart action - One button.
 */
export class VoiceAgentNotice extends PanelView {
  static override styles = [tokens, panelBase, noticeStyles];
  static override properties: PropertyDeclarations = {
    error: { attribute: false },
    oneWay: { type: Boolean, converter: boolean },
    hasItems: { type: Boolean, converter: boolean },
  };

  /** An error that did not end the call; the host clears it when it is resolved. */
  declare error: VoiceAgentError | undefined;
  /** True with `mode="transcription"`, which has no typed turns. */
  declare oneWay: boolean;
  /** True if there is a conversation, which can be cleared once its call has ended. */
  declare hasItems: boolean;

  constructor() {
    super();
    this.error = undefined;
    this.oneWay = this.hasItems = false;
    new SecondsController(this, () => {
      const { status } = this;
      const at = status.state === 'failed' ? status.retryAt : status.state === 'connected' ? status.ending?.at : undefined;
      return at !== undefined && secondsTo(at) > 0 ? at : undefined;
    });
  }

  /** Runs until the end of the call is announced. */
  #delay: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#announce();
  }

  protected override update(changed: PropertyValues<this>): void {
    const before = changed.get('status');
    if (before && isOver(before) !== isOver(this.status)) {
      clearTimeout(this.#delay);
      this.#delay = isOver(this.status) ? setTimeout(() => this.#announce(), FOCUS_TIME) : undefined;
    }
    super.update(changed);
  }

  #announce(): void {
    if (this.#delay === undefined) return;
    clearTimeout(this.#delay);
    this.#delay = undefined;
    this.requestUpdate();
  }

  /** Whole seconds to wait before a retry. */
  get #wait(): number {
    const { status } = this;
    return status.state === 'failed' && status.retryAt ? secondsTo(status.retryAt) : 0;
  }

  protected override render(): TemplateResult {
    const s = this.strings;
    const { status } = this;
    const failed = status.state === 'failed';
    const words = failed ? undefined : noticeWords(status, s);
    const connected = status.state === 'connected' && status;
    // An announced end or a lost microphone takes precedence over a problem during the call.
    const ending = connected && connected.ending;
    const error = failed ? status.error : ending || (connected && connected.microphone === 'lost') ? undefined : this.error;
    const failure = error && errorWords(error, s);
    const cancelled = failed && error?.code === 'aborted';
    const offers = failed ? errorActions(status.error) : (words?.actions ?? []);
    const actions = this.oneWay
      ? offers.filter((action) => action !== 'type')
      : this.hasItems && isOver(status)
        ? [...offers, 'clear' as const]
        : offers;
    const announce = (cancelled ? failure?.title : failure ? '' : words?.announce) ?? '';
    const detail = (cancelled ? failure?.detail : failure ? '' : words?.detail) ?? '';
    // A countdown, or text separate from the announcement, is not part of the live region.
    const live = this.#delay === undefined;
    const together = live && detail !== '' && announce.endsWith(detail);
    const problem =
      failure && !cancelled
        ? html`<p><span class=${failed ? 'unseen' : 'title'} .textContent=${`${failure.title}. `}></span><bdi .textContent=${failure.detail}></bdi></p>`
        : nothing;
    return html`<div part="notice">
      <p part=${together ? 'message' : nothing} class=${together ? nothing : 'unseen'} role="status"><span class="unseen" .textContent=${together ? announce.slice(0, -detail.length) : live ? announce : ''}></span><bdi .textContent=${together ? detail : ''}></bdi></p>
      <div part="message" role="alert">${live ? problem : nothing}</div>
      ${live ? nothing : html`<div part="message">${problem}</div>`}
      ${together || !detail ? nothing : html`<p part="message" class=${ending ? 'ending' : nothing}><bdi .textContent=${detail}></bdi></p>`}
      ${actions.length ? html`<div part="actions">${actions.map((action) => this.#button(action))}</div>` : nothing}
    </div>`;
  }

  #button(action: NoticeAction): TemplateResult {
    const s = this.strings;
    const wait = action === 'retry' ? this.#wait : 0;
    const label = {
      start: s.start,
      retry: s.retry,
      again: s.callAgain,
      type: s.typeInstead,
      hear: s.tapToHear,
      microphone: s.useMicrophone,
      reload: s.reload,
      clear: s.newConversation,
      stay: s.stillHere,
    }[action];
    return html`<button
      part="action"
      class=${action === 'type' || action === 'clear' ? 'button' : 'button main'}
      aria-disabled=${wait > 0}
      @click=${() => this.#act(action)}
    >
      ${action === 'hear' ? panelIcons.sound : nothing}<span><span .textContent=${label}></span>${wait ? html` <span class="wait" .textContent=${s.retryIn(wait)}></span>` : nothing}</span>
    </button>`;
  }

  #act(action: NoticeAction): void {
    if (action === 'hear') this.dispatchEvent(new RequestEvent('voice-agent-sound-request'));
    else if (action === 'microphone') this.dispatchEvent(new RequestEvent('voice-agent-microphone-request'));
    else if (action === 'stay') this.dispatchEvent(new RequestEvent('voice-agent-stay-request'));
    else if (action === 'clear') this.dispatchEvent(new RequestEvent('voice-agent-clear-request'));
    else if (action === 'type') this.dispatchEvent(new RequestEvent('voice-agent-connect-request', { microphone: false }));
    else if (action !== 'retry' || !this.#wait) this.dispatchEvent(new RequestEvent('voice-agent-connect-request', {}));
  }
}
