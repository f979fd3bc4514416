/** The kinds of values that options have, each with its sentence. Owns wording; knows no option. */
import * as z from 'zod';
import type { ZodRawShape, ZodType } from 'zod';

/** An object with these options and no others; an unknown one is answered with the names that there are. */
export function options<Shape extends ZodRawShape>(shape: Shape) {
  const unknown = `no such option. There are: ${Object.keys(shape).join(', ')}.`;
  return z.strictObject(shape, { error: ({ code }) => (code === 'unrecognized_keys' ? unknown : 'has to be an object.') });
}

/** Entries of one kind under names of the owner's choice. */
export const named = <Entry extends ZodType>(entry: Entry) => z.record(z.string(), entry, { error: 'has to be an object.' });

export const list = <Entry extends ZodType>(entry: Entry) => z.array(entry, { error: 'has to be a list.' });

export function oneOf(...values: readonly [string, ...string[]]) {
  const shown = values.map((value) => JSON.stringify(value));
  const last = shown.pop() ?? '';
  return z.enum(values, { error: `has to be ${shown.length > 0 ? `${shown.join(', ')} or ${last}` : last}.` });
}

export function whole(least: number, most: number) {
  const error = `has to be a whole number from ${String(least)} to ${String(most)}.`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
}

/** A count without an upper bound. */
export function count(least: 0 | 1) {
  const error = `has to be a whole number, ${String(least)} or more.`;
  return z.number({ error }).int({ error }).min(least, { error });
}

/** Money or a price. */
export function amount() {
  const error = 'has to be a number, 0 or more.';
  return z.number({ error }).min(0, { error });
}

export const yesOrNo = () => z.boolean({ error: 'has to be true or false.' });

/** Text that stands for something; the empty text is a mistake, mostly of a variable that is not set. */
export const text = () => z.custom<string>((value) => typeof value === 'string' && value !== '', { error: 'has to be text; leave it out for the default.' });

/** A secret: visible characters without spaces. Its sentences never repeat it. */
export const secret = () =>
  z.unknown().superRefine((value, context) => {
    const problem = secretMistake(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

function secretMistake(value: unknown): string | undefined {
  if (value === undefined || value === '') return 'is missing. Is the environment variable set?';
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) return 'has characters that no key has (a space or a line break?).';
  return undefined;
}

/** An http or https address that tells nothing in its query and holds no password. */
export const address = (example: string) =>
  z.unknown().superRefine((value, context) => {
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
    if (!url || !/^https?:$/.test(url.protocol)) {
      context.addIssue({ code: 'custom', message: `has to be an http or https address such as "${example}".` });
    } else if (url.username || url.password || url.search || url.hash) {
      context.addIssue({ code: 'custom', message: 'must not hold a user name, a password, a query or a fragment.' });
    }
  });

export const aFunction = () => z.custom((value) => typeof value === 'function', { error: 'has to be a function.' });

/** A function, or one of a few plain values. */
export const aFunctionOr = (value: false) => z.custom((given) => given === value || typeof given === 'function', { error: `has to be a function, or ${String(value)}.` });

/** An object of code with these methods. */
export function implementing(what: string, ...methods: readonly string[]) {
  const has = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && methods.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function');
  return z.custom(has, { error: `has to be ${what}.` });
}

/** Any object that JSON can hold. */
export const jsonObject = () => z.custom((value) => typeof value === 'object' && value !== null && !Array.isArray(value), { error: 'has to be an object.' });
