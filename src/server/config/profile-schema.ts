/** Schema of an agent: session, tools, hosted MCP servers, access and limits. */
import * as z from 'zod';
import type {
  BudgetOptions,
  CallLimits,
  HostedMcp,
  ProfileOptions,
  ServerBudgetOptions,
  ServerTool,
  TokenPrices,
  ToolRunLimits,
  VisitorDay,
} from '../options.js';
import {
  amountSchema,
  booleanSchema,
  countSchema,
  enumSchema,
  functionSchema,
  integerSchema,
  listSchema,
  objectSchema,
  recordSchema,
  secretsSchema,
  shareSchema,
  textSchema,
  urlSchema,
} from './schemas.js';
import { isTimeZone } from '../guards/zone-calendar.js';
import { originsSchema } from './origins-schema.js';
import { sessionSchema } from './session-schema.js';

/** `rate`, and each of `rates`. */
export const rateSchema = z.union([z.literal(false), objectSchema({ count: countSchema(1), seconds: integerSchema(1, 86_400) })], {
  error: 'must be an object with "count" and "seconds", or false.',
});

const orNone = <Bound extends z.ZodType>(bound: Bound, what: string) =>
  z.union([z.literal(false), bound], { error: `must be ${what}, or false for no limit.` });
const wholeOrNone = () => orNone(countSchema(0), 'a whole number, 0 or more').optional();
const amountOrNone = () => orNone(amountSchema(), 'a number, 0 or more').optional();

const dayShape = {
  callsPerDay: wholeOrNone(),
  minutesPerDay: amountOrNone(),
  tokensPerDay: wholeOrNone(),
  moneyPerDay: amountOrNone(),
} satisfies Record<keyof VisitorDay, z.ZodType>;

const budgetShape = {
  ...dayShape,
  callsPerMonth: wholeOrNone(),
  minutesPerMonth: amountOrNone(),
  tokensPerMonth: wholeOrNone(),
  moneyPerMonth: amountOrNone(),
  maxConcurrent: wholeOrNone(),
} satisfies Record<keyof BudgetOptions, z.ZodType>;

/** `budget` of an agent. */
export const budgetSchema = objectSchema(budgetShape);

/** The server's `budget`. */
export const serverBudgetSchema = objectSchema({
  ...budgetShape,
  timeZone: z
    .custom((value) => typeof value === 'string' && isTimeZone(value), {
      error: 'must be the IANA name of a time zone, such as "Europe/Berlin".',
    })
    .optional(),
  maxConcurrentPerVisitor: wholeOrNone(),
  onVisitorBusy: enumSchema('replace', 'refuse').optional(),
  maxConcurrentPerAddress: wholeOrNone(),
  maxSharePerNetwork: orNone(shareSchema(), 'a number above 0 and at most 1').optional(),
  perVisitor: objectSchema(dayShape).optional(),
} satisfies Record<keyof ServerBudgetOptions, z.ZodType>);

/** `limits`. */
export const limitsSchema = objectSchema({
  maxSeconds: integerSchema(10, 3_600).optional(),
  maxIdleSeconds: integerSchema(5, 3_600).optional(),
  tokens: countSchema(1).optional(),
  money: amountOrNone(),
  warningSeconds: integerSchema(0, 120).optional(),
  toolRuns: objectSchema({
    perCall: integerSchema(1, 10_000).optional(),
    perMinute: integerSchema(1, 1_000).optional(),
    concurrent: integerSchema(1, 64).optional(),
    argumentBytes: integerSchema(64, 262_144).optional(),
  } satisfies Record<keyof ToolRunLimits, z.ZodType>).optional(),
} satisfies Record<keyof CallLimits, z.ZodType>);

/** Function names allowed by the protocol. */
const toolName = z.custom((value) => typeof value === 'string' && /^[\w-]{1,64}$/.test(value), {
  error: 'must be a name of 1 to 64 letters, digits, "_" or "-".',
});

const toolSchema = objectSchema({
  name: toolName,
  description: textSchema().optional(),
  parameters: z
    .custom((value) => (value as { type?: unknown } | null)?.type === 'object', {
      error: 'must be the JSON Schema of an object: {"type": "object", …}.',
    })
    .optional(),
  execute: functionSchema(),
  timeout: integerSchema(100, 60_000).optional(),
} satisfies Record<keyof ServerTool, z.ZodType>);

const headerName = /^[\w!#$%&'*+.^`|~-]+$/;
const headers = z.unknown().superRefine((value, context) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    context.addIssue({ code: 'custom', message: 'must be an object.' });
    return;
  }
  for (const [name, entry] of Object.entries(value)) {
    const usable = headerName.test(name) && typeof entry === 'string' && /^[\x20-\x7e]*$/.test(entry);
    if (!usable)
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'is not a valid header. Use a valid header name and a single-line value.',
      });
  }
});

const mcpSchema = objectSchema({
  label: toolName,
  url: urlSchema('https://mcp.example.com/mcp'),
  // May include a scheme: `Bearer …`.
  authorization: z
    .custom((value) => typeof value === 'string' && /^[\x20-\x7e]+$/.test(value), {
      error: 'must be a single-line string. Is the environment variable set?',
    })
    .optional(),
  headers: headers.optional(),
  allowedTools: listSchema(toolName).optional(),
  requireApproval: enumSchema('never', 'always').optional(),
} satisfies Record<keyof HostedMcp, z.ZodType>);

/** Fields of the GA session object (`RealtimeSessionCreateRequestGA` in the OpenAPI description) that `session.update` can change. */
const SESSION_FIELDS = [
  'audio',
  'include',
  'instructions',
  'max_output_tokens',
  'output_modalities',
  'parallel_tool_calls',
  'prompt',
  'reasoning',
  'tool_choice',
  'tools',
  'tracing',
  'truncation',
];

const fieldPath = z.custom(
  (value) => typeof value === 'string' && /^[a-z_]+(\.[a-z0-9_]+)*$/.test(value) && SESSION_FIELDS.includes(value.split('.')[0] ?? ''),
  {
    error: `must be a path in the session object, such as "audio.output.speed". The first field must be one of: ${SESSION_FIELDS.join(', ')}.`,
  },
);

/** Each of `profiles`. */
export const profileSchema = objectSchema({
  session: sessionSchema.optional(),
  tools: listSchema(toolSchema).optional(),
  mcp: listSchema(mcpSchema).optional(),
  apiKey: secretsSchema().optional(),
  allowedOrigins: originsSchema.optional(),
  access: listSchema(enumSchema('token', 'call', 'phone'))
    .min(1, { error: 'must list at least one kind of access.' })
    .optional(),
  rate: rateSchema.optional(),
  budget: budgetSchema.optional(),
  limits: limitsSchema.optional(),
  clientMutableFields: listSchema(fieldPath).optional(),
  outOfBandResponses: enumSchema('refuse', 'allow').optional(),
  answerBeforeSideband: booleanSchema().optional(),
} satisfies Record<keyof ProfileOptions, z.ZodType>);

/** `prices`. */
export const pricesSchema = recordSchema(
  objectSchema({
    textInput: amountSchema().optional(),
    cachedTextInput: amountSchema().optional(),
    audioInput: amountSchema().optional(),
    cachedAudioInput: amountSchema().optional(),
    imageInput: amountSchema().optional(),
    textOutput: amountSchema().optional(),
    audioOutput: amountSchema().optional(),
  } satisfies Record<keyof TokenPrices, z.ZodType>).refine((prices) => Object.keys(prices).length > 0, {
    error: 'must contain at least one price: without prices, no limit in money has an effect.',
  }),
);
