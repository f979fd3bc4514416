/**
 * The transcript of both sides. Owns the window of turns in the DOM (a conversation may have any number, and is
 * printed completely), the scroll position, and announcements to assistive technology: finished turns enter the log once, at its end;
 * streaming text is placed after the log; earlier turns that are paged in are placed before it.
 */
import { html } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { ConversationItem } from '../contract/index.js';
import { boolean } from './boolean.js';
import { defineView } from './define-view.js';
import { panelBase } from '../styles/panel-base.js';
import { tokens } from '../styles/tokens.js';
import { PanelView } from './panel-view.js';
import { PrintController } from './print-controller.js';
import { panelIcons } from './panel-icons.js';
import { MOST, PAGE, itemsBetween, settledCount } from './transcript-items.js';
import { TranscriptRows } from './transcript-rows.js';
import { transcriptStyles } from './transcript-styles.js';

/** Finished turns that the log keeps while the visitor reads far above it. */
const LOG_AWAY = 8;

/**
 * A scrolling list of turns that stays at its end unless the visitor scrolls up.
 *
 * @csspart scroller - The scrolling region.
 * @csspart message - A turn.
 * @csspart user-message - A turn of the visitor.
 * @csspart assistant-message - A turn of the agent.
 * @csspart commentary-message - A turn in which the agent comments on its work before the final answer.
 * @csspart system-message - A note.
 * @csspart divider - The line between two calls.
 * @csspart tool - The line of a tool call.
 * @csspart earlier-button - The "Show earlier messages" button.
 * @csspart newer-button - The "Show newer messages" button.
 * @csspart latest-button - The button that scrolls back to the end.
 * @csspart empty - The placeholder of an empty transcript.
 * @cssprop --voice-agent-bubble-color - Background of the visitor's turns.
 */
export class VoiceAgentTranscript extends PanelView {
  static override styles = [tokens, panelBase, transcriptStyles];
  static override properties: PropertyDeclarations = {
    items: { attribute: false },
    callStarts: { attribute: false },
    quiet: { type: Boolean, converter: boolean },
  };

  /** All turns and tool calls in order; a new frozen array for each change. */
  declare items: readonly ConversationItem[];
  /** Where new calls begin: index of the first entry, which may not exist yet. */
  declare callStarts: readonly number[];
  /** True keeps assistive technology from announcing new turns that the visitor hears anyway. */
  declare quiet: boolean;

