/**
 * Checks the owner's options once, at start, and fills in the defaults. A server with a mistake in its options must not
 * start: a typing error in an origin would otherwise show up as a widget that fails for visitors.
 */
import { systemClock } from './clock.js';
import { MINT_DIALECTS, mintRequest } from './mint-request.js';
import { tellAll } from './observe/server-events.js';
import { VoiceServerOptionsError } from './options.js';
import type { Budget, BudgetOptions, CallLimits, Profile, ProfileOptions, Rate, ResolvedOptions, VoiceServerOptions } from './options.js';
import { checkedOrigins } from './origins.js';
import { remoteAddress } from './runtime/remote-address.js';
import { sessionRequest } from './session-request.js';
import { MemoryState } from './state/memory-state.js';

const MICRO = 1_000_000;

const KNOWN: Record<'' | 'upstream' | 'session', readonly string[]> = {
  '': [
    'allowedOrigins', 'upstream', 'session', 'profiles', 'keyLifetime', 'withoutOrigin', 'maxBodyBytes', 'visitor', 'trustedProxies', 'remoteAddress',
    'rates', 'budget', 'limits', 'prices', 'phone', 'state', 'whenStateFails', 'safetyIdentifier', 'onRefusal', 'observers',
    'onTranscript', 'fetch', 'openSocket', 'clock',
  ],
  upstream: ['baseUrl', 'apiKey', 'dialect', 'timeout'],
  session: ['type', 'model', 'voice', 'instructions', 'turnDetection', 'transcription', 'config'],
};

/** Default of `clientMayChange`. */
const CLIENT_MAY_CHANGE = ['audio.input.turn_detection', 'audio.input.transcription', 'audio.input.noise_reduction', 'audio.output.speed'];

/**
 * Checks the options and fills in the defaults.
 *
 * @throws VoiceServerOptionsError naming the first mistake
 */
export function resolveOptions(options: VoiceServerOptions): ResolvedOptions {
  onlyKnown('', options);
  onlyKnown('upstream', options.upstream);
  const { withoutOrigin = 'refuse', upstream, observers = [], onRefusal, rates = {} } = options;
  if (withoutOrigin !== 'refuse' && withoutOrigin !== 'allow') {
    throw new VoiceServerOptionsError('withoutOrigin', 'has to be "refuse" or "allow".');
  }
  for (const name of ['onRefusal', 'fetch'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') {
      throw new VoiceServerOptionsError(name, 'has to be a function.');
    }
  }
  if (options.safetyIdentifier !== undefined && options.safetyIdentifier !== false && typeof options.safetyIdentifier !== 'function') {
    throw new VoiceServerOptionsError('safetyIdentifier', 'has to be a function, or false.');
  }
  const { dialect = 'ga' } = upstream;
  if (!MINT_DIALECTS.includes(dialect)) {
    throw new VoiceServerOptionsError('upstream.dialect', `has to be one of ${MINT_DIALECTS.join(', ')}.`);
  }
  const root = apiRoot(upstream.baseUrl ?? 'https://api.openai.com/v1');
  const { keyLifetime, limits = {} } = options;
  if (keyLifetime !== undefined) whole('keyLifetime', keyLifetime, 10, 60);
  const allowedOrigins = checkedOrigins(options.allowedOrigins, (path, problem) => new VoiceServerOptionsError(path, problem));
  const profiles = new Map<string, Profile>();
  const named = options.profiles ?? { default: { ...(options.session !== undefined && { session: options.session }) } };
  for (const [name, profile] of Object.entries(named)) {
    profiles.set(name, resolveProfile(name, profile, { dialect, root, keyLifetime, allowedOrigins, limits, rate: rates.perProfile ?? { count: 300, seconds: 60 }, path: options.profiles ? `profiles.${name}.` : '' }));
  }
  const apiKey = usableKey(upstream.apiKey);
  const clock = options.clock ?? systemClock;
  return {
    upstream: {
      root,
      apiKey,
      dialect,
      timeout: whole('upstream.timeout', upstream.timeout ?? 8_000, 100, 60_000),
      fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
      clock,
    },
    profiles,
    allowedOrigins: new Set([...profiles.values()].flatMap((profile) => [...profile.allowedOrigins])),
    withoutOrigin,
    maxBodyBytes: whole('maxBodyBytes', options.maxBodyBytes ?? 1024, 0, 65_536),
    visitor: options.visitor,
    trustedProxies: whole('trustedProxies', options.trustedProxies ?? 0, 0, 8),
    remoteAddress: options.remoteAddress ?? remoteAddress,
    rates: {
      perAddress: rates.perAddress ?? { count: 10, seconds: 60 },
      perVisitor: rates.perVisitor ?? { count: 10, seconds: 60 },
      inAll: rates.inAll ?? { count: 600, seconds: 60 },
    },
    budget: resolveBudget({ callsPerDay: 1_000, atOnce: 50, ...options.budget }),
    prices: options.prices ?? {},
    phone: options.phone,
    state: options.state ?? new MemoryState({ clock }),
    whenStateFails: options.whenStateFails ?? 'refuse',
    safetyIdentifier: options.safetyIdentifier,
    tell: tellAll([...observers, ...(onRefusal ? [(event: Parameters<(typeof observers)[number]>[0]) => { if (event.type === 'refused') onRefusal(event); }] : [])]),
    onTranscript: options.onTranscript,
    openSocket: options.openSocket,
    pepper: apiKey,
  };
}

