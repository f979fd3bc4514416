/** Types of the options inside the server: validated by `config/`, with their defaults. */
import type { OpenServerSocket } from './contract/call-host.js';
import type { Calendar } from './contract/calendar.js';
import type { Clock } from './contract/clock.js';
import type { PhoneOptions } from './contract/phone-options.js';
import type { ServerObserver } from './contract/server-events.js';
import type { Amounts, BudgetAnswer, SharedState } from './contract/shared-state.js';
import type { VisitorCheck } from './contract/visitor-check.js';
import type { ApiKeys } from './upstream/api-keys.js';
import type {
  Access,
  CallLimits,
  MintDialect,
  ProfileOptions,
  Rate,
  RemoteAddress,
  ServerTool,
  TokenPrices,
  ToolRunLimits,
  VoiceServerOptions,
} from './options.js';

/** One request, without the API key. */
export interface MintRequest {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Resolved upstream options. */
export interface Upstream {
  readonly root: string;
  readonly apiKeys: ApiKeys;
  readonly dialect: MintDialect;
  /** Milliseconds. */
  readonly timeout: number;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/** A validated agent with its defaults filled in. */
export interface Profile {
  readonly name: string;
  /** The Realtime API, with the keys of this agent. */
  readonly upstream: Upstream;
  /** GA session object, including tools and MCP servers; `undefined` uses the API's defaults. */
  readonly session: Readonly<Record<string, unknown>> | undefined;
  /** The request that mints a key for it. */
  readonly mint: MintRequest;
  readonly tools: readonly ServerTool[];
  readonly allowedOrigins: ReadonlySet<string>;
  readonly access: ReadonlySet<Access>;
  readonly rate: Rate;
  /** Daily and concurrent limits. */
  readonly budget: Budget;
  readonly limits: Required<Omit<CallLimits, 'tokens' | 'money' | 'toolRuns'>> & {
    readonly toolRuns: Required<ToolRunLimits>;
    readonly tokens: number | undefined;
    readonly micros: number | undefined;
  };
  readonly clientMutableFields: readonly string[];
  readonly outOfBandResponses: NonNullable<ProfileOptions['outOfBandResponses']>;
  readonly answerBeforeSideband: boolean;
}

/** Limits in the units of the state. */
export interface Budget {
  readonly perDay: Partial<Amounts>;
  readonly perMonth: Partial<Amounts>;
  readonly maxConcurrent: number | undefined;
}

/** Limits of single visitors, in the units of the state. */
export interface VisitorBudget {
  /** The owner's daily limits, for identified visitors and addresses. */
  readonly perDay: Partial<Amounts>;
  /** Daily limits of identified visitors, if the owner set none. */
  readonly defaultPerDay: Partial<Amounts>;
  /** Places of an identified visitor. */
  readonly maxConcurrent: number | undefined;
  /** Places of an address. */
  readonly perAddress: number | undefined;
  /** The largest share that an address or network can use. */
  readonly share: number | undefined;
  /** A further call of an identified visitor ends the oldest one. */
  readonly replaces: boolean;
}

/** Validated options with defaults filled in. */
export interface ResolvedOptions {
  readonly upstream: Upstream;
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Union of all profiles. */
  readonly allowedOrigins: ReadonlySet<string>;
  readonly withoutOrigin: 'refuse' | 'allow';
  readonly maxBodyBytes: number;
  readonly visitor: VisitorCheck | undefined;
  readonly trustedProxies: number;
  readonly remoteAddress: RemoteAddress;
  readonly rates: { readonly perAddress: Rate; readonly perVisitor: Rate; readonly global: Rate };
  readonly budget: Budget;
  readonly visitorBudget: VisitorBudget;
  /** IANA name of the owner's time zone. */
  readonly timeZone: string;
  /** The owner's calendar at a time in milliseconds since the epoch. */
  readonly calendar: (now: number) => Calendar;
  /** Reports the levels of budgets. */
  readonly reportBudget: (answer: BudgetAnswer, calendar: Calendar, now: number) => Promise<void>;
  readonly prices: Readonly<Record<string, TokenPrices>>;
  readonly phone: PhoneOptions | undefined;
  readonly state: SharedState;
  readonly onStateFailure: 'refuse' | 'local';
  readonly safetyIdentifier: VoiceServerOptions['safetyIdentifier'];
  readonly emit: ServerObserver;
  readonly onTranscript: VoiceServerOptions['onTranscript'];
  readonly openSocket: OpenServerSocket | undefined;
  /** Key for the hashes of visitors: the option `pepper`, or the API key, which is the same in every process without a setting. */
  readonly pepper: string;
}
