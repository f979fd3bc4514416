/**
 * Holds the element's one call and the lazy doors to its code.
 *
 * Owns: when the code of engine and panel is loaded and what happens when it cannot be, the last wish of the page (connect or
 * close) while it loads. Does not own: the call itself (`session/`), its events (`engine.ts`).
 */
import type { Call } from '../contract/call.js';
import type { VoiceAgentError } from '../contract/errors.js';
import { VoiceAgentEvent } from '../contract/events.js';
import type { Conversation } from '../contract/messages.js';
import type { ConnectOptions } from '../contract/options.js';
import type { CallStatus } from '../contract/states.js';
import { loadTransport, transportKind } from '../session/transport-code.js';
import type { CallHost, CallKeeper, CallNews } from './host.js';
import type { renderPanel } from './panel.js';

/** Milliseconds from the start of a call until its panel is drawn: time for the offer to leave. */
export const REVEAL = 50;

const NOTHING_SAID: Conversation = { items: [], messages: [], toolCalls: [] };

/** Keeps the element's call; the element reads `status` and `conversation` when it renders. */
export class CallController implements CallKeeper {
  status: CallStatus = { state: 'idle' };
  conversation: Conversation = NOTHING_SAID;
  trouble: VoiceAgentError | undefined;
  starts: readonly number[] = [];
  call: Call | undefined;
  /** Draws the panel; `undefined` until its code is there. */
  renderPanel: typeof renderPanel | undefined;
  dial: CallKeeper['dial'];
  readonly host: CallHost;
  #connecting: Promise<void> | undefined;
  #closings = 0;

  constructor(host: CallHost) {
    this.host = host;
  }

  /** Takes the engine's news and renders. */
  update(news: Partial<CallNews>): void {
    Object.assign(this, news);
    this.host.requestUpdate();
  }

  /** Loads the engine, which makes the call once, and beside it what nearly every call needs. @throws VoiceAgentError `load_failed` */
  async load(): Promise<Call> {
    // Browsers answer an `import()` of a loaded module some tasks later: time that a press would lose.
    if (this.call) return this.call;
    loadTransport(transportKind(this.host.callOptions)).catch(() => undefined);
    const { startCall } = await import('./engine.js').catch(loadFailed);
    return (this.call ??= startCall(this));
  }

  /** Loads the panel. @throws VoiceAgentError `load_failed` */
  async loadPanel(): Promise<void> {
    if (this.renderPanel) return;
    ({ renderPanel: this.renderPanel } = await import('./panel.js').catch(loadFailed));
    this.host.requestUpdate();
  }

  /** Loads code ahead of a likely call (`press`: also fetches the key); failures wait for the real attempt. */
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
   * Asks the page (`voice-agent-before-connect`), loads what is missing, connects. Calls at the same time share one
   * attempt. Rejects with a `VoiceAgentError`; `aborted` when the page refused or closed meanwhile.
   */
  connect(options?: ConnectOptions): Promise<void> {
    this.#connecting ??= this.#connect(options).finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  /** No call without its controls: the microphone waits for the panel's code. */
  async #connect(options?: ConnectOptions): Promise<void> {
    const closings = this.#closings;
    const controls = this.loadPanel();
    controls.catch(() => undefined);
    this.anticipate(false);
    await this.load().catch(this.#fail);
    await this.dial?.(() => closings === this.#closings, controls, options);
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

/** The error class itself is loaded with the engine, so this one has its shape, though not its prototype. */
export const loadFailed = (cause: unknown): never => {
  throw Object.assign(new Error('A part of the widget could not be loaded. Reload the page.', { cause }), {
    name: 'VoiceAgentError' as const,
    code: 'load_failed' as const,
    recoverable: true,
  });
};