interface Shared {
  readonly dialect: NonNullable<VoiceServerOptions['upstream']['dialect']>;
  readonly root: string;
  readonly keyLifetime: number | undefined;
  readonly allowedOrigins: readonly string[];
  readonly limits: CallLimits;
  readonly rate: Rate;
  /** Before the name of an option, for messages. */
  readonly path: string;
}

function resolveProfile(name: string, profile: ProfileOptions, shared: Shared): Profile {
  const { session = {} } = profile;
  const { path, dialect, root, keyLifetime } = shared;
  if (profile.session !== undefined) onlyKnown('session', profile.session);
  for (const field of ['model', 'voice', 'instructions'] as const) {
    if (session[field] !== undefined && (typeof session[field] !== 'string' || session[field] === '')) {
      throw new VoiceServerOptionsError(`${path}session.${field}`, 'has to be text; leave it out for the default.');
    }
  }
  if (session.type !== undefined && session.type !== 'realtime' && session.type !== 'transcription') {
    throw new VoiceServerOptionsError(`${path}session.type`, 'has to be "realtime" or "transcription".');
  }
  for (const field of ['model', 'voice', 'instructions'] as const) {
    if (session.type === 'transcription' && session[field] !== undefined) {
      throw new VoiceServerOptionsError(`${path}session.${field}`, 'is nothing that a transcription session has; the transcriber is named in session.transcription.');
    }
  }
  const bound = sessionRequest(session);
  if (dialect === 'xai' && bound) {
    throw new VoiceServerOptionsError(`${path}session`, 'has no place in the keys of xAI; set model, voice and instructions on the element.');
  }
  const limits = { ...shared.limits, ...profile.limits };
  return {
    name,
    session: bound,
    mint: mintRequest({ dialect, root, session: bound, keyLifetime }),
    tools: profile.tools ?? [],
    allowedOrigins: new Set(profile.allowedOrigins ?? shared.allowedOrigins),
    ways: new Set(profile.ways ?? ['token', 'call']),
    rate: profile.rate ?? shared.rate,
    budget: resolveBudget(profile.budget ?? {}),
    limits: {
      seconds: limits.seconds ?? 600,
      idleSeconds: limits.idleSeconds ?? 60,
      warnSeconds: limits.warnSeconds ?? 15,
      tokens: limits.tokens,
      micros: limits.money === undefined ? undefined : Math.round(limits.money * MICRO),
    },
    clientMayChange: profile.clientMayChange ?? CLIENT_MAY_CHANGE,
  };
}

function resolveBudget({ callsPerDay, minutesPerDay, tokensPerDay, moneyPerDay, atOnce }: BudgetOptions): Budget {
  const bound = (value: number | false | undefined, factor = 1): number | undefined => (typeof value === 'number' ? Math.round(value * factor) : undefined);
  const entries = { calls: bound(callsPerDay), seconds: bound(minutesPerDay, 60), tokens: bound(tokensPerDay), micros: bound(moneyPerDay, MICRO) };
  return { perDay: Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)), atOnce: bound(atOnce) };
}

function onlyKnown(path: keyof typeof KNOWN, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new VoiceServerOptionsError(path || 'options', 'has to be an object.');
  }
  const unknown = Object.keys(value).find((name) => !KNOWN[path].includes(name));
  if (unknown !== undefined) {
    const known = KNOWN[path].join(', ');
    throw new VoiceServerOptionsError(path ? `${path}.${unknown}` : unknown, `no such option. There are: ${known}.`);
  }
}

function whole(path: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new VoiceServerOptionsError(path, `has to be a whole number from ${String(least)} to ${String(most)}.`);
}

/** The message never repeats the key. */
function usableKey(key: unknown): string {
  if (key === undefined || key === '') {
    throw new VoiceServerOptionsError('upstream.apiKey', 'is missing. Is the environment variable set?');
  }
  if (typeof key !== 'string' || !/^[\x21-\x7e]+$/.test(key)) {
    throw new VoiceServerOptionsError('upstream.apiKey', 'has characters that no key has (a space or a line break?).');
  }
  return key;
}

function apiRoot(text: string): string {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new VoiceServerOptionsError('upstream.baseUrl', 'has to be an http or https address such as "https://api.openai.com/v1".');
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new VoiceServerOptionsError('upstream.baseUrl', 'must not hold a user name, a password, a query or a fragment.');
  }
  return url.href.replace(/\/+$/, '');
}
