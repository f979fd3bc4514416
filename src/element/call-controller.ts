/**
 * Holds the element's one call and the lazy door to the engine.
 *
 * Owns: when the engine's code is loaded, the last wish of the page (connect or close) while it loads.
 * Does not own: the call itself (`session/`), its events (`engine.ts`).
 */
import type { ReactiveController } from 'lit';
import type { Call } from '../contract/call.js';
import type { VoiceAgentError } from '../contract/errors.js';
import type { Conversation } from '../contract/messages.js';
import type { ConnectOptions } from '../contract/options.js';
import type { CallStatus } from '../contract/states.js';
import type { connectCall } from './engine.js';
import type { CallHost, CallNews, PanelCall } from './host.js';

const NOTHING_SAID: Conversation = { messages: [], toolCalls: [] };

/** Subscribes the element to its call; the element reads `status` and `conversation` when it renders. */
export class CallController implements ReactiveController, PanelCall {
  status: CallStatus = { state: 'idle' };
  conversation: Conversation = NOTHING_SAID;
  trouble: VoiceAgentError | undefined;
  call: Call | undefined;
  readonly host: CallHost;
  #connectCall: typeof connectCall | undefined;
  #loading: Promise<Call> | undefined;
  #connecting: Promise<void> | undefined;
  #closings = 0;

  constructor(host: CallHost) {
    this.host = host;
    host.addController(this);
  }

  /** A move inside the document disconnects and connects in one task: the call survives it. */
  hostDisconnected(): void {
    queueMicrotask(() => {
      if (!this.host.isConnected) void this.close('removed');
    });
  }

  /** Takes the engine's news and renders. */
  readonly update = (news: Partial<CallNews>): void => {
    Object.assign(this, news);
    this.host.requestUpdate();
  };

  /** Loads the engine once; a failed load can be tried again. */
  load(): Promise<Call> {
    this.#loading ??= import('./engine.js').then(
      (engine) => {
        this.#connectCall = engine.connectCall;
        return (this.call = engine.startCall(this.host, this.update));
      },
      (cause: unknown) => {
        this.#loading = undefined;
        const error = loadError(cause);
        this.update({ status: { state: 'failed', error } });
        throw error;
      },
    );
    return this.#loading;
  }

  /** Loads code ahead of a likely call (`press`: also fetches the key); failures wait for the real attempt. */
  anticipate(press: boolean): void {
    if (/^connect/.test(this.status.state)) return;
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

  async #connect(options?: ConnectOptions): Promise<void> {
    const closings = this.#closings;
    const call = await this.load();
    await this.#connectCall?.(this.host, call, () => closings === this.#closings, options);
  }

  async close(reason: 'page' | 'user' | 'removed' = 'page'): Promise<void> {
    this.#closings++;
    await this.call?.close(reason);
  }
}

/** The error class itself is loaded with the engine, so this one has its shape, though not its prototype. */
const loadError = (cause: unknown): VoiceAgentError =>
  Object.assign(new Error('The widget could not be loaded.', { cause }), {
    name: 'VoiceAgentError' as const,
    code: 'network' as const,
    recoverable: true,
    retryAfter: undefined,
  });
