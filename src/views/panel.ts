/**
 * The panel: the frame around the views of a call. Owns the header, the large state line, the layout of the other views
 * (which its parent slots) and the Esc key. Independent of how calls are made.
 */
import { html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { Placement, VoiceAgentError } from '../contract/index.js';
import { RequestEvent } from '../contract/events.js';
import { floating } from '../styles/floating.js';
import { panelBase } from '../styles/panel-base.js';
import { tokens } from '../styles/tokens.js';
import { boolean } from './boolean.js';
import { float } from './float.js';
import { keepScroll } from './keep-scroll.js';
import { PanelView } from './panel-view.js';
import { panelIcons } from './panel-icons.js';
import { visualStateOf, stateWords } from './visual-state.js';
import { namesState } from './notice-words.js';
import { panelStyles } from './panel-styles.js';
import { SheetController } from './sheet-controller.js';

/**
 * A dialog in a corner (on small screens a full sheet, which is modal), or a region in the flow of the page.
 *
 * @fires voice-agent-open-request - The visitor closes the panel; the call continues.
 * @fires voice-agent-announce-request - The visitor switches the announcement of turns on or off.
 * @slot visual - The visualizer.
 * @slot notice - What the visitor should know or do now.
 * @slot transcript - The conversation.
 * @slot approval - The approval request for a tool.
 * @slot controls - The call controls.
 * @slot composer - The text field.
 * @csspart panel - The whole panel.
 * @csspart header - Name, disclosure and the close button.
 * @csspart heading - The name of the widget.
 * @csspart disclosure - The AI disclosure.
 * @csspart announce-switch - The switch that makes screen readers announce turns that are heard. Shown while focused.
 * @csspart close-button - The button that minimises a floating panel.
 * @csspart stage - Bloom, state line and notice.
 * @csspart state - The state as text.
 * @cssprop --voice-agent-panel-inline-size - Width of the floating panel.
 * @cssprop --voice-agent-panel-block-size - Height of the floating panel.
 * @cssprop --voice-agent-danger-color - Colour of errors and the end button.
 * @cssprop --voice-agent-raised-color - Background of secondary buttons and fields.
 */
export class VoiceAgentPanel extends PanelView {
  static override styles = [floating, tokens, panelBase, panelStyles];
  static override properties: PropertyDeclarations = {
    placement: { reflect: true },
    heading: {},
    compact: { type: Boolean, converter: boolean, reflect: true },
    oneWay: { type: Boolean, converter: boolean, reflect: true, attribute: 'one-way' },
    asking: { type: Boolean, converter: boolean, reflect: true },
    error: { attribute: false },
    announce: { type: Boolean, converter: boolean },
  };

  declare placement: Placement;
  /** Name of the widget. If empty, the language's default. */
  declare heading: string;
  /** True if there is a conversation to read: the visualizer makes room for it. */
  declare compact: boolean;
  /** True with `mode="transcription"`: there is no text field, and the captions take its place. */
  declare oneWay: boolean;
  /** True while an approval request is shown: the transcript makes room for it. */
  declare asking: boolean;
  /** An error that did not end the call; the notice describes it. */
  declare error: VoiceAgentError | undefined;
  /** True if assistive technology announces new turns even while the visitor hears them. */
  declare announce: boolean;

  constructor() {
    super();
    this.placement = 'inline';
    this.heading = '';
    for (const type of ['wheel', 'touchmove']) this.addEventListener(type, keepScroll, { passive: true });
    this.compact = this.asking = false;
    this.oneWay = this.announce = false;
    this.addEventListener('keydown', this.#onKeydown);
    float(this);
    new SheetController(this);
  }

  /** Focuses the panel itself, so that its name is announced and Tab continues from its start. */
  override focus(options?: FocusOptions): void {
    this.renderRoot.querySelector<HTMLElement>('[part=panel]')?.focus(options);
  }

  protected override render(): TemplateResult {
    const s = this.strings;
    const inline = this.placement === 'inline';
    const ending = this.status.state === 'connected' && this.status.ending;
    const content = html`<header part="header">
        <div>
          <h2 part="heading" id="name"><span .textContent=${this.heading || s.heading}></span></h2>
          <p part="disclosure" .textContent=${s.disclosure}></p>
        </div>
        ${
          this.oneWay || this.status.state !== 'connected'
            ? nothing
            : html`<button part="announce-switch" class="button" role="switch" aria-checked=${this.announce} @click=${this.#announce}><span .textContent=${s.announce}></span></button>`
        }
        ${
          inline
            ? nothing
            : html`<button part="close-button" aria-label=${s.minimise} title=${s.minimise} @click=${this.#close}>${panelIcons.down}</button>`
        }
      </header>
      <div part="stage" class="${visualStateOf(this.status)} ${ending ? 'ending' : ''}">
        <slot name="visual"></slot>
        <div class="words">
          <p part="state" aria-hidden=${namesState(this.status, this.error, s) ? 'true' : nothing}><bdi .textContent=${stateWords(this.status, s)}></bdi></p>
          <slot name="notice"></slot>
        </div>
      </div>
      <slot name="transcript"></slot>
      <slot name="approval"></slot>
      <slot name="controls"></slot>
      <slot name="composer"></slot>`;
    // No white space around the content: it would be rendered if the page sets `white-space: pre`.
    return inline
      ? html`<section part="panel" data-lenis-prevent aria-labelledby="name" tabindex="-1">${content}</section>`
      : html`<dialog part="panel" data-lenis-prevent aria-labelledby="name" tabindex="-1" @cancel=${this.#onCancel} @close=${this.#onClose}>${content}</dialog>`;
  }

  readonly #announce = (): void => {
    this.dispatchEvent(new RequestEvent('voice-agent-announce-request', { announce: !this.announce }));
  };

  readonly #close = (): void => {
    this.dispatchEvent(new RequestEvent('voice-agent-open-request', { open: false }));
  };

  /** Other ways to close a modal dialog, such as the back gesture of a phone, also minimise the panel. */
  readonly #onCancel = (event: Event): void => {
    event.preventDefault();
    this.#close();
  };

  /** The browser may close a modal dialog without a `cancel` event. */
  readonly #onClose = ({ target }: Event): void => {
    if (!(target as HTMLDialogElement).open) this.#close();
  };

  /** Esc minimises, unless it belongs to an input method or was handled inside. */
  readonly #onKeydown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented || this.placement === 'inline') return;
    event.preventDefault();
    this.#close();
  };
}
