/** Types of everything that a page can configure. Defaults are documented here and applied in `session/` and `element/`. */
import type { Dialect, DialectName, KeyCarrier } from './dialect.js';
import type { TransportName } from './realtime-event.js';

export type { RealtimeEvent, TransportName } from './realtime-event.js';

/** A key, or a function that returns one; the signal aborts with the connection attempt. */
export type TokenProvider = string | ((options: { signal: AbortSignal }) => string | Promise<string>);

/** Identifies the visitor to the site's server: sent as `Authorization: Bearer …`. `undefined` sends no header. */
export type VisitorToken = string | ((options: { signal: AbortSignal }) => string | undefined | Promise<string | undefined>);

/** The names for `turn-detection`. */
export type TurnDetectionName = 'semantic_vad' | 'server_vad' | 'none';

/** Turn detection by name, or the protocol's full object. */
export type TurnDetection = TurnDetectionName | ({ readonly type: string } & Readonly<Record<string, unknown>>) | null;

/** Purpose of a call: a conversation with the agent, or transcription of the visitor's speech. */
export type CallMode = 'conversation' | 'transcription';

/** A custom transport: any object with the Agents SDK's `RealtimeTransportLayer` interface. */
export interface CustomTransport {
  readonly status: 'connecting' | 'connected' | 'disconnecting' | 'disconnected';
  readonly muted: boolean | null;
  connect(options: { apiKey: string; model?: string; url?: string; initialSessionConfig?: Record<string, unknown> }): Promise<void>;
  sendEvent(event: never): void;
  on(type: never, listener: never): unknown;
  close(): void;
}

/** Position of the widget. */
export type Placement = 'inline' | 'bottom-end' | 'bottom-start' | 'top-end' | 'top-start';
export type Theme = 'auto' | 'light' | 'dark';

/** A tool that runs in the page. */
export interface ClientTool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments object, or an object schema of zod (4.2 or newer) or any other Standard Schema, which also checks them. */
  readonly parameters?: Readonly<Record<string, unknown>> | object;
  /** Runs the tool; the signal aborts with the call or after the tool's time limit (15 s). */
  execute(args: never, context: { signal: AbortSignal; callId: string }): unknown;
  /** True, or a function that returns true, asks the visitor for approval before it runs. Default false. */
  readonly needsApproval?: boolean | ((args: unknown, context: { callId: string }) => boolean | Promise<boolean>);
  /** Milliseconds until the model gets a timeout result instead; time spent waiting for approval is not counted. Default 15000. */
  readonly timeout?: number;
}

/** Additional options for the session of an `agent`: those of the Agents SDK's `RealtimeSession`, with the same names. */
export interface AgentOptions {
  /** Run while an answer is generated; a tripwire cuts it off (`RealtimeOutputGuardrail`). */
  readonly outputGuardrails?: readonly object[];
  /** `debounceTextLength`: characters between two guardrail runs, default 100; -1 runs them only at the end of an answer. */
  readonly outputGuardrailSettings?: { readonly debounceTextLength?: number };
  /** Passed to tools, guardrails and instructions as `context.context`. */
  readonly context?: unknown;
  /** Formats the message that the model gets when a tool was denied. */
  readonly toolErrorFormatter?: (...args: never[]) => unknown;
  readonly toolExecution?: { readonly preApprovalInputGuardrails?: boolean };
  /** Keep the audio of turns in the history. Default false. */
  readonly historyStoreAudio?: boolean;
}

/**
 * Settings of a call. All are optional, except that one of `tokenUrl`, `token` and `callUrl` is required. The element's manifest and
 * README take types, texts and `@default` of its properties from here.
 */
