/**
 * Holds the element's call and loads its code lazily.
 *
 * Owns: when the code of engine and panel is loaded, failures to load it, and the page's latest request (connect or
 * close) during loading. Does not own: the call itself (`session/`), its events (`engine.ts`).
 */
import type { Call } from '../contract/call.js';
import type { VoiceAgentError } from '../contract/errors.js';
import { VoiceAgentEvent } from '../contract/events.js';
import type { Conversation } from '../contract/messages.js';
import type { ConnectOptions } from '../contract/options.js';
import type { CallStatus } from '../contract/states.js';
import { loadTransport, transportKind } from '../session/load-transport.js';
import { loadFailed } from './load-failed.js';
import type { CallHost, CallKeeper, CallSnapshot } from './host.js';
import type { renderPanel } from './panel.js';

/** Milliseconds from the start of a call until its panel is rendered, so that the offer is sent first. */
export const REVEAL = 50;

const NOTHING_SAID: Conversation = { items: [], messages: [], toolCalls: [] };

/** Holds the element's call; the element reads `status` and `conversation` when it renders. */
export class CallController implements CallKeeper {
  status: CallStatus = { state: 'idle' };
  conversation: Conversation = NOTHING_SAID;
  error: VoiceAgentError | undefined;
  callStarts: readonly number[] = [];
  call: Call | undefined;
  /** Renders the panel; `undefined` until its code is loaded. */
  renderPanel: typeof renderPanel | undefined;
  beginCall: CallKeeper['beginCall'];
  readonly host: CallHost;
  #connecting: Promise<void> | undefined;
  #closings = 0;

  constructor(host: CallHost) {
    this.host = host;
  }

  /** Applies updates from the engine and renders. */
  update(changes: Partial<CallSnapshot>): void {
    Object.assign(this, changes);
    this.host.requestUpdate();
  }

  /** Loads the engine, which creates the call once, and in parallel the transport code. @throws VoiceAgentError `load_failed` */
  async load(): Promise<Call> {
    // Browsers resolve an `import()` of a loaded module some tasks later, which would delay a press.
    if (this.call) return this.call;
    loadTransport(transportKind(this.host.callOptions)).catch(() => undefined);
    const { startEngine } = await import('./engine.js').catch(loadFailed);
    return (this.call ??= startEngine(this));
  }

  /** Loads the panel. @throws VoiceAgentError `load_failed` */
  async loadPanel(): Promise<void> {
    if (this.renderPanel) return;
    ({ renderPanel: this.renderPanel } = await import('./panel.js').catch(loadFailed));
    this.host.requestUpdate();
  }

  /** Preloads code before a likely call (`press`: also fetches the key); failures surface with the real attempt. */
  anticipate(press: boolean): void {
    if (/^connect/.test(this.status.state)) return;
    import('./panel.js').then(({ preload }) => preload(this.host)).catch(() => undefined);
    this.load().then(
      (call) => {
        call.configure(this.host.callOptions);
        call[press ? 'prepare' : 'warm']();
      },
      () => undefined,
    );
  }

  /**
   * Fires `voice-agent-before-connect`, loads missing code, and connects. Concurrent calls share one
   * attempt. Rejects with a `VoiceAgentError`: `aborted` if the page cancelled or closed meanwhile.
   */
  connect(options?: ConnectOptions): Promise<void> {
    this.#connecting ??= this.#connect(options).finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  /** The microphone waits for the panel's code: no call starts without its controls. */
  async #connect(options?: ConnectOptions): Promise<void> {
    const closings = this.#closings;
    const controls = this.loadPanel();
    controls.catch(() => undefined);
    this.anticipate(false);
    await this.load().catch(this.#fail);
    await this.beginCall?.(() => closings === this.#closings, controls, options);
  }

  async close(reason: 'page' | 'user' | 'removed' = 'page'): Promise<void> {
    this.#closings++;
    await this.call?.close(reason);
  }

  readonly #fail = (error: VoiceAgentError): never => {
    const previous = this.status.state;
    this.update({ status: { state: 'failed', error } });
    this.host.dispatchEvent(new VoiceAgentEvent('voice-agent-state-change', { state: 'failed', previous }));
    this.host.dispatchEvent(new VoiceAgentEvent('voice-agent-error', { error }));
    throw error;
  };
}
