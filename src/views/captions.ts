/**
 * The captions: what was said as large lines, to be read, copied and cleared. A transcript without an answering side, so
 * the window of lines, the scroll position and the way back to the end are the transcript's.
 *
 * The lines are a log that is not announced: the visitor has just said them, and a screen reader that spoke them would
 * be heard by the microphone and written down again. They stand in the page to be read at any time.
 */
import { html } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { RequestEvent } from '../contract/events.js';
import { englishCaptions } from '../i18n/en-captions.js';
import type { CaptionStrings, Strings } from '../i18n/strings.js';
import { captionsStyles } from './captions-styles.js';
import { bin, copy } from './icons.js';
import { VoiceAgentTranscript } from './transcript.js';

/** Milliseconds for which a press is told of: long enough to read the longest sentence. */
const TOLD = 6_000;

type Told = 'copied' | 'copyRefused' | 'cleared';

/**
 * Lines of text with a bar to copy and to clear them.
 *
 * @fires voice-agent-clear-request - What was written is to be forgotten.
 * @csspart toolbar - The bar with the buttons.
 * @csspart copy-button - Copy.
 * @csspart clear-button - Clear.
 * @csspart told - What became of copying or clearing.
 * @cssprop --voice-agent-caption-size - Size of the lines' letters.
 */
export class VoiceAgentCaptions extends VoiceAgentTranscript {
  static override styles = [...VoiceAgentTranscript.styles, captionsStyles];
  static override properties: PropertyDeclarations = {
    language: {},
    told: { state: true },
  };

  declare strings: Strings & CaptionStrings;
  /** BCP 47 tag of what is written, for voices and fonts. */
  declare language: string | undefined;
  /** What became of the last press, for a few seconds. */
  declare told: Told | '';

  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.strings = englishCaptions;
    this.language = undefined;
    this.told = '';
  }

  /** All that was written, one turn a line. */
  get text(): string {
    return this.items.map((item) => ('role' in item ? item.text.trim() : '')).filter(Boolean).join('\n');
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
        <p part="told" role="status" .textContent=${this.told ? s[this.told] : ''}></p>
        <button part="copy-button" class="button" aria-disabled=${blank} @click=${this.#copy}>${copy}<span .textContent=${s.copy}></span></button>
        <button part="clear-button" class="button" aria-disabled=${blank} @click=${this.#clear}>${bin}<span .textContent=${s.clear}></span></button>
      </div>`;
  }

  /** The clipboard is asked inside the press itself: later it would be refused. It is missing on pages that are not secure. */
  readonly #copy = (): void => {
    const { text } = this;
    if (!text) return;
    const { clipboard } = navigator as { clipboard?: Clipboard };
    const copying = clipboard ? clipboard.writeText(text) : Promise.reject(new Error('no clipboard'));
    copying.then(
      () => this.#tell('copied'),
      () => this.#tell('copyRefused'),
    );
  };

  readonly #clear = (): void => {
    if (!this.text) return;
    this.dispatchEvent(new RequestEvent('voice-agent-clear-request'));
    this.#tell('cleared');
  };

  #tell(what: Told): void {
    clearTimeout(this.#timer);
    this.told = what;
    this.#timer = setTimeout(() => (this.told = ''), TOLD);
  }
}
