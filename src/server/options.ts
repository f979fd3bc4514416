/**
 * What the owner of a site decides, as types: what `createVoiceServer` takes, and what the rest of the server works with.
 * Checks and defaults are in `resolve-options.ts`. Knows no HTTP.
 */
import type { OpenServerSocket } from './calls/call-host.js';
import type { Clock } from './clock.js';
import type { VisitorCheck } from './guards/visitor-check.js';
import type { MintDialect, MintRequest } from './mint-request.js';
import type { MetricsOptions } from './observe/metrics-source.js';
import type { ServerObserver } from './observe/server-events.js';
import type { PhoneOptions } from './phone/phone-options.js';
import type { Refusal } from './problem.js';
import type { RemoteAddress } from './runtime/remote-address.js';
import type { SessionOptions } from './session-request.js';
import type { Amounts, SharedState } from './state/shared-state.js';

/** Where keys come from and calls are placed. */
export interface UpstreamOptions {
  /** Realtime API root without a trailing slash, default `https://api.openai.com/v1`. */
  readonly baseUrl?: string;
  /** The standard API key; it never leaves the server. `undefined` and `''` are refused with a sentence that says so. */
  readonly apiKey: string | undefined;
  /**
   * What the API speaks: `ga` (default) for OpenAI today and whoever mints at `/realtime/client_secrets`; `beta` for servers
   * that mint at `/realtime/sessions`; `xai`, whose keys hold no session, so that `session` has to stay empty. Brokered and
   * phone calls need `ga`.
   */
  readonly dialect?: MintDialect;
  /** Milliseconds until the API has to have answered, 100–60000; default 8000, below the 10 s that the widget waits. */
  readonly timeout?: number;
}

/** How often somebody may ask. `false`: as often as they like. */
export type Rate = { /** Requests per window. */ readonly count: number; /** Length of the window. */ readonly seconds: number } | false;

/** Rate limits for keys and brokered calls, of all profiles together. */
export interface RateOptions {
  /** One network address (of IPv6, its /64). Default 10 in 60 s. */
  readonly perAddress?: Rate;
  /** One visitor whom `visitor` named. Default 10 in 60 s. */
  readonly perVisitor?: Rate;
  /** Each profile that names no rate of its own. Default 300 in 60 s. */
  readonly perProfile?: Rate;
  /** Everybody. Default 600 in 60 s. */
  readonly inAll?: Rate;
}

/** What may be spent. A left out bound of `budget` has its default, `false` is none. */
export interface BudgetOptions {
  /** Calls per day (UTC). Default 1000 in all. */
  readonly callsPerDay?: number | false;
  readonly minutesPerDay?: number | false;
  readonly tokensPerDay?: number | false;
  /** In the currency of `prices`. */
  readonly moneyPerDay?: number | false;
  /** Calls at the same time. Default 50 in all. */
  readonly atOnce?: number | false;
}

/** What one brokered or phone call may use; it is hung up there. A key cannot be bound so: it counts as such a call in full. */
export interface CallLimits {
  /** Seconds of one call, 10–3600; default 600. */
  readonly seconds?: number;
  /** Seconds without a word of either side, 5–3600; default 60. */
  readonly idleSeconds?: number;
  /** Tokens of one call; needed for `tokensPerDay`. */
  readonly tokens?: number;
  /** Cost of one call in the currency of `prices`; needed for `moneyPerDay`. */
  readonly money?: number;
  /** Seconds before the end at which the visitor is told, 0–120; default 15. */
  readonly warnSeconds?: number;
}

/** What a million tokens cost. Left out: nothing; cached ones: as much as others. */
export interface TokenPrices {
  readonly textInput?: number;
  readonly cachedTextInput?: number;
  readonly audioInput?: number;
  readonly cachedAudioInput?: number;
  readonly imageInput?: number;
  readonly textOutput?: number;
  readonly audioOutput?: number;
}

