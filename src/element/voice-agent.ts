/**
 * `<voice-agent>`: the element that pages place, and the only composer of views and call.
 *
 * Owns: the public names, the two lazy doors (opening loads the panel's views, intent to talk loads the engine), focus
 * between launcher and panel. Does not own: the call (`session/`), the looks (`views/`).
 */
import { html } from 'lit';
import type { LitElement, PropertyValues, TemplateResult } from 'lit';
import { VoiceAgentEvent, type RequestEvent } from '../contract/events.js';
import type { AudioInput, Call, HistoryItem } from '../contract/call.js';
import type { Message } from '../contract/messages.js';
import type {
  CallOptions,
  ClientTool,
  ConnectOptions,
  Placement,
  RealtimeEvent,
  Theme,
  TokenProvider,
  TurnDetection,
  VisitorToken,
} from '../contract/options.js';
import type { Activity, CallState, StatusOf } from '../contract/states.js';
import { theme } from '../styles/tokens.js';
import { boolean } from '../views/boolean.js';
import { defineView } from '../views/define-view.js';
import { VoiceAgentLauncher, isStale } from '../views/launcher.js';
import { View } from '../views/view.js';
import { CallController, REVEAL } from './call-controller.js';
import { keepKeys } from './page-keys.js';

/** A button whose click starts a call: its press may fetch the key. */
const startsCall = (target: Partial<HTMLElement>): boolean => /^(launcher|type-button|action)$/.test(target.part?.value ?? '');

/**
 * Lets a visitor talk with an AI agent.
 *
 * @tag voice-agent
 * @attr {string} key-events - `page` lets keyboard and editing events leave the widget. By default they stay inside, so that typing does not trigger shortcuts of the page
 * @attr {number} removal-delay - Milliseconds that the element may be out of the page before its call ends. Default 400
 * @fires {VoiceAgentEvent<'voice-agent-before-connect'>} voice-agent-before-connect - Cancelable, before anything is requested; `detail.config` may be changed, `detail.waitUntil(promise)` delays the call
 * @fires {VoiceAgentEvent<'voice-agent-state-change'>} voice-agent-state-change - The call's state changed; with `disconnected`, `detail.reason` says why it ended
 * @fires {VoiceAgentEvent<'voice-agent-activity-change'>} voice-agent-activity-change - The turn passed to somebody else
 * @fires {VoiceAgentEvent<'voice-agent-transcript'>} voice-agent-transcript - Streaming text of a turn
 * @fires {VoiceAgentEvent<'voice-agent-message'>} voice-agent-message - A finished turn
 * @fires {VoiceAgentEvent<'voice-agent-message-revised'>} voice-agent-message-revised - A finished turn has another text or status
 * @fires {VoiceAgentEvent<'voice-agent-tool-start'>} voice-agent-tool-start - A client tool begins
 * @fires {VoiceAgentEvent<'voice-agent-tool-end'>} voice-agent-tool-end - A client tool ended
 * @fires {VoiceAgentEvent<'voice-agent-approval-request'>} voice-agent-approval-request - A tool wants to run that needs a yes; `detail.approve()` and `detail.reject()` decide, the panel asks the visitor meanwhile
 * @fires {VoiceAgentEvent<'voice-agent-server-event'>} voice-agent-server-event - Each raw event of the server
 * @fires {VoiceAgentEvent<'voice-agent-ending'>} voice-agent-ending - The server of a brokered call announced its end (`detail.ending.reason`: `duration`, `idle`, `budget`; `.seconds`), or took that back (`detail.ending` is `null`)
 * @fires {VoiceAgentEvent<'voice-agent-open-change'>} voice-agent-open-change - The panel was shown or hidden, by the visitor or by a script; not at the element's first rendering
 * @fires {VoiceAgentEvent<'voice-agent-mute-change'>} voice-agent-mute-change - The microphone was muted or unmuted, by the visitor or by a script; not at the element's first rendering
 * @fires {VoiceAgentEvent<'voice-agent-error'>} voice-agent-error - A call failed, or the server reported an error
 * @cssstate idle - No call yet
 * @cssstate connecting - A call is being made
 * @cssstate connected - The call is live
 * @cssstate reconnecting - The connection stands still, or a broken one is made anew (`reconnect`)
 * @cssstate disconnecting - The call is being ended
 * @cssstate disconnected - The call has ended; the transcript stays
 * @cssstate failed - The call failed
 * @cssstate listening - Connected: nobody speaks
 * @cssstate user-speaking - Connected: the visitor speaks
 * @cssstate thinking - Connected: the answer is awaited
 * @cssstate speaking - Connected: the agent speaks
 * @cssstate open - The panel is shown
 * @cssstate muted - The microphone is muted
 */
export class VoiceAgent extends View {
  static override readonly styles = theme;

