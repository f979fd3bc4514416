/** Reusable schemas for kinds of values, with their error messages. Independent of specific options. */
import * as z from 'zod';
import type { ZodRawShape, ZodType } from 'zod';

/** An object with only these options. The message for an unknown option lists the valid ones. */
export function objectSchema<Shape extends ZodRawShape>(shape: Shape) {
  const unknown = `unknown option. Valid options: ${Object.keys(shape).join(', ')}.`;
  return z.strictObject(shape, { error: ({ code }) => (code === 'unrecognized_keys' ? unknown : 'must be an object.') });
}

/** A record with entries of one kind under arbitrary names. */
export const recordSchema = <Entry extends ZodType>(entry: Entry) => z.record(z.string(), entry, { error: 'must be an object.' });

export const listSchema = <Entry extends ZodType>(entry: Entry) => z.array(entry, { error: 'must be a list.' });

export function enumSchema(...values: readonly [string, ...string[]]) {
  const shown = values.map((value) => JSON.stringify(value));
  const last = shown.pop() ?? '';
  return z.enum(values, { error: `must be ${shown.length > 0 ? `${shown.join(', ')} or ${last}` : last}.` });
}

export function integerSchema(least: number, most: number) {
  const error = `must be a whole number from ${String(least)} to ${String(most)}.`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
}

/** A count without an upper limit. */
export function countSchema(least: 0 | 1) {
  const error = `must be a whole number, ${String(least)} or more.`;
  return z.number({ error }).int({ error }).min(least, { error });
}

/** Money or a price. */
export function amountSchema() {
  const error = 'must be a number, 0 or more.';
  return z.number({ error }).min(0, { error });
}

/** A part of a whole. */
export function shareSchema() {
  const error = 'must be a number above 0 and at most 1.';
  return z.number({ error }).gt(0, { error }).max(1, { error });
}

export const booleanSchema = () => z.boolean({ error: 'must be true or false.' });

/** A non-empty string. An empty one is usually the result of an unset variable. */
export const textSchema = () =>
  z.custom<string>((value) => typeof value === 'string' && value !== '', {
    error: 'must be a non-empty string. Omit it to use the default.',
  });

/**
 * A secret: visible characters without spaces. Messages never contain it.
 *
 * @param problem returns what else is wrong with it
 */
export const secretSchema = (problem: (secret: string) => string | undefined = () => undefined) =>
  z.unknown().superRefine((value, context) => {
    const message = secretError(value) ?? problem(value as string);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** A secret of the owner's own choice. */
export const longSecretSchema = () =>
  secretSchema((secret) =>
    secret.length < LONG_SECRET ? `must have at least ${String(LONG_SECRET)} characters; a shorter secret could be guessed.` : undefined,
  );

/** Minimum length of `longSecretSchema`, in characters. */
export const LONG_SECRET = 32;

/** Maximum number of secrets that are valid at the same time; a rotation needs two. */
const MAX_SECRETS = 4;

/**
 * A secret, or a list of secrets that are valid at the same time.
 *
 * @param problem returns what else is wrong with a secret
 */
export const secretsSchema = (problem: (secret: string) => string | undefined = () => undefined) =>
  z.unknown().superRefine((value, context) => {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (list.length === 0 || list.length > MAX_SECRETS)
      context.addIssue({ code: 'custom', message: `must be one secret or a list of 1 to ${String(MAX_SECRETS)}.` });
    list.forEach((secret, index) => {
      const message = secretError(secret) ?? problem(secret as string);
      if (message !== undefined) context.addIssue({ code: 'custom', path: Array.isArray(value) ? [index] : [], message });
    });
  });

function secretError(value: unknown): string | undefined {
  if (value === undefined || value === '') return 'is missing. Is the environment variable set?';
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value))
    return 'contains characters that are not valid in a key (a space or a line break?).';
  return undefined;
}

/** An http or https URL without credentials, query or fragment. */
export const urlSchema = (example: string) =>
  z.unknown().superRefine((value, context) => {
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
    if (!url || !/^https?:$/.test(url.protocol)) {
      context.addIssue({ code: 'custom', message: `must be an http or https URL such as "${example}".` });
    } else if (url.username || url.password || url.search || url.hash) {
      context.addIssue({ code: 'custom', message: 'must not contain a user name, a password, a query or a fragment.' });
    }
  });

export const functionSchema = () => z.custom((value) => typeof value === 'function', { error: 'must be a function.' });

/** A function, or the given plain value. */
export const functionOrSchema = (value: false) =>
  z.custom((given) => given === value || typeof given === 'function', { error: `must be a function or ${String(value)}.` });

/** An object with these methods. */
export function interfaceSchema(what: string, ...methods: readonly string[]) {
  const has = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    methods.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function');
  return z.custom(has, { error: `must be ${what}.` });
}

/** Any object except an array. */
export const jsonObjectSchema = () =>
  z.custom((value) => typeof value === 'object' && value !== null && !Array.isArray(value), { error: 'must be an object.' });
