/**
 * What the owner of a site decides, checked once at start. Owns types, defaults and the sentences that name a mistake;
 * knows no HTTP. A server with a mistake in its options must not start: a typing error in an origin would otherwise show
 * up as a widget that fails for visitors.
 */
import { systemClock } from './clock.js';
import type { Clock } from './clock.js';
import { MINT_DIALECTS, mintRequest } from './mint-request.js';
import type { MintDialect, MintRequest } from './mint-request.js';
import { checkedOrigins } from './origins.js';
import type { Refusal } from './problem.js';
import { sessionRequest } from './session-request.js';
import type { SessionOptions } from './session-request.js';

/** Where keys come from. */
export interface UpstreamOptions {
  /** Realtime API root without a trailing slash, default `https://api.openai.com/v1`. */
  readonly baseUrl?: string;
  /** The standard API key; it never leaves the server. `undefined` and `''` are refused with a sentence that says so. */
  readonly apiKey: string | undefined;
  /**
   * What the API speaks: `ga` (default) for OpenAI today and whoever mints at `/realtime/client_secrets`; `beta` for servers
   * that mint at `/realtime/sessions`; `xai`, whose keys hold no session, so that `session` has to stay empty.
   */
  readonly dialect?: MintDialect;
  /** Milliseconds until the API has to have answered, 100–60000; default 8000, below the 10 s that the widget waits. */
  readonly timeout?: number;
}

/** Options of `createVoiceServer`. */
export interface VoiceServerOptions {
  /** Exact origins of the pages that may ask for keys, for example `https://www.example.com`. No patterns, no `*`. */
  readonly allowedOrigins: readonly string[];
  readonly upstream: UpstreamOptions;
  readonly session?: SessionOptions;
  /** Seconds for which a key can open calls, 10–60; default 60. A call that runs outlives its key. */
  readonly keyLifetime?: number;
  /** What happens to requests without an `Origin` header, which no browser sends to `POST`; default `refuse`. */
  readonly withoutOrigin?: 'refuse' | 'allow';
  /** Largest accepted request body in bytes, 0–65536; default 1024. Its content is not read. */
  readonly maxBodyBytes?: number;
  /**
   * A stable, hashed name of the visitor (1–128 visible ASCII characters, no personal data), sent as
   * `OpenAI-Safety-Identifier` so that a ban hits the visitor and not the site. `undefined` sends none.
   */
  readonly safetyIdentifier?: (request: Request) => string | undefined | Promise<string | undefined>;
  /** Told about each refused request, for logs; holds no key. Errors thrown in here are swallowed. */
  readonly onRefusal?: (refusal: Refusal) => void;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Replaces the system's time. */
  readonly clock?: Clock;
}

/** Options with defaults, ready to use. */
export interface ResolvedOptions {
  readonly allowedOrigins: readonly string[];
  readonly withoutOrigin: 'refuse' | 'allow';
  readonly maxBodyBytes: number;
  readonly onRefusal: ((refusal: Refusal) => void) | undefined;
  readonly mint: MintOptions;
}

/** What minting needs. */
export interface MintOptions {
  /** Where and with what a key is asked for. */
  readonly request: MintRequest;
  readonly apiKey: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly safetyIdentifier: VoiceServerOptions['safetyIdentifier'];
  readonly fetch: typeof fetch;
  readonly clock: Clock;
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

const KNOWN: Record<'' | 'upstream' | 'session', readonly string[]> = {
  '': [
    'allowedOrigins', 'upstream', 'session', 'keyLifetime', 'withoutOrigin', 'maxBodyBytes', 'safetyIdentifier',
    'onRefusal', 'fetch', 'clock',
  ],
  upstream: ['baseUrl', 'apiKey', 'dialect', 'timeout'],
  session: ['type', 'model', 'voice', 'instructions', 'turnDetection', 'transcription', 'config'],
};

/**
 * Checks the options and fills in the defaults.
 *
 * @throws VoiceServerOptionsError naming the first mistake
 */
export function resolveOptions(options: VoiceServerOptions): ResolvedOptions {
  onlyKnown('', options);
  onlyKnown('upstream', options.upstream);
  if (options.session !== undefined) onlyKnown('session', options.session);
  const { withoutOrigin = 'refuse', upstream, session = {} } = options;
  if (withoutOrigin !== 'refuse' && withoutOrigin !== 'allow') {
    throw new VoiceServerOptionsError('withoutOrigin', 'has to be "refuse" or "allow".');
  }
  for (const name of ['safetyIdentifier', 'onRefusal', 'fetch'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') {
      throw new VoiceServerOptionsError(name, 'has to be a function.');
    }
  }
  for (const name of ['model', 'voice', 'instructions'] as const) {
    if (session[name] !== undefined && (typeof session[name] !== 'string' || session[name] === '')) {
      throw new VoiceServerOptionsError(`session.${name}`, 'has to be text; leave it out for the default.');
    }
  }
  if (session.type !== undefined && session.type !== 'realtime' && session.type !== 'transcription') {
    throw new VoiceServerOptionsError('session.type', 'has to be "realtime" or "transcription".');
  }
  for (const name of ['model', 'voice', 'instructions'] as const) {
    if (session.type === 'transcription' && session[name] !== undefined) {
      throw new VoiceServerOptionsError(`session.${name}`, 'is nothing that a transcription session has; the transcriber is named in session.transcription.');
    }
  }
  const { dialect = 'ga' } = upstream;
  if (!MINT_DIALECTS.includes(dialect)) {
    throw new VoiceServerOptionsError('upstream.dialect', `has to be one of ${MINT_DIALECTS.join(', ')}.`);
  }
  const bound = sessionRequest(session);
  if (dialect === 'xai' && bound) {
    throw new VoiceServerOptionsError('session', 'has no place in the keys of xAI; set model, voice and instructions on the element.');
  }
  const root = apiRoot(upstream.baseUrl ?? 'https://api.openai.com/v1');
  const { keyLifetime } = options;
  if (keyLifetime !== undefined) whole('keyLifetime', keyLifetime, 10, 60);
  return {
    allowedOrigins: checkedOrigins(options.allowedOrigins, (path, problem) => new VoiceServerOptionsError(path, problem)),
    withoutOrigin,
    maxBodyBytes: whole('maxBodyBytes', options.maxBodyBytes ?? 1024, 0, 65_536),
    onRefusal: options.onRefusal,
    mint: {
      request: mintRequest({ dialect, root, session: bound, keyLifetime }),
      apiKey: usableKey(upstream.apiKey),
      timeout: whole('upstream.timeout', upstream.timeout ?? 8_000, 100, 60_000),
      safetyIdentifier: options.safetyIdentifier,
      fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
      clock: options.clock ?? systemClock,
    },
  };
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
