/**
 * The one description of what an owner may write, as zod schemas: `createVoiceServer` and the config file are both checked
 * by it. Owns which options there are, and the bounds of each alone; what they ask of one another is in
 * `cross-checks.ts`. Defaults are filled in by `resolve-options.ts`.
 */
import * as z from 'zod';
import { MINT_DIALECTS } from '../mint-request.js';
import type { MetricsOptions } from '../observe/metrics-source.js';
import type { UpstreamOptions, VoiceServerOptions } from '../options.js';
import type { PhoneOptions } from '../phone/phone-options.js';
import { aFunction, aFunctionOr, address, implementing, list, named, oneOf, options, secret, text, whole } from './kinds.js';
import { originsSchema } from './origins-schema.js';
import { budgetSchema, limitsSchema, pricesSchema, profileSchema, rateSchema } from './profile-schema.js';
import { sessionSchema } from './session-schema.js';

const upstreamSchema = options({
  baseUrl: address('https://api.openai.com/v1').optional(),
  apiKey: secret(),
  dialect: z.enum(MINT_DIALECTS, { error: `has to be one of ${MINT_DIALECTS.join(', ')}.` }).optional(),
  timeout: whole(100, 60_000).optional(),
} satisfies Record<keyof UpstreamOptions, z.ZodType>);

const destination = z.custom((value) => typeof value === 'string' && /^(tel:\+?\d[\d-]*|sips?:\S+)$/.test(value), {
  error: 'has to be a tel: or sip: address such as "tel:+4930123457".',
});

/** Standard Webhooks: the key is in base64 after the prefix. A secret without the prefix is the key itself. */
const webhookSecret = secret().refine((value) => !String(value).startsWith('whsec_') || /^whsec_(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,4})={0,2}$/.test(String(value)), {
  error: 'is no webhook secret: after "whsec_" has to come base64. Was it cut?',
});

const phoneSchema = options({
  webhookSecret,
  numbers: named(text()),
  human: destination.optional(),
  greeting: z.union([z.literal(false), text()], { error: 'has to be text, or false.' }).optional(),
  rejectStatus: whole(400, 699).optional(),
  accept: aFunction().optional(),
  onDtmf: aFunction().optional(),
} satisfies Record<keyof PhoneOptions, z.ZodType>);

/** What code and config files have in common. */
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
    inAll: rateSchema.optional(),
  }).optional(),
  budget: budgetSchema.optional(),
  limits: limitsSchema.optional(),
  prices: pricesSchema.optional(),
  phone: phoneSchema.optional(),
  whenStateFails: oneOf('refuse', 'local').optional(),
  safetyIdentifier: aFunctionOr(false).optional(),
  onRefusal: aFunction().optional(),
  observers: list(aFunction()).optional(),
  onTranscript: aFunction().optional(),
  fetch: aFunction().optional(),
  openSocket: aFunction().optional(),
  clock: implementing('a clock with now() and after()', 'now', 'after').optional(),
};

/** A check of the owner's own. */
export const visitorCheck = () => aFunction();

/** A state that is made already. */
export const sharedState = () => implementing('a state such as redisState() makes', 'take', 'reserve', 'settle', 'once', 'ready', 'close');

/** Options of `createVoiceServer`. */
export const serverOptionsSchema = options({
  ...sharedShape,
  visitor: visitorCheck().optional(),
  state: sharedState().optional(),
  metrics: options({
    token: secret(),
    source: z.custom((value) => typeof value === 'function' && typeof (value as { text?: unknown }).text === 'function', { error: 'has to be what prometheusMetrics() makes.' }),
  } satisfies Record<keyof MetricsOptions, z.ZodType>).optional(),
} satisfies Record<keyof VoiceServerOptions, z.ZodType>);