  /** Those that do not mention reflection are the settings of a call. */
  static override readonly properties = {
    tokenUrl: { attribute: 'token-url' },
    token: { attribute: false },
    callUrl: { attribute: 'call-url' },
    visitorToken: { attribute: false },
    baseUrl: { attribute: 'base-url' },
    transport: {},
    dialect: {},
    workletUrl: { attribute: 'worklet-url' },
    keyCarrier: { attribute: 'key-carrier' },
    mode: {},
    reconnect: { type: Boolean, converter: boolean },
    agent: { attribute: false },
    agentOptions: { attribute: false },
    model: {},
    voice: {},
    instructions: {},
    language: {},
    greeting: {},
    turnDetection: { attribute: 'turn-detection' },
    sessionConfig: { attribute: false },
    tools: { attribute: false },
    timeout: { type: Number },
    mediaStream: { attribute: false },
    audioElement: { attribute: false },
    for: { reflect: true },
    placement: { reflect: true },
    heading: { reflect: true },
    theme: { reflect: true },
    // What visitors change, too, is not reflected: copies of the page (Turbo's snapshots) would keep it.
    open: { type: Boolean, converter: boolean, reflect: false },
    muted: { type: Boolean, converter: boolean, reflect: false },
    announce: { type: Boolean, converter: boolean, reflect: false },
    disabled: { type: Boolean, converter: boolean, reflect: true },
  };

  /** Where to POST for an ephemeral key; answers `{value, expires_at}`. */
  declare tokenUrl: string | undefined;
  /** A key, or an async function that returns one; never an attribute. */
  declare token: TokenProvider | undefined;
  /** Brokered call: where to POST the SDP offer instead; the server places the call and watches it, and no key comes to the page. */
  declare callUrl: string | undefined;
  /** Who the visitor is, for `token-url` and `call-url`: a text, or an async function that returns one. Sent as `Authorization: Bearer …`; never an attribute. */
  declare visitorToken: VisitorToken | undefined;
  /** Realtime API root. Default `https://api.openai.com/v1`. */
  declare baseUrl: string | undefined;
  /** `webrtc` (default) or `websocket`; the property also takes an object with the SDK's `RealtimeTransportLayer` interface. */
  declare transport: CallOptions['transport'];
  /** What the server speaks: `ga` (default), `beta`, `localai`, `speaches`, `xai`, `azure`, `hf`; the property also takes a `Dialect`. */
  declare dialect: CallOptions['dialect'];
  /** Where the page serves the package's `pcm-worklet.js`, which `transport="websocket"` needs; set it after bundlers that do not take the file along. */
  declare workletUrl: string | undefined;
  /** How the key travels on a WebSocket: `subprotocol`, `query` or `none`; the dialect's own way when left out. */
  declare keyCarrier: CallOptions['keyCarrier'];
  /** `conversation` (default), or `transcription`: what the visitor says is written down, nobody answers. */
  declare mode: CallOptions['mode'];
  /** True redials by itself, with a new key, when an established call breaks. */
  declare reconnect: boolean | undefined;
  /** A `RealtimeAgent`: its tools, handoffs and guardrails run in the page. */
  declare agent: object | undefined;
  /** Guardrails and context of the `agent`'s session. */
  declare agentOptions: CallOptions['agentOptions'];
  /** Model of the session, with `mode="transcription"` the transcriber; sent only when set. */
  declare model: string | undefined;
  /** Voice of the agent; sent only when set. */
  declare voice: string | undefined;
  /** Instructions of the agent; sent only when set. Visible to visitors: keep secrets on the server. */
  declare instructions: string | undefined;
  /** Language of the visitor's speech (BCP 47), handed to the transcriber. */
  declare language: string | undefined;
  /** What the agent opens with. */
  declare greeting: string | undefined;
  /** `semantic_vad`, `server_vad` or `none`; the property also takes the protocol's full object. */
  declare turnDetection: TurnDetection | undefined;
  /** Raw fields of the protocol's session object; they win over the single settings. */
  declare sessionConfig: Readonly<Record<string, unknown>> | undefined;
  /** Tools that run in the page. */
  declare tools: readonly ClientTool[] | undefined;
  /** Milliseconds until a connection attempt fails. Default 30000. */
  declare timeout: number | undefined;
  /** The page's own microphone stream; never stopped by the element. One that is set during a call by voice is used at once. */
  declare mediaStream: MediaStream | undefined;
  /** The page's own element for the agent's voice. */
  declare audioElement: HTMLAudioElement | undefined;
  /** Id of the page's text field, or contenteditable, that `mode="transcription"` writes into. */
  declare for: string | undefined;
  /** Where the widget sits: `inline` (default), `bottom-end`, `bottom-start`, `top-end`, `top-start`. */
  declare placement: Placement;
  /** Name of the agent, shown and read out. */
  declare heading: string | undefined;
  /** `auto` (default): the page's `color-scheme`; `light`, `dark`. */
  declare theme: Theme;
  /** True while the panel is shown. */
  declare open: boolean;
  /** True while the microphone is muted. */
  declare muted: boolean;
  /**
   * True has screen readers announce each new turn. By default they announce turns in a call by text only: in a call by voice the visitor
   * hears them, and an announcement would go into the open microphone. Visitors can change it in the panel.
   */
  declare announce: boolean;
  /** True makes the launcher inert: no call can be started. */
  declare disabled: boolean;

