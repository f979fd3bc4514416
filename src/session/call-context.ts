/** What the parts of one call share, and the state that outlives its connection. Types only. */
import type { CallBus } from '../contract/call-bus.js';
import type { CallOptions, RealtimeEvent } from '../contract/options.js';
import type { ConversationStore } from '../conversation/index.js';
import type { Microphone } from '../media/microphone.js';
import type { AgentRun, Transport } from '../transport/transport.js';
import type { Environment } from './environment.js';
import type { TokenSource } from './token-source.js';

/** The run of the latest agent. */
export interface AgentSlot {
  run: AgentRun | undefined;
}

/** State that outlives a broken connection; the reconnector releases it. */
export interface ReconnectState {
  /** `undefined` for a text-only call. */
  readonly microphone: Microphone | undefined;
  /** Releases the claim on the page's microphone. */
  readonly unclaim: (() => void) | undefined;
  readonly audio: HTMLAudioElement;
  /** When the first connection was made. */
  readonly since: number;
  /** The visitor waits for an answer. */
  readonly unanswered: boolean;
  /** Events to send to the new server first. */
  readonly restore?: readonly RealtimeEvent[];
}

/** The settings and dependencies of a call. */
export interface LiveCallSetup {
  readonly environment: Environment;
  readonly options: CallOptions;
  readonly tokens: TokenSource;
  readonly conversation: ConversationStore;
  readonly agents: AgentSlot;
  /** The call emits all of its events here, and releases it at its end. */
  readonly bus: CallBus;
  /** False for a text-only call. */
  readonly microphone: boolean;
  readonly muted: boolean;
  /** Milliseconds for the whole attempt. */
  readonly timeout: number;
  /** Resolves when the page's call controls are loaded; until then no microphone is opened and the call does not connect. */
  readonly controls?: Promise<void> | undefined;
  /** Set if the call continues after an earlier connection broke. */
  readonly kept?: ReconnectState | undefined;
  /** Another call of the page claimed the microphone. Also called after `release()`, if the call continues with another connection. */
  onDisplaced(): void;
}

/** The call, as its parts see it. */
export interface CallContext {
  readonly setup: LiveCallSetup;
  /** Aborted when the attempt fails or the call ends. */
  readonly signal: AbortSignal;
  /** Defined once the connection attempt has created it. */
  readonly transport: Transport | undefined;
  /** True from the connection to `release()`. */
  readonly live: boolean;
  /** The server only transcribes the visitor. */
  readonly transcribes: boolean;
  /** The transport of the live call. @throws VoiceAgentError `invalid_request` while not connected */
  liveTransport(): Transport;
}
