/**
 * The captions: the transcribed speech as large lines, to be read, copied and cleared. A transcript without an agent, so
 * windowing, scroll position and the button back to the end are inherited from the transcript.
 *
 * The lines are a log that is not announced: the visitor has just said them, and the microphone would pick up the
 * screen reader and transcribe it again. They remain in the page and can be read at any time.
 */
import { html } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { RequestEvent } from '../contract/events.js';
import { enCaptions } from '../i18n/en-captions.js';
import type { CaptionStrings, Strings } from '../i18n/strings.js';
import { captionsStyles } from './captions-styles.js';
import { panelIcons } from './panel-icons.js';
import { VoiceAgentTranscript } from './transcript.js';

/** Milliseconds for which the result of a press is shown: long enough to read the longest text. */
const TOOLBAR_STATUS_MS = 6_000;

type ToolbarStatus = 'copied' | 'copyRefused' | 'cleared';

/**
 * Lines of text with a toolbar to copy and clear them.
 *
 * @fires voice-agent-clear-request - Requests to clear the captions.
 * @csspart toolbar - The bar with the buttons.
 * @csspart copy-button - The Copy button.
 * @csspart clear-button - The Clear button.
 * @csspart toolbar-status - The result of copying or clearing.
 * @cssprop --voice-agent-caption-size - Font size of the lines.
 */
export class VoiceAgentCaptions extends VoiceAgentTranscript {
  static override styles = [...VoiceAgentTranscript.styles, captionsStyles];
  static override properties: PropertyDeclarations = {
    language: {},
    toolbarStatus: { state: true },
  };

  declare strings: Strings & CaptionStrings;
  /** Language of the captions (BCP 47), for voices and fonts. */
  declare language: string | undefined;
  /** Result of the last press, for a few seconds. */
  declare toolbarStatus: ToolbarStatus | '';

  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.strings = enCaptions;
    this.language = undefined;
    this.toolbarStatus = '';
  }

  /** The whole text, one turn per line. */
  get text(): string {
    return this.items
      .map((item) => ('role' in item ? item.text.trim() : ''))
      .filter(Boolean)
      .join('\n');
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  protected override updated(): void {
    super.updated();
    for (const name of ['history', 'log', 'tail']) {
      const part = this.renderRoot.querySelector<HTMLElement>(`.${name}`);
      if (part && part.lang !== (this.language ?? '')) part.lang = this.language ?? '';
      if (name === 'log') part?.setAttribute('aria-live', 'off');
    }
  }

  protected override render(): TemplateResult {
    const s = this.strings;
    const blank = this.text === '';
    return html`${super.render()}
      <div part="toolbar" role="group" aria-label=${s.text}>
        <p part="toolbar-status" role="status" .textContent=${this.toolbarStatus ? s[this.toolbarStatus] : ''}></p>
        <button part="copy-button" class="button" aria-disabled=${blank} @click=${this.#copy}>${panelIcons.copy}<span .textContent=${s.copy}></span></button>
        <button part="clear-button" class="button" aria-disabled=${blank} @click=${this.#clear}>${panelIcons.bin}<span .textContent=${s.clear}></span></button>
      </div>`;
  }

  /** Uses the clipboard directly in the click handler: later it would be blocked. It is undefined on insecure pages. */
  readonly #copy = (): void => {
    const { text } = this;
    if (!text) return;
    const { clipboard } = navigator as { clipboard?: Clipboard };
    const copying = clipboard ? clipboard.writeText(text) : Promise.reject(new Error('no clipboard'));
    copying.then(
      () => this.#showStatus('copied'),
      () => this.#showStatus('copyRefused'),
    );
  };

  readonly #clear = (): void => {
    if (!this.text) return;
    this.dispatchEvent(new RequestEvent('voice-agent-clear-request'));
    this.#showStatus('cleared');
  };

  #showStatus(what: ToolbarStatus): void {
    clearTimeout(this.#timer);
    this.toolbarStatus = what;
    this.#timer = setTimeout(() => (this.toolbarStatus = ''), TOOLBAR_STATUS_MS);
  }
}
