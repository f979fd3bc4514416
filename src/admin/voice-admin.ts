/**
 * `<voice-admin>`: the operator's page. Owns the session with the server (token, refreshes), the pending question and the announcements; the
 * parts of the page are functions of the data in the other files.
 */
import { LitElement, html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { OperatedCall, OperatorOverview } from '../server/contract/operator.js';
import { tokens } from '../styles/tokens.js';
import { activityChart } from './activity-chart.js';
import { AdminClient, AdminRequestError } from './admin-client.js';
import { adminStyles } from './admin-styles.js';
import { durationText, momentText } from './amount-text.js';
import { budgetTable } from './budget-table.js';
import { callsTable } from './calls-table.js';
import { confirmDialog } from './confirm-dialog.js';
import type { Confirmation } from './confirm-dialog.js';
import { countsTable } from './counts-table.js';
import { keyFigures } from './key-figures.js';
import { signInForm } from './sign-in-form.js';

/** Milliseconds between two refreshes. */
const REFRESH = 5_000;

/** See the head of the file. */
export class VoiceAdmin extends LitElement {
  static override styles = [tokens, adminStyles];
  static override properties: PropertyDeclarations = {
    overview: { state: true },
    problem: { state: true },
    busy: { state: true },
    question: { state: true },
    message: { state: true },
  };

  declare overview: OperatorOverview | undefined;
  /** Why the last request failed. */
  declare problem: string | undefined;
  declare busy: boolean;
  declare question: Confirmation | undefined;
  /** Announced to assistive technology. */
  declare message: string;
  #client: AdminClient | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refresh = 0;

  constructor() {
    super();
    this.overview = this.problem = this.question = undefined;
    this.busy = false;
    this.message = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#visibilityChanged);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#visibilityChanged);
    clearTimeout(this.#timer);
  }

  override render(): TemplateResult {
    const { overview } = this;
    if (!overview) return signInForm(this.problem, this.busy, (token) => void this.#signIn(token));
    return html`${this.#header(overview)}
      <main>
        ${keyFigures(overview)}
        <section aria-labelledby="calls">
          <div class="heading">
            <h2 id="calls" tabindex="-1">Live calls</h2>
            ${overview.calls.length > 0 ? html`<button class="small" @click=${this.#askEndAll}>End all calls</button>` : nothing}
          </div>
          ${callsTable(overview.calls, (call) => this.#askEnd(call))}
        </section>
        <section aria-labelledby="budget">
          <h2 id="budget">Budgets</h2>
          ${budgetTable(overview.budget)}
        </section>
        ${this.#activity(overview)}
      </main>
      ${this.question ? confirmDialog(this.question, (confirmed) => void this.#answer(confirmed)) : nothing}`;
  }

  override updated(): void {
    const dialog = this.renderRoot.querySelector('dialog');
    if (dialog && !dialog.open) dialog.showModal();
  }

  #header({ paused }: OperatorOverview): TemplateResult {
    return html`<header>
      <h1>Voice agent server</h1>
      <p class=${`status ${paused ? 'paused' : 'open'}`}>${paused ? 'Paused: new calls are refused' : 'Accepting calls'}</p>
      <div class="actions">
        <button class=${paused ? 'primary' : ''} @click=${this.#askPause}>${paused ? 'Resume' : 'Pause'}</button>
        <button @click=${this.#signOut}>Sign out</button>
      </div>
      <p class="problem" role="alert">${this.problem ?? nothing}</p>
      <p class="hidden" role="status">${this.message}</p>
    </header>`;
  }

  #activity({ activity }: OperatorOverview): TemplateResult | typeof nothing {
    if (!activity) return nothing;
    return html`<section aria-labelledby="activity">
        <h2 id="activity">Last 24 hours</h2>
        <p class="note">Counted by this process since ${momentText(activity.since)}.</p>
        ${activityChart(activity.hours)}
      </section>
      <div class="columns">
        <section aria-labelledby="refusals">
          <h2 id="refusals">Refusals</h2>
          ${countsTable(activity.refusals, 'Refusals in the last 24 hours', 'No refusals in the last 24 hours.')}
        </section>
        <section aria-labelledby="errors">
          <h2 id="errors">Errors</h2>
          ${countsTable(activity.errors, 'Errors in the last 24 hours', 'No errors in the last 24 hours.')}
        </section>
      </div>`;
  }

  async #signIn(token: string): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.#client = new AdminClient(token);
    await this.#load();
    this.busy = false;
  }

  readonly #signOut = (): void => {
    clearTimeout(this.#timer);
    this.#client = this.overview = this.problem = this.question = undefined;
  };

  readonly #visibilityChanged = (): void => {
    if (!document.hidden && this.overview) void this.#load();
  };

  /** Loads the overview now and schedules the next time. Only the latest request counts. */
  async #load(): Promise<void> {
    clearTimeout(this.#timer);
    const client = this.#client;
    if (!client) return;
    const refresh = ++this.#refresh;
    const isLatest = (): boolean => refresh === this.#refresh && client === this.#client;
    try {
      const overview = await client.overview();
      if (!isLatest()) return;
      this.overview = overview;
      this.problem = undefined;
    } catch (error) {
      if (!isLatest()) return;
      this.problem = (error as Error).message;
      // The token is wrong, or was replaced.
      if (error instanceof AdminRequestError && error.status === 401) this.overview = undefined;
    }
    if (this.overview && !document.hidden) this.#timer = setTimeout(() => void this.#load(), REFRESH);
  }

  #askEnd({ ref, profile, spent }: OperatedCall): void {
    this.question = {
      title: `End call ${ref}?`,
      detail: `The call with the agent “${profile}” has lasted ${durationText(spent.seconds)}. The visitor is disconnected at once.`,
      action: 'End call',
      run: async () => {
        await this.#client?.end(ref);
        this.message = `Call ${ref} ended.`;
      },
    };
  }

  readonly #askEndAll = (): void => {
    const count = this.overview?.calls.length ?? 0;
    this.question = {
      title: 'End all calls?',
      detail: `${count} ${count === 1 ? 'visitor is' : 'visitors are'} disconnected at once. New calls can still start unless you pause the server first.`,
      action: 'End all calls',
      run: async () => {
        await this.#client?.endAll();
        this.message = 'All calls ended.';
      },
    };
  };

  readonly #askPause = (): void => {
    const paused = this.overview?.paused === true;
    this.question = {
      title: paused ? 'Resume?' : 'Pause?',
      detail: paused
        ? 'Visitors can start calls again.'
        : 'New calls, keys and phone calls are refused in all processes. Visitors read that calls are paused. Live calls continue.',
      action: paused ? 'Resume' : 'Pause',
      run: async () => {
        await (paused ? this.#client?.resume() : this.#client?.pause());
        this.message = paused ? 'Resumed.' : 'Paused.';
      },
    };
  };

  async #answer(confirmed: boolean): Promise<void> {
    const { question } = this;
    // Returns the focus to the button that asked.
    this.renderRoot.querySelector('dialog')?.close();
    this.question = undefined;
    if (!confirmed || !question) return;
    this.message = '';
    try {
      await question.run();
      await this.#load();
    } catch (error) {
      this.problem = (error as Error).message;
    }
    await this.updateComplete;
    // The button may be gone together with its call.
    if (this.shadowRoot?.activeElement === null) this.renderRoot.querySelector<HTMLElement>('#calls')?.focus();
  }
}

customElements.define('voice-admin', VoiceAdmin);
