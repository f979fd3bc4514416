/**
 * Validates client JSON: small rules that walk a value and throw the API's own errors, with the field's path as
 * `param`. The sandbox has its own validator so that it shares no parser with the code it tests.
 */
import { ApiError, invalidType, invalidValue, missingParameter, unknownParameter } from './api-error.js';

/** Throws an `ApiError` if `value` at `path` is not acceptable. */
export type Rule = (value: unknown, path: string) => void;

/** True for plain JSON objects. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Any JSON value. */
export const anything: Rule = () => undefined;

/** A string of at most `max` characters, if given. */
export function text(max?: number): Rule {
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
export const flag: Rule = (value, path) => {
  if (typeof value !== 'boolean') throw invalidType(path, 'a boolean', value);
};

/** A number within bounds; an integer if `whole`. */
export function amount(min: number, max: number, whole = false): Rule {
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
export function oneOf(...values: string[]): Rule {
  return (value, path) => {
    if (typeof value !== 'string') throw invalidType(path, `one of '${values.join("', '")}'`, value);
    if (!values.includes(value)) throw invalidValue(path, value, values);
  };
}

/** `null`, or what `rule` accepts. */
export function orNull(rule: Rule): Rule {
  return (value, path) => {
    if (value !== null) rule(value, path);
  };
}

/** An array whose members all satisfy `rule`. */
export function list(rule: Rule): Rule {
  return (value, path) => {
    if (!Array.isArray(value)) throw invalidType(path, 'an array', value);
    value.forEach((member, index) => {
      rule(member, `${path}[${String(index)}]`);
    });
  };
}

/** Applies the first rule whose `when` holds; rejects the value if none does. */
export function choose(...options: { when: (value: unknown) => boolean; rule: Rule }[]): Rule {
  return (value, path) => {
    for (const option of options) {
      if (option.when(value)) {
        option.rule(value, path);
        return;
      }
    }
    throw invalidType(path, 'a supported value', value);
  };
}

/** An object with known fields; those in `required` must be present, unknown fields are rejected. */
export function object(fields: Record<string, Rule>, required: readonly string[] = []): Rule {
  return (value, path) => {
    if (!isRecord(value)) throw invalidType(path, 'an object', value);
    const prefix = path === '' ? '' : `${path}.`;
    for (const name of required) {
      if (value[name] === undefined) throw missingParameter(`${prefix}${name}`);
    }
    for (const [name, member] of Object.entries(value)) {
      const rule = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (rule === undefined) throw unknownParameter(`${prefix}${name}`);
      if (member !== undefined) rule(member, `${prefix}${name}`);
    }
  };
}

/** An object whose `type` field selects the rule. */
export function tagged(variants: Record<string, Rule>): Rule {
  return (value, path) => {
    if (!isRecord(value)) throw invalidType(path, 'an object', value);
    const prefix = path === '' ? '' : `${path}.`;
    if (value['type'] === undefined) throw missingParameter(`${prefix}type`);
    oneOf(...Object.keys(variants))(value['type'], `${prefix}type`);
    variants[value['type'] as string]?.(value, path);
  };
}
