/**
 * `VoiceSession`: the API for the element and pages. One call at a time, with one transcript across calls.
 *
 * Owns: the status and its transitions, the latest request (connect or close), the listeners.
 * Does not own: the parts of a call (`live-call.ts`), the transcript (`conversation/`).
 */
import type { AgentSession, AudioInput, Call, CallEvents, HistoryItem, Levels } from '../contract/call.js';
import { CallBus, type CallBusEvents, type CallEnd } from '../contract/call-bus.js';
import { VoiceAgentError } from '../contract/errors.js';
import { EventHub } from '../contract/event-hub.js';
import type { Approval, Conversation } from '../contract/messages.js';
import { DEFAULT_TIMEOUT, type CallOptions, type ConnectOptions, type RealtimeEvent } from '../contract/options.js';
import type { CallStatus } from '../contract/states.js';
import type { StatusEvent } from '../contract/status-event.js';
import { ConversationStore } from '../conversation/index.js';
import { Microphone } from '../media/microphone.js';
import type { Transport } from '../transport/transport.js';
import type { AgentSlot, ReconnectState } from './call-context.js';
import { browserEnvironment, type Environment } from './environment.js';
import { LiveCall } from './live-call.js';
import type { Reconnector } from './reconnector.js';
import { callAddress, keyCarrier } from './call-address.js';
import { TokenSource } from './token-source.js';
import { transportKind } from './load-transport.js';
import { transition } from './transition.js';

const SILENCE: Levels = Object.freeze({ input: 0, output: 0 });

/** The call of one widget; `Call` documents each member. */
export class VoiceSession implements Call {
  readonly #environment: Environment;
  readonly #events = new EventHub<CallEvents>();
  readonly #conversation = new ConversationStore();
  readonly #tokens: TokenSource;
  readonly #agents: AgentSlot = { run: undefined };
  #options: CallOptions;
  #status: CallStatus = Object.freeze({ state: 'idle' });
  #call: LiveCall | undefined;
  #connecting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #reconnector: Reconnector | undefined;
  #stopWatching: (() => void) | undefined;
  #muted = false;
  #texts = 0;

  constructor(options: CallOptions = {}, environment = browserEnvironment()) {
    this.#options = options;
    this.#environment = environment;
    this.#tokens = new TokenSource(environment, options);
    this.#conversation.subscribe((conversation) => this.#events.emit('conversation', conversation));
    this.#conversation.onMessage((message) => this.#events.emit('message', message));
    this.#conversation.onRevision((revision) => this.#events.emit('message-revised', revision));
    this.#conversation.onTranscript((message) => this.#events.emit('transcript', message));
    this.#conversation.onToolCall((call, response) => this.#call?.tools.run(call, response));
  }

  get status(): CallStatus {
    return this.#status;
  }

  get conversation(): Conversation {
    return this.#conversation.snapshot();
  }

  get agentSession(): AgentSession | undefined {
    return this.#agents.run?.session;
  }

  get transport(): Transport | undefined {
    return this.#call?.transport;
  }

  get callId(): string | undefined {
    return this.#call?.transport?.callId;
  }

  on<K extends keyof CallEvents>(type: K, listener: (detail: CallEvents[K]) => void): () => void {
    return this.#events.on(type, listener);
  }

  configure(options: CallOptions): void {
    const { mediaStream } = this.#options;
    this.#options = options;
    if (options.mediaStream && options.mediaStream !== mediaStream) this.#call?.sound.use(options.mediaStream).catch(() => undefined);
    this.#tokens.configure(options);
  }

