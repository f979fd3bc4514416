/** Schema of a config file after the environment was merged into it. */
import * as z from 'zod';
import type { TurnstileOptions } from '../guards/turnstile.js';
import type { VisitorTokenOptions } from '../guards/visitor-token.js';
import { LOG_LEVELS } from '../observe/log-line.js';
import {
  booleanSchema,
  enumSchema,
  integerSchema,
  listSchema,
  longSecretSchema,
  objectSchema,
  secretSchema,
  secretsSchema,
  textSchema,
  urlSchema,
} from './schemas.js';
import { sharedShape, sharedState, visitorCheck } from './options-schema.js';
import type { AdminConfig, AuditConfig, ListenConfig, MetricsConfig, RedisConfig, ServerConfig } from './server-config.js';

/** Validates functions and objects created in code with `code`, anything else with `data`. */
const codeOr = (code: z.ZodType, data: z.ZodType, isCode: (value: unknown) => boolean) =>
  z.unknown().superRefine((value, context) => {
    for (const { path, message, ...issue } of (isCode(value) ? code : data).safeParse(value).error?.issues ?? []) {
      const keys = issue.code === 'unrecognized_keys' ? issue.keys : [];
      if (keys.length === 0) context.addIssue({ code: 'custom', path, message });
      for (const key of keys) context.addIssue({ code: 'custom', path: [...path, key], message });
    }
  });

const turnstileSchema = objectSchema({
  secret: secretSchema(),
  hostnames: listSchema(textSchema()).optional(),
  action: textSchema().optional(),
  verifyUrl: urlSchema('https://challenges.cloudflare.com/turnstile/v0/siteverify').optional(),
  timeout: integerSchema(100, 60_000).optional(),
} satisfies Record<keyof Omit<TurnstileOptions, 'fetch'>, z.ZodType>);

const visitorTokenSchema = objectSchema({
  secret: secretsSchema().optional(),
  publicKey: z
    .custom((value) => (typeof value === 'string' && value !== '') || (typeof value === 'object' && value !== null), {
      error: 'must be a PEM string or a JWK.',
    })
    .optional(),
  jwksUrl: urlSchema('https://login.example.com/.well-known/jwks.json').optional(),
  algorithms: listSchema(textSchema()).optional(),
  issuer: textSchema().optional(),
  audience: textSchema().optional(),
  cookie: textSchema().optional(),
  maxAgeSeconds: integerSchema(1, 86_400).optional(),
  singleUse: booleanSchema().optional(),
  clockTolerance: integerSchema(0, 60).optional(),
} satisfies Record<keyof Omit<VisitorTokenOptions, 'fetch' | 'clock'>, z.ZodType>);

/** Exactly one check. */
export const visitorSchema = objectSchema({ turnstile: turnstileSchema.optional(), visitorToken: visitorTokenSchema.optional() }).refine(
  ({ turnstile, visitorToken }) => (turnstile === undefined) !== (visitorToken === undefined),
  { error: 'must contain either "turnstile" or "visitorToken".', when: ({ issues }) => issues.length === 0 },
);

const redisUrl = z.custom((value) => typeof value === 'string' && URL.canParse(value) && /^rediss?:$/.test(new URL(value).protocol), {
  error: 'must be a URL such as "redis://127.0.0.1:6379".',
});

/** Exactly one kind of state outside the process. */
export const stateSchema = objectSchema({
  redis: redisUrl.optional(),
  prefix: textSchema().optional(),
  timeout: integerSchema(50, 10_000).optional(),
  secret: secretSchema().optional(),
  journal: textSchema().optional(),
} satisfies Record<keyof RedisConfig | 'journal', z.ZodType>).refine(
  ({ redis, journal }) => (redis === undefined) !== (journal === undefined),
  {
    error: 'must contain either "redis" or "journal".',
    when: ({ issues }) => issues.length === 0,
  },
);

const memoryState = z.literal('memory', { error: 'must be "memory", or contain either "redis" or "journal".' });
const stateData = codeOr(memoryState, stateSchema, (value) => typeof value === 'string');

/** A port without a token would give every program on this machine control over the server. */
const adminSchema = objectSchema({
  socket: z.union([z.literal(false), textSchema()], { error: 'must be a path or false.' }).optional(),
  port: integerSchema(0, 65_535).optional(),
  host: textSchema().optional(),
  token: longSecretSchema().optional(),
} satisfies Record<keyof AdminConfig, z.ZodType>).superRefine(({ port, token }, context) => {
  if (port !== undefined && token === undefined)
    context.addIssue({ code: 'custom', path: ['token'], message: 'is required with admin.port.' });
});

/** See the head of the file. */
export const serverConfigSchema = objectSchema({
  ...sharedShape,
  visitor: codeOr(visitorCheck(), visitorSchema, (value) => typeof value === 'function').optional(),
  state: codeOr(sharedState(), stateData, (value) => typeof (value as { take?: unknown } | null)?.take === 'function').optional(),
  listen: objectSchema({
    port: integerSchema(0, 65_535).optional(),
    host: textSchema().optional(),
    maxConnections: integerSchema(10, 100_000).optional(),
    maxConnectionsPerAddress: z
      .union([z.literal(false), integerSchema(1, 100_000)], { error: 'must be a whole number from 1 to 100000, or false.' })
      .optional(),
  } satisfies Record<keyof ListenConfig, z.ZodType>).optional(),
  log: objectSchema({ level: enumSchema(...LOG_LEVELS).optional() }).optional(),
  metrics: objectSchema({
    token: secretSchema().optional(),
    port: integerSchema(0, 65_535).optional(),
    host: textSchema().optional(),
  } satisfies Record<keyof MetricsConfig, z.ZodType>).optional(),
  admin: adminSchema.optional(),
  audit: objectSchema({ folder: textSchema(), days: integerSchema(1, 3_650).optional() } satisfies Record<
    keyof AuditConfig,
    z.ZodType
  >).optional(),
  widget: booleanSchema().optional(),
} satisfies Record<keyof ServerConfig, z.ZodType>);