  /** First turn in the DOM. */
  #start = 0;
  /** Index after the last turn in the DOM; `undefined` for the end of the conversation. */
  #end: number | undefined;
  /** First turn of the log. Only increases: a turn that re-entered the log would be announced again. */
  #logStart = 0;
  /** Whether the view sticks to the end of the conversation. */
  #pinned = true;
  #lastTop = 0;
  #total = 0;
  #firstId: string | undefined;
  /** Number of turns when the visitor scrolled away from the end. */
  #seen = 0;
  #unseenTurns = false;
  /** A row that must keep its position on the screen while rows above it change. */
  #anchor: { readonly element: Element; readonly top: number } | undefined;
  readonly #rows = new TranscriptRows();
  readonly #print = new PrintController(this, () => {
    this.requestUpdate();
    this.performUpdate();
    if (!this.#print.printing && !this.#pinned) this.#scroller.scrollTop = this.#lastTop;
  });

  constructor() {
    super();
    this.items = [];
    this.callStarts = [];
    this.quiet = false;
    // A scroll by the visitor may be pending when the size changes; handle it first.
    const onSize = (): void => {
      if (!this.hasUpdated) return;
      this.#onScroll();
      this.#stick();
    };
    if (globalThis.ResizeObserver) new ResizeObserver(onSize).observe(this);
  }

  /** First turn to show. */
  get #from(): number {
    return this.#print.printing ? 0 : this.#start;
  }

  /** Index after the last turn to show; `undefined` for the end of the conversation. */
  get #to(): number | undefined {
    return this.#print.printing ? undefined : this.#end;
  }

  get #scroller(): HTMLElement {
    return this.renderRoot.querySelector('.scroller') as HTMLElement;
  }

  protected override willUpdate(): void {
    const total = this.items.length;
    const firstId = this.items[0]?.id;
    if (total < this.#total || (this.#total > 0 && firstId !== this.#firstId)) {
      this.#end = undefined;
      this.#pinned = true;
      this.#start = this.#logStart = Math.max(0, total - PAGE);
    } else if (this.#total === 0) {
      this.#start = this.#logStart = Math.max(0, total - PAGE);
    }
    this.#total = total;
    this.#firstId = firstId;
    if (this.#end === undefined && total - this.#start > MOST) {
      if (this.#pinned) this.#start = total - PAGE;
      else if (total - this.#start > MOST + PAGE / 2) this.#end = this.#start + MOST;
    }
    this.#logStart = Math.max(this.#logStart, this.#start, this.#end === undefined ? total - PAGE : total - LOG_AWAY);
    if (this.#pinned) this.#seen = total;
    this.#unseenTurns = total > this.#seen;
  }

  protected override render(): TemplateResult {
    const s = this.strings;
    const away = this.#to !== undefined;
    const empty = this.#total === 0;
    return html`<div part="scroller" class="scroller" role="region" aria-label=${s.transcript} tabindex=${empty ? -1 : 0} @scroll=${this.#onScroll}>
        <button part="earlier-button" class="button" ?hidden=${this.#start === 0} @click=${this.#showEarlier}><span .textContent=${s.showEarlier}></span></button>
        <div class="history"></div>
        <button part="newer-button" class="button" ?hidden=${!away} @click=${this.#showNewer}><span .textContent=${s.showNewer}></span></button>
        <div class=${away ? 'log unseen' : 'log'} role="log" aria-live=${this.quiet ? 'off' : 'polite'} aria-label=${s.messages} aria-relevant="additions"></div>
        <div class=${away ? 'tail unseen' : 'tail'}></div>
        <p part="empty" ?hidden=${!empty} .textContent=${s.empty}></p>
      </div>
      <button part="latest-button" class="button main" ?hidden=${this.#pinned} @click=${this.#showLatest}>
        <span .textContent=${this.#unseenTurns ? s.newMessages : s.toLatest}></span>${panelIcons.down}
      </button>`;
  }

  protected override updated(): void {
    const items = (from: number, to: number) => itemsBetween(this.items, from, to, this.callStarts);
    const recent = items(this.#logStart, this.#total);
    const settled = settledCount(recent);
    const part = (name: string): Element => this.renderRoot.querySelector(`.${name}`) as Element;
    this.#rows.sync(
      [
        [part('history'), this.#from < this.#logStart ? items(this.#from, Math.min(this.#logStart, this.#to ?? this.#logStart)) : []],
        [part('log'), recent.slice(0, settled)],
        [part('tail'), recent.slice(settled)],
      ],
      this.strings,
    );
    if (this.#anchor) {
      this.#scroller.scrollTop += this.#anchor.element.getBoundingClientRect().top - this.#anchor.top;
      this.#anchor = undefined;
    }
    this.#stick();
  }

  #stick(): void {
    if (!this.#pinned || this.#print.printing) return;
    const scroller = this.#scroller;
    scroller.scrollTop = scroller.scrollHeight;
    this.#lastTop = scroller.scrollTop;
  }

  /** Scrolling up leaves the end; scrolling back near it sticks again. */
  readonly #onScroll = (): void => {
    if (this.#print.printing) return;
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const distance = scrollHeight - clientHeight - scrollTop;
    const moved = scrollTop - this.#lastTop;
    this.#lastTop = scrollTop;
    const pinned = this.#end === undefined && (distance < 2 || (this.#pinned ? moved >= 0 : moved > 0 && distance < 24));
    if (pinned === this.#pinned) return;
    this.#pinned = pinned;
    this.requestUpdate();
  };

  readonly #showEarlier = (): void => {
    this.#hold(this.renderRoot.querySelector('[data-key]'));
    this.#pinned = false;
    this.#start = Math.max(0, this.#start - PAGE);
    if ((this.#end ?? this.#total) - this.#start > MOST) this.#end = this.#start + MOST;
    this.#change('earlier-button');
  };

  readonly #showNewer = (): void => {
    this.#hold(this.renderRoot.querySelector('.history')?.lastElementChild ?? null);
    const end = (this.#end ?? this.#total) + PAGE;
    this.#end = end < this.#total ? end : undefined;
    this.#start = Math.max(0, (this.#end ?? this.#total) - MOST);
    this.#change('newer-button');
  };

  readonly #showLatest = (): void => {
    this.#pinned = true;
    this.#end = undefined;
    this.#start = Math.max(0, this.#total - PAGE);
    this.#change('latest-button');
  };

  #hold(element: Element | null): void {
    this.#anchor = element ? { element, top: element.getBoundingClientRect().top } : undefined;
  }

  /** Updates; if the pressed button is hidden, the focus moves to the scrolling region. */
  #change(part: string): void {
    this.requestUpdate();
    void this.updateComplete.then(() => {
      const button = this.renderRoot.querySelector<HTMLElement>(`[part='${part}']`);
      if (button?.hidden) this.#scroller.focus({ preventScroll: true });
    });
  }
}

/** Registers the view; safe to call again. */
export function defineTranscriptView(): void {
  defineView('voice-agent-transcript', VoiceAgentTranscript);
}
