/**
 * Environment variables as settings: their names, how their text is parsed, and their precedence. A variable overrides the
 * value in the file, because secrets and addresses belong to a deployment. If the file itself refers to a variable
 * (`env:NAME`) or a file (`file:/path`), that reference takes precedence.
 */
import type { ValidationError } from './validation-errors.js';
import { pathText } from './validation-errors.js';

/** The process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One variable. */
export interface Variable {
  readonly name: string;
  /** Path in the config file. */
  readonly path: readonly string[];
  readonly kind: 'text' | 'number' | 'list';
  /** Description for `--help` and the documentation. */
  readonly meaning: string;
}

/** All variables. If two have the same path, the first one that is set is used. */
export const VARIABLES: readonly Variable[] = [
  { name: 'OPENAI_API_KEY', path: ['upstream', 'apiKey'], kind: 'text', meaning: 'The standard API key. Stays on the server.' },
  {
    name: 'VOICE_AGENT_PEPPER',
    path: ['pepper'],
    kind: 'text',
    meaning: 'Key for the hashes of visitors, at least 32 characters. Without it, they change with the API key.',
  },
  { name: 'OPENAI_BASE_URL', path: ['upstream', 'baseUrl'], kind: 'text', meaning: 'Another Realtime API root.' },
  { name: 'OPENAI_MODEL', path: ['session', 'model'], kind: 'text', meaning: 'Model of agents that have none in the config file.' },
  {
    name: 'OPENAI_WEBHOOK_SECRET',
    path: ['phone', 'webhookSecret'],
    kind: 'text',
    meaning: 'Secret (`whsec_…`) of the webhook for phone calls; only used if the file has `phone`.',
  },
  { name: 'VOICE_AGENT_ALLOWED_ORIGINS', path: ['allowedOrigins'], kind: 'list', meaning: 'Exact origins, separated by commas.' },
  { name: 'VOICE_AGENT_PORT', path: ['listen', 'port'], kind: 'number', meaning: 'TCP port.' },
  { name: 'PORT', path: ['listen', 'port'], kind: 'number', meaning: 'TCP port, as set by many platforms.' },
  { name: 'VOICE_AGENT_HOST', path: ['listen', 'host'], kind: 'text', meaning: 'Address to listen on.' },
  { name: 'HOST', path: ['listen', 'host'], kind: 'text', meaning: 'Address to listen on, as set by many platforms.' },
  { name: 'VOICE_AGENT_REDIS_URL', path: ['state', 'redis'], kind: 'text', meaning: 'URL of a Redis shared by several processes.' },
  {
    name: 'VOICE_AGENT_STATE',
    path: ['state'],
    kind: 'text',
    meaning: '`memory`: keeps no journal, so a restart forgets budgets and active calls. Only used if nothing else sets the state.',
  },
  {
    name: 'VOICE_AGENT_TRUSTED_PROXIES',
    path: ['trustedProxies'],
    kind: 'number',
    meaning: 'Number of reverse proxies in front of the server.',
  },
  {
    name: 'VOICE_AGENT_TURNSTILE_SECRET',
    path: ['visitor', 'turnstile', 'secret'],
    kind: 'text',
    meaning: 'Secret key of Cloudflare Turnstile; requires a Turnstile token from every visitor.',
  },
  {
    name: 'VOICE_AGENT_VISITOR_SECRET',
    path: ['visitor', 'visitorToken', 'secret'],
    kind: 'text',
    meaning: 'Shared secret for signed visitor tokens, at least 32 bytes.',
  },
  { name: 'VOICE_AGENT_LOG_LEVEL', path: ['log', 'level'], kind: 'text', meaning: '`silent`, `error`, `warn`, `info` or `debug`.' },
  { name: 'VOICE_AGENT_METRICS_TOKEN', path: ['metrics', 'token'], kind: 'text', meaning: 'Bearer token required to read `/metrics`.' },
  {
    name: 'VOICE_AGENT_METRICS_PORT',
    path: ['metrics', 'port'],
    kind: 'number',
    meaning: 'Separate port for `/metrics`, without a token.',
  },
  {
    name: 'VOICE_AGENT_METRICS_HOST',
    path: ['metrics', 'host'],
    kind: 'text',
    meaning: 'Address of that port; if omitted, only this machine can reach it.',
  },
  { name: 'VOICE_AGENT_ADMIN_SOCKET', path: ['admin', 'socket'], kind: 'text', meaning: 'Path of the local socket for the operator.' },
  { name: 'VOICE_AGENT_ADMIN_PORT', path: ['admin', 'port'], kind: 'number', meaning: 'Port for the operator; requires the token.' },
  {
    name: 'VOICE_AGENT_ADMIN_TOKEN',
    path: ['admin', 'token'],
    kind: 'text',
    meaning: 'Token of the operator for the admin port, at least 32 characters.',
  },
];

