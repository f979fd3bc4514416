/**
 * Zod schemas of the options, shared by `createVoiceServer` and the config file. Defines all options and their ranges;
 * dependencies between options are in `cross-checks.ts`, defaults in `resolve-options.ts`.
 */
import * as z from 'zod';
import { MINT_DIALECTS } from '../keys/mint-request.js';
import type { MetricsOptions } from '../contract/metrics-source.js';
import type { UpstreamOptions, VoiceServerOptions } from '../options.js';
import type { PhoneOptions } from '../contract/phone-options.js';
import { aFunction, aFunctionOr, address, implementing, list, named, oneOf, options, secret, text, whole } from './schemas.js';
import { originsSchema } from './origins-schema.js';
import { budgetSchema, limitsSchema, pricesSchema, profileSchema, rateSchema } from './profile-schema.js';
import { sessionSchema } from './session-schema.js';

const upstreamSchema = options({
  baseUrl: address('https://api.openai.com/v1').optional(),
  apiKey: secret(),
  dialect: z.enum(MINT_DIALECTS, { error: `must be one of ${MINT_DIALECTS.join(', ')}.` }).optional(),
  timeout: whole(100, 60_000).optional(),
} satisfies Record<keyof UpstreamOptions, z.ZodType>);

const destination = z.custom((value) => typeof value === 'string' && /^(tel:\+?\d[\d-]*|sips?:\S+)$/.test(value), {
  error: 'must be a tel: or sip: URI such as "tel:+4930123457".',
});

/** Standard Webhooks: the prefix is followed by the key in base64. A secret without the prefix is the key itself. */
const webhookSecret = secret().refine((value) => !String(value).startsWith('whsec_') || /^whsec_(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,4})={0,2}$/.test(String(value)), {
  error: 'is not a valid webhook secret: "whsec_" must be followed by base64. Was it truncated?',
});

const phoneSchema = options({
  webhookSecret,
  numbers: named(text()),
  human: destination.optional(),
  greeting: z.union([z.literal(false), text()], { error: 'must be a non-empty string or false.' }).optional(),
  rejectStatus: whole(400, 699).optional(),
  accept: aFunction().optional(),
  onDtmf: aFunction().optional(),
} satisfies Record<keyof PhoneOptions, z.ZodType>);

/** Options shared by `createVoiceServer` and config files. */
export const sharedShape = {
  allowedOrigins: originsSchema,
  upstream: upstreamSchema,
  session: sessionSchema.optional(),
  profiles: named(profileSchema).optional(),
  keyLifetime: whole(10, 60).optional(),
  withoutOrigin: oneOf('refuse', 'allow').optional(),
  maxBodyBytes: whole(0, 65_536).optional(),
  trustedProxies: whole(0, 8).optional(),
  remoteAddress: aFunction().optional(),
  rates: options({
    perAddress: rateSchema.optional(),
    perVisitor: rateSchema.optional(),
    perProfile: rateSchema.optional(),
    global: rateSchema.optional(),
  }).optional(),
  budget: budgetSchema.optional(),
  limits: limitsSchema.optional(),
  prices: pricesSchema.optional(),
  phone: phoneSchema.optional(),
  onStateFailure: oneOf('refuse', 'local').optional(),
  safetyIdentifier: aFunctionOr(false).optional(),
  onRefusal: aFunction().optional(),
  observers: list(aFunction()).optional(),
  onTranscript: aFunction().optional(),
  fetch: aFunction().optional(),
  openSocket: aFunction().optional(),
  clock: implementing('a clock with now() and after()', 'now', 'after').optional(),
};

/** A custom visitor check. */
export const visitorCheck = () => aFunction();

/** A state object. */
export const sharedState = () => implementing('a state object, such as the one returned by redisState()', 'take', 'reserve', 'settle', 'once', 'ready', 'close');

/** Options of `createVoiceServer`. */
export const serverOptionsSchema = options({
  ...sharedShape,
  visitor: visitorCheck().optional(),
  state: sharedState().optional(),
  metrics: options({
    token: secret(),
    source: z.custom((value) => typeof value === 'function' && typeof (value as { text?: unknown }).text === 'function', { error: 'must be a metrics source, such as the one returned by prometheusMetrics().' }),
  } satisfies Record<keyof MetricsOptions, z.ZodType>).optional(),
} satisfies Record<keyof VoiceServerOptions, z.ZodType>);
