/**
 * Zod schemas of the options, shared by `createVoiceServer` and the config file. Defines all options and their ranges;
 * dependencies between options are in `option-conflicts.ts`, defaults in `resolve-options.ts`.
 */
import * as z from 'zod';
import type { MetricsOptions } from '../contract/metrics-source.js';
import type { MintDialect, UpstreamOptions, VoiceServerOptions } from '../options.js';
import type { PhoneOptions } from '../contract/phone-options.js';
import type { WebhookOptions } from '../contract/webhook-options.js';
import { webhookKey } from '../observe/signed-webhook.js';
import {
  enumSchema,
  functionOrSchema,
  functionSchema,
  integerSchema,
  interfaceSchema,
  listSchema,
  longSecretSchema,
  objectSchema,
  recordSchema,
  secretSchema,
  secretsSchema,
  textSchema,
  urlSchema,
} from './schemas.js';
import { originsSchema } from './origins-schema.js';
import { limitsSchema, pricesSchema, profileSchema, rateSchema, serverBudgetSchema } from './profile-schema.js';
import { sessionSchema } from './session-schema.js';

const DIALECTS = ['ga', 'beta', 'xai'] as const satisfies readonly MintDialect[];

const upstreamSchema = objectSchema({
  baseUrl: urlSchema('https://api.openai.com/v1').optional(),
  apiKey: secretsSchema().optional(),
  dialect: z.enum(DIALECTS, { error: `must be one of ${DIALECTS.join(', ')}.` }).optional(),
  timeout: integerSchema(100, 60_000).optional(),
} satisfies Record<keyof UpstreamOptions, z.ZodType>);

const destination = z.custom((value) => typeof value === 'string' && /^(tel:\+?\d[\d-]*|sips?:\S+)$/.test(value), {
  error: 'must be a tel: or sip: URI such as "tel:+4930123457".',
});

/** Standard Webhooks: the prefix is followed by the key in base64. A secret without the prefix is the key itself. */
const webhookError = (value: string): string | undefined =>
  !value.startsWith('whsec_') || /^whsec_(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,4})={0,2}$/.test(value)
    ? undefined
    : 'is not a valid webhook secret: "whsec_" must be followed by base64. Was it truncated?';

/** The secret that signs the server's own webhooks. */
const ownWebhookError = (value: string): string | undefined =>
  webhookError(value) ?? (webhookKey(value).byteLength < 16 ? 'must have at least 16 bytes; a shorter key could be guessed.' : undefined);

const webhookSchema = objectSchema({
  url: urlSchema('https://www.example.com/voice-budget'),
  secret: secretSchema(ownWebhookError),
} satisfies Record<keyof WebhookOptions, z.ZodType>);

const phoneSchema = objectSchema({
  webhookSecret: secretsSchema(webhookError),
  numbers: recordSchema(textSchema()),
  human: destination.optional(),
  greeting: z.union([z.literal(false), textSchema()], { error: 'must be a non-empty string or false.' }).optional(),
  rejectStatus: integerSchema(400, 699).optional(),
  accept: functionSchema().optional(),
  onDtmf: functionSchema().optional(),
} satisfies Record<keyof PhoneOptions, z.ZodType>);

/** Options shared by `createVoiceServer` and config files. */
export const sharedShape = {
  allowedOrigins: originsSchema,
  upstream: upstreamSchema,
  pepper: longSecretSchema().optional(),
  session: sessionSchema.optional(),
  profiles: recordSchema(profileSchema).optional(),
  keyLifetime: integerSchema(10, 60).optional(),
  withoutOrigin: enumSchema('refuse', 'allow').optional(),
  maxBodyBytes: integerSchema(0, 65_536).optional(),
  trustedProxies: integerSchema(0, 8).optional(),
  remoteAddress: functionSchema().optional(),
  rates: objectSchema({
    perAddress: rateSchema.optional(),
    perVisitor: rateSchema.optional(),
    perProfile: rateSchema.optional(),
    global: rateSchema.optional(),
  }).optional(),
  budget: serverBudgetSchema.optional(),
  webhook: webhookSchema.optional(),
  limits: limitsSchema.optional(),
  prices: pricesSchema.optional(),
  phone: phoneSchema.optional(),
  onStateFailure: enumSchema('refuse', 'local').optional(),
  safetyIdentifier: functionOrSchema(false).optional(),
  onRefusal: functionSchema().optional(),
  observers: listSchema(functionSchema()).optional(),
  onTranscript: functionSchema().optional(),
  fetch: functionSchema().optional(),
  openSocket: functionSchema().optional(),
  clock: interfaceSchema('a clock with now() and after()', 'now', 'after').optional(),
};

/** A custom visitor check. */
export const visitorCheck = () => functionSchema();

const STATE_METHODS = ['take', 'reserve', 'settle', 'once', 'setPaused', 'paused', 'usage', 'ready', 'close'] as const;

/** A state object. */
export const sharedState = () => interfaceSchema('a state object, such as the one returned by redisState()', ...STATE_METHODS);

/** Options of `createVoiceServer`. */
export const serverOptionsSchema = objectSchema({
  ...sharedShape,
  visitor: visitorCheck().optional(),
  state: sharedState().optional(),
  metrics: objectSchema({
    token: secretSchema(),
    source: z.custom((value) => typeof value === 'function' && typeof (value as { text?: unknown }).text === 'function', {
      error: 'must be a metrics source, such as the one returned by prometheusMetrics().',
    }),
  } satisfies Record<keyof MetricsOptions, z.ZodType>).optional(),
} satisfies Record<keyof VoiceServerOptions, z.ZodType>);
