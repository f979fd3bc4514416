/**
 * The core of a sandbox: its calls, keys, scripts and log. Owns the state shared by the HTTP routes, the WebSockets and
 * the control endpoint, which have files of their own.
 */
import { ApiError } from '../protocol/api-error.js';
import { Call } from '../call/call.js';
import type { CallParts } from '../call/call.js';
import type { SandboxCall } from '../call/sandbox-call.js';
import { systemClock, SandboxTimeout } from '../clock.js';
import type { Clock } from '../clock.js';
import type { ArmedFault } from '../scripting/armed-faults.js';
import { newId } from '../protocol/ids.js';
import type { Synthesise } from '../session/write-item.js';
import { Keys, sandboxKeysOnly } from './keys.js';
import type { Caller, MintedKey } from './keys.js';
import type { PeerFactory } from '../media/peer.js';
import type { PhoneLines, PhoneLinesFactory } from '../phone/phone-network.js';
import { PROFILES } from '../profiles/index.js';
import type { Profile, ProfileName, SocketRules } from '../profiles/profile.js';
import { RequestLog } from './request-log.js';
import { Scenario } from '../scripting/scenario.js';
import type { Fault } from '../scripting/faults.js';
import type { Script } from '../scripting/script.js';
import { freshSession, isRealtimeModel, mergeSession } from '../session/merge-session.js';
import type { SessionConfig } from '../session/session-config.js';
import type { SandboxOptions } from './sandbox-options.js';

/** The configuration of a call before it begins. */
export interface OpeningConfig {
  config: SessionConfig;
  modelFixed: boolean;
}

/** All state of a sandbox except its sockets. */
export class SandboxCore {
  readonly clock: Clock;
  readonly keys: Keys;
  readonly requests: RequestLog;
  readonly peers: PeerFactory;
  readonly phone: PhoneLines;
  readonly options: SandboxOptions;
  /** Aborted when the sandbox closes; releases requests that hang on purpose. */
  readonly closing = new AbortController();
  readonly #speak: Synthesise;
  readonly #calls: Call[] = [];
  readonly #live = new Set<Call>();
  readonly #waiting = new Set<(call: Call) => void>();
  readonly #scenarios = new Map<string, Scenario>();
  #returned = 0;
  #defaultScenario: Scenario;
  #profile: Profile;
  #sockets: SocketRules;

