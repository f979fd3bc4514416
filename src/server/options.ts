/** Types of the options of `createVoiceServer`. Validation and defaults are in `config/`. */
import type { TurnDetection } from '../contract/options.js';
import type { OpenServerSocket } from './contract/call-host.js';
import type { Clock } from './contract/clock.js';
import type { MetricsOptions } from './contract/metrics-source.js';
import type { PhoneOptions } from './contract/phone-options.js';
import type { Refusal, ServerObserver } from './contract/server-events.js';
import type { SharedState } from './contract/shared-state.js';
import type { VisitorCheck } from './contract/visitor-check.js';
import type { WebhookOptions } from './contract/webhook-options.js';

/** Dialect of the API that mints keys. */
export type MintDialect = 'ga' | 'beta' | 'xai';

/** The Realtime API that mints keys and receives calls. */
export interface UpstreamOptions {
  /** Realtime API root without a trailing slash, default `https://api.openai.com/v1`. */
  readonly baseUrl?: string;
  /**
   * The standard API key; it never leaves the server. `undefined` and `''` are rejected with a clear message. During a rotation, list two
   * keys of the same project: the first is used until the API rejects it with 401, then the next. Several keys require `pepper`. Not
   * required if each agent has its own `apiKey`.
   */
  readonly apiKey: string | readonly string[] | undefined;
  /**
   * Dialect of the API: `ga` (default) for OpenAI and other servers that mint at `/realtime/client_secrets`; `beta` for servers
   * that mint at `/realtime/sessions`; `xai`, whose keys hold no session, so that `session` must be empty. Brokered and phone
   * calls require `ga`.
   */
  readonly dialect?: MintDialect;
  /** Time limit for a response of the API in milliseconds, 100–60000; default 8000, below the 10 s that the widget waits. */
  readonly timeout?: number;
}

