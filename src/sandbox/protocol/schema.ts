/**
 * Schemas of JSON: functions that walk a value and throw the API's own errors, with the field's path as `param`. The
 * sandbox has its own schemas so that it shares no parser with the code it tests. `Infer` is the type of the values that
 * a schema accepts.
 */
import { ApiError, invalidType, invalidValue, missingParameter, unknownParameter } from './api-error.js';

/** Throws an `ApiError` if `value` at `path` is not a `Type`. */
export interface Schema<Type = unknown> {
  (value: unknown, path: string): void;
  /** Exists only as a type, for `Infer`. */
  readonly accepted?: () => Type;
}

/** The type of the values that a schema accepts. */
export type Infer<S> = S extends { readonly accepted?: () => infer Type } ? Type : never;

/** The schemas of an object's fields. */
export type Fields = Readonly<Record<string, Schema>>;

/** The fields of an object: those in `Required` are present, the others may be absent. */
export type InferFields<F extends Fields, Required extends keyof F> = {
  -readonly [Name in keyof F as Name extends Required ? Name : never]: Infer<F[Name]>;
} & {
  -readonly [Name in keyof F as Name extends Required ? never : Name]?: Infer<F[Name]>;
};

/** True for plain JSON objects. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Any JSON value. */
export const anything: Schema = () => undefined;

/** Any JSON value; `Type` describes it to callers in TypeScript. */
export const unchecked =
  <Type>(): Schema<Type> =>
  () =>
    undefined;

/** A string of at most `max` characters, if given. */
export function text(max?: number): Schema<string> {
  return (value, path) => {
    if (typeof value !== 'string') throw invalidType(path, 'a string', value);
    if (max !== undefined && value.length > max) {
      throw new ApiError({
        message: `Invalid '${path}': string too long. Expected a string with maximum length ${String(max)}, but got a string with length ${String(value.length)} instead.`,
        code: 'string_above_max_length',
        param: path,
      });
    }
  };
}

/** A boolean. */
export const flag: Schema<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw invalidType(path, 'a boolean', value);
};

/** A number within bounds; an integer if `whole`. */
export function amount(min: number, max: number, whole = false): Schema<number> {
  const kind = whole ? 'integer' : 'decimal';
  return (value, path) => {
    if (typeof value !== 'number' || !Number.isFinite(value) || (whole && !Number.isInteger(value))) {
      throw invalidType(path, whole ? 'an integer' : 'a decimal', value);
    }
    if (value < min) throw outOfBounds(path, kind, 'below', 'minimum', '>=', min, value);
    if (value > max) throw outOfBounds(path, kind, 'above', 'maximum', '<=', max, value);
  };
}

function outOfBounds(
  path: string,
  kind: string,
  side: 'below' | 'above',
  bound: string,
  sign: string,
  limit: number,
  value: number,
): ApiError {
  return new ApiError({
    message: `Invalid '${path}': ${kind} ${side} ${bound} value. Expected a value ${sign} ${String(limit)}, but got ${String(value)} instead.`,
    code: `${kind}_${side}_${side === 'below' ? 'min' : 'max'}_value`,
    param: path,
  });
}

/** A string from a closed list. */
export function oneOf<const Value extends string>(...values: readonly Value[]): Schema<Value> {
  return (value, path) => {
    if (typeof value !== 'string') throw invalidType(path, `one of '${values.join("', '")}'`, value);
    if (!(values as readonly string[]).includes(value)) throw invalidValue(path, value, values);
  };
}

/** `null`, or what `schema` accepts. */
export function orNull<Type>(schema: Schema<Type>): Schema<Type | null> {
  return (value, path) => {
    if (value !== null) schema(value, path);
  };
}

/** An array whose members all satisfy `schema`. */
export function list<Type>(schema: Schema<Type>): Schema<Type[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw invalidType(path, 'an array', value);
    value.forEach((member, index) => {
      schema(member, `${path}[${String(index)}]`);
    });
  };
}

/** An object of any names whose members all satisfy `schema`. */
export function record<Type>(schema: Schema<Type>): Schema<Record<string, Type>> {
  return (value, path) => {
    if (!isRecord(value)) throw invalidType(path, 'an object', value);
    for (const [name, member] of Object.entries(value)) schema(member, `${path}.${name}`);
  };
}

/** Applies the first schema whose `when` holds; rejects the value if none does. */
export function choose<const Options extends readonly { when: (value: unknown) => boolean; schema: Schema }[]>(
  ...options: Options
): Schema<Infer<Options[number]['schema']>> {
  return (value, path) => {
    for (const option of options) {
      if (option.when(value)) {
        option.schema(value, path);
        return;
      }
    }
    throw invalidType(path, 'a supported value', value);
  };
}

/** An object with known fields; those in `required` must be present, unknown fields are rejected. */
export function object<F extends Fields, Required extends keyof F & string = never>(
  fields: F,
  required: readonly Required[] = [],
): Schema<InferFields<F, Required>> {
  return (value, path) => {
    if (!isRecord(value)) throw invalidType(path, 'an object', value);
    const prefix = path === '' ? '' : `${path}.`;
    for (const name of required) {
      if (value[name] === undefined) throw missingParameter(`${prefix}${name}`);
    }
    for (const [name, member] of Object.entries(value)) {
      const schema = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (schema === undefined) throw unknownParameter(`${prefix}${name}`);
      if (member !== undefined) schema(member, `${prefix}${name}`);
    }
  };
}

/** An object whose `type` field selects the schema. */
export function tagged(variants: Record<string, Schema>): Schema {
  return (value, path) => {
    if (!isRecord(value)) throw invalidType(path, 'an object', value);
    const prefix = path === '' ? '' : `${path}.`;
    if (value['type'] === undefined) throw missingParameter(`${prefix}type`);
    oneOf(...Object.keys(variants))(value['type'], `${prefix}type`);
    variants[value['type'] as string]?.(value, path);
  };
}
