/**
 * Validates the options (`config/options-schema.ts`) and fills in the defaults, once at startup. A server with invalid
 * options must not start: a typo in an origin would otherwise only show up as a widget that fails for visitors.
 */
import type { Profile, ResolvedOptions, Upstream } from '../resolved-options.js';
import { systemClock } from '../contract/clock.js';
import type { Clock } from '../contract/clock.js';
import { checkOptions } from './check-options.js';
import { mintRequest } from '../keys/mint-request.js';
import type { ServerObserver } from '../contract/server-events.js';
import type { ProfileOptions, Rate, ToolRunLimits, VoiceServerOptions } from '../options.js';
import { callLimits, defaultDay, knownPrices } from './call-limits.js';
import { DEFAULT_BUDGET, MICRO, definedOptions, resolveBudget, resolveVisitorBudget } from './resolve-budget.js';
import { budgetReports } from '../guards/budget-reports.js';
import { zoneCalendar } from '../guards/zone-calendar.js';
import { remoteAddress } from '../http/remote-address.js';
import { notifyAll } from '../observe/notify-all.js';
import { SignedWebhook } from '../observe/signed-webhook.js';
import { keyTools, sessionRequest, callTools, addTools } from './session-request.js';
import { FallbackState } from '../state/fallback-state.js';
import { MemoryState } from '../state/memory-state.js';
import type { SharedState } from '../contract/shared-state.js';
import { InstrumentedState } from '../state/instrumented-state.js';
import { ApiKeys } from '../upstream/api-keys.js';

/** Default of `clientMutableFields`. */
const DEFAULT_MUTABLE_FIELDS = [
  'audio.input.turn_detection',
  'audio.input.transcription',
  'audio.input.noise_reduction',
  'audio.output.speed',
];

/** Defaults of `limits.toolRuns`. */
export const DEFAULT_TOOL_RUNS: Required<ToolRunLimits> = { perCall: 100, perMinute: 30, concurrent: 4, argumentBytes: 16_384 };

/**
 * Validates the options and fills in the defaults.
 *
 * @throws VoiceServerOptionsError for the first error
 */
export function resolveOptions(options: VoiceServerOptions): ResolvedOptions {
  checkOptions(options);
  const { upstream, rates = {}, limits = {}, prices, keyLifetime, allowedOrigins } = options;
  const { dialect = 'ga' } = upstream;
  const root = new URL(upstream.baseUrl ?? 'https://api.openai.com/v1').href.replace(/\/+$/, '');
  const clock = options.clock ?? systemClock;
  const fetchHere: typeof fetch = options.fetch ?? ((...request) => globalThis.fetch(...request));
  const observers = observersOf(options);
  const webhook = options.webhook && new SignedWebhook({ ...options.webhook, fetch: fetchHere, clock, emit: notifyAll(observers) });
  const emit = notifyAll([...observers, ...(webhook ? [webhook.observe] : [])]);
  const state = sharedState(options, clock, emit);
  const globalKeys = listOf(upstream.apiKey);
  const withKeys = (keys: readonly string[], profile?: string): Upstream => ({
    root,
    apiKeys: new ApiKeys(keys, (position) => emit({ type: 'api-key-rejected', position, profile })),
    dialect,
    timeout: upstream.timeout ?? 8_000,
    fetch: fetchHere,
    clock,
  });
  const resolvedUpstream = withKeys(globalKeys);
  const rate = rates.perProfile ?? { count: 300, seconds: 60 };
  const shared: Shared = { dialect, root, keyLifetime, allowedOrigins, limits, prices, rate };
  const named = options.profiles ?? { default: { ...(options.session && { session: options.session }) } };
  const money = defaultDay(Object.values(named).map((profile) => callLimits(profile, options)));
  const budget = { ...DEFAULT_BUDGET, ...(money && { moneyPerDay: money.all }), ...definedOptions(options.budget ?? {}) };
  const profiles = new Map(
    Object.entries(named).map(([name, profile]) => [
      name,
      resolveProfile(name, profile, shared, profile.apiKey === undefined ? resolvedUpstream : withKeys(listOf(profile.apiKey), name)),
    ]),
  );
  return {
    upstream: resolvedUpstream,
    profiles,
    allowedOrigins: new Set([...profiles.values()].flatMap((profile) => [...profile.allowedOrigins])),
    withoutOrigin: options.withoutOrigin ?? 'refuse',
    maxBodyBytes: options.maxBodyBytes ?? 1_024,
    visitor: options.visitor,
    trustedProxies: options.trustedProxies ?? 0,
    remoteAddress: options.remoteAddress ?? remoteAddress,
    rates: {
      perAddress: rates.perAddress ?? { count: 10, seconds: 60 },
      perVisitor: rates.perVisitor ?? { count: 10, seconds: 60 },
      global: rates.global ?? { count: 600, seconds: 60 },
    },
    budget: resolveBudget(budget),
    // Without a daily limit in money for all visitors, single visitors have none by default.
    visitorBudget: resolveVisitorBudget(budget, budget.moneyPerDay === false ? undefined : money?.visitor),
    timeZone: budget.timeZone,
    calendar: zoneCalendar(budget.timeZone),
    reportBudget: budgetReports({ state, emit, settled: () => webhook?.settled() ?? Promise.resolve() }),
    prices: knownPrices(prices),
    phone: options.phone,
    state,
    onStateFailure: options.onStateFailure ?? 'refuse',
    safetyIdentifier: options.safetyIdentifier,
    emit,
    onTranscript: options.onTranscript,
    openSocket: options.openSocket,
    pepper: options.pepper ?? globalKeys[0] ?? '',
  };
}