/** A tool that runs on this server when the model of a brokered or phone call asks for it. */
export interface ServerTool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments object. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** The result, as text or anything JSON has. The signal ends with the call or after `timeout`. */
  execute(args: unknown, context: ServerToolContext): unknown;
  /** Milliseconds, 100–60000; default 15000. */
  readonly timeout?: number;
}

/** For whom a tool runs. */
export interface ServerToolContext {
  readonly signal: AbortSignal;
  readonly profile: string;
  /** A name of the call for logs. */
  readonly ref: string;
  /** Keyed hash of the visitor; `undefined` where nobody knows who it is. */
  readonly visitor: string | undefined;
}

/** A hosted MCP server, asked by the Realtime API itself. */
export interface HostedMcp {
  readonly label: string;
  readonly url: string;
  /** Sent to the MCP server as its `Authorization`; only brokered and phone calls keep it from the visitor. */
  readonly authorization?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly allowedTools?: readonly string[];
  /** Default `never`: the owner of the site chose the server. `always` has the visitor asked. */
  readonly requireApproval?: 'never' | 'always';
}

/** How a visitor may reach an agent. */
export type CallWay = 'token' | 'call' | 'phone';

/** One agent. The browser names it (`?profile=support`) and sends nothing else about it. */
export interface ProfileOptions {
  readonly session?: SessionOptions;
  /** Tools that run here; not with keys, whose calls nobody watches. */
  readonly tools?: readonly ServerTool[];
  readonly mcp?: readonly HostedMcp[];
  /** Default: those of the server. */
  readonly allowedOrigins?: readonly string[];
  /** Default: `token` and `call`. */
  readonly ways?: readonly CallWay[];
  readonly rate?: Rate;
  readonly budget?: BudgetOptions;
  readonly limits?: CallLimits;
  /**
   * Fields of the session object that the client of a brokered call may change, by their path (`audio.input.turn_detection`);
   * everything else ends the call. Default: turn detection, transcription and noise reduction of the input, and
   * `audio.output.speed`.
   */
  readonly clientMayChange?: readonly string[];
}

