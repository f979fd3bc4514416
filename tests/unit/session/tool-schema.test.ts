import { expect, test } from 'vitest';
import * as z from 'zod';
import * as mini from 'zod/mini';
import * as z3 from 'zod/v3';
import type { ClientTool } from '../../../src/contract/options.js';
import { declareTools, parseByToolSchema } from '../../../src/session/tool-schema.js';

const execute = (): undefined => undefined;
const parametersOf = (parameters: object): unknown => declareTools([{ name: 'a', parameters, execute }])[0]?.['parameters'];
const refusal = (tools: unknown) => {
  try {
    declareTools(tools as ClientTool[]);
  } catch (error) {
    return error as { code: string; message: string; recoverable: boolean };
  }
  throw new Error('it was taken');
};

test('copies JSON Schema unchanged, and declares an empty object without parameters', () => {
  const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
  const declared = declareTools([
    { name: 'a', execute },
    { name: 'b', description: 'B', parameters, execute },
  ]);
  parameters.required.push('changed later');
  expect(declared).toEqual([
    { type: 'function', name: 'a', parameters: { type: 'object', properties: {} } },
    { type: 'function', name: 'b', description: 'B', parameters: { ...parameters, required: ['city'] } },
  ]);
  expect(parametersOf({ properties: {} })).toEqual({ properties: {} });
});

test('converts the input type of zod objects to JSON Schema', () => {
  const schema = z.object({
    city: z.string().min(2).describe('Name of the city'),
    days: z.number().int().default(3),
    unit: z.enum(['C', 'F']).optional(),
    when: z.string().transform((text) => new Date(text)),
  });
  expect(parametersOf(schema)).toMatchObject({
    type: 'object',
    properties: {
      city: { type: 'string', minLength: 2, description: 'Name of the city' },
      days: { type: 'integer', default: 3 },
      unit: { enum: ['C', 'F'] },
      when: { type: 'string' },
    },
    required: ['city', 'when'],
  });
  expect(parametersOf(schema)).not.toHaveProperty('$schema');
});

test('supports any library with Standard JSON Schema, including callable schemas', async () => {
  const schema = Object.assign(() => undefined, {
    '~standard': {
      version: 1,
      vendor: 'other',
      validate: (value: unknown) => ({ value: { read: value } }),
      jsonSchema: { input: () => ({ type: 'object', properties: { x: {} } }) },
    },
  });
  expect(parametersOf(schema)).toEqual({ type: 'object', properties: { x: {} } });
  expect(await parseByToolSchema({ name: 'a', parameters: schema, execute }, { x: 1 })).toEqual({ read: { x: 1 } });
});

test.each([
  ['tools that are not an array', { name: 'a', execute }, 'invalid_request', 'must be an array'],
  ['a tool that is null', [null], 'invalid_request', 'Tool 1'],
  ['a tool without a name', [{ execute }], 'invalid_request', 'Tool 1'],
  ['a name with invalid characters', [{ name: 'get weather', execute }], 'invalid_request', '"get weather"'],
  ['a name that is too long', [{ name: 'a'.repeat(65), execute }], 'invalid_request', '64'],
  [
    'two tools with the same name',
    [
      { name: 'a', execute },
      { name: 'a', execute },
    ],
    'invalid_request',
    'declared twice',
  ],
  ['a tool without execute', [{ name: 'a' }], 'invalid_request', '"a" has no execute function'],
  ['an invalid needsApproval', [{ name: 'a', execute, needsApproval: 'yes' }], 'invalid_request', 'needsApproval'],
  ['an invalid timeout', [{ name: 'a', execute, timeout: 'soon' }], 'invalid_request', 'timeout'],
  ['a timeout of 0', [{ name: 'a', execute, timeout: 0 }], 'invalid_request', 'timeout'],
  ['parameters that are not an object', [{ name: 'a', execute, parameters: 'city' }], 'invalid_request', 'must be a JSON Schema'],
  ['a schema for an array', [{ name: 'a', execute, parameters: { type: 'array' } }], 'invalid_request', '"object"'],
  ['a schema that cannot be serialized', [{ name: 'a', execute, parameters: { default: 1n } }], 'invalid_request', 'JSON'],
  ['zod 3', [{ name: 'a', execute, parameters: z3.z.object({ city: z3.z.string() }) }], 'unsupported', 'zod 4.2'],
  ['zod/mini', [{ name: 'a', execute, parameters: mini.object({ city: mini.string() }) }], 'unsupported', 'zod/mini'],
  ['a zod schema that is not an object', [{ name: 'a', execute, parameters: z.string() }], 'unsupported', 'schema must have type "object"'],
  [
    'a union of zod objects',
    [{ name: 'a', execute, parameters: z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]) }],
    'unsupported',
    'schema must have type "object"',
  ],
  ['a zod schema without a JSON Schema form', [{ name: 'a', execute, parameters: z.object({ when: z.date() }) }], 'unsupported', '"a"'],
])('rejects %s with an error that names the tool', (_, tools, code, words) => {
  const error = refusal(tools);
  expect(error).toMatchObject({ name: 'VoiceAgentError', code, recoverable: false });
  expect(error.message).toContain(words);
});

test('accepts every name that servers accept', () => {
  for (const name of ['a', 'get_weather', 'get-weather', 'A1', 'constructor', '__proto__', 'x'.repeat(64)])
    expect(declareTools([{ name, execute }])[0]?.['name']).toBe(name);
});

test('parses arguments with the schema; without one they pass unchanged', async () => {
  const schema = z.object({ city: z.string(), days: z.coerce.number().default(3) });
  const tool: ClientTool = { name: 'a', parameters: schema, execute };
  expect(await parseByToolSchema(tool, { city: 'Rome', extra: true })).toEqual({ city: 'Rome', days: 3 });
  expect(await parseByToolSchema({ name: 'a', parameters: { type: 'object', required: ['city'] }, execute }, {})).toEqual({});
  const later = z.object({ city: z.string().refine(async (city) => Promise.resolve(city === 'Rome'), 'only Rome') });
  expect(await parseByToolSchema({ name: 'a', parameters: later, execute }, { city: 'Rome' })).toEqual({ city: 'Rome' });
  await expect(parseByToolSchema({ name: 'a', parameters: later, execute }, { city: 'Oslo' })).rejects.toThrow('city: only Rome');
});

test('reports validation issues so that the model can correct its arguments', async () => {
  const schema = z.object({ city: z.string(), stops: z.array(z.object({ name: z.string() })) });
  await expect(parseByToolSchema({ name: 'a', parameters: schema, execute }, { city: 5, stops: [{}, { name: 'x' }] })).rejects.toThrow(
    /^Invalid arguments\. city: .*expected string.*; stops\.0\.name: .*$/,
  );
  const many = z.object(Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`field${index}`, z.string()])));
  await expect(parseByToolSchema({ name: 'a', parameters: many, execute }, {})).rejects.toThrow(/field7: .*; …$/);
  await expect(parseByToolSchema({ name: 'a', parameters: many, execute }, {})).rejects.not.toThrow('field8');
});
