/**
 * The effective configuration as JSON for the owner: all options with their defaults, without secrets.
 */
import { DEFAULT_TOOL_RUNS, resolveOptions } from './resolve-options.js';
import type { ProfileOptions, Rate, VoiceServerOptions } from '../options.js';
import { priceOf } from '../contract/price-of.js';
import { billedModel } from './billed-model.js';
import { DEFAULT_LIMITS, knownPrices } from './call-limits.js';
import { DEFAULT_BUDGET, MICRO, definedOptions } from './resolve-budget.js';
import { isFields } from './environment.js';
import type { CheckedConfig, ListenConfig } from './server-config.js';

/** Replaces configured secrets. */
export const HIDDEN = '(hidden)';

/** Names of options that hold secrets. */
const SECRET = new Set(['apiKey', 'pepper', 'webhookSecret', 'secret', 'token', 'authorization']);

/** Default address of the metrics port. */
export const DEFAULT_METRICS_HOST = '127.0.0.1';

/** Where the command listens, with its defaults. */
export function effectiveListen(listen: ListenConfig = {}, trustedProxies = 0): Required<ListenConfig> {
  return {
    port: 8787,
    host: '127.0.0.1',
    maxConnections: 1_000,
    // Behind a proxy, all connections come from its address.
    maxConnectionsPerAddress: trustedProxies > 0 ? false : 100,
    ...listen,
  };
}

/** The config with its defaults; functions and class instances are shown by name. */
export function effectiveConfig(config: CheckedConfig, options: VoiceServerOptions): unknown {
  const resolved = resolveOptions(options);
  const { upstream } = resolved;
  const { micros } = resolved.budget.perDay;
  const own = resolved.visitorBudget.defaultPerDay.micros;
  const profiles = options.profiles ?? { default: { ...(options.session && { session: options.session }) } };
  const whole = {
    listen: effectiveListen(config.listen, resolved.trustedProxies),
    allowedOrigins: config.allowedOrigins,
    withoutOrigin: resolved.withoutOrigin,
    upstream: { baseUrl: upstream.root, apiKey: config.upstream.apiKey, dialect: upstream.dialect, timeout: upstream.timeout },
    pepper: config.pepper,
    keyLifetime: options.keyLifetime ?? 60,
    profiles: Object.fromEntries(Object.entries(profiles).map(([name, profile]) => [name, effectiveProfile(name, profile, resolved)])),
    visitor: config.visitor ?? 'none: every visitor of an allowed page is accepted',
    safetyIdentifier: config.safetyIdentifier ?? 'keyed hash of the visitor',
    trustedProxies: resolved.trustedProxies,
    maxBodyBytes: resolved.maxBodyBytes,
    rates: { ...resolved.rates, perProfile: options.rates?.perProfile ?? { count: 300, seconds: 60 } },
    budget: {
      ...DEFAULT_BUDGET,
      moneyPerDay: micros === undefined ? false : micros / MICRO,
      ...definedOptions(options.budget ?? {}),
      perVisitor: { ...NO_DAY, ...(own !== undefined && { moneyPerDay: own / MICRO }), ...options.budget?.perVisitor },
    },
    webhook: options.webhook ?? 'none',
    limits: {
      ...DEFAULT_LIMITS,
      tokens: 'no limit',
      money: 'by the prices of each model',
      ...options.limits,
      toolRuns: { ...DEFAULT_TOOL_RUNS, ...options.limits?.toolRuns },
    },
    prices: pricesInUse(options, profiles),
    phone: config.phone ?? 'none',
    state: config.state ?? 'memory',
    onStateFailure: resolved.onStateFailure,
    onTranscript: config.onTranscript ?? 'none: transcripts are neither read nor kept',
    log: { level: 'info', ...config.log },
    metrics: config.metrics ? { ...(config.metrics.port !== undefined && { host: DEFAULT_METRICS_HOST }), ...config.metrics } : 'none',
    admin: { socket: 'operator.sock in the state directory', host: '127.0.0.1', port: 'none', ...config.admin },
    audit: config.audit === undefined ? 'none' : { days: 90, ...config.audit },
    widget: config.widget ?? true,
  };
  return printable(whole);
}

const NO_MONTH = { callsPerMonth: false, minutesPerMonth: false, tokensPerMonth: false, moneyPerMonth: false } as const;

const NO_DAY = { callsPerDay: false, minutesPerDay: false, tokensPerDay: false, moneyPerDay: false } as const;

/** The owner's prices, and the built-in ones of the models that the agents use. */
function pricesInUse({ prices }: VoiceServerOptions, profiles: Readonly<Record<string, ProfileOptions>>): VoiceServerOptions['prices'] {
  const known = knownPrices(prices);
  const used = Object.values(profiles).flatMap((profile) => {
    const model = billedModel(profile);
    const found = model === undefined ? undefined : priceOf(known, model);
    return model !== undefined && found ? [[model, found] as const] : [];
  });
  return { ...Object.fromEntries(used), ...prices };
}

function effectiveProfile(name: string, profile: ProfileOptions, { profiles }: ReturnType<typeof resolveOptions>): unknown {
  const resolved = profiles.get(name);
  if (!resolved) return profile;
  const { limits } = resolved;
  return {
    apiKey: profile.apiKey,
    session: resolved.session ?? 'API defaults',
    tools: resolved.tools.map((tool) => tool.name),
    mcp: profile.mcp ?? [],
    allowedOrigins: [...resolved.allowedOrigins],
    access: [...resolved.access],
    rate: resolved.rate satisfies Rate,
    budget: { ...NO_DAY, ...NO_MONTH, maxConcurrent: false, ...definedOptions(profile.budget ?? {}) },
    limits: {
      maxSeconds: limits.maxSeconds,
      maxIdleSeconds: limits.maxIdleSeconds,
      warningSeconds: limits.warningSeconds,
      tokens: limits.tokens ?? 'no limit',
      money: limits.micros === undefined ? 'no limit' : limits.micros / MICRO,
      toolRuns: limits.toolRuns,
    },
    clientMutableFields: resolved.clientMutableFields,
    outOfBandResponses: resolved.outOfBandResponses,
    answerBeforeSideband: resolved.answerBeforeSideband,
  };
}

/** A printable copy without secrets. */
function printable(value: unknown, name = ''): unknown {
  if (typeof value === 'function') return `(function${value.name ? ` ${value.name}` : ''})`;
  if (value !== undefined && SECRET.has(name)) return HIDDEN;
  if (Array.isArray(value)) return value.map((entry) => printable(entry, name));
  if (name === 'headers' && isFields(value)) return Object.fromEntries(Object.keys(value).map((header) => [header, HIDDEN]));
  if (name === 'redis' && typeof value === 'string') return withoutPassword(value);
  if (isFields(value)) return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, printable(entry, key)]));
  if (typeof value === 'object' && value !== null) return `(${value.constructor.name || 'object'})`;
  return value;
}

function withoutPassword(address: string): string {
  const url = new URL(address);
  if (url.username) url.username = 'hidden';
  if (url.password) url.password = 'hidden';
  // Some clients accept a password in the query.
  url.search = '';
  return url.href;
}
