/** What a page may configure, as types. Defaults are named here and applied in `session/` and `element/`. */
import type { Dialect, DialectName, KeyCarrier } from './dialect.js';

/** A raw Realtime event: JSON with a `type`. */
export interface RealtimeEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A key, or a function that returns one; the signal ends with the connection attempt. */
export type TokenProvider = string | ((options: { signal: AbortSignal }) => string | Promise<string>);

/** Who the visitor is, in the site's own words: sent to its server as `Authorization: Bearer …`. Nothing is sent for nothing. */
export type VisitorToken = string | ((options: { signal: AbortSignal }) => string | undefined | Promise<string | undefined>);

/** The names for `turn-detection`. */
export type TurnDetectionName = 'semantic_vad' | 'server_vad' | 'none';

/** Turn detection by name, or the protocol's full object. */
export type TurnDetection = TurnDetectionName | ({ readonly type: string } & Readonly<Record<string, unknown>>) | null;

/** How events and sound travel: over WebRTC, or over one WebSocket. */
export type TransportName = 'webrtc' | 'websocket';

/** What a call is for: to talk with the agent, or to write down what the visitor says. */
export type CallMode = 'conversation' | 'transcription';

/** A transport of the page's own: any object with the Agents SDK's `RealtimeTransportLayer` interface. */
export interface ForeignTransport {
  readonly status: 'connecting' | 'connected' | 'disconnecting' | 'disconnected';
  readonly muted: boolean | null;
  connect(options: { apiKey: string; model?: string; url?: string; initialSessionConfig?: Record<string, unknown> }): Promise<void>;
  sendEvent(event: never): void;
  on(type: never, listener: never): unknown;
  close(): void;
}

/** Where the widget sits. */
export type Placement = 'inline' | 'bottom-end' | 'bottom-start' | 'top-end' | 'top-start';
export type Theme = 'auto' | 'light' | 'dark';

/** A tool that runs in the page. */
export interface ClientTool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments object, or an object schema of zod (4.2 or newer) or any other Standard Schema, which also checks them. */
  readonly parameters?: Readonly<Record<string, unknown>> | object;
  /** Runs the tool; the signal ends with the call or after the tool's time limit (15 s). */
  execute(args: never, context: { signal: AbortSignal; callId: string }): unknown;
  /** True, or a function that says so: the visitor is asked before it runs. Default false. */
  readonly needsApproval?: boolean | ((args: unknown, context: { callId: string }) => boolean | Promise<boolean>);
  /** Milliseconds until the model gets a time-out result instead; the visitor's time to decide is not counted. Default 15000. */
  readonly timeout?: number;
}

/** What the session of an `agent` is given besides: options of the Agents SDK's `RealtimeSession`, by the same names. */
export interface AgentOptions {
  /** Each is asked while the answer is made; a tripwire cuts it (`RealtimeOutputGuardrail`). */
  readonly outputGuardrails?: readonly object[];
  /** `debounceTextLength`: characters between two questions, 100; -1: only at the end of an answer. */
  readonly outputGuardrailSettings?: { readonly debounceTextLength?: number };
  /** Handed to tools, guardrails and instructions as `context.context`. */
  readonly context?: unknown;
  /** Words for the model when a tool was not allowed. */
  readonly toolErrorFormatter?: (...args: never[]) => unknown;
  readonly toolExecution?: { readonly preApprovalInputGuardrails?: boolean };
  /** Keep the sound of turns in the history. Default false. */
  readonly historyStoreAudio?: boolean;
}

/** How one call is to be made. Everything is optional but one of `tokenUrl`, `token`, `callUrl`. */
export interface CallOptions {
  /** Where to POST for an ephemeral key. */
  readonly tokenUrl?: string;
  readonly token?: TokenProvider;
  /**
   * Brokered call: where to POST the SDP offer. The site's server places the call and watches it; no key is asked for. WebRTC and
   * the dialect `ga` alone. Wins over `tokenUrl` and `token`.
   */
  readonly callUrl?: string;
  /** Goes with the requests to `tokenUrl` and `callUrl`. A function is asked anew for each key and each call. */
  readonly visitorToken?: VisitorToken;
  /**
   * How a key begins. Default with the dialect `ga`: `ek_`, OpenAI's ephemeral keys; anything with other dialects.
   * Standard keys (`sk-`) are refused whatever it says.
   */
  readonly keyPrefix?: string;
  /** Realtime API root. Default `https://api.openai.com/v1`. */
  readonly baseUrl?: string;
  /** Default `webrtc`. */
  readonly transport?: TransportName | ForeignTransport;
  /** What the server speaks: a name, or a dialect of the page's own. Default `ga`, OpenAI's current interface. */
  readonly dialect?: DialectName | Dialect;
  /** Where the page serves the package's `pcm-worklet.js`, which `websocket` needs. Default: beside the code that loads it. */
  readonly workletUrl?: string;
  /** How the key travels on a WebSocket, where the dialect's own way does not fit. */
  readonly keyCarrier?: KeyCarrier;
  /** Default `conversation`. */
  readonly mode?: CallMode;
  /** Redial by itself, with a new key, when an established call breaks. Default false. */
  readonly reconnect?: boolean;
  /** A `RealtimeAgent` of the Agents SDK: its handoffs, guardrails, tools and history run in the page. */
  readonly agent?: object;
  /** Guardrails and context of the `agent`'s session. */
  readonly agentOptions?: AgentOptions;
  readonly model?: string;
  readonly voice?: string;
  readonly instructions?: string;
  /** BCP 47 tag of the visitor's speech, handed to the transcriber. */
  readonly language?: string;
  /** What the agent opens with. */
  readonly greeting?: string;
  readonly turnDetection?: TurnDetection;
  /** Raw fields of the protocol's session object; they win over the single settings above. */
  readonly sessionConfig?: Readonly<Record<string, unknown>>;
  readonly tools?: readonly ClientTool[];
  /** Milliseconds until a tool that nobody allowed or refused counts as refused. Default 60000. */
  readonly approvalTimeout?: number;
  /** Milliseconds until a connection attempt fails. Default 30000. */
  readonly timeout?: number;
  /** The page's own microphone stream: never stopped by us. */
  readonly mediaStream?: MediaStream;
  /** The page's own element for the agent's voice. */
  readonly audioElement?: HTMLAudioElement;
}

/** Arguments of `connect()`. */
export interface ConnectOptions {
  /** Milliseconds until the attempt fails; wins over the `timeout` setting. */
  readonly timeout?: number;
  /** Wins over the `reconnect` setting. */
  readonly reconnect?: boolean;
  /** Ends the attempt (before it is connected) with an `aborted` error. */
  readonly signal?: AbortSignal;
  /** False starts a call by text alone: the microphone is never asked for. Default true. */
  readonly microphone?: boolean;
}

/** The Realtime API root that is used when none is given. */
export const DEFAULT_BASE_URL = 'https://api.openai.com/v1';
/** Milliseconds until a connection attempt fails when nothing else is asked for. */
export const DEFAULT_TIMEOUT = 30_000;
/** Milliseconds until an approval that nobody decided counts as refused. */
export const DEFAULT_APPROVAL_TIMEOUT = 60_000;
