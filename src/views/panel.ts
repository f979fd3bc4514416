/**
 * The panel: the frame in which a call is seen. Owns the header, the big state words, the arrangement of the other views
 * (which its parent puts into the slots) and the Esc key. Knows nothing of how a call is made.
 */
import { html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { Placement } from '../contract/index.js';
import { RequestEvent } from '../contract/events.js';
import { floating } from '../styles/floating.js';
import { panelBase } from '../styles/panel-base.js';
import { tokens } from '../styles/tokens.js';
import { PanelView } from './panel-view.js';
import { down } from './icons.js';
import { moodOf, stateWords } from './mood.js';
import { panelStyles } from './panel-styles.js';

/**
 * A non-modal dialog in a corner (a full sheet on small screens), or a region in the flow of the page.
 *
 * @fires voice-agent-open-request - The visitor closes the panel; the call goes on.
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
 * @csspart close-button - Minimises a floating panel.
 * @csspart stage - Bloom, state words and notice.
 * @csspart state - The state in words.
 * @cssprop --voice-agent-panel-inline-size - Width of the floating panel.
 * @cssprop --voice-agent-panel-block-size - Height of the floating panel.
 * @cssprop --voice-agent-danger-color - Errors and the end button.
 * @cssprop --voice-agent-raised-color - Ground of quiet buttons and fields.
 */
export class VoiceAgentPanel extends PanelView {
  static override styles = [tokens, panelBase, floating, panelStyles];
  static override properties: PropertyDeclarations = {
    placement: { reflect: true },
    heading: {},
    compact: { type: Boolean, reflect: true },
    oneWay: { type: Boolean, reflect: true, attribute: 'one-way' },
    asking: { type: Boolean, reflect: true },
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

  constructor() {
    super();
    this.placement = 'inline';
    this.heading = '';
    this.compact = this.asking = false;
    this.oneWay = false;
    this.addEventListener('keydown', this.#onKeydown);
  }

  /** Focuses the panel itself, so that its name is read and Tab goes on from its start. */
  override focus(options?: FocusOptions): void {
    this.renderRoot.querySelector('section')?.focus(options);
  }

  protected override render(): TemplateResult {
    const s = this.strings;
    const inline = this.placement === 'inline';
    const ending = this.status.state === 'connected' && this.status.ending;
    return html`<section part="panel" role=${inline ? 'region' : 'dialog'} aria-labelledby="name" tabindex="-1">
      <header part="header">
        <div>
          <h2 part="heading" id="name">${this.heading || s.heading}</h2>
          <p part="disclosure">${s.disclosure}</p>
        </div>
        ${
          inline
            ? nothing
            : html`<button part="close-button" aria-label=${s.minimise} title=${s.minimise} @click=${this.#close}>${down}</button>`
        }
      </header>
      <div part="stage" class="${moodOf(this.status)} ${ending ? 'ending' : ''}">
        <slot name="visual"></slot>
        <div class="words">
          <p part="state"><bdi>${stateWords(this.status, s)}</bdi></p>
          <slot name="notice"></slot>
        </div>
      </div>
      <slot name="transcript"></slot>
      <slot name="approval"></slot>
      <slot name="controls"></slot>
      <slot name="composer"></slot>
    </section>`;
  }

  readonly #close = (): void => {
    this.dispatchEvent(new RequestEvent('voice-agent-open-request', { open: false }));
  };

  /** Esc minimises, unless it belongs to an input method or somebody inside has used it. */
  readonly #onKeydown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented || this.placement === 'inline') return;
    event.preventDefault();
    this.#close();
  };
}
