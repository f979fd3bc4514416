/**
 * Sets up one call: key, microphone and offer, in parallel if the browser shows no prompt, otherwise one after the other. A brokered
 * call has no key: if the browser prompts for the microphone, it does so once the call is up.
 *
 * Owns: the order of these steps, the replacement of an expired key. One `AbortSignal` ends them all.
 * Does not own: the parts themselves, the clean-up after a failure (`live-call.ts`).
 */
import type { Dialect } from '../contract/dialect.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { CallOptions, ClientTool } from '../contract/options.js';
import type { CallEnding, ConnectPhase } from '../contract/states.js';
import type { Microphone } from '../media/microphone.js';
import type { AgentModule, AgentRun, AgentSetup, Answer, CallEnd, SocketAddress, Transport, TransportModule, TransportOptions } from '../transport/transport.js';
import type { BrokeredCall } from './brokered-call.js';
import type { Environment } from './environment.js';
import { until } from './http.js';
import { loadCode } from './load-code.js';
import { callAddress, checkBrokered, keyCarrier, socketAddress } from './route.js';
import { sessionSettings } from './session-settings.js';
import type { Token, TokenSource } from './token-source.js';
import type { ToolDeclaration } from './tool-schema.js';
import { transportKind } from './transport-code.js';

/** Minimum age in milliseconds at which a rejected key may have expired: the API's shortest key lifetime. */
const SHORTEST_LIFE = 10_000;

/** The parts of one connection. */
export interface ConnectionSetup {
  readonly environment: Environment;
  readonly options: CallOptions;
  readonly tokens: TokenSource;
  /** `undefined` for a text-only call. */
  readonly microphone: Microphone | undefined;
  /** Resolves when the visitor's call controls are loaded; until then no microphone is opened and no call connects. */
  readonly controls: Promise<void> | undefined;
  readonly signal: AbortSignal;
  readonly transport: Pick<TransportOptions, 'approve' | 'receiveOnly' | 'isMuted' | 'onMute' | 'onInterrupt' | 'onSent' | 'onTrack' | 'onConfiguring' | 'onEvent' | 'onAwaited' | 'onRefused' | 'onStalled' | 'onEnd'>;
  readonly agent: Pick<AgentSetup, 'resumes' | 'approve' | 'onDecided' | 'onToolStart' | 'onToolOutput' | 'onToolEnd' | 'interrupt' | 'hideItem' | 'onError'>;
  /** Keeps the run of the page's agent across calls. */
  readonly agents: AgentSlot;
  onPhase(phase: ConnectPhase): void;
  /** The browser opened a permission prompt (`true`), which may stay open for any time, or the visitor answered it. */
  onPrompt(open: boolean): void;
  /** The server of a brokered call announces the end of the call, or retracts it (`null`). */
  onEnding(ending: CallEnding | null): void;
  /** Called just before the microphone is opened. */
  onClaim(): void;
  /** The microphone ended, or the system muted or unmuted it. */
  onMicrophone(): void;
}

/** The run of the latest agent. */
export interface AgentSlot {
  run: AgentRun | undefined;
}

type Offers = typeof import('./offer-exchange.js');

/** One connection to the server; see the head of the file. */
export class Connection {
  transport: Transport | undefined;
  readonly #setup: ConnectionSetup;
  #used: Token | undefined;
  #url: URL | undefined;
  /** The code for the offer exchange; only WebRTC calls load it. */
  #offers: Promise<Offers> | undefined;
  #dialect: Dialect | undefined;
  #callId: string | undefined;
  #agent: AgentRun | undefined;
  #brokered: BrokeredCall | undefined;

  constructor(setup: ConnectionSetup) {
    this.#setup = setup;
  }

