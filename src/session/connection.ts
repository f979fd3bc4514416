/**
 * Sets up one call: key, microphone and offer, in parallel if the browser shows no prompt, otherwise one after the other. A brokered
 * call has no key: if the browser prompts for the microphone, it does so once the call is up.
 *
 * Owns: the order of these steps, the replacement of an expired key. One `AbortSignal` ends them all.
 * Does not own: the parts themselves, the clean-up after a failure (`live-call.ts`).
 *
 * Longer than most files, because the steps of `open()` share the promises of key and microphone.
 */
import type { Dialect } from '../contract/dialect.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { ClientTool } from '../contract/options.js';
import type {
  AgentModule,
  AgentRun,
  AgentSetup,
  Answer,
  SocketAddress,
  Transport,
  TransportModule,
  TransportOptions,
} from '../transport/transport.js';
import type { BrokeredCall } from './brokered-call.js';
import type { CallContext } from './call-context.js';
import type { CallSound } from './call-sound.js';
import { until } from './http.js';
import { loadCode } from './load-code.js';
import type { PageTools } from './page-tools.js';
import { callAddress, checkBrokered, keyCarrier, socketAddress } from './call-address.js';
import { sessionSettings } from './session-settings.js';
import type { Token } from './token-source.js';
import type { ToolDeclaration } from './tool-schema.js';
import { transportKind } from './load-transport.js';
import type { TransportKind } from './load-transport.js';

/** Minimum age in milliseconds at which a rejected key may have expired: the API's shortest key lifetime. */
const SHORTEST_LIFE = 10_000;

type Offers = typeof import('./offer-exchange.js');
type Broker = typeof import('./brokered-call.js');

/** The steps of an attempt that run in parallel, each started once. */
interface Steps {
  /** The key; without one, an empty key. For a brokered call, it resolves when the call is up, so that the prompt comes after that. */
  readonly key: Promise<Token>;
  /** Whether the browser will open the microphone without a prompt. */
  readonly granted: Promise<boolean>;
  /** The microphone; `undefined` if the attempt opens none. */
  readonly track: Promise<MediaStreamTrack | undefined>;
}

/** One connection to the server; see the head of the file. */
export class Connection {
  transport: Transport | undefined;
  readonly #call: CallContext;
  readonly #sound: CallSound;
  readonly #tools: PageTools;
  /** The protocol's session object. */
  #session: AgentSetup['session'] = {};
  #usedKey: Token | undefined;
  #url: URL | undefined;
  /** The code for the offer exchange; only WebRTC calls with a key load it. */
  #offers: Promise<Offers> | undefined;
  #dialect: Dialect | undefined;
  #callId: string | undefined;
  #agent: AgentRun | undefined;
  #brokered: BrokeredCall | undefined;
  /** Resolves the key of a brokered call. */
  #callIsUp: (key: Token) => void = () => undefined;
  #hiddenItems = 0;

  constructor(call: CallContext, sound: CallSound, tools: PageTools) {
    this.#call = call;
    this.#sound = sound;
    this.#tools = tools;
    const { bus, options } = call.setup;
    // A brokered call ends with the reason that its server reports.
    if (!options.callUrl) bus.on('disconnected', (end) => bus.emit('end', end));
  }