/** Initial session settings. With a key, the page can still change them: a key does not pin its session. */
export interface SessionOptions {
  /**
   * `realtime` (default) for conversations; `transcription` for widgets with `mode="transcription"`. A transcription session
   * has no model, voice or instructions, only `turnDetection`, `transcription` and `config`. A site that uses both mounts two
   * servers.
   */
  readonly type?: 'realtime' | 'transcription';
  /** Name of a Realtime model. */
  readonly model?: string;
  /** Name of a voice, for example `marin`. */
  readonly voice?: string;
  /** Instructions of the agent. Visitors can read them: do not include secrets. */
  readonly instructions?: string;
  readonly turnDetection?: TurnDetection;
  /** The protocol's transcription object for the visitor's speech. If omitted, only the agent's speech has a transcript. */
  readonly transcription?: { readonly model: string; readonly [field: string]: unknown } | null;
  /** Raw fields of the protocol's session object, merged over the fields above. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A rate limit; `false` for no limit. */
export type Rate = { /** Requests per window. */ readonly count: number; /** Length of the window. */ readonly seconds: number } | false;

/** Rate limits for keys and brokered calls, shared by all profiles. */
export interface RateOptions {
  /** Per network address (for IPv6, per /64). Default 10 in 60 s. */
  readonly perAddress?: Rate;
  /** Per visitor identified by `visitor`. Default 10 in 60 s. */
  readonly perVisitor?: Rate;
  /** Per profile without its own `rate`. Default 300 in 60 s. */
  readonly perProfile?: Rate;
  /** For all requests together. Default 600 in 60 s. */
  readonly global?: Rate;
}

/** Spending limits. Omitted limits of the server's `budget` use their defaults; `false` means no limit. */
export interface BudgetOptions {
  /** Calls per day, in the time zone of the server's budget. Default 1000 for the whole server. */
  readonly callsPerDay?: number | false;
  readonly minutesPerDay?: number | false;
  readonly tokensPerDay?: number | false;
  /** In the currency of `prices`. Default for the whole server: 50 times the highest `limits.money`. */
  readonly moneyPerDay?: number | false;
  /** The same per month. A month in which a limit is added counts from then on. */
  readonly callsPerMonth?: number | false;
  readonly minutesPerMonth?: number | false;
  readonly tokensPerMonth?: number | false;
  readonly moneyPerMonth?: number | false;
  /** Concurrent calls. Default 50 for the whole server. */
  readonly maxConcurrent?: number | false;
}

/** Daily limits of one visitor. */
export type VisitorDay = Pick<BudgetOptions, 'callsPerDay' | 'minutesPerDay' | 'tokensPerDay' | 'moneyPerDay'>;

/** Spending limits of the whole server, and of each visitor. */
export interface ServerBudgetOptions extends BudgetOptions {
  /** Time zone of days and months, for all budgets: an IANA name such as `Europe/Berlin`. Default `UTC`. */
  readonly timeZone?: string;
  /**
   * Concurrent calls of one visitor that `visitor` identified. Default 1. A key occupies a place until its time is over or the same
   * visitor requests another one.
   */
  readonly maxConcurrentPerVisitor?: number | false;
  /** A further call of an identified visitor ends the oldest one (`replace`, the default), or is refused with 429 (`refuse`). */
  readonly onVisitorBusy?: 'replace' | 'refuse';
  /**
   * Concurrent calls from one IPv4 address or IPv6 /64, of visitors who are not identified. Default 5. Four times as many from a /56,
   * sixteen times as many from a /48.
   */
  readonly maxConcurrentPerAddress?: number | false;
  /**
   * The largest share of the places and daily amounts that one address or network can use, if its visitors are not identified: above 0,
   * at most 1. Default 0.5. One call is always allowed.
   */
  readonly maxSharePerNetwork?: number | false;
  /**
   * Daily limits of one visitor, or of one address (IPv6: /64; a /56 four times, a /48 sixteen times as much). Default for identified
   * visitors: `moneyPerDay` is 10 times the highest `limits.money`.
   */
  readonly perVisitor?: VisitorDay;
}

/** Limits of one brokered or phone call; the server hangs up when one is reached. A key counts as a call that uses them in full. */
export interface CallLimits {
  /** Maximum duration in seconds, 10–3600; default 600. */
  readonly maxSeconds?: number;
  /** Maximum silence of both sides in seconds, 5–3600; default 60. */
  readonly maxIdleSeconds?: number;
  /** Tokens per call; required by `tokensPerDay`. */
  readonly tokens?: number;
  /**
   * Cost per call in the currency of `prices`; required by `moneyPerDay`. Default: the price of 32,000 tokens of the model's dearest kind
   * per ten minutes of `maxSeconds`; no limit if the model has no price.
   */
  readonly money?: number | false;
  /** How many seconds before the end the visitor is notified, 0–120; default 15. */
  readonly warningSeconds?: number;
  /** How often the tools of this server run. */
  readonly toolRuns?: ToolRunLimits;
}

/**
 * Limits of the tool runs of one call. A run above a limit is refused, and the model reads why. A call that asks for more than twice
 * `perCall` or `perMinute` runs ends (`flooded`).
 */
export interface ToolRunLimits {
  /** Runs per call, 1–10000; default 100. */
  readonly perCall?: number;
  /** Runs within any 60 seconds, 1–1000; default 30. */
  readonly perMinute?: number;
  /** Concurrent runs, 1–64; default 4. Further ones wait. */
  readonly concurrent?: number;
  /** Size of the arguments of one run in bytes, 64–262144; default 16384. */
  readonly argumentBytes?: number;
}

/** Prices per million tokens. Omitted prices are 0; omitted prices of cached tokens equal the uncached price. */
export interface TokenPrices {
  readonly textInput?: number;
  readonly cachedTextInput?: number;
  readonly audioInput?: number;
  readonly cachedAudioInput?: number;
  readonly imageInput?: number;
  readonly textOutput?: number;
  readonly audioOutput?: number;
}

/** A tool that runs on this server when the model calls it in a brokered or phone call. */
export interface ServerTool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments object. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Returns a string or any JSON value. The signal aborts at the end of the call or after `timeout`. */
  execute(args: unknown, context: ServerToolContext): unknown;
  /** Time limit in milliseconds, 100–60000; default 15000. */
  readonly timeout?: number;
}