  /** Resolves when the session is configured and the microphone is connected. @throws VoiceAgentError */
  async open(): Promise<void> {
    const { environment, options, microphone, signal } = this.#setup;
    const kind = transportKind(options);
    const obstacle = environment.supports(kind) ? microphone?.obstacle() : new VoiceAgentError('unsupported');
    if (obstacle) throw obstacle;
    if (options.callUrl) checkBrokered(options);
    const broker = options.callUrl ? handled(loadCode(import('./brokered-call.js'))) : undefined;
    const agent = this.#loadAgent();
    // An error in the page's tools is reported before a key is requested or a prompt is shown.
    const tools = options.tools?.length && options.mode !== 'transcription' ? await this.#declareTools(options.tools) : [];
    const coming = handled(this.#loadDialect());
    // A dialect may use a different URL. Most calls use none and do not wait.
    const dialect = options.dialect === undefined || options.dialect === 'ga' ? undefined : await until(coming, signal);
    if (kind === 'webrtc' && dialect?.offer === false) {
      throw new VoiceAgentError('unsupported', { message: `The dialect "${dialect.name}" does not support WebRTC: set transport="websocket".` });
    }
    if (kind === 'websocket' && dialect?.socket === false) {
      throw new VoiceAgentError('unsupported', { message: `The dialect "${dialect.name}" does not support WebSocket in browsers.` });
    }
    const url = (this.#url = callAddress(options, environment.baseUrl, dialect));
    this.#dialect = dialect;
    if (kind === 'webrtc' && !broker) this.#offers = handled(loadCode(import('./offer-exchange.js')));
    let up!: (token: Token) => void;
    // A brokered call has no key: this resolves when the call is up, so that the prompt comes after that.
    const key = broker ? new Promise<Token>((resolve) => (up = resolve)) : handled(this.#key(keyCarrier(options, dialect) === 'none'));
    // A page's own transport chooses its own server.
    if (kind !== 'custom') environment.preconnect(url.origin.replace(/^ws/, 'http'));
    const module = handled(this.#load());
    const transcribing = options.mode === 'transcription' ? handled(loadCode(import('./transcription.js'))) : undefined;
    const controls = this.#setup.controls && handled(loadCode(this.#setup.controls));
    // Once the permission is granted, the time limit counts again.
    const granted = handled(microphone?.granted(() => this.#setup.onPrompt(false)) ?? Promise.resolve(true));
    const track = handled(this.#listen(key, granted, controls));
    const { createTransport } = await until(module, signal);
    signal.throwIfAborted();
    let session: AgentSetup['session'] = transcribing ? (await until(transcribing, signal)).transcriptionSettings(options) : sessionSettings(options, tools);
    const transport = createTransport({
      ...this.#setup.transport,
      call: options,
      get session() {
        return session;
      },
      dialect,
      url: options.baseUrl ? url.href : undefined,
      timers: environment,
      openAudio: (setup) => loadCode(environment.openAudio({ ...setup, workletUrl: options.workletUrl })),
      exchange: (offer) => (broker ? this.#place(offer, broker) : this.#exchange(offer, key, granted, track)),
      dial: () => this.#dial(url, dialect, key, granted, track),
      key: async () => (await this.#ready(key, granted, track)).value,
      onEnd: (end) => this.#ended(end),
    });
    this.transport = transport;
    const joined = track.then((live) => (live ? transport.useMicrophone(live) : undefined));
    const opened = agent
      ? this.#startAgent(agent, transport, session, (settings) => {
          session = settings;
          return transport.connect();
        })
      : transport.connect();
    const tried = broker ? opened.then(() => up(this.#noKey()), (reason: unknown) => this.#explain(reason)) : opened;
    await until(Promise.all([tried, joined, controls]), signal);
  }

  /** Whether the agent of this call runs functions with this name. */
  isAgents(name: string): boolean {
    return this.#agent?.owns(name) ?? false;
  }

  /** Releases everything; hangs up a call that the server created but that never connected. */
  release(): void {
    const { transport } = this;
    this.#agent?.release();
    transport?.release();
    this.#brokered?.release();
    if (transport && !transport.reached && this.#used && this.#url) {
      this.#hangUp(this.#url, this.#used);
    }
    this.#used = undefined;
  }

  #hangUp(url: URL, { value }: Token): void {
    const { environment, options } = this.#setup;
    const callId = this.#callId;
    void this.#offers?.then(({ hangUp, offerRules }) => hangUp(environment, url, callId, value, offerRules(this.#dialect, options.model)));
  }

  /**
   * The key; empty if none is needed: the socket carries none, the server requires none, or the page's own transport
   * has its own.
   */
  async #key(keyless: boolean): Promise<Token> {
    const { options, tokens, signal } = this.#setup;
    const kind = transportKind(options);
    const unnamed = !options.token && !options.tokenUrl;
    if ((keyless && (kind !== 'webrtc' || unnamed)) || (unnamed && kind === 'custom')) return this.#noKey();
    return tokens.get(signal);
  }

  #noKey(): Token {
    return { value: '', at: this.#setup.environment.now(), expires: undefined };
  }

  /** Asks the site's server to place the call. */
  async #place(offer: string, broker: Promise<typeof import('./brokered-call.js')>): Promise<Answer> {
    const { environment, options, tokens, signal, onPhase, onEnding, transport } = this.#setup;
    const { BrokeredCall } = await until(broker, signal);
    tokens.checkWait();
    onPhase('negotiating');
    const { visitorToken } = options;
    const url = this.#url as URL;
    this.#brokered = new BrokeredCall({ environment, url, visitorToken, signal, onEnding, onEnd: transport.onEnd });
    try {
      return await this.#brokered.place(offer);
    } catch (reason) {
      throw reason instanceof VoiceAgentError && reason.code === 'rate_limited' ? tokens.wait(reason) : reason;
    }
  }

  /** See `BrokeredCall`; other calls have no idle limit. */
  reportActivity(asked: boolean): void {
    this.#brokered?.reportActivity(asked);
  }

  #ended(end: CallEnd): void {
    if (this.#brokered) this.#brokered.ended(end);
    else this.#setup.transport.onEnd(end);
  }

  /** For a placed call that failed before it was live: waits for the server to report the reason. */
  async #explain(reason: unknown): Promise<void> {
    const error = VoiceAgentError.from(reason, 'connection_lost');
    if (!this.#brokered?.placed) throw error;
    this.#brokered.ended(error);
    await new Promise<never>(() => undefined);
  }

  /** @throws VoiceAgentError `unsupported` if `agent` is not an agent; checked before a key is requested or a prompt is shown */
  #loadAgent(): Promise<AgentModule> | undefined {
    const { environment, options } = this.#setup;
    const { agent, mode } = options;
    if (!agent) return undefined;
    if (typeof (agent as { getSystemPrompt?: unknown }).getSystemPrompt !== 'function') {
      throw new VoiceAgentError('unsupported', { message: 'agent is not a RealtimeAgent of @openai/agents.' });
    }
    if (mode === 'transcription') throw new VoiceAgentError('unsupported', { message: 'Transcription mode does not support agent.' });
    return handled(loadCode(environment.loadAgent()));
  }

  async #startAgent(module: Promise<AgentModule>, transport: Transport, session: AgentSetup['session'], open: AgentSetup['open']): Promise<void> {
    const { agent, agents, options, signal } = this.#setup;
    const { startAgent } = await module;
    signal.throwIfAborted();
    agents.run = this.#agent = startAgent({ ...agent, call: options, transport, session, open }, agents.run);
    await this.#agent.connect();
  }

  async #loadDialect(): Promise<Dialect | undefined> {
    const { dialect = 'ga' } = this.#setup.options;
    if (typeof dialect === 'object') return dialect;
    if (dialect === 'ga') return undefined;
    return loadCode(this.#setup.environment.loadDialect(dialect));
  }

  async #declareTools(tools: readonly ClientTool[]): Promise<readonly ToolDeclaration[]> {
    const { declareTools } = await until(loadCode(import('./tool-dispatcher.js')), this.#setup.signal);
    return declareTools(tools);
  }

  #load(): Promise<TransportModule> {
    const { environment, options } = this.#setup;
    return loadCode(environment.loadTransport(transportKind(options)));
  }

  /** Without permission, the prompt waits for the key, so that no prompt appears if the server fails. */
  async #listen(key: Promise<Token>, granted: Promise<boolean>, controls: Promise<void> | undefined): Promise<MediaStreamTrack | undefined> {
    const { agent, microphone, signal, onPhase, onPrompt, onClaim, onMicrophone } = this.#setup;
    // A reconnecting call neither waits for a device nor prompts: a lost microphone is reacquired once the call is live.
    if (!microphone || (agent.resumes && !microphone.live)) return undefined;
    const asks = !(await granted);
    if (asks) await key;
    await controls;
    signal.throwIfAborted();
    onClaim();
    if (!asks) return microphone.open(onMicrophone);
    onPhase('microphone');
    onPrompt(true);
    try {
      return await until(microphone.open(onMicrophone), signal);
    } finally {
      onPrompt(false);
    }
  }

  /** A fresh key for the connection, once the visitor has allowed the microphone. */
  async #ready(key: Promise<Token>, granted: Promise<boolean>, track: Promise<unknown>): Promise<Token> {
    const { tokens, signal, onPhase } = this.#setup;
    let token = await until(key, signal);
    // The server's call costs money and can time out, so it starts after the visitor has allowed the microphone.
    if (!(await granted)) await until(track, signal);
    if (token.value && tokens.renewable && !tokens.isFresh(token)) token = await tokens.get(signal);
    onPhase('negotiating');
    return token;
  }

  async #dial(url: URL, dialect: Dialect | undefined, key: Promise<Token>, granted: Promise<boolean>, track: Promise<unknown>): Promise<SocketAddress> {
    const { value } = await this.#ready(key, granted, track);
    return socketAddress(url, value, keyCarrier(this.#setup.options, dialect), dialect);
  }

  async #exchange(offer: string, key: Promise<Token>, granted: Promise<boolean>, track: Promise<unknown>): Promise<Answer> {
    const { environment, tokens, signal } = this.#setup;
    const token = await this.#ready(key, granted, track);
    const offers = await until(this.#offers as Promise<Offers>, signal);
    try {
      return await this.#post(offers, token, offer);
    } catch (reason) {
      const outdated = environment.now() - token.at >= SHORTEST_LIFE;
      const renewed = token !== (await key);
      if (!(reason instanceof offers.KeyRefused) || renewed || !outdated || !tokens.renewable) throw reason;
      return await this.#post(offers, await tokens.get(signal), offer);
    }
  }

  async #post({ exchangeOffer, hangUp, offerRules }: Offers, token: Token, offer: string): Promise<Answer> {
    const { environment, options, signal } = this.#setup;
    const rules = offerRules(this.#dialect, options.model);
    const url = this.#url as URL;
    this.#used = token;
    const answer = await exchangeOffer(environment, url, token.value, offer, signal, rules);
    // Aborted just as the answer was read.
    if (signal.aborted) hangUp(environment, url, answer.callId, token.value, rules);
    signal.throwIfAborted();
    this.#callId = answer.callId;
    return answer;
  }
}

/** Prevents an unhandled rejection before the promise is awaited; a later `await` still rejects. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
