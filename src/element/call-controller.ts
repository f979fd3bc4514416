/**
 * Holds the element's one call and the lazy door to the engine.
 *
 * Owns: when the engine's code is loaded, the last wish of the page (connect or close) while it loads.
 * Does not own: the call itself (`session/`), its events (`engine.ts`).
 */
import type { ReactiveController } from 'lit';
import type { Call } from '../contract/call.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { Conversation } from '../contract/messages.js';
import type { ConnectOptions } from '../contract/options.js';
import type { CallStatus } from '../contract/states.js';
import type { VoiceAgent } from './voice-agent.js';

const NOTHING_SAID: Conversation = { messages: [], toolCalls: [] };

/** Subscribes the element to its call; the element reads `status` and `conversation` when it renders. */
export class CallController implements ReactiveController {
  status: CallStatus = { state: 'idle' };
  conversation: Conversation = NOTHING_SAID;
  /** A problem inside a call that goes on; until the next turn is finished. */
  trouble: VoiceAgentError | undefined;
  call: Call | undefined;
  readonly #host: VoiceAgent;
  #loading: Promise<Call> | undefined;
  #connecting: Promise<void> | undefined;
  #closings = 0;

  constructor(host: VoiceAgent) {
    this.#host = host;
    host.addController(this);
  }

  /** A move inside the document disconnects and connects in one task: the call survives it. */
  hostDisconnected(): void {
    queueMicrotask(() => {
      if (!this.#host.isConnected) void this.close('removed');
    });
  }

  /** Takes the engine's news and renders. */
  update(news: Partial<Pick<CallController, 'status' | 'conversation' | 'trouble'>>): void {
    Object.assign(this, news);
    this.#host.requestUpdate();
  }

  /** Loads the engine once; a failed load can be tried again. */
  load(): Promise<Call> {
    this.#loading ??= import('./engine.js').then(
      ({ startCall }) => (this.call = startCall(this.#host, this)),
      (cause: unknown) => {
        this.#loading = undefined;
        throw new VoiceAgentError('network', { cause });
      },
    );
    return this.#loading;
  }

  /** Loads code ahead of a likely call (`press`: also fetches the key); failures wait for the real attempt. */
  anticipate(press = false): void {
    if (this.status.state === 'connected' || this.status.state === 'connecting') return;
    this.load().then(
      (call) => {
        call.configure(this.#host.callOptions);
        if (press) call.prepare();
        else call.warm();
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
    try {
      const loading = this.load();
      loading.catch(() => undefined);
      const config = await this.#host.announceConnect();
      const call = await loading;
      if (!config || closings !== this.#closings) throw new VoiceAgentError('aborted');
      call.configure(config);
      await call.connect(options);
    } catch (reason) {
      const error = VoiceAgentError.from(reason, 'network');
      if (!this.call) this.update({ status: { state: 'failed', error } });
      throw error;
    }
  }

  async close(reason: 'page' | 'user' | 'removed' = 'page'): Promise<void> {
    this.#closings++;
    await this.call?.close(reason);
  }
}