export interface CallOptions {
  /** URL that returns an ephemeral key to a POST request, as `{value, expires_at}`. */
  readonly tokenUrl?: string;
  /** A key, or an async function that returns one; property only. */
  readonly token?: TokenProvider;
  /**
   * Brokered call: URL to POST the SDP offer to. The server places and monitors the call, and the page receives no key. Only with WebRTC and
   * the dialect `ga`. Takes precedence over `tokenUrl` and `token`.
   */
  readonly callUrl?: string;
  /**
   * Identifies the visitor to `token-url` and `call-url`: a string, or an async function that returns one, called again for each key and
   * each call. Sent as `Authorization: Bearer …`; property only.
   */
  readonly visitorToken?: VisitorToken;
  /**
   * Required prefix of keys. Default with the dialect `ga`: `ek_`, for OpenAI's ephemeral keys; none with other dialects.
   * Standard keys (`sk-`) are always rejected.
   */
  readonly keyPrefix?: string;
  /**
   * Realtime API root.
   * @default 'https://api.openai.com/v1'
   */
  readonly baseUrl?: string;
  /**
   * `webrtc` or `websocket`; the property also takes an object with the SDK's `RealtimeTransportLayer` interface.
   * @default 'webrtc'
   */
  readonly transport?: TransportName | CustomTransport;
  /**
   * Dialect of the server, by name; the property also takes a `Dialect`.
   * @default 'ga'
   */
  readonly dialect?: DialectName | Dialect;
  /**
   * URL of the package's `pcm-worklet.js`, which `transport="websocket"` needs; set it if your bundler does not copy the file.
   * Default: next to the code that loads it.
   */
  readonly workletUrl?: string;
  /** How the key is sent on a WebSocket: `subprotocol`, `query` or `none`. Default: set by the dialect. */
  readonly keyCarrier?: KeyCarrier;
  /**
   * `conversation`, or `transcription`: the visitor's speech is transcribed and not answered.
   * @default 'conversation'
   */
  readonly mode?: CallMode;
  /**
   * True reconnects automatically, with a new key, when an established call is lost.
   * @default false
   */
  readonly reconnect?: boolean;
  /** A `RealtimeAgent`: its tools, handoffs and guardrails run in the page. */
  readonly agent?: object;
  /** Guardrails and context of the `agent`'s session. */
  readonly agentOptions?: AgentOptions;
  /** Model of the session, with `mode="transcription"` the transcriber; sent only when set. */
  readonly model?: string;
  /** Voice of the agent; sent only when set. */
  readonly voice?: string;
  /** Instructions of the agent; sent only when set. Visible to visitors: keep secrets on the server. */
  readonly instructions?: string;
  /** Language of the visitor's speech (BCP 47), passed to the transcriber. */
  readonly language?: string;
  /** The agent's opening line. */
  readonly greeting?: string;
  /** `semantic_vad`, `server_vad` or `none`; the property also takes the protocol's full object. */
  readonly turnDetection?: TurnDetection;
  /** Raw fields of the protocol's session object; they take precedence over the individual settings. */
  readonly sessionConfig?: Readonly<Record<string, unknown>>;
  /** Tools that run in the page. */
  readonly tools?: readonly ClientTool[];
  /**
   * Milliseconds until an undecided tool approval is denied.
   * @default 60000
   */
  readonly approvalTimeout?: number;
  /**
   * Milliseconds until a connection attempt fails.
   * @default 30000
   */
  readonly timeout?: number;
  /** A microphone stream supplied by the page; never stopped by the element. If set during a voice call, it is used immediately. */
  readonly mediaStream?: MediaStream;
  /** An audio element of the page that plays the agent's voice. */
  readonly audioElement?: HTMLAudioElement;
}

/** Arguments of `connect()`. */
export interface ConnectOptions {
  /** Milliseconds until the attempt fails; overrides the `timeout` setting. */
  readonly timeout?: number;
  /** Overrides the `reconnect` setting. */
  readonly reconnect?: boolean;
  /** Aborts the attempt, until it is connected, with an `aborted` error. */
  readonly signal?: AbortSignal;
  /** False starts a text-only call: the microphone is never requested. Default true. */
  readonly microphone?: boolean;
}

/** The default Realtime API root. */
export const DEFAULT_BASE_URL = 'https://api.openai.com/v1';
/** Default time limit of a connection attempt, in milliseconds. */
export const DEFAULT_TIMEOUT = 30_000;
/** Default time limit of an approval, in milliseconds, after which it is denied. */
export const DEFAULT_APPROVAL_TIMEOUT = 60_000;
