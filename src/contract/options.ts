/** What a page may configure, as types. Defaults are named here and applied in `session/` and `element/`. */

/** A raw Realtime event: JSON with a `type`. */
export interface RealtimeEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A key, or a function that returns one; the signal ends with the connection attempt. */
export type TokenProvider = string | ((options: { signal: AbortSignal }) => string | Promise<string>);

/** The names for `turn-detection`. */
export type TurnDetectionName = 'semantic_vad' | 'server_vad' | 'none';

/** Turn detection by name, or the protocol's full object. */
export type TurnDetection = TurnDetectionName | ({ readonly type: string } & Readonly<Record<string, unknown>>) | null;

/** Protocol family of the server. */
export type DialectName = 'ga' | 'beta';

/** Where the widget sits. */
export type Placement = 'inline' | 'bottom-end' | 'bottom-start' | 'top-end' | 'top-start';
export type Theme = 'auto' | 'light' | 'dark';

/** A tool that runs in the page. */
export interface ClientTool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments object. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Runs the tool; the signal ends with the call or after the tool's time limit (15 s). */
  execute(args: unknown, context: { signal: AbortSignal; callId: string }): unknown;
  /** Milliseconds until the model gets a time-out result instead. Default 15000. */
  readonly timeout?: number;
}

/** How one call is to be made. Everything is optional but one of `tokenUrl`, `token`. */
export interface CallOptions {
  /** Where to POST for an ephemeral key. */
  readonly tokenUrl?: string;
  readonly token?: TokenProvider;
  /**
   * How a key begins. Default `ek_`, OpenAI's ephemeral keys; set it (`''` for anything) for another server. Standard
   * keys (`sk-`) are refused whatever it says.
   */
  readonly keyPrefix?: string;
  /** Realtime API root. Default `https://api.openai.com/v1`. */
  readonly baseUrl?: string;
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