  warm(): void {
    const kind = transportKind(this.#options);
    this.#environment.loadTransport(kind).catch(() => undefined);
    if (this.#options.callUrl) import('./brokered-call.js').catch(() => undefined);
    else if (kind === 'webrtc') import('./offer-exchange.js').catch(() => undefined);
    if (this.#options.tools?.length) import('./tool-dispatcher.js').catch(() => undefined);
    if (this.#options.agent) this.#environment.loadAgent().catch(() => undefined);
  }

  prepare(): void {
    if (this.#call) return;
    this.warm();
    // If no voice call is possible, no key is requested before the click.
    if (
      !this.#environment.supports(transportKind(this.#options)) ||
      new Microphone(this.#environment, this.#options.mediaStream).obstacle()
    )
      return;
    const kind = transportKind(this.#options);
    // A built-in dialect may need no key, but its rules are known only once it is loaded.
    const { dialect = 'ga', callUrl } = this.#options;
    // A brokered call has no key.
    const keyless = kind !== 'webrtc' && keyCarrier(this.#options, typeof dialect === 'object' ? dialect : undefined) === 'none';
    if (!keyless && !callUrl) this.#tokens.prepare();
    if (kind === 'custom') return;
    try {
      this.#environment.preconnect(callAddress(this.#options, this.#environment.baseUrl).origin.replace(/^ws/, 'http'));
    } catch {
      // Invalid URLs are reported by `connect()`.
    }
  }

  /** @param controls resolves when the visitor's call controls are loaded; until then no microphone is opened and no call connects */
  connect(
    { timeout = this.#options.timeout ?? DEFAULT_TIMEOUT, reconnect, signal, microphone = true }: ConnectOptions = {},
    controls?: Promise<void>,
  ): Promise<void> {
    if (signal?.aborted) return Promise.reject(new VoiceAgentError('aborted', { cause: signal.reason }));
    if (this.#call && !this.#connecting) return this.#arm(reconnect, timeout);
    const attempt = this.#connecting ?? this.#begin(timeout, microphone, reconnect ?? this.#options.reconnect, controls);
    if (signal && this.#call) follow(signal, (error) => this.#cancel(error), attempt);
    return attempt;
  }

  close(reason: 'user' | 'page' | 'removed' = 'page', atOnce = reason === 'removed'): Promise<void> {
    const call = this.#call;
    if (!call) return this.#closing ?? Promise.resolve();
    const { duration } = call;
    this.#forget();
    const closing = (atOnce ? call.release() : call.close()).then(() => {
      if (this.#closing !== closing) return;
      this.#closing = undefined;
      if (!this.#call) this.#change({ type: 'ended', reason, duration });
    });
    this.#closing = closing;
    this.#change({ type: 'close' });
    return closing;
  }

  interrupt(): void {
    this.#call?.answering.interrupt();
  }

  mute(on: boolean): void {
    this.#muted = on;
    this.#call?.sound.mute(on);
    this.#events.emit('mute', on);
  }

  sendText(text: string): void {
    const id = `local_${Math.floor(this.#environment.random() * 1e9).toString(36)}_${++this.#texts}`;
    this.#live().input.sendText(text, id);
  }

  async sendAudio(audio: AudioInput, options?: { commit?: boolean }): Promise<void> {
    await this.#live().input.sendAudio(audio, options);
  }

  addImage(dataUrl: string, options?: { triggerResponse?: boolean }): void {
    this.#live().input.addImage(dataUrl, options);
  }

  answer(response?: Readonly<Record<string, unknown>>): void {
    this.#live().input.answer(response);
  }

  async resetHistory(items: readonly HistoryItem[]): Promise<void> {
    await this.#live().input.resetHistory(items);
  }

  decide(id: string, approved: boolean): void {
    this.#call?.tools.decide(id, approved);
  }

  extend(id: string): void {
    this.#call?.tools.extend(id);
  }

  reportActivity(asked = false): void {
    this.#call?.setup.bus.emit('visitor-active', asked);
  }

  get approvals(): readonly Approval[] {
    return this.#call?.tools.approvals ?? [];
  }

  clearTranscript(): void {
    this.#conversation.clear();
  }

  sendEvent(event: RealtimeEvent): void {
    this.#live().liveTransport().sendEvent(event);
  }

  updateSessionConfig(config: Readonly<Record<string, unknown>>): void {
    this.sendEvent({
      type: 'session.update',
      session: { type: this.#options.mode === 'transcription' ? 'transcription' : 'realtime', ...config },
    });
  }

  async resumeSound(): Promise<void> {
    await this.#call?.sound.resume();
  }

  async retakeMicrophone(): Promise<void> {
    if (this.#call?.live) await this.#call.sound.retake();
  }

  levels(): Levels {
    return this.#call?.sound.levels() ?? SILENCE;
  }

  #live(): LiveCall {
    if (!this.#call) throw new VoiceAgentError('invalid_request', { message: 'The call is not connected.' });
    return this.#call;
  }

  #make(options: CallOptions, timeout: number, microphone: boolean, kept?: ReconnectState, controls?: Promise<void>): LiveCall {
    const bus = new CallBus();
    // The page receives a server event before the call reacts to it, and all other events after that.
    bus.on('server-event', (event) => {
      this.#reconnector?.applyServerEvent(event);
      this.#events.emit('server-event', event);
    });
    const call = new LiveCall({
      environment: this.#environment,
      options,
      kept,
      controls,
      tokens: this.#tokens,
      conversation: this.#conversation,
      agents: this.#agents,
      bus,
      microphone,
      muted: this.#muted,
      timeout,
      onDisplaced: () => void this.close('page'),
    });
    for (const type of ['error', 'approval-request', 'approvals', 'tool-start'] as const) this.#forward(bus, type);
    bus.on('tool-end', ({ error, ...detail }) => this.#events.emit('tool-end', error === undefined ? detail : { ...detail, error }));
    bus.on('sent', (event) => call.live && this.#reconnector?.applySent(event));
    // Ignores events from a superseded call.
    bus.on('change', (event) => this.#call === call && this.#change(event));
    bus.on('mute', (muted) => this.#call === call && this.mute(muted));
    bus.on('end', (end) => call.live && this.#finish(call, end));
    return (this.#call = call);
  }

  #forward<K extends keyof CallEvents & keyof CallBusEvents>(bus: CallBus, type: K): void {
    bus.on(type, (detail) => this.#events.emit(type, detail as CallEvents[K]));
  }

  #begin(timeout: number, microphone: boolean, reconnect: boolean | undefined, controls: Promise<void> | undefined): Promise<void> {
    const call = this.#make(this.#options, timeout, microphone, undefined, controls);
    this.#stopWatching = this.#environment.onPageHide(() => void this.close('page', true));
    // The promise is stored before the first listener is called, because a listener may connect again or close.
    const { promise, resolve, reject } = withResolvers();
    promise.catch(() => undefined);
    this.#connecting = promise;
    this.#change({ type: 'connect' });
    Promise.all([call.connect(), this.#arm(reconnect, timeout)]).then(
      () => {
        if (this.#connecting === promise) this.#connecting = undefined;
        resolve();
      },
      (error: VoiceAgentError) => {
        this.#finish(call, error);
        reject(error);
      },
    );
    return promise;
  }

  /** Enables or disables reconnecting after a loss, and loads its code in advance. */
  async #arm(reconnect: boolean | undefined, timeout: number): Promise<void> {
    const call = this.#call;
    if (reconnect === false) this.#reconnector?.disarm();
    if (!reconnect || !call) return;
    const options = this.#options;
    const { Reconnector } = await import('./reconnector.js').catch(() => ({ Reconnector: undefined }));
    if (!Reconnector || this.#call !== call) return;
    this.#reconnector ??= new Reconnector({
      environment: this.#environment,
      conversation: this.#conversation,
      timeout,
      restores: options.mode !== 'transcription',
      runsElsewhere: (name) => options.callUrl !== undefined && !options.tools?.some((tool) => tool.name === name),
      make: (kept, limit) => this.#make(options, limit, kept.microphone !== undefined, kept),
      change: (event) => this.#change(event),
    });
    this.#reconnector.arm();
  }

  #reconnect(reconnector: Reconnector, lost: LiveCall): void {
    const attempt = reconnector.run(lost);
    this.#connecting = attempt;
    attempt.then(
      () => {
        if (this.#connecting === attempt) this.#connecting = undefined;
      },
      (error: VoiceAgentError) => {
        if (this.#connecting === attempt && this.#call) this.#finish(this.#call, error);
      },
    );
  }

  #cancel(error: VoiceAgentError): void {
    if (this.#status.state === 'reconnecting') void this.close('page');
    else this.#call?.cancel(error);
  }

  /** Handles the end of an attempt or a call that was not requested here. */
  #finish(call: LiveCall, end: CallEnd): void {
    if (this.#call !== call) return;
    if (call.live && this.#reconnector?.handles(end)) return this.#reconnect(this.#reconnector, call);
    const { duration } = call;
    this.#forget();
    void call.release();
    if (typeof end === 'string') this.#change({ type: 'ended', reason: end, duration });
    else if (end.code === 'aborted') this.#change({ type: 'ended', reason: 'page', duration });
    else {
      const retryAt = end.retryAfter === undefined ? undefined : this.#environment.now() + end.retryAfter;
      this.#change({ type: 'failed', error: end, retryAt });
      this.#events.emit('error', end);
    }
  }

  #forget(): void {
    this.#call = undefined;
    this.#connecting = undefined;
    this.#reconnector?.release();
    this.#reconnector = undefined;
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }

  #change(event: StatusEvent): void {
    const next = transition(this.#status, event);
    if (next === this.#status) return;
    this.#status = next;
    this.#events.emit('status', next);
  }
}

/** Ends the attempt when the page's signal is aborted; removes its listener afterwards. */
function follow(signal: AbortSignal, end: (error: VoiceAgentError) => void, attempt: Promise<void>): void {
  const cancel = (): void => end(new VoiceAgentError('aborted', { cause: signal.reason }));
  signal.addEventListener('abort', cancel);
  const done = (): void => signal.removeEventListener('abort', cancel);
  attempt.then(done, done);
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (reason: unknown) => void } {
  let resolve!: () => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