  /** `undefined` in the DOM of some test tools and in browsers from before 2024. */
  readonly #customStates = (this as { attachInternals?(): Partial<ElementInternals> }).attachInternals?.().states;
  readonly #calls = new CallController(this);
  #states = '';
  #focusWanted = false;

  /** Registers the element; safe when done twice or by two copies of the script. */
  static define(tag = 'voice-agent'): void {
    defineView('voice-agent-launcher', VoiceAgentLauncher);
    defineView(tag, this);
  }

  constructor() {
    super();
    this.placement = 'inline';
    this.theme = 'auto';
    this.open = this.muted = this.announce = this.disabled = false;
  }

  /** Where the call stands. */
  get state(): CallState {
    return this.#calls.status.state;
  }

  /** Who has the turn; `undefined` while not connected. */
  get activity(): Activity | undefined {
    return (this.#calls.status as Partial<StatusOf<'connected'>>).activity;
  }

  /** The transcript, oldest first; frozen. */
  get messages(): readonly Message[] {
    return this.#calls.conversation.messages;
  }

  /** The call; `undefined` until the visitor or the page first showed intent. `session.transport` is the live transport. */
  get session(): Call | undefined {
    return this.#calls.call;
  }

  /** The settings as they stand, only those that are set. */
  get callOptions(): CallOptions {
    const options: Record<string, unknown> = {};
    for (const [name, { reflect }] of VoiceAgent.elementProperties) {
      const value = this[name as keyof this];
      if (reflect === undefined && value !== undefined && value !== '') options[name as string] = value;
    }
    return options;
  }

  /**
   * Starts a call. Resolves when the session is configured and the microphone live; rejects with a `VoiceAgentError`.
   * Calls while one is being made share it.
   */
  connect(options?: ConnectOptions): Promise<void> {
    return this.#calls.connect(options);
  }

  /** Ends the call or the attempt; the transcript stays. */
  close(): Promise<void> {
    return this.#calls.close();
  }

  /** Stops the agent's answer: silence at once. Without effect while there is none. */
  interrupt(): void {
    this.#calls.call?.interrupt();
  }

  /** Mutes (or with `false` unmutes) the microphone. */
  mute(on = true): void {
    this.muted = on;
  }

  /**
   * Says something as the visitor: a text, or sound (PCM16, mono, 24 kHz). Rejects with `invalid_request` while not
   * connected.
   */
  async send(input: string | AudioInput, options?: { commit?: boolean }): Promise<void> {
    const call = await this.#calls.load();
    return typeof input === 'string' ? call.sendText(input) : call.sendAudio(input, options);
  }

  /** Asks the agent to answer now (with `turn-detection="none"`, or to make it speak first). */
  async answer(response?: Readonly<Record<string, unknown>>): Promise<void> {
    (await this.#calls.load()).answer(response);
  }

  /** Shows the agent an image, a `data:` address; `triggerResponse: false` waits with the answer. */
  async addImage(dataUrl: string, options?: { triggerResponse?: boolean }): Promise<void> {
    (await this.#calls.load()).addImage(dataUrl, options);
  }

  /** Sends a raw event of the protocol. Like all that needs a call, rejects with `invalid_request` while not connected. */
  async sendEvent(event: RealtimeEvent): Promise<void> {
    (await this.#calls.load()).sendEvent(event);
  }

  /** Changes the running session's settings: the protocol's session object, only the fields to change. */
  async updateSessionConfig(config: Readonly<Record<string, unknown>>): Promise<void> {
    (await this.#calls.load()).updateSessionConfig(config);
  }

  /** Makes the server's conversation these items: what is missing is sent, what is too much is deleted. */
  async resetHistory(items: readonly HistoryItem[]): Promise<void> {
    await (await this.#calls.load()).resetHistory(items);
  }

  /** Decides what a hosted MCP server asked for: the approval of `voice-agent-approval-request`, or its id. */
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
    keepKeys(root, this);
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
    // No white space between the tags: with the page's `white-space: pre` it would be lines.
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

  /** Focus goes into the panel that the visitor opened, back to the launcher that the visitor left; never on any other event. */
  protected override updated(changed: PropertyValues<this>): void {
    const { open, muted } = this;
    if (changed.get('open') === !open) this.dispatchEvent(new VoiceAgentEvent('voice-agent-open-change', { open }));
    if (changed.get('muted') === !muted) this.dispatchEvent(new VoiceAgentEvent('voice-agent-mute-change', { muted }));
    const view = this.renderRoot.querySelector<LitElement>(this.open ? 'voice-agent-panel' : 'voice-agent-pill,voice-agent-launcher');
    if (!view || !this.#focusWanted) return;
    this.#focusWanted = false;
    void view.updateComplete.then(() => view.focus());
  }

  /** `updateComplete` waits for the launcher, whose first rendering is a task of its own. */
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
    // The offer leaves before the panel is drawn, which takes longer.
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