  /** Resolves when the session is configured and the microphone is connected. @throws VoiceAgentError */
  async open(): Promise<void> {
    const { signal, transcribes, setup } = this.#call;
    const { environment, options, bus } = setup;
    // 1. Everything that can fail without a server is checked before a key is requested or a prompt is shown.
    this.#checkBrowser();
    const broker = options.callUrl ? handled(loadCode(import('./brokered-call.js'))) : undefined;
    const agent = this.#loadAgent();
    const tools = options.tools?.length && !transcribes ? await this.#declareTools(options.tools) : [];
    const loadingDialect = this.#loadDialect();
    // A dialect may use a different URL. Most calls use none and do not wait.
    this.#dialect = loadingDialect && (await until(loadingDialect, signal));
    this.#checkDialect();
    this.#url = callAddress(options, environment.baseUrl, this.#dialect);

    // 2. Key, code, controls and microphone are requested in parallel.
    if (transportKind(options) === 'webrtc' && !broker) this.#offers = handled(loadCode(import('./offer-exchange.js')));
    const key = broker ? new Promise<Token>((resolve) => (this.#callIsUp = resolve)) : handled(this.#getKey());
    const module = this.#loadTransport();
    const transcription = transcribes ? handled(loadCode(import('./transcription.js'))) : undefined;
    const controls = setup.controls && handled(loadCode(setup.controls));
    // Once the permission is granted, the time limit counts again.
    const granted = handled(this.#sound.microphone?.granted(() => bus.emit('prompt', false)) ?? Promise.resolve(true));
    const steps: Steps = { key, granted, track: handled(this.#openMicrophone(key, granted, controls)) };

    // 3. The connection starts once the transport's code is there; the microphone joins it when it is open.
    const { createTransport } = await until(module, signal);
    signal.throwIfAborted();
    this.#session = transcription ? (await until(transcription, signal)).transcriptionSettings(options) : sessionSettings(options, tools);
    const transport = (this.transport = createTransport(this.#transportOptions(steps, broker)));
    const joined = steps.track.then((track) => (track ? transport.useMicrophone(track) : undefined));
    const connected = agent ? this.#startAgent(agent, transport) : transport.connect();
    const up = broker
      ? connected.then(
          () => this.#callIsUp(this.#noKey()),
          (reason: unknown) => this.#explain(reason),
        )
      : connected;
    await until(Promise.all([up, joined, controls]), signal);
  }

  /** Whether the agent of this call runs functions with this name. */
  agentOwns(name: string): boolean {
    return this.#agent?.owns(name) ?? false;
  }

  /** Releases everything; hangs up a call that the server created but that never connected. */
  release(): void {
    const { transport } = this;
    this.#agent?.release();
    transport?.release();
    this.#brokered?.release();
    if (transport && !transport.reached && this.#usedKey && this.#url) {
      this.#hangUp(this.#url, this.#usedKey);
    }
    this.#usedKey = undefined;
  }

  #hangUp(url: URL, { value }: Token): void {
    const { environment, options } = this.#call.setup;
    const callId = this.#callId;
    void this.#offers?.then(({ hangUp, offerRules }) => hangUp(environment, url, callId, value, offerRules(this.#dialect, options.model)));
  }

  /** @throws VoiceAgentError if the browser, or the page's context, cannot make this call */
  #checkBrowser(): void {
    const { environment, options } = this.#call.setup;
    const kind = transportKind(options);
    const obstacle = environment.supports(kind)
      ? this.#sound.microphone?.obstacle()
      : new VoiceAgentError('unsupported', { message: missing(kind) });
    if (obstacle) throw obstacle;
    if (options.callUrl) checkBrokered(options);
  }

  /** @throws VoiceAgentError `unsupported` if the dialect does not support the transport */
  #checkDialect(): void {
    const kind = transportKind(this.#call.setup.options);
    const { name, offer, socket } = this.#dialect ?? {};
    if (kind === 'webrtc' && offer === false) {
      throw new VoiceAgentError('unsupported', { message: `The dialect "${name}" does not support WebRTC: set transport="websocket".` });
    }
    if (kind === 'websocket' && socket === false) {
      throw new VoiceAgentError('unsupported', { message: `The dialect "${name}" does not support WebSocket in browsers.` });
    }
  }

  /** @throws VoiceAgentError `unsupported` if `agent` is not an agent */
  #loadAgent(): Promise<AgentModule> | undefined {
    const { environment, options } = this.#call.setup;
    const { agent } = options;
    if (!agent) return undefined;
    if (typeof (agent as { getSystemPrompt?: unknown }).getSystemPrompt !== 'function') {
      throw new VoiceAgentError('unsupported', { message: 'agent is not a RealtimeAgent of @openai/agents.' });
    }
    if (this.#call.transcribes) throw new VoiceAgentError('unsupported', { message: 'Transcription mode does not support agent.' });
    return handled(loadCode(environment.loadAgent()));
  }

  /** The declarations of the page's tools. @throws VoiceAgentError if a tool is not valid */
  async #declareTools(tools: readonly ClientTool[]): Promise<readonly ToolDeclaration[]> {
    const { declareTools } = await until(loadCode(import('./tool-dispatcher.js')), this.#call.signal);
    return declareTools(tools);
  }

  #loadDialect(): Promise<Dialect> | undefined {
    const { environment, options } = this.#call.setup;
    const { dialect = 'ga' } = options;
    if (typeof dialect === 'object') return Promise.resolve(dialect);
    return dialect === 'ga' ? undefined : handled(loadCode(environment.loadDialect(dialect)));
  }

  /**
   * The key; empty if none is needed: the socket carries none, the server requires none, or the page's own transport
   * has its own.
   */
  async #getKey(): Promise<Token> {
    const { options, tokens } = this.#call.setup;
    const kind = transportKind(options);
    const keyless = keyCarrier(options, this.#dialect) === 'none';
    const unnamed = !options.token && !options.tokenUrl;
    if ((keyless && (kind !== 'webrtc' || unnamed)) || (unnamed && kind === 'custom')) return this.#noKey();
    return tokens.get(this.#call.signal);
  }

  #noKey(): Token {
    return { value: '', at: this.#call.setup.environment.now(), expires: undefined };
  }

  #loadTransport(): Promise<TransportModule> {
    const { environment, options } = this.#call.setup;
    const kind = transportKind(options);
    // A page's own transport chooses its own server.
    if (kind !== 'custom') environment.preconnect(this.#address.origin.replace(/^ws/, 'http'));
    return handled(loadCode(environment.loadTransport(kind)));
  }

  /** Without permission, the prompt waits for the key, so that no prompt appears if the server fails. */
  async #openMicrophone(
    key: Promise<Token>,
    granted: Promise<boolean>,
    controls: Promise<void> | undefined,
  ): Promise<MediaStreamTrack | undefined> {
    const { signal, setup } = this.#call;
    const { bus, kept } = setup;
    const { microphone, updateMicrophone } = this.#sound;
    // A reconnecting call neither waits for a device nor prompts: a lost microphone is reacquired once the call is live.
    if (!microphone || (kept && !microphone.live)) return undefined;
    const asks = !(await granted);
    if (asks) await key;
    await controls;
    signal.throwIfAborted();
    this.#sound.claim();
    if (!asks) return microphone.open(updateMicrophone);
    bus.emit('phase', 'microphone');
    bus.emit('prompt', true);
    try {
      return await until(microphone.open(updateMicrophone), signal);
    } finally {
      bus.emit('prompt', false);
    }
  }

  #transportOptions(steps: Steps, broker: Promise<Broker> | undefined): TransportOptions {
    const { environment, options, bus, microphone } = this.#call.setup;
    const currentSession = (): AgentSetup['session'] => this.#session;
    return {
      call: options,
      get session() {
        return currentSession();
      },
      bus,
      receiveOnly: !microphone,
      isMuted: () => this.#sound.muted,
      dialect: this.#dialect,
      url: options.baseUrl ? this.#address.href : undefined,
      timers: environment,
      openAudio: (setup) => loadCode(environment.openAudio({ ...setup, workletUrl: options.workletUrl })),
      exchange: (offer) => (broker ? this.#placeCall(offer, broker) : this.#exchange(offer, steps)),
      socketAddress: () => this.#socketAddress(steps),
      key: async () => (await this.#freshKey(steps)).value,
    };
  }

  /** Connects the transport through the agent's session, with the agent's settings. */
  async #startAgent(module: Promise<AgentModule>, transport: Transport): Promise<void> {
    const { signal, setup } = this.#call;
    const { agents, options, bus, conversation, environment, kept } = setup;
    const { startAgent } = await module;
    signal.throwIfAborted();
    agents.run = this.#agent = startAgent(
      {
        call: options,
        transport,
        session: this.#session,
        bus,
        resumes: kept !== undefined,
        open: (session) => {
          this.#session = session;
          return transport.connect();
        },
        approve: (question) => this.#tools.ask(question),
        hideItem: () => {
          const id = `hidden_${Math.floor(environment.random() * 1e9).toString(36)}_${++this.#hiddenItems}`;
          conversation.hideItem(id);
          return id;
        },
      },
      agents.run,
    );
    await this.#agent.connect();
  }

  /** Asks the site's server to place the call. */
  async #placeCall(offer: string, broker: Promise<Broker>): Promise<Answer> {
    const { signal, setup } = this.#call;
    const { environment, options, tokens, bus } = setup;
    const { BrokeredCall } = await until(broker, signal);
    tokens.checkWait();
    bus.emit('phase', 'negotiating');
    this.#brokered = new BrokeredCall({ environment, url: this.#address, visitorToken: options.visitorToken, signal, bus });
    try {
      return await this.#brokered.place(offer);
    } catch (reason) {
      throw reason instanceof VoiceAgentError && reason.code === 'rate_limited' ? tokens.wait(reason) : reason;
    }
  }

  /** For a placed call that failed before it was live: waits for the server to report the reason. */
  async #explain(reason: unknown): Promise<void> {
    const error = VoiceAgentError.from(reason, 'connection_lost');
    if (!this.#brokered?.placed) throw error;
    this.#brokered.ended(error);
    await new Promise<never>(() => undefined);
  }

  /** A fresh key for the connection, once the visitor has allowed the microphone. */
  async #freshKey({ key, granted, track }: Steps): Promise<Token> {
    const { signal, setup } = this.#call;
    const { tokens, bus } = setup;
    let token = await until(key, signal);
    // The server's call costs money and can time out, so it starts after the visitor has allowed the microphone.
    if (!(await granted)) await until(track, signal);
    if (token.value && tokens.renewable && !tokens.isFresh(token)) token = await tokens.get(signal);
    bus.emit('phase', 'negotiating');
    return token;
  }

  async #socketAddress(steps: Steps): Promise<SocketAddress> {
    const { value } = await this.#freshKey(steps);
    return socketAddress(this.#address, value, keyCarrier(this.#call.setup.options, this.#dialect), this.#dialect);
  }

  async #exchange(offer: string, steps: Steps): Promise<Answer> {
    const { signal, setup } = this.#call;
    const { environment, tokens } = setup;
    const token = await this.#freshKey(steps);
    const offers = await until(this.#offers as Promise<Offers>, signal);
    try {
      return await this.#post(offers, token, offer);
    } catch (reason) {
      const outdated = environment.now() - token.at >= SHORTEST_LIFE;
      const renewed = token !== (await steps.key);
      if (!(reason instanceof offers.KeyRefused) || renewed || !outdated || !tokens.renewable) throw reason;
      return await this.#post(offers, await tokens.get(signal), offer);
    }
  }

  async #post({ exchangeOffer, hangUp, offerRules }: Offers, token: Token, offer: string): Promise<Answer> {
    const { signal, setup } = this.#call;
    const { environment, options } = setup;
    const rules = offerRules(this.#dialect, options.model);
    const url = this.#address;
    this.#usedKey = token;
    const answer = await exchangeOffer(environment, url, token.value, offer, signal, rules);
    // Aborted just as the answer was read.
    if (signal.aborted) hangUp(environment, url, answer.callId, token.value, rules);
    signal.throwIfAborted();
    this.#callId = answer.callId;
    return answer;
  }

  /** The call's URL, known once the dialect is loaded. */
  get #address(): URL {
    return this.#url as URL;
  }
}

/** What a browser lacks for this kind of transport. */
const missing = (kind: TransportKind): string =>
  kind === 'webrtc'
    ? 'This browser does not support WebRTC, which transport="websocket" does not need.'
    : 'This browser does not support WebSockets and audio worklets.';

/** Prevents an unhandled rejection before the promise is awaited; a later `await` still rejects. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
