/**
 * The panel: the frame in which a call is seen. Owns the header, the big state words, the arrangement of the other views
 * (which its parent puts into the slots) and the Esc key. Knows nothing of how a call is made.
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
import { down } from './icons.js';
import { moodOf, stateWords } from './mood.js';
import { namesState } from './notice-words.js';
import { panelStyles } from './panel-styles.js';
import { SheetController } from './sheet-controller.js';

/**
 * A dialog in a corner (on small screens a full sheet, which is modal), or a region in the flow of the page.
 *
 * @fires voice-agent-open-request - The visitor closes the panel; the call goes on.
 * @fires voice-agent-announce-request - The visitor wants turns announced, or no longer.
 * @slot visual - The bloom.
 * @slot notice - What to know or to do now.
 * @slot transcript - The conversation.
 * @slot approval - The question whether a tool may run.
 * @slot controls - The buttons of the call.
 * @slot composer - The text field.
 * @csspart panel - The whole panel.
 * @csspart header - Name, disclosure and the close button.
 * @csspart heading - The name.
 * @csspart disclosure - The line that says one talks to an AI.
 * @csspart announce-switch - Has screen readers announce turns that are heard. Shown while it has the focus.
 * @csspart close-button - Minimises a floating panel.
 * @csspart stage - Bloom, state words and notice.
 * @csspart state - The state in words.
 * @cssprop --voice-agent-panel-inline-size - Width of the floating panel.
 * @cssprop --voice-agent-panel-block-size - Height of the floating panel.
 * @cssprop --voice-agent-danger-color - Errors and the end button.
 * @cssprop --voice-agent-raised-color - Ground of quiet buttons and fields.
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
  /** Name of the widget; empty: the language's own words. */
  declare heading: string;
  /** There is a conversation to read: the bloom makes room for it. */
  declare compact: boolean;
  /** There is no text field: what is said has its place, too. */
  declare oneWay: boolean;
  /** A question whether a tool may run is on show: the transcript makes room for it. */
  declare asking: boolean;
  /** An error that did not end the call: the notice is about it. */
  declare error: VoiceAgentError | undefined;
  /** Assistive technology announces new turns also while the visitor hears them. */
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

  /** Focuses the panel itself, so that its name is read and Tab goes on from its start. */
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
            : html`<button part="close-button" aria-label=${s.minimise} title=${s.minimise} @click=${this.#close}>${down}</button>`
        }
      </header>
      <div part="stage" class="${moodOf(this.status)} ${ending ? 'ending' : ''}">
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
    // No white space around the content: with the page's `white-space: pre` it would be lines.
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

  /** What closes a modal dialog besides Esc, such as the back gesture of a phone, minimises, too. */
  readonly #onCancel = (event: Event): void => {
    event.preventDefault();
    this.#close();
  };

  /** The browser may close a modal dialog without asking. */
  readonly #onClose = ({ target }: Event): void => {
    if (!(target as HTMLDialogElement).open) this.#close();
  };

  /** Esc minimises, unless it belongs to an input method or somebody inside has used it. */
  readonly #onKeydown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented || this.placement === 'inline') return;
    event.preventDefault();
    this.#close();
  };
}
