/** Replaces `env:NAME` in a config with the value of that variable. Only visits plain data; functions and class instances are kept. */
import { isFields, isReference } from './environment.js';
import type { Environment } from './environment.js';
import { pathText } from './validation-errors.js';
import type { ValidationError } from './validation-errors.js';

/** The config with all references replaced, and an error for each unset variable. */
export function withEnvReferences(
  config: unknown,
  env: Environment,
): { readonly config: unknown; readonly errors: readonly ValidationError[] } {
  const errors: ValidationError[] = [];
  const visit = (value: unknown, place: readonly PropertyKey[]): unknown => {
    if (Array.isArray(value)) return value.map((entry: unknown, index) => visit(entry, [...place, index]));
    if (isFields(value)) return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, visit(entry, [...place, name])]));
    if (!isReference(value)) return value;
    const name = value.slice('env:'.length);
    const found = env[name];
    if (found !== undefined && found !== '') return found;
    errors.push({ path: pathText(place), problem: `the environment variable ${name} is not set.` });
    return undefined;
  };
  return { config: visit(config, []), errors };
}