/** Options of `createVoiceServer`. */
export interface VoiceServerOptions {
  /** Exact origins of the pages that may ask for keys and calls, for example `https://www.example.com`. No patterns, no `*`. */
  readonly allowedOrigins: readonly string[];
  readonly upstream: UpstreamOptions;
  /** The only agent, short for `profiles: { default: { session } }`. */
  readonly session?: SessionOptions;
  /** Agents by name (`a-z`, digits, `-`). Requests without a name get `default`. */
  readonly profiles?: Readonly<Record<string, ProfileOptions>>;
  /** Seconds for which a key can open calls, 10–60; default 60. A call that runs outlives its key. */
  readonly keyLifetime?: number;
  /** What happens to requests without an `Origin` header, which no browser sends to `POST`; default `refuse`. */
  readonly withoutOrigin?: 'refuse' | 'allow';
  /** Largest accepted body of a key request in bytes, 0–65536; default 1024. Its content is not read. */
  readonly maxBodyBytes?: number;
  /** Who asks: `turnstile()`, `visitorToken()`, or a check of your own. Left out: anybody on an allowed page. */
  readonly visitor?: VisitorCheck;
  /** Reverse proxies in front of the server that add to `X-Forwarded-For`, 0–8; default 0: the header is not believed. */
  readonly trustedProxies?: number;
  /** Replaces how the runtime tells the address at the other end of the connection. */
  readonly remoteAddress?: RemoteAddress;
  readonly rates?: RateOptions;
  /** Of all profiles together. */
  readonly budget?: BudgetOptions;
  /** Limits of each call whose profile names none. */
  readonly limits?: CallLimits;
  /** Prices by model, for `moneyPerDay`. */
  readonly prices?: Readonly<Record<string, TokenPrices>>;
  /** Phone calls; left out: `/voice/sip` is not there. */
  readonly phone?: PhoneOptions;
  /** Where counts and calls are kept. Default: this process's memory. */
  readonly state?: SharedState;
  /** While the state cannot be reached: `refuse` (default) with 503, or `local`: each process counts for itself. */
  readonly whenStateFails?: 'refuse' | 'local';
  /**
   * A stable name of the visitor (1–128 visible ASCII characters, no personal data), sent as `OpenAI-Safety-Identifier` so that
   * a ban hits the visitor and not the site. Default: a keyed hash of the checked visitor, else of the network address.
   * `false` sends none.
   */
  readonly safetyIdentifier?: ((request: Request) => string | undefined | Promise<string | undefined>) | false;
  /** Told about each refused request, for logs; holds no key. Errors thrown in here are swallowed. */
  readonly onRefusal?: (refusal: Refusal) => void;
  /** Told about everything that happens: `pinoLog()`, `prometheusMetrics()`, or your own. */
  readonly observers?: readonly ServerObserver[];
  /** Who may read `GET /metrics`. Left out: nobody, there is nothing at that address. */
  readonly metrics?: MetricsOptions;
  /**
   * Each finished turn of brokered and phone calls. Left out: transcripts are neither read nor kept. Whoever sets it keeps
   * personal data: say so to visitors, and delete it.
   */
  readonly onTranscript?: (turn: TranscriptTurn) => void;
  /** Replaces the global `fetch`. On Node `leanFetch()` of `voice-agent-element/server/node` costs less; `voice-agent-server` uses it. */
  readonly fetch?: typeof fetch;
  /** Replaces the runtime's way to open a socket to the Realtime API. */
  readonly openSocket?: OpenServerSocket;
  /** Replaces the system's time. */
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

/** The API, checked. */
export interface Upstream {
  readonly root: string;
  readonly apiKey: string;
  readonly dialect: MintDialect;
  /** Milliseconds. */
  readonly timeout: number;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/** An agent, checked, with every default in its place. */
export interface Profile {
  readonly name: string;
  /** GA session object, tools and MCP servers included; `undefined`: the API's defaults. */
  readonly session: Readonly<Record<string, unknown>> | undefined;
  /** How a key for it is asked for. */
  readonly mint: MintRequest;
  readonly tools: readonly ServerTool[];
  readonly allowedOrigins: ReadonlySet<string>;
  readonly ways: ReadonlySet<CallWay>;
  readonly rate: Rate;
  /** Per day, and at once. */
  readonly budget: Budget;
  readonly limits: Required<Omit<CallLimits, 'tokens' | 'money'>> & { readonly tokens: number | undefined; readonly micros: number | undefined };
  readonly clientMayChange: readonly string[];
}

/** Bounds as the state counts them. */
export interface Budget {
  readonly perDay: Partial<Amounts>;
  readonly atOnce: number | undefined;
}

/** Options with defaults, ready to use. */
export interface ResolvedOptions {
  readonly upstream: Upstream;
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Of all profiles. */
  readonly allowedOrigins: ReadonlySet<string>;
  readonly withoutOrigin: 'refuse' | 'allow';
  readonly maxBodyBytes: number;
  readonly visitor: VisitorCheck | undefined;
  readonly trustedProxies: number;
  readonly remoteAddress: RemoteAddress;
  readonly rates: { readonly perAddress: Rate; readonly perVisitor: Rate; readonly inAll: Rate };
  readonly budget: Budget;
  readonly prices: Readonly<Record<string, TokenPrices>>;
  readonly phone: PhoneOptions | undefined;
  readonly state: SharedState;
  readonly whenStateFails: 'refuse' | 'local';
  readonly safetyIdentifier: VoiceServerOptions['safetyIdentifier'];
  readonly tell: ServerObserver;
  readonly onTranscript: VoiceServerOptions['onTranscript'];
  readonly openSocket: OpenServerSocket | undefined;
  /** Keys hashes of visitors; made from the API key, so that it is the same in every process and needs no setting. */
  readonly pepper: string;
}

/** Thrown by `createVoiceServer` for options it cannot work with. */
export class VoiceServerOptionsError extends Error {
  override readonly name = 'VoiceServerOptionsError';
  /** Where the mistake is, for example `allowedOrigins[1]`. */
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.path = path;
  }
}
