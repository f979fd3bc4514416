/**
 * Generates arguments for a tool from its JSON schema: valid by type, plausible by name. Words that follow the tool's
 * name in the visitor's request fill the first free text field.
 */
import { isRecord } from '../protocol/schema.js';

const BY_NAME: [RegExp, string][] = [
  [/city|town|location|place|address/, 'Berlin'],
  [/country/, 'Germany'],
  [/lang|locale/, 'en'],
  [/e-?mail/, 'ada@example.com'],
  [/phone|tel/, '+15550100'],
  [/url|link|uri/, 'https://example.com/'],
  [/date|day|when/, '2030-01-15'],
  [/time/, '09:30'],
  [/(first|given|full|user|person|customer)?_?name/, 'Ada'],
  [/unit/, 'celsius'],
  [/currency/, 'EUR'],
  [/colou?r/, 'blue'],
  [/id$/, 'demo-1'],
];
const BY_FORMAT: Record<string, string> = {
  date: '2030-01-15',
  time: '09:30:00Z',
  'date-time': '2030-01-15T09:30:00Z',
  email: 'ada@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
  ipv4: '192.0.2.1',
};

/** Arguments that match `schema`; `words` is the text after the tool's name. */
export function toolArguments(schema: unknown, words = ''): Record<string, unknown> {
  const remaining = { text: words.replace(/^[\s,:.]*(with|for|in|about|of|at|please)?\s*/i, '').replace(/[\s.?!]+$/, '') };
  const value = valueFor(schema, '', remaining, 0);
  return isRecord(value) ? value : {};
}

function valueFor(schema: unknown, name: string, remaining: { text: string }, depth: number): unknown {
  if (!isRecord(schema) || depth > 8) return depth === 0 ? {} : 'example';
  if ('const' in schema) return schema['const'];
  const choices = schema['enum'];
  if (Array.isArray(choices) && choices.length > 0) {
    const options = choices as unknown[];
    return (
      options.find((choice) => typeof choice === 'string' && remaining.text.toLowerCase().includes(choice.toLowerCase())) ?? options[0]
    );
  }
  if ('default' in schema) return schema['default'];
  const examples = schema['examples'];
  if (Array.isArray(examples) && examples.length > 0) return examples[0];
  for (const union of ['anyOf', 'oneOf', 'allOf']) {
    const options = schema[union];
    if (Array.isArray(options) && options.length > 0) return valueFor(options[0], name, remaining, depth + 1);
  }
  const type = [schema['type']].flat().find((one) => one !== 'null');
  switch (type ?? (isRecord(schema['properties']) ? 'object' : 'string')) {
    case 'object':
      return objectFor(schema, remaining, depth);
    case 'array': {
      const count = Math.max(1, Number(schema['minItems'] ?? 1));
      return Array.from({ length: Math.min(count, 10) }, () => valueFor(schema['items'] ?? {}, name, remaining, depth + 1));
    }
    case 'integer':
      return Math.round(numberFor(schema, remaining));
    case 'number':
      return numberFor(schema, remaining);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return stringFor(schema, name, remaining);
  }
}

function objectFor(schema: Record<string, unknown>, remaining: { text: string }, depth: number): Record<string, unknown> {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  const wanted = required.length > 0 ? required : Object.keys(properties);
  return Object.fromEntries(wanted.map((name) => [name, valueFor(properties[name] ?? {}, name, remaining, depth + 1)]));
}

function numberFor(schema: Record<string, unknown>, remaining: { text: string }): number {
  const min = Number(schema['minimum'] ?? schema['exclusiveMinimum'] ?? 0);
  const max = Number(schema['maximum'] ?? schema['exclusiveMaximum'] ?? min + 100);
  const spoken = /-?\d+(\.\d+)?/.exec(remaining.text)?.[0];
  if (spoken !== undefined && Number(spoken) >= min && Number(spoken) <= max) return Number(spoken);
  return Math.min(max, min + 1);
}

function stringFor(schema: Record<string, unknown>, name: string, remaining: { text: string }): string {
  const format = typeof schema['format'] === 'string' ? BY_FORMAT[schema['format']] : undefined;
  if (format !== undefined) return format;
  if (remaining.text !== '') {
    const { text } = remaining;
    remaining.text = '';
    return text;
  }
  const known = BY_NAME.find(([pattern]) => pattern.test(name.toLowerCase()))?.[1] ?? 'example';
  const shortest = Number(schema['minLength'] ?? 0);
  return known.padEnd(shortest, 'x').slice(0, Number(schema['maxLength'] ?? 1_000));
}