const listOf = (keys: string | readonly string[] | undefined): readonly string[] => (typeof keys === 'string' ? [keys] : (keys ?? []));

/** All observers, without duplicates. */
function observersOf({ observers = [], metrics, onRefusal }: VoiceServerOptions): readonly ServerObserver[] {
  const refusals: ServerObserver = (event) => void (event.type === 'refused' && onRefusal?.(event));
  return [...new Set([...observers, ...(metrics ? [metrics.source] : []), ...(onRefusal ? [refusals] : [])])];
}

/** Wraps the configured state to report its availability, with a local fallback if the owner chose one. */
function sharedState({ state, onStateFailure }: VoiceServerOptions, clock: Clock, emit: ServerObserver): SharedState {
  if (!state) return new MemoryState({ clock });
  state.observe?.(emit);
  if (onStateFailure === 'local') return new FallbackState({ state, local: new MemoryState({ clock }), emit });
  return new InstrumentedState({ state, emit });
}

interface Shared {
  readonly dialect: NonNullable<VoiceServerOptions['upstream']['dialect']>;
  readonly root: string;
  readonly keyLifetime: number | undefined;
  readonly allowedOrigins: readonly string[];
  readonly limits: VoiceServerOptions['limits'];
  readonly prices: VoiceServerOptions['prices'];
  readonly rate: Rate;
}

function resolveProfile(name: string, profile: ProfileOptions, shared: Shared, upstream: Upstream): Profile {
  const { dialect, root, keyLifetime } = shared;
  const session = sessionRequest(profile.session ?? {});
  const { money, ...limits } = callLimits(profile, shared);
  return {
    name,
    upstream,
    session: addTools(session, callTools(profile)),
    mint: mintRequest({ dialect, root, session: addTools(session, keyTools(profile)), keyLifetime }),
    tools: profile.tools ?? [],
    allowedOrigins: new Set(profile.allowedOrigins ?? shared.allowedOrigins),
    access: new Set(profile.access ?? (dialect === 'ga' ? ['token', 'call'] : ['token'])),
    rate: profile.rate ?? shared.rate,
    budget: resolveBudget(profile.budget ?? {}),
    limits: {
      ...limits,
      micros: money === undefined ? undefined : Math.round(money * MICRO),
      toolRuns: { ...DEFAULT_TOOL_RUNS, ...shared.limits?.toolRuns, ...profile.limits?.toolRuns },
    },
    clientMutableFields: profile.clientMutableFields ?? DEFAULT_MUTABLE_FIELDS,
    outOfBandResponses: profile.outOfBandResponses ?? 'refuse',
    answerBeforeSideband: profile.answerBeforeSideband ?? false,
  };
}