/** Context of a tool run. */
export interface ServerToolContext {
  readonly signal: AbortSignal;
  readonly profile: string;
  /** Identifies the call in logs. */
  readonly ref: string;
  /** Keyed hash of the visitor; `undefined` if unknown. */
  readonly visitor: string | undefined;
}

/** A hosted MCP server, called by the Realtime API itself. */
export interface HostedMcp {
  readonly label: string;
  readonly url: string;
  /** Sent to the MCP server as `Authorization`. Used only in brokered and phone calls, which keep it secret from the visitor. */
  readonly authorization?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly allowedTools?: readonly string[];
  /** Default `never`, because the site owner chose the server. `always` asks the visitor for approval. */
  readonly requireApproval?: 'never' | 'always';
}

/** How a visitor may reach an agent. */
export type Access = 'token' | 'call' | 'phone';

/** One agent. The browser selects it by name (`?profile=support`) and cannot send any of its settings. */
export interface ProfileOptions {
  readonly session?: SessionOptions;
  /** Tools that run on this server. Not available with keys, because the server does not monitor their calls. */
  readonly tools?: readonly ServerTool[];
  readonly mcp?: readonly HostedMcp[];
  /** Key, or keys during a rotation, for the calls of this agent, such as those of another site. Default: `upstream.apiKey`. */
  readonly apiKey?: string | readonly string[] | undefined;
  /** Default: the server's `allowedOrigins`. */
  readonly allowedOrigins?: readonly string[];
  /** Default: `token` and `call`. */
  readonly access?: readonly Access[];
  readonly rate?: Rate;
  readonly budget?: BudgetOptions;
  readonly limits?: CallLimits;
  /**
   * Paths of session fields that the client of a brokered call may change (`audio.input.turn_detection`); changing any other
   * field ends the call. Default: turn detection, transcription and noise reduction of the input, and `audio.output.speed`.
   */
  readonly clientMutableFields?: readonly string[];
  /**
   * Responses that the page of a brokered call requests outside the conversation (`conversation: "none"`), or with `metadata`.
   * `refuse` (default): such a request ends the call. `allow`: they count like any other response, and may have another voice and
   * modality.
   */
  readonly outOfBandResponses?: 'refuse' | 'allow';
  /**
   * Whether the page of a brokered call gets the SDP answer before the server has attached its sideband. Default `false`. With `true`,
   * calls connect sooner, but the server does not see what the page does until then: changes of session fields that `session` does
   * not set, and forged items.
   */
  readonly answerBeforeSideband?: boolean;
}

/** Returns the remote network address; `undefined` if the runtime does not provide it. */
export type RemoteAddress = (request: Request, env: unknown) => string | undefined;