  /** `createPhone` is an argument because a browser has no telephone: its bundle leaves that code out. */
  constructor(options: SandboxOptions, peers: PeerFactory, speak: Synthesise, createPhone: PhoneLinesFactory) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.peers = peers;
    this.#speak = speak;
    const { keepSeconds = 300, keepCalls = 200 } = options;
    this.phone = createPhone({ clock: this.clock, speak, keepSeconds }, () => this.#profile.phone === true, keepCalls);
    const { apiKeys = sandboxKeysOnly } = options;
    this.keys = new Keys(this.clock, typeof apiKeys === 'function' ? apiKeys : (key) => apiKeys.includes(key));
    this.requests = new RequestLog(() => this.clock.now());
    this.#defaultScenario = new Scenario(options.script);
    [this.#profile, this.#sockets] = this.#profileWith(options.profile, options.socket);
  }

  // ---- profile ------------------------------------------------------------------------------------

  /** The profile for new requests; a call keeps the one it began with. */
  get profile(): Profile {
    return this.#profile;
  }

  /** How WebSockets are opened. */
  get sockets(): SocketRules {
    return this.#sockets;
  }

  /** Imitates another server. */
  play(name: ProfileName, socket: Partial<SocketRules> = {}): void {
    [this.#profile, this.#sockets] = this.#profileWith(name, socket);
  }

  #profileWith(name: ProfileName = 'ga', socket: Partial<SocketRules> = {}): [Profile, SocketRules] {
    const profile = PROFILES[name];
    return [profile, { ...profile.socket, ...socket }];
  }

  // ---- scripts ---------------------------------------------------------------------------------------------------

  /** The scenario for a key. */
  scenario(name: string | undefined): Scenario {
    return (name === undefined ? undefined : this.#scenarios.get(name)) ?? this.#defaultScenario;
  }

  /** Sets the default script, or that of a scenario. */
  setScript(script: Script, name?: string): void {
    if (name === undefined) this.#defaultScenario = new Scenario(script);
    else this.#scenarios.set(name, new Scenario(script));
  }

  /** Removes a scenario. */
  dropScenario(name: string): boolean {
    return this.#scenarios.delete(name);
  }

  /** Arms a fault. */
  arm(fault: Fault, name?: string): ArmedFault {
    return this.scenario(name).faults.arm(fault);
  }

  // ---- calls -----------------------------------------------------------------------------------------------------

  /** All calls kept, oldest first. */
  get calls(): readonly Call[] {
    return this.#calls;
  }

  /** Finds a call by its id. */
  find(id: string): Call | undefined {
    return this.#calls.find((call) => call.id === id);
  }

  /**
   * The session that a call begins with: defaults, then the key's session, then the request's.
   *
   * @throws ApiError for an unusable session or an unknown model.
   */
  openingConfig(caller: Caller, request: unknown, kind: SessionConfig['type'] = 'realtime'): OpeningConfig {
    const bound = caller.kind === 'ephemeral' ? caller.key.session : undefined;
    const given = (request ?? undefined) as Record<string, unknown> | undefined;
    const wanted = (bound ?? given)?.['type'];
    const type = wanted === 'transcription' ? 'transcription' : kind;
    const expiresAt = Math.floor((this.clock.now() + this.#capMs) / 1000);
    let config = freshSession(type, newId('sess'), expiresAt);
    for (const layer of [bound, given]) {
      if (layer !== undefined) config = mergeSession(config, layer, { modelFixed: false, voiceFixed: false });
    }
    const named = (given?.['model'] ?? bound?.['model']) as string | undefined;
    if (config.model !== undefined) this.requireModel(config.model);
    return { config, modelFixed: named !== undefined };
  }

  /** @throws ApiError `invalid_model`; recorded: the real API reports it for the call, whatever model the key was minted for. */
  requireModel(model: string): void {
    const accepts = this.options.acceptsModel ?? this.#profile.acceptsModel ?? isRealtimeModel;
    if (!accepts(model))
      throw new ApiError({ message: `Model "${model}" is not supported in realtime mode.`, code: 'invalid_model', param: 'model' });
  }

  get #capMs(): number {
    return (this.options.capMinutes ?? 60) * 60_000;
  }

  /** Begins a call; its connection is attached next. A phone call already has its id. */
  begin(kind: CallParts['kind'], caller: Caller, opening: OpeningConfig, id?: string): Call {
    const { options } = this;
    const call = new Call({
      kind,
      ...(id !== undefined && { id }),
      profile: this.#profile,
      key: caller.kind === 'ephemeral' ? caller.key.value : caller.key,
      ...opening,
      clock: this.clock,
      scenario: () => this.scenario(caller.scenario),
      speak: this.#speak,
      transcribe: options.transcribe,
      thinkMs: options.thinkMs ?? 150,
      speed: options.speed ?? 4,
      capMs: this.#capMs,
      keepSeconds: options.keepSeconds ?? 300,
      onEnd: (ended) => this.#live.delete(ended),
    });
    if (caller.kind === 'ephemeral') caller.key.uses++;
    this.#calls.push(call);
    this.#live.add(call);
    this.#dropOldCalls();
    for (const resolve of [...this.#waiting]) resolve(call);
    return call;
  }

  #dropOldCalls(): void {
    const most = this.options.keepCalls ?? 200;
    while (this.#calls.length > most) {
      const oldest = this.#calls.findIndex((call) => call.state === 'ended');
      if (oldest < 0) return;
      this.#calls.splice(oldest, 1);
      if (oldest < this.#returned) this.#returned--;
    }
  }

  /** The next call that `nextCall` has not returned yet. @throws SandboxTimeout */
  nextCall(options: { timeoutMs?: number } = {}): Promise<SandboxCall> {
    const waiting = this.#calls[this.#returned];
    if (waiting !== undefined) {
      this.#returned++;
      return Promise.resolve(waiting);
    }
    const { timeoutMs = 5_000 } = options;
    return new Promise((resolve, reject) => {
      const take = (call: Call): void => {
        // Each call is returned to only one waiter.
        if (this.#calls[this.#returned] !== call) return;
        this.#returned++;
        clearTimeout(timer);
        this.#waiting.delete(take);
        resolve(call);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(take);
        reject(
          new SandboxTimeout(
            `no call began within ${String(timeoutMs)} ms`,
            this.requests.entries.map(({ method, path }) => `${method} ${path}`),
          ),
        );
      }, timeoutMs);
      this.#waiting.add(take);
    });
  }

  /** Clears calls, keys, requests and scripts, restores the initial profile, and ends active calls. */
  reset(): void {
    for (const call of [...this.#live]) call.end('scripted');
    this.phone.reset();
    this.#calls.length = 0;
    this.#returned = 0;
    this.keys.clear();
    this.requests.entries.length = 0;
    this.#scenarios.clear();
    this.#defaultScenario = new Scenario(this.options.script);
    [this.#profile, this.#sockets] = this.#profileWith(this.options.profile, this.options.socket);
  }

  /** Mints a key like `client_secrets`, without HTTP. */
  mint(seconds: number, session?: Record<string, unknown>, scenario?: string): MintedKey {
    return this.keys.mint(seconds, session, scenario);
  }

  /** Ends all calls. */
  close(): void {
    this.closing.abort();
    for (const call of [...this.#live]) call.end('sandbox-closed', 1001, 'The sandbox was closed.');
    this.phone.reset();
  }
}
