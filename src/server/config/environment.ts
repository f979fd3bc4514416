/**
 * Environment variables as settings. Owns the table of their names, how text becomes a setting, and what wins: a variable
 * over what the file says in its place, because secrets and addresses belong to a deployment; but where the file itself
 * names a variable (`env:NAME`), that one counts.
 */
import type { Mistake } from './mistakes.js';
import { pathText } from './mistakes.js';

/** The process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One variable. */
export interface Variable {
  readonly name: string;
  /** Place in the config file. */
  readonly path: readonly string[];
  readonly kind: 'text' | 'number' | 'list';
  /** For the table in the documentation. */
  readonly meaning: string;
}

/** All of them; of two with the same place the first that is set counts. */
export const VARIABLES: readonly Variable[] = [
  { name: 'OPENAI_API_KEY', path: ['upstream', 'apiKey'], kind: 'text', meaning: 'The standard API key. Stays on the server.' },
  { name: 'OPENAI_BASE_URL', path: ['upstream', 'baseUrl'], kind: 'text', meaning: 'Another Realtime API root.' },
  { name: 'OPENAI_MODEL', path: ['session', 'model'], kind: 'text', meaning: 'Model of every agent that names none in the file.' },
  { name: 'OPENAI_WEBHOOK_SECRET', path: ['phone', 'webhookSecret'], kind: 'text', meaning: 'Secret (`whsec_…`) of the webhook for phone calls; read where the file has `phone`.' },
  { name: 'VOICE_AGENT_ALLOWED_ORIGINS', path: ['allowedOrigins'], kind: 'list', meaning: 'Exact origins, separated by commas.' },
  { name: 'VOICE_AGENT_PORT', path: ['listen', 'port'], kind: 'number', meaning: 'TCP port.' },
  { name: 'PORT', path: ['listen', 'port'], kind: 'number', meaning: 'The same, where a platform sets it.' },
  { name: 'VOICE_AGENT_HOST', path: ['listen', 'host'], kind: 'text', meaning: 'Address to listen at.' },
  { name: 'HOST', path: ['listen', 'host'], kind: 'text', meaning: 'The same, where a platform sets it.' },
  { name: 'VOICE_AGENT_REDIS_URL', path: ['state', 'redis'], kind: 'text', meaning: 'Redis that several processes share.' },
  { name: 'VOICE_AGENT_TRUSTED_PROXIES', path: ['trustedProxies'], kind: 'number', meaning: 'Reverse proxies in front of the server.' },
  { name: 'VOICE_AGENT_TURNSTILE_SECRET', path: ['visitor', 'turnstile', 'secret'], kind: 'text', meaning: 'Secret key of Cloudflare Turnstile; asks every visitor for its token.' },
  { name: 'VOICE_AGENT_VISITOR_SECRET', path: ['visitor', 'visitorToken', 'secret'], kind: 'text', meaning: 'Shared secret of signed visitor tokens, at least 32 bytes.' },
  { name: 'VOICE_AGENT_LOG_LEVEL', path: ['log', 'level'], kind: 'text', meaning: '`silent`, `error`, `warn`, `info` or `debug`.' },
  { name: 'VOICE_AGENT_METRICS_TOKEN', path: ['metrics', 'token'], kind: 'text', meaning: 'Who shows this token may read `/metrics`.' },
  { name: 'VOICE_AGENT_METRICS_PORT', path: ['metrics', 'port'], kind: 'number', meaning: 'A port of its own for `/metrics`, without a token.' },
];

type Fields = Readonly<Record<string, unknown>>;

/** A config with the environment in it. */
export interface Merged {
  readonly config: unknown;
  /** Path in the config → name of the variable that it came from. */
  readonly origins: ReadonlyMap<string, string>;
}

/** Puts the variables that are set into their places. An empty variable counts as not set. */
export function withEnvironment(config: unknown, env: Environment): Merged {
  const origins = new Map<string, string>();
  // A config without a word about the API is one whose key comes from here.
  let merged: unknown = isFields(config) ? { ...config, upstream: config['upstream'] ?? {} } : config;
  for (const { name, path, kind } of VARIABLES) {
    const given = env[name];
    const place = pathText(path);
    if (given === undefined || given.trim() === '' || origins.has(place) || !isFields(merged)) continue;
    const value = read(given.trim(), kind);
    const next = name === 'OPENAI_MODEL' ? withModel(merged, value) : name === 'OPENAI_WEBHOOK_SECRET' && !isFields(merged['phone']) ? merged : put(merged, path, value);
    if (next === merged) continue;
    merged = next;
    origins.set(place, name);
  }
  return { config: merged, origins };
}

/** Says where a mistaken value came from, or where a missing one could come from. */
export function withOrigins(mistakes: readonly Mistake[], { config, origins }: Merged): readonly Mistake[] {
  return mistakes.map(({ path, problem }) => {
    const place = path.replace(/\[\d+\]$/, '');
    const from = origins.get(place);
    if (from !== undefined) return { path, problem: `${problem} It comes from the environment variable ${from}.` };
    const variable = VARIABLES.find((one) => pathText(one.path) === path);
    const missing = variable && variable.path.reduce<unknown>((fields, step) => (isFields(fields) ? fields[step] : undefined), config) === undefined;
    return { path, problem: missing ? `is missing. Set ${variable.name}, or write it into the config file.` : problem };
  });
}

function read(text: string, kind: Variable['kind']): unknown {
  if (kind === 'list') return text.split(/[\s,]+/).filter(Boolean);
  // What is no number stays text, and the schema says what it should be.
  return kind === 'number' && /^\d{1,9}$/.test(text) ? Number(text) : text;
}

/** The same object where nothing changes: the file names a variable there, or something that a variable cannot be part of. */
function put(fields: Fields, [step, ...rest]: readonly string[], value: unknown): Fields {
  if (step === undefined) return fields;
  const before = fields[step];
  if (rest.length === 0) return isReference(before) ? fields : { ...fields, [step]: value };
  // A function or an object made by code stands; another kind of check or state than this variable's, too.
  if (before !== undefined && !isFields(before)) return fields;
  if ((step === 'visitor' || step === 'state') && before && !Object.hasOwn(before, rest[0] ?? '')) return fields;
  const inner = put(before ?? {}, rest, value);
  return inner === before ? fields : { ...fields, [step]: inner };
}

/** Every agent that names no model, and can have one. */
function withModel(fields: Fields, model: unknown): Fields {
  const { upstream, profiles, session } = fields;
  if (isFields(upstream) && upstream['dialect'] === 'xai') return fields;
  const filled = (given: unknown): unknown => {
    if (given !== undefined && !isFields(given)) return given;
    const { type, model: own, config } = given ?? {};
    const named = type === 'transcription' || own !== undefined || (isFields(config) && config['model'] !== undefined);
    return named ? given : { ...given, model };
  };
  if (profiles === undefined) return { ...fields, session: filled(session) };
  if (!isFields(profiles)) return fields;
  const named = Object.entries(profiles).map(([name, profile]) => [name, isFields(profile) ? { ...profile, session: filled(profile['session']) } : profile] as const);
  return { ...fields, profiles: Object.fromEntries(named) };
}

export const isReference = (value: unknown): value is string => typeof value === 'string' && /^env:[A-Za-z_]\w*$/.test(value);

/** Plain data; not what a class made. */
export function isFields(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}