/** Options of `createVoiceServer`. */
export interface VoiceServerOptions {
  /** Exact origins of the pages that may request keys and calls, such as `https://www.example.com`. No patterns, no `*`. */
  readonly allowedOrigins: readonly string[];
  readonly upstream: UpstreamOptions;
  /**
   * Key for the hashes of visitors and addresses, at least 32 characters, the same in every process. Default: the API key, so that the
   * hashes change with it: limits then start again from zero, and earlier log lines have other hashes.
   */
  readonly pepper?: string | undefined;
  /** Session of the only agent; short for `profiles: { default: { session } }`. */
  readonly session?: SessionOptions;
  /** Agents by name (`a-z`, digits, `-`). Requests without a name use `default`. */
  readonly profiles?: Readonly<Record<string, ProfileOptions>>;
  /** Seconds for which a key can start calls, 10–60; default 60. Active calls continue after their key expires. */
  readonly keyLifetime?: number;
  /** How to handle requests without an `Origin` header. Browsers always send it with `POST`. Default `refuse`. */
  readonly withoutOrigin?: 'refuse' | 'allow';
  /** Maximum body size of a key request in bytes, 0–65536; default 1024. The content is ignored. */
  readonly maxBodyBytes?: number;
  /** Visitor check: `turnstile()`, `visitorToken()` or your own. If omitted, every visitor of an allowed page is accepted. */
  readonly visitor?: VisitorCheck;
  /** Number of reverse proxies that append to `X-Forwarded-For`, 0–8. Default 0: the header is ignored. */
  readonly trustedProxies?: number;
  /** Replaces the runtime's way to determine the remote address of the connection. */
  readonly remoteAddress?: RemoteAddress;
  readonly rates?: RateOptions;
  /** Shared by all profiles. */
  readonly budget?: ServerBudgetOptions;
  /** Receives budget levels (50, 80, 100 %), signed as Standard Webhooks. If omitted, they are only logged and counted. */
  readonly webhook?: WebhookOptions;
  /** Default limits for calls; profiles can override them. */
  readonly limits?: CallLimits;
  /**
   * Prices by model, for `money` and `moneyPerDay`. The prices of OpenAI's models are built in, in US dollars; a model listed here replaces
   * the built-in prices of that model.
   */
  readonly prices?: Readonly<Record<string, TokenPrices>>;
  /** Phone calls. If omitted, `/voice/sip` returns 404. */
  readonly phone?: PhoneOptions;
  /**
   * Storage of counters and calls. Default: the memory of this process, which loses budgets and active calls when it ends; the
   * command uses `fileState()` by default.
   */
  readonly state?: SharedState;
  /** While the state is unavailable: `refuse` (default) responds with 503; with `local`, each process counts on its own. */
  readonly onStateFailure?: 'refuse' | 'local';
  /**
   * A stable ID of the visitor (1–128 visible ASCII characters, no personal data), sent as `OpenAI-Safety-Identifier` so that a
   * ban affects the visitor and not the site. Default: a keyed hash of the checked visitor, otherwise of the network address.
   * `false` sends none.
   */
  readonly safetyIdentifier?: ((request: Request) => string | undefined | Promise<string | undefined>) | false;
  /** Called for each refused request, for logs; the refusal contains no key. Errors that it throws are ignored. */
  readonly onRefusal?: (refusal: Refusal) => void;
  /** Called for every server event: `pinoLog()`, `prometheusMetrics()` or your own. */
  readonly observers?: readonly ServerObserver[];
  /** Enables `GET /metrics`. If omitted, the route returns 404. */
  readonly metrics?: MetricsOptions;
  /**
   * Called with each finished turn of brokered and phone calls. If omitted, transcripts are neither read nor stored. If you store
   * them, you process personal data: inform your visitors, and delete the data.
   */
  readonly onTranscript?: (turn: TranscriptTurn) => void;
  /** Replaces the global `fetch`. On Node, `leanFetch()` from `voice-agent-element/server/node` uses less CPU time; the CLI uses it. */
  readonly fetch?: typeof fetch;
  /** Replaces the runtime's WebSocket connection to the Realtime API. */
  readonly openSocket?: OpenServerSocket;
  /** Replaces the system clock. */
  readonly clock?: Clock;
}

/** One finished turn. */
export interface TranscriptTurn {
  readonly ref: string;
  readonly profile: string;
  readonly visitor: string | undefined;
  readonly role: 'user' | 'assistant';
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Thrown by `createVoiceServer` for invalid options. */
export class VoiceServerOptionsError extends Error {
  override readonly name = 'VoiceServerOptionsError';
  /** Path of the invalid option, such as `allowedOrigins[1]`. */
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.path = path;
  }
}
