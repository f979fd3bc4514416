/**
 * The question whether a tool may run: what would be done, with what, Allow and Deny. Owns which of several questions is on
 * show, that nobody answers one by accident, and that it is told once to assistive technology. Does not own the decision.
 *
 * It never takes the focus: it may come while the visitor types. Loaded with the first question, and stays in the panel from
 * then on, because a live region has to be there before its words.
 */
import { html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { Approval } from '../contract/index.js';
import { RequestEvent } from '../contract/events.js';
import { enApproval } from '../i18n/en-approval.js';
import type { ApprovalStrings } from '../i18n/strings.js';
import { panelBase } from '../styles/panel-base.js';
import { tokens } from '../styles/tokens.js';
import { plainly, readDetails } from './approval-details.js';
import type { Detail } from './approval-details.js';
import { approvalStyles } from './approval-styles.js';
import { defineView } from './define-view.js';
import { secondsTo } from './notice-words.js';
import { PanelView } from './panel-view.js';
import { SecondsController } from './seconds-controller.js';

/** Milliseconds for which a new question takes no answer: a press that was meant for something else is none. */
const GUARD = 400;

/** Seconds before the end of the time for an answer from which on more can be had: WCAG 2.2.1 asks for 20 at least. */
const RUNS_OUT = 30;

/**
 * The oldest open question; the others wait behind it.
 *
 * @fires voice-agent-decide-request - The visitor's answer.
 * @fires voice-agent-extend-request - The visitor needs more time.
 * @csspart approval - The card.
 * @csspart approval-title - Its heading, with the tool's name.
 * @csspart approval-details - The scrolling list of arguments.
 * @csspart approval-time - The server, the remaining time, and how many questions wait.
 * @csspart approval-actions - The buttons.
 * @csspart allow-button - Allow.
 * @csspart deny-button - Deny.
 * @csspart more-time-button - More time, near the end of the time for an answer.
 */
export class VoiceAgentApproval extends PanelView {
  static override styles = [tokens, panelBase, approvalStyles];
  static override properties: PropertyDeclarations = {
    approvals: { attribute: false },
    words: { attribute: false },
  };

  /** The open questions, oldest first. */
  declare approvals: readonly Approval[];
  /** The words to show. */
  declare words: ApprovalStrings;

  /** The question that is on show. */
  #shown: Approval | undefined;
  #isNew = false;
  /** What is told to assistive technology; follows the question, so that it is a change of the region. */
  #told = '';
  #warned = false;
  #guard: ReturnType<typeof setTimeout> | undefined;
  /** Where the focus came from when it came in. */
  #cameFrom: HTMLElement | undefined;
  #holdsFocus = false;

  constructor() {
    super();
    this.approvals = [];
    this.words = enApproval;
    new SecondsController(this, () => this.approvals[0]?.expires);
    this.addEventListener('focusin', ({ relatedTarget }) => {
      if (relatedTarget instanceof HTMLElement && relatedTarget !== this) this.#cameFrom = relatedTarget;
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#guard);
    this.#guard = undefined;
  }

  protected override willUpdate(): void {
    super.willUpdate();
    this.#holdsFocus = !!this.shadowRoot?.activeElement;
    const next = this.approvals[0];
    const same = next?.id === this.#shown?.id;
    this.#shown = next;
    if (next && secondsTo(next.expires) <= RUNS_OUT) this.#warn(secondsTo(next.expires));
    else this.#warned = false;
    if (same) return;
    this.#isNew = next !== undefined;
    this.#told = '';
    clearTimeout(this.#guard);
    this.#guard = next && setTimeout(() => this.#open(), GUARD);
  }

  protected override render(): TemplateResult {
    const question = this.#shown;
    return html`<div class="unseen" aria-live="assertive" aria-atomic="true" .textContent=${this.#told}></div>
      ${question ? this.#card(question) : nothing}`;
  }

  /** Announces once that the time runs out. A question that begins with so little says so itself. */
  #warn(seconds: number): void {
    if (!this.#warned && this.#guard === undefined && this.#told) this.#told = this.words.timeRunsOut(seconds);
    this.#warned = true;
  }

  #card({ name, server = '', arguments: json, expires }: Approval): TemplateResult {
    const s = this.words;
    const { lines, left } = readDetails(json);
    const seconds = secondsTo(expires);
    const waiting = this.approvals.length - 1;
    const closed = this.#guard !== undefined;
    return html`<div part="approval" role="group" aria-labelledby="title" aria-describedby="server">
      <h3 part="approval-title" id="title" tabindex="-1"><bdi .textContent=${s.title(isolated(name))}></bdi></h3>
      <p part="approval-time">
        <bdi
          ><span id="server" .textContent=${server && s.server(isolated(server))}></span> <span .textContent=${s.left(seconds)}></span>
          <span .textContent=${waiting ? s.waiting(waiting) : ''}></span
        ></bdi>
      </p>
      ${
        lines.length
          ? html`<div part="approval-details" role="group" aria-label=${s.details} tabindex="0" @scroll=${this.#markMore}>
              <dl translate="no">
                ${lines.map((line) => this.#line(line))}
              </dl>
              ${left ? html`<p class="left" .textContent=${s.more(left)}></p>` : nothing}
            </div>`
          : html`<p part="approval-details" class="none" .textContent=${s.noDetails}></p>`
      }
      <div part="approval-actions">
        <button part="allow-button" class="button main" aria-disabled=${closed} @click=${(event: MouseEvent) => this.#decide(event, true)}><span .textContent=${s.allow}></span></button>
        <button part="deny-button" class="button" aria-disabled=${closed} @click=${(event: MouseEvent) => this.#decide(event, false)}><span .textContent=${s.deny}></span></button>
        ${seconds > RUNS_OUT ? nothing : html`<button part="more-time-button" class="button" @click=${this.#extend}><span .textContent=${s.moreTime}></span></button>`}
      </div>
    </div>`;
  }

  #line({ name, value, left }: Detail): TemplateResult {
    return html`<div>
      <dt dir="auto" .textContent=${name}></dt>
      <dd dir="auto" .textContent=${value}></dd>
      ${left ? html`<dd class="left" .textContent=${this.words.longer(left)}></dd>` : nothing}
    </div>`;
  }

  protected override updated(): void {
    const question = this.#shown;
    if (this.#isNew) {
      this.#isNew = false;
      this.#comeIntoSight();
      // Whoever has just answered reads the next question before the buttons.
      if (this.#holdsFocus) this.renderRoot.querySelector('h3')?.focus({ preventScroll: true });
    }
    this.#markMore();
    const back = question ? undefined : this.#cameFrom;
    if (!question) this.#cameFrom = undefined;
    if (back?.isConnected && this.#holdsFocus) back.focus();
    if (!back?.matches(':focus-within')) super.updated();
  }

  /** Shows that there is more to read below. */
  readonly #markMore = (): void => {
    const list = this.renderRoot.querySelector('[role=group][tabindex]');
    list?.classList.toggle('more', list.scrollHeight - list.scrollTop - list.clientHeight > 2);
  };

  #open(): void {
    this.#guard = undefined;
    if (this.#shown) this.#told = this.words.announce(isolated(this.#shown.name));
    this.requestUpdate();
  }

  #decide({ detail }: MouseEvent, approved: boolean): void {
    // The second click of a double one was meant for the question before.
    if (this.#guard !== undefined || detail > 1 || !this.#shown) return;
    this.dispatchEvent(new RequestEvent('voice-agent-decide-request', { id: this.#shown.id, approved }));
  }

  /** The button goes with the warning, so the focus moves on to the question. */
  readonly #extend = (): void => {
    this.renderRoot.querySelector('h3')?.focus({ preventScroll: true });
    if (this.#shown) this.dispatchEvent(new RequestEvent('voice-agent-extend-request', { id: this.#shown.id }));
  };

  /** Scrolls the panel around it, where that is too small for all of its parts; never the page. */
  #comeIntoSight(): void {
    for (let box = this.assignedSlot?.parentElement; box; box = box.parentElement) {
      const below = this.getBoundingClientRect().bottom - box.getBoundingClientRect().bottom;
      if (box.scrollHeight > box.clientHeight && below > 0) box.scrollTop += below;
    }
  }
}

/** A name in the middle of our words, on one line. */
const isolated = (name: string): string => `\u2068${plainly(name.slice(0, 200)).replace(/\s+/g, ' ')}\u2069`;

/** Registers the view; safe to call again. */
export function defineApprovalView(): void {
  defineView('voice-agent-approval', VoiceAgentApproval);
}

declare global {
  interface HTMLElementTagNameMap {
    'voice-agent-approval': VoiceAgentApproval;
  }
}
