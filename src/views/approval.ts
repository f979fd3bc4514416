/**
 * The approval request for a tool: its name and arguments, Allow and Deny. Owns which of several requests is
 * shown, the guard against accidental answers, and the single announcement to assistive technology. Does not own the decision.
 *
 * It never takes the focus, because it may appear while the visitor types. Loaded with the first request and kept in the panel
 * afterwards, because a live region has to exist before its text.
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
import type { ApprovalDetail } from './approval-details.js';
import { approvalStyles } from './approval-styles.js';
import { defineView } from './define-view.js';
import { secondsTo } from './notice-words.js';
import { PanelView } from './panel-view.js';
import { SecondsController } from './seconds-controller.js';

/** Milliseconds during which a new request ignores presses, which were meant for something else. */
const GUARD = 400;

/** Remaining seconds from which the time limit can be extended: WCAG 2.2.1 requires at least 20. */
const RUNS_OUT = 30;

/**
 * Shows the oldest pending request; the others wait behind it.
 *
 * @fires voice-agent-decide-request - The visitor's decision.
 * @fires voice-agent-extend-request - The visitor requests more time.
 * @csspart approval - The card.
 * @csspart approval-title - Its heading, with the tool's name.
 * @csspart approval-details - The scrolling list of arguments.
 * @csspart approval-time - The server, the remaining time, and the number of further requests.
 * @csspart approval-actions - The buttons.
 * @csspart allow-button - The Allow button.
 * @csspart deny-button - The Deny button.
 * @csspart more-time-button - The "More time" button, shown near the end of the time limit.
 */
export class VoiceAgentApproval extends PanelView {
  static override styles = [tokens, panelBase, approvalStyles];
  static override properties: PropertyDeclarations = {
    approvals: { attribute: false },
    words: { attribute: false },
  };

  /** The pending approvals, oldest first. */
  declare approvals: readonly Approval[];
  /** The strings to show. */
  declare words: ApprovalStrings;

  /** The request that is shown. */
  #shown: Approval | undefined;
  #isNew = false;
  /** The announcement; set after the request is rendered, so that the live region changes. */
  #announcement = '';
  #warned = false;
  #guard: ReturnType<typeof setTimeout> | undefined;
  /** The element that had the focus before it moved into this view. */
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
    this.#announcement = '';
    clearTimeout(this.#guard);
    this.#guard = next && setTimeout(() => this.#open(), GUARD);
  }

  protected override render(): TemplateResult {
    const question = this.#shown;
    return html`<div class="unseen" aria-live="assertive" aria-atomic="true" .textContent=${this.#announcement}></div>
      ${question ? this.#card(question) : nothing}`;
  }

  /** Announces once that the time is running out, unless the request started with that little time. */
  #warn(seconds: number): void {
    if (!this.#warned && this.#guard === undefined && this.#announcement) this.#announcement = this.words.timeRunsOut(seconds);
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
                ${lines.map((line) => this.#renderDetail(line))}
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

  #renderDetail({ name, value, left }: ApprovalDetail): TemplateResult {
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
      // After answering one request, the visitor hears the next one before its buttons.
      if (this.#holdsFocus) this.renderRoot.querySelector('h3')?.focus({ preventScroll: true });
    }
    this.#markMore();
    const back = question ? undefined : this.#cameFrom;
    if (!question) this.#cameFrom = undefined;
    if (back?.isConnected && this.#holdsFocus) back.focus();
    if (!back?.matches(':focus-within')) super.updated();
  }

  /** Indicates that there is more to read below. */
  readonly #markMore = (): void => {
    const list = this.renderRoot.querySelector('[role=group][tabindex]');
    list?.classList.toggle('more', list.scrollHeight - list.scrollTop - list.clientHeight > 2);
  };

  #open(): void {
    this.#guard = undefined;
    if (this.#shown) this.#announcement = this.words.announce(isolated(this.#shown.name));
    this.requestUpdate();
  }

  #decide({ detail }: MouseEvent, approved: boolean): void {
    // The second click of a double click was meant for the previous request.
    if (this.#guard !== undefined || detail > 1 || !this.#shown) return;
    this.dispatchEvent(new RequestEvent('voice-agent-decide-request', { id: this.#shown.id, approved }));
  }

  /** The button disappears with the warning, so the focus moves to the request. */
  readonly #extend = (): void => {
    this.renderRoot.querySelector('h3')?.focus({ preventScroll: true });
    if (this.#shown) this.dispatchEvent(new RequestEvent('voice-agent-extend-request', { id: this.#shown.id }));
  };

  /** Scrolls the panel if it is too small for all of its parts; never the page. */
  #comeIntoSight(): void {
    for (let box = this.assignedSlot?.parentElement; box; box = box.parentElement) {
      const below = this.getBoundingClientRect().bottom - box.getBoundingClientRect().bottom;
      if (box.scrollHeight > box.clientHeight && below > 0) box.scrollTop += below;
    }
  }
}

/** Isolates a name within our text, on one line. */
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
