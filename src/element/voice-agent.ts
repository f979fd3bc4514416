/**
 * `<voice-agent>`: the public element, and the only module that combines views and call.
 *
 * Owns: the public API, lazy loading (opening loads the panel's views, intent to talk loads the engine), focus
 * between launcher and panel. Does not own: the call (`session/`), the presentation (`views/`).
 */
import { html } from 'lit';
import type { LitElement, PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import { VoiceAgentEvent, type RequestEvent } from '../contract/events.js';
import type { AudioInput, Call, HistoryItem } from '../contract/call.js';
import type { Message } from '../contract/messages.js';
import type { CallOptions, ConnectOptions, RealtimeEvent } from '../contract/options.js';
import type { Activity, CallState, StatusOf } from '../contract/states.js';
import { theme } from '../styles/tokens.js';
import { defineView } from '../views/define-view.js';
import { VoiceAgentLauncher, isStale } from '../views/launcher.js';
import { View } from '../views/view.js';
import { CallController, REVEAL } from './call-controller.js';
import { elementOptions, type ElementOptions } from './element-options.js';
import { isolateKeys } from './isolate-keys.js';

/** Whether a click on this button starts a call, so that its press may fetch the key. */
const startsCall = (target: Partial<HTMLElement>): boolean => /^(launcher|type-button|action)$/.test(target.part?.value ?? '');

/** The properties of the registry. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unsafe-declaration-merging -- Lit creates the accessors
export interface VoiceAgent extends ElementOptions {}

/**
 * Lets a visitor talk with an AI agent.
 *
 * @tag voice-agent
 * @attr {string} key-events - `page` lets keyboard and editing events propagate to the page. By default they stay inside the widget, so that typing does not trigger the page's shortcuts
 * @attr {number} [removal-delay=400] - Milliseconds after the element is removed from the page until its call ends
 * @fires {VoiceAgentEvent<'voice-agent-before-connect'>} voice-agent-before-connect - Cancelable; fired before any request is made. `detail.config` may be changed; `detail.waitUntil(promise)` delays the call
 * @fires {VoiceAgentEvent<'voice-agent-state-change'>} voice-agent-state-change - The call's state changed; for `disconnected`, `detail.reason` is why it ended
 * @fires {VoiceAgentEvent<'voice-agent-activity-change'>} voice-agent-activity-change - The activity changed: `listening`, `user-speaking`, `thinking` or `speaking`
 * @fires {VoiceAgentEvent<'voice-agent-transcript'>} voice-agent-transcript - Streaming text of a turn
 * @fires {VoiceAgentEvent<'voice-agent-message'>} voice-agent-message - A finished turn
 * @fires {VoiceAgentEvent<'voice-agent-message-revised'>} voice-agent-message-revised - The text or status of a finished turn changed
 * @fires {VoiceAgentEvent<'voice-agent-tool-start'>} voice-agent-tool-start - A client tool started
 * @fires {VoiceAgentEvent<'voice-agent-tool-end'>} voice-agent-tool-end - A client tool finished
 * @fires {VoiceAgentEvent<'voice-agent-approval-request'>} voice-agent-approval-request - A tool call needs approval; decide with `detail.approve()` or `detail.reject()`, or let the panel ask the visitor
 * @fires {VoiceAgentEvent<'voice-agent-server-event'>} voice-agent-server-event - Each raw server event
 * @fires {VoiceAgentEvent<'voice-agent-ending'>} voice-agent-ending - The server of a brokered call announced the end of the call (`detail.ending.reason`: `duration`, `idle`, `budget`; `.seconds`), or withdrew the announcement (`detail.ending` is `null`)
 * @fires {VoiceAgentEvent<'voice-agent-open-change'>} voice-agent-open-change - The panel was shown or hidden, by the visitor or by a script; not fired for the element's first render
 * @fires {VoiceAgentEvent<'voice-agent-mute-change'>} voice-agent-mute-change - The microphone was muted or unmuted, by the visitor or by a script; not fired for the element's first render
 * @fires {VoiceAgentEvent<'voice-agent-error'>} voice-agent-error - A call failed, or the server reported an error
 * @cssstate idle - No call yet
 * @cssstate connecting - A call is connecting
 * @cssstate connected - The call is live
 * @cssstate reconnecting - The connection is interrupted, or a lost one is being re-established (`reconnect`)
 * @cssstate disconnecting - The call is ending
 * @cssstate disconnected - The call has ended; the transcript is kept
 * @cssstate failed - The call failed
 * @cssstate listening - Connected: waiting for the visitor to speak
 * @cssstate user-speaking - Connected: the visitor speaks
 * @cssstate thinking - Connected: waiting for the answer
 * @cssstate speaking - Connected: the agent speaks
 * @cssstate open - The panel is shown
 * @cssstate muted - The microphone is muted
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
export class VoiceAgent extends View {
  static override readonly styles = theme;

  /** An accessor, because bundlers do not remove an unused class whose fields are initialised by a spread. */
  static override get properties(): PropertyDeclarations {
    return { ...elementOptions.call, ...elementOptions.look };
  }

  /** `undefined` in the DOM of some test tools and in browsers from before 2024. */
  readonly #customStates = (this as { attachInternals?(): Partial<ElementInternals> }).attachInternals?.().states;
  readonly #calls = new CallController(this);
  #states = '';
  #focusWanted = false;

  /** Registers the element; safe to call twice, or by two copies of the script. */
  static define(tag = 'voice-agent'): void {
    defineView('voice-agent-launcher', VoiceAgentLauncher);
    defineView(tag, this);
  }

  constructor() {
    super();
    for (const [name, row] of Object.entries(elementOptions.look)) Object.assign(this, { [name]: row.default });
  }

  /** The state of the call. */
  get state(): CallState {
    return this.#calls.status.state;
  }

  /** The current activity; `undefined` while not connected. */
  get activity(): Activity | undefined {
    return (this.#calls.status as Partial<StatusOf<'connected'>>).activity;
  }

  /** The transcript, oldest first; frozen. */
  get messages(): readonly Message[] {
    return this.#calls.conversation.messages;
  }

  /** The call; `undefined` before the first interaction by the visitor or the page. `session.transport` is the live transport. */
  get session(): Call | undefined {
    return this.#calls.call;
  }

  /** The current settings, only those that are set. */
  get callOptions(): CallOptions {
    const options: Record<string, unknown> = {};
    for (const name of Object.keys(elementOptions.call) as (keyof CallOptions & keyof this)[]) {
      const value: unknown = this[name];
      if (value !== undefined && value !== '') options[name] = value;
    }
    return options;
  }

  /**
   * Starts a call. Resolves when the session is configured and the microphone is live; rejects with a `VoiceAgentError`.
   * Concurrent calls share one attempt.
   */
  connect(options?: ConnectOptions): Promise<void> {
    return this.#calls.connect(options);
  }

  /** Ends the call or the attempt; the transcript is kept. */
  close(): Promise<void> {
    return this.#calls.close();
  }

  /** Stops the agent's answer immediately. No effect if there is none. */
  interrupt(): void {
    this.#calls.call?.interrupt();
  }

  /** Mutes (or with `false` unmutes) the microphone. */
  mute(on = true): void {
    this.muted = on;
  }

  /**
   * Sends a user turn: text, or audio (PCM16, mono, 24 kHz). Rejects with `invalid_request` while not
   * connected.
   */
  async send(input: string | AudioInput, options?: { commit?: boolean }): Promise<void> {
    const call = await this.#calls.load();
    return typeof input === 'string' ? call.sendText(input) : call.sendAudio(input, options);
  }

  /** Requests an answer now (with `turn-detection="none"`, or to make the agent speak first). */
  async answer(response?: Readonly<Record<string, unknown>>): Promise<void> {
    (await this.#calls.load()).answer(response);
  }

  /** Shows the agent an image (`data:` URL); with `triggerResponse: false`, no answer is requested. */
  async addImage(dataUrl: string, options?: { triggerResponse?: boolean }): Promise<void> {
    (await this.#calls.load()).addImage(dataUrl, options);
  }

  /** Sends a raw protocol event. Like all methods that need a call, it rejects with `invalid_request` while not connected. */
  async sendEvent(event: RealtimeEvent): Promise<void> {
    (await this.#calls.load()).sendEvent(event);
  }

  /** Updates the running session; takes the protocol's session object with only the fields to change. */
  async updateSessionConfig(config: Readonly<Record<string, unknown>>): Promise<void> {
    (await this.#calls.load()).updateSessionConfig(config);
  }

  /** Replaces the server's conversation with these items: missing items are sent, extra ones are deleted. */
  async resetHistory(items: readonly HistoryItem[]): Promise<void> {
    await (await this.#calls.load()).resetHistory(items);
  }

  /** Decides the request of a hosted MCP server, given the approval of `voice-agent-approval-request` or its id. */
  async sendMcpResponse(request: { readonly id: string } | { readonly itemId: string }, approved: boolean): Promise<void> {
    (await this.#calls.load()).decide('id' in request ? request.id : request.itemId, approved);
  }

  protected override createRenderRoot(): HTMLElement | DocumentFragment {
    const root = super.createRenderRoot();
    root.addEventListener('voice-agent-connect-request', (event) =>
      this.#startByVisitor((event as RequestEvent<'voice-agent-connect-request'>).detail),
    );
    root.addEventListener('voice-agent-open-request', (event) =>
      this.#show((event as RequestEvent<'voice-agent-open-request'>).detail.open),
    );
    for (const intent of ['pointerover', 'focusin', 'pointerdown']) {
      root.addEventListener(intent, (event) => {
        if (!this.disabled) this.#calls.anticipate(intent === 'pointerdown' && event.composedPath().some(startsCall));
      });
    }
    isolateKeys(root, this);
    return root;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('open') && this.open) this.#calls.loadPanel().catch(() => (this.open = false));
    if (changed.has('muted')) this.#calls.call?.mute(this.muted);
    this.#showStates();
  }

  protected override render(): TemplateResult {
    const { placement, heading, disabled } = this;
    const panel = this.#calls.renderPanel?.(this, this.#calls);
    // No white space between the tags: it would be rendered if the page sets `white-space: pre`.
    return html`<div>${panel}<voice-agent-launcher
        exportparts="base, launcher, type-button, heading: launcher-heading, disclosure: launcher-disclosure"
        placement=${placement}
        .heading=${heading ?? ''}
        .status=${this.#calls.status}
        .open=${!!panel}
        .disabled=${disabled}
        .oneWay=${this.mode === 'transcription'}
      ></voice-agent-launcher></div>`;
  }

  /** Moves the focus into a panel that the visitor opened, and back to the launcher when the visitor closes it; at no other time. */
  protected override updated(changed: PropertyValues<this>): void {
    const { open, muted } = this;
    if (changed.get('open') === !open) this.dispatchEvent(new VoiceAgentEvent('voice-agent-open-change', { open }));
    if (changed.get('muted') === !muted) this.dispatchEvent(new VoiceAgentEvent('voice-agent-mute-change', { muted }));
    const view = this.renderRoot.querySelector<LitElement>(this.open ? 'voice-agent-panel' : 'voice-agent-pill,voice-agent-launcher');
    if (!view || !this.#focusWanted) return;
    this.#focusWanted = false;
    void view.updateComplete.then(() => view.focus());
  }

  /** `updateComplete` waits for the launcher, whose first render is a separate task. */
  protected override async getUpdateComplete(): Promise<boolean> {
    const done = await super.getUpdateComplete();
    await this.renderRoot.querySelector<VoiceAgentLauncher>('voice-agent-launcher')?.updateComplete;
    return done;
  }

  #startByVisitor(options: { microphone?: boolean }): void {
    if (this.disabled) return;
    // Offline, a reload would lose the page.
    if (navigator.onLine && isStale(this.#calls.status)) return location.reload();
    this.connect(options).catch(() => undefined);
    // The offer is sent before the panel is rendered, which takes longer.
    setTimeout(() => this.#show(true), REVEAL);
  }

  #show(open: boolean): void {
    this.#focusWanted ||= open !== this.open;
    this.open = open;
  }

  #showStates(): void {
    const names = [this.state, this.activity, this.open && 'open', this.muted && 'muted'];
    if (this.#states === (this.#states = String(names))) return;
    this.#customStates?.clear();
    for (const name of names) if (name) this.#customStates?.add(name);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'voice-agent': VoiceAgent;
  }
}
