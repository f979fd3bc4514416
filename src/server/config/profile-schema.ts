/** Schema of an agent: session, tools, hosted MCP servers, access and limits. */
import * as z from 'zod';
import type { BudgetOptions, CallLimits, HostedMcp, ProfileOptions, ServerTool, TokenPrices } from '../options.js';
import { aFunction, address, amount, count, list, named, oneOf, options, text, whole } from './schemas.js';
import { originsSchema } from './origins-schema.js';
import { sessionSchema } from './session-schema.js';

/** `rate`, and each of `rates`. */
export const rateSchema = z.union([z.literal(false), options({ count: count(1), seconds: whole(1, 86_400) })], {
  error: 'must be an object with "count" and "seconds", or false.',
});

const orNone = <Bound extends z.ZodType>(bound: Bound, what: string) => z.union([z.literal(false), bound], { error: `must be ${what}, or false for no limit.` });
const wholeOrNone = () => orNone(count(0), 'a whole number, 0 or more').optional();
const amountOrNone = () => orNone(amount(), 'a number, 0 or more').optional();

/** `budget`. */
export const budgetSchema = options({
  callsPerDay: wholeOrNone(),
  minutesPerDay: amountOrNone(),
  tokensPerDay: wholeOrNone(),
  moneyPerDay: amountOrNone(),
  maxConcurrent: wholeOrNone(),
} satisfies Record<keyof BudgetOptions, z.ZodType>);

/** `limits`. */
export const limitsSchema = options({
  maxSeconds: whole(10, 3_600).optional(),
  maxIdleSeconds: whole(5, 3_600).optional(),
  tokens: count(1).optional(),
  money: amount().optional(),
  warningSeconds: whole(0, 120).optional(),
} satisfies Record<keyof CallLimits, z.ZodType>);

/** Function names allowed by the protocol. */
const toolName = z.custom((value) => typeof value === 'string' && /^[\w-]{1,64}$/.test(value), { error: 'must be a name of 1 to 64 letters, digits, "_" or "-".' });

const toolSchema = options({
  name: toolName,
  description: text().optional(),
  parameters: z
    .custom((value) => (value as { type?: unknown } | null)?.type === 'object', { error: 'must be the JSON Schema of an object: {"type": "object", …}.' })
    .optional(),
  execute: aFunction(),
  timeout: whole(100, 60_000).optional(),
} satisfies Record<keyof ServerTool, z.ZodType>);

const headerName = /^[\w!#$%&'*+.^`|~-]+$/;
const headers = z.unknown().superRefine((value, context) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    context.addIssue({ code: 'custom', message: 'must be an object.' });
    return;
  }
  for (const [name, entry] of Object.entries(value)) {
    const usable = headerName.test(name) && typeof entry === 'string' && /^[\x20-\x7e]*$/.test(entry);
    if (!usable) context.addIssue({ code: 'custom', path: [name], message: 'is not a valid header. Use a valid header name and a single-line value.' });
  }
});

const mcpSchema = options({
  label: toolName,
  url: address('https://mcp.example.com/mcp'),
  // May include a scheme: `Bearer …`.
  authorization: z.custom((value) => typeof value === 'string' && /^[\x20-\x7e]+$/.test(value), { error: 'must be a single-line string. Is the environment variable set?' }).optional(),
  headers: headers.optional(),
  allowedTools: list(toolName).optional(),
  requireApproval: oneOf('never', 'always').optional(),
} satisfies Record<keyof HostedMcp, z.ZodType>);

/** Fields of the GA session object (`RealtimeSessionCreateRequestGA` in the OpenAPI description) that `session.update` can change. */
const SESSION_FIELDS = ['audio', 'include', 'instructions', 'max_output_tokens', 'output_modalities', 'parallel_tool_calls', 'prompt', 'reasoning', 'tool_choice', 'tools', 'tracing', 'truncation'];

const fieldPath = z.custom((value) => typeof value === 'string' && /^[a-z_]+(\.[a-z0-9_]+)*$/.test(value) && SESSION_FIELDS.includes(value.split('.')[0] ?? ''), {
  error: `must be a path in the session object, such as "audio.output.speed". The first field must be one of: ${SESSION_FIELDS.join(', ')}.`,
});

/** Each of `profiles`. */
export const profileSchema = options({
  session: sessionSchema.optional(),
  tools: list(toolSchema).optional(),
  mcp: list(mcpSchema).optional(),
  allowedOrigins: originsSchema.optional(),
  access: list(oneOf('token', 'call', 'phone')).min(1, { error: 'must list at least one kind of access.' }).optional(),
  rate: rateSchema.optional(),
  budget: budgetSchema.optional(),
  limits: limitsSchema.optional(),
  clientMutableFields: list(fieldPath).optional(),
} satisfies Record<keyof ProfileOptions, z.ZodType>);

/** `prices`. */
export const pricesSchema = named(
  options({
    textInput: amount().optional(),
    cachedTextInput: amount().optional(),
    audioInput: amount().optional(),
    cachedAudioInput: amount().optional(),
    imageInput: amount().optional(),
    textOutput: amount().optional(),
    audioOutput: amount().optional(),
  } satisfies Record<keyof TokenPrices, z.ZodType>),
);

