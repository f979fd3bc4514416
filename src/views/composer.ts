/**
 * The text field, for typed turns. Owns the text until it is sent; the host starts a call first if needed, and keeps
 * the text until it can be sent.
 */
import { html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { ErrorCode } from '../contract/index.js';
import { RequestEvent } from '../contract/events.js';
import { panelBase } from '../styles/panel-base.js';
import { tokens } from '../styles/tokens.js';
import { boolean } from './boolean.js';
import { PanelView } from './panel-view.js';
import { composerStyles } from './composer-styles.js';
import { panelIcons } from './panel-icons.js';

/** Errors after which text does not work either: the setup itself is wrong. */
const TEXT_IS_NO_HELP: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['origin_denied', 'token_malformed', 'session_rejected', 'unsupported']);

/** Maximum length of a typed turn: far more than visitors type, far less than a data channel can carry. */
const MAX_LENGTH = 4000;
/** Remaining characters from which the counter is shown. */
const NEAR_LIMIT = 400;

/**
 * A growing text field with a Send button. Enter sends, Shift+Enter starts a new line; Enter within an input method is ignored.
 *
 * @fires voice-agent-send-request - Text to send; without a call, the host first starts a text-only one.
 * @csspart composer - Field and button.
 * @csspart input - The field.
 * @csspart counter - The number of remaining characters, shown near the limit.
 * @csspart send-button - The Send button.
 */
export class VoiceAgentComposer extends PanelView {
  static override styles = [tokens, panelBase, composerStyles];
  static override properties: PropertyDeclarations = {
    disabled: { type: Boolean, converter: boolean },
    value: { attribute: false },
  };

  declare disabled: boolean;
  /** The unsent text. Settable, so that the host can restore text that could not be sent. */
  declare value: string;

  constructor() {
    super();
    this.disabled = false;
    this.value = '';
  }

  /** Focuses the field. */
  override focus(options?: FocusOptions): void {
    this.#field?.focus(options);
  }

  get #field(): HTMLTextAreaElement | null {
    return this.renderRoot.querySelector('textarea');
  }

  get #refused(): boolean {
    const { status } = this;
    return (
      this.disabled ||
      status.state === 'disconnecting' ||
      (status.state === 'failed' && (TEXT_IS_NO_HELP.has(status.error.code) || (status.retryAt ?? 0) > performance.now()))
    );
  }

  /** Remaining characters; negative above the limit. */
  get #left(): number {
    return MAX_LENGTH - this.value.trim().length;
  }

  get #sendable(): boolean {
    return !this.#refused && this.value.trim() !== '' && this.#left >= 0;
  }

  protected override render(): TemplateResult {
    const s = this.strings;
    const refused = this.#refused;
    const left = this.#left;
    const counter = left < NEAR_LIMIT ? s.charactersLeft(left) : '';
    const later = this.status.state === 'connecting' || this.status.state === 'reconnecting';
    return html`<form part="composer" @submit=${this.#submit}>
      <textarea
        part="input"
        rows="1"
        dir=${this.value ? 'auto' : nothing}
        enterkeyhint="send"
        autocomplete="off"
        aria-label=${s.messageLabel}
        aria-describedby="counter why"
        aria-invalid=${left < 0}
        placeholder=${s.messagePlaceholder}
        ?readonly=${refused}
        .value=${this.value}
        @input=${this.#input}
        @keydown=${this.#keydown}
      ></textarea>
      <button part="send-button" class="main" aria-label=${s.send} title=${s.send} aria-disabled=${!this.#sendable}>${panelIcons.send}</button>
      <span id="counter" part="counter" class=${left < 0 ? 'over' : nothing} .textContent=${counter}></span>
      <span id="why" class="unseen" .textContent=${refused ? s.cannotSend : later ? s.sendsLater : ''}></span>
    </form>`;
  }

  protected override updated(): void {
    const field = this.#field;
    if (!field || 'fieldSizing' in (field.style as object)) return;
    // Browsers without `field-sizing`: shrink the field to one line, then grow it to its content.
    field.style.blockSize = 'auto';
    field.style.blockSize = `${field.scrollHeight}px`;
  }

  readonly #input = (): void => {
    this.value = this.#field?.value ?? '';
  };

  readonly #keydown = (event: KeyboardEvent): void => {
    // 229: Safari ends a composition before the keydown of the Enter that confirmed it.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#send();
  };

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault();
    this.#send();
  };

  #send(): void {
    if (!this.#sendable) return;
    const text = this.value.trim();
    this.value = '';
    this.dispatchEvent(new RequestEvent('voice-agent-send-request', { text }));
  }
}
