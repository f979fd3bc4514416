/**
 * How one call comes about: key, microphone and offer, side by side where the browser shows no prompt, one after the
 * other where it does.
 *
 * Owns: the order of these steps, the replacement of an outdated key. One `AbortSignal` ends them all.
 * Does not own: the parts themselves, nor what is cleaned up after a failure (`live-call.ts`).
 */
import type { CallOptions } from '../contract/options.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { ConnectPhase } from '../contract/states.js';
import type { Microphone } from '../media/microphone.js';
import type { Answer, Transport, TransportModule, TransportOptions } from '../transport/transport.js';
import type { Environment } from './environment.js';
import { until } from './http.js';
import { exchangeOffer, hangUp, KeyRefused } from './offer-exchange.js';
import { callUrl, sessionSettings } from './session-settings.js';
import type { Token, TokenSource } from './token-source.js';

/** Milliseconds of age from which a refused key may be an expired one: the shortest life that the API gives. */
const SHORTEST_LIFE = 10_000;

/** The parts of one connection. */
export interface ConnectionSetup {
  readonly environment: Environment;
  readonly options: CallOptions;
  readonly tokens: TokenSource;
  /** `undefined` for a call by text alone. */
  readonly microphone: Microphone | undefined;
  readonly signal: AbortSignal;
  readonly transport: Omit<TransportOptions, 'session' | 'receiveOnly' | 'timers' | 'exchange'>;
  onPhase(phase: ConnectPhase): void;
  /** The browser asks the visitor (`true`), who may take any time, or got an answer. */
  onPrompt(open: boolean): void;
  /** Just before the microphone is opened. */
  onClaim(): void;
  onMicrophoneLost(): void;
}

/** One way to the server; see the head of the file. */
export class Connection {
  transport: Transport | undefined;
  readonly #setup: ConnectionSetup;
  #key: Token | undefined;
  #url: URL | undefined;
  #callId: string | undefined;

  constructor(setup: ConnectionSetup) {
    this.#setup = setup;
  }

  /** Resolves when the session is configured and the microphone on the wire. @throws VoiceAgentError */
  async open(): Promise<void> {
    const { environment, options, tokens, microphone, signal } = this.#setup;
    const obstacle = environment.webRtc ? microphone?.obstacle() : new VoiceAgentError('unsupported');
    if (obstacle) throw obstacle;
    this.#url = callUrl(options, environment.baseUrl);
    const key = handled(tokens.get(signal));
    environment.preconnect(this.#url.origin);
    const module = handled(this.#load());
    const granted = handled(microphone?.granted() ?? Promise.resolve(true));
    const track = handled(this.#listen(key, granted));
    const { createTransport } = await until(module, signal);
    signal.throwIfAborted();
    const transport = createTransport({
      ...this.#setup.transport,
      session: sessionSettings(options),
      receiveOnly: !microphone,
      timers: environment,
      exchange: (offer) => this.#exchange(offer, key, granted, track),
    });
    this.transport = transport;
    const joined = track.then((live) => (live ? transport.useMicrophone(live) : undefined));
    await until(Promise.all([transport.connect(), joined]), signal);
  }

  /** Ends what there is; a call that the server made and never heard of again is hung up. */
  release(): void {
    const { transport } = this;
    transport?.release();
    if (transport && !transport.reached && this.#key && this.#url) {
      hangUp(this.#setup.environment, this.#url, this.#callId, this.#key.value);
    }
    this.#key = undefined;
  }

  #load(): Promise<TransportModule> {
    return this.#setup.environment.loadTransport().catch((cause: unknown) => {
      throw new VoiceAgentError('network', { message: 'The code for calls could not be loaded.', cause });
    });
  }

  /** Without a permission the prompt waits for the key, so that a broken server never shows one. */
  async #listen(key: Promise<Token>, granted: Promise<boolean>): Promise<MediaStreamTrack | undefined> {
    const { microphone, signal, onPhase, onPrompt, onClaim, onMicrophoneLost } = this.#setup;
    if (!microphone) return undefined;
    const asks = !(await granted);
    if (asks) await key;
    signal.throwIfAborted();
    onClaim();
    if (!asks) return microphone.open(onMicrophoneLost);
    onPhase('microphone');
    onPrompt(true);
    try {
      return await until(microphone.open(onMicrophoneLost), signal);
    } finally {
      onPrompt(false);
    }
  }

  async #exchange(offer: string, key: Promise<Token>, granted: Promise<boolean>, track: Promise<unknown>): Promise<Answer> {
    const { environment, tokens, signal, onPhase } = this.#setup;
    let token = await until(key, signal);
    // The server's call, which costs money and time out, begins when the visitor has said yes.
    if (!(await granted)) await until(track, signal);
    const renewed = tokens.renewable && !tokens.isFresh(token);
    if (renewed) token = await tokens.get(signal);
    onPhase('negotiating');
    try {
      return await this.#post(token, offer);
    } catch (reason) {
      const outdated = environment.now() - token.at >= SHORTEST_LIFE;
      if (!(reason instanceof KeyRefused) || renewed || !outdated || !tokens.renewable) throw reason;
      return await this.#post(await tokens.get(signal), offer);
    }
  }

  async #post(token: Token, offer: string): Promise<Answer> {
    const { environment, signal } = this.#setup;
    const url = this.#url as URL;
    this.#key = token;
    const answer = await exchangeOffer(environment, url, token.value, offer, signal);
    // Given up in the very moment in which the answer was read.
    if (signal.aborted) hangUp(environment, url, answer.callId, token.value);
    signal.throwIfAborted();
    this.#callId = answer.callId;
    return answer;
  }
}

/** A promise that may fail before anybody waits for it: whoever waits still sees the failure. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