type Fields = Readonly<Record<string, unknown>>;

/** A config merged with the environment. */
export interface Merged {
  readonly config: unknown;
  /** Path in the config → name of the variable that set it. */
  readonly origins: ReadonlyMap<string, string>;
}

/** Applies all variables that are set to the config. Empty variables count as not set. */
export function withEnvironment(config: unknown, env: Environment): Merged {
  const origins = new Map<string, string>();
  // Without `upstream` in the file, the API key comes from the environment.
  let merged: unknown = isFields(config) ? { ...config, upstream: config['upstream'] ?? {} } : config;
  for (const { name, path, kind } of VARIABLES) {
    const given = env[name];
    const place = pathText(path);
    if (given === undefined || given.trim() === '' || origins.has(place) || !isFields(merged)) continue;
    const value = read(given.trim(), kind);
    const next =
      name === 'OPENAI_MODEL'
        ? withModel(merged, value)
        : name === 'OPENAI_WEBHOOK_SECRET' && !isFields(merged['phone'])
          ? merged
          : put(merged, path, value);
    if (next === merged) continue;
    merged = next;
    origins.set(place, name);
  }
  return { config: merged, origins };
}

/** Errors for secrets of visitor checks in the environment that would be ignored, because another check is configured. */
export function ignoredVisitorSecrets({ config }: Merged, env: Environment): readonly ValidationError[] {
  const visitor = isFields(config) ? config['visitor'] : undefined;
  return VARIABLES.filter(({ name, path: [option, check = ''] }) => {
    const applies = isFields(visitor) && Object.hasOwn(visitor, check);
    return option === 'visitor' && (env[name] ?? '').trim() !== '' && visitor !== undefined && !applies;
  }).map(({ name }) => ({
    path: 'visitor',
    problem: `${name} is set, but another visitor check is configured, and only one check is used. Unset the variable or remove the other check.`,
  }));
}

/** Adds the variable that an invalid value came from, or that could set a missing value. */
export function withOrigins(errors: readonly ValidationError[], { config, origins }: Merged): readonly ValidationError[] {
  return errors.map(({ path, problem }) => {
    const place = path.replace(/\[\d+\]$/, '');
    const from = origins.get(place);
    if (from !== undefined) return { path, problem: `${problem} The value comes from the environment variable ${from}.` };
    const variable = VARIABLES.find((one) => pathText(one.path) === path);
    const missing =
      variable && variable.path.reduce<unknown>((fields, step) => (isFields(fields) ? fields[step] : undefined), config) === undefined;
    return { path, problem: missing ? `is missing. Set ${variable.name} or add it to the config file.` : problem };
  });
}

function read(text: string, kind: Variable['kind']): unknown {
  if (kind === 'list') return text.split(/[\s,]+/).filter(Boolean);
  // Anything that is not a number stays a string, which the schema then rejects.
  return kind === 'number' && /^\d{1,9}$/.test(text) ? Number(text) : text;
}

/** Sets a value. Returns the same object if the file has a reference, or a value that the variable cannot be merged into. */
function put(fields: Fields, [step, ...rest]: readonly string[], value: unknown): Fields {
  if (step === undefined) return fields;
  const before = fields[step];
  // Keep another kind of state.
  if (step === 'state' && rest.length === 0 && before !== undefined) return fields;
  if (rest.length === 0) return isReference(before) ? fields : { ...fields, [step]: value };
  // Keep functions and class instances, and other kinds of checks or states than this variable's.
  if (before !== undefined && !isFields(before)) return fields;
  if ((step === 'visitor' || step === 'state') && before && !Object.hasOwn(before, rest[0] ?? '')) return fields;
  const inner = put(before ?? {}, rest, value);
  return inner === before ? fields : { ...fields, [step]: inner };
}

/** Sets the model of every agent that has none and supports one. */
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
  const named = Object.entries(profiles).map(
    ([name, profile]) => [name, isFields(profile) ? { ...profile, session: filled(profile['session']) } : profile] as const,
  );
  return { ...fields, profiles: Object.fromEntries(named) };
}

/** Whether a value is `env:NAME`, or `file:` with an absolute path. */
export const isReference = (value: unknown): value is string => typeof value === 'string' && /^(?:env:[A-Za-z_]\w*|file:\/.+)$/.test(value);

/** True for plain objects, false for class instances. */
export function isFields(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}
