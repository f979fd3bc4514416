/**
 * Replaces `env:NAME` in a config with the value of that variable, and `file:/path` with the text of that file. Only visits plain data;
 * functions and class instances are kept.
 */
import { isFields, isReference } from './environment.js';
import type { Environment } from './environment.js';
import { pathText } from './validation-errors.js';
import type { ValidationError } from './validation-errors.js';

/** Reads a file as text. Throws the system's error. */
export type ReadText = (path: string) => string;

/** The config with all references replaced, and an error for each variable that is not set and each file that cannot be read. */
export function withEnvReferences(
  config: unknown,
  env: Environment,
  readText: ReadText,
): { readonly config: unknown; readonly errors: readonly ValidationError[] } {
  const errors: ValidationError[] = [];
  const visit = (value: unknown, place: readonly PropertyKey[]): unknown => {
    if (Array.isArray(value)) return value.map((entry: unknown, index) => visit(entry, [...place, index]));
    if (isFields(value)) return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, visit(entry, [...place, name])]));
    if (!isReference(value)) return value;
    const found = value.startsWith('env:') ? variable(value.slice('env:'.length), env) : text(value.slice('file:'.length), readText);
    if ('text' in found) return found.text;
    errors.push({ path: pathText(place), problem: found.problem });
    return undefined;
  };
  return { config: visit(config, []), errors };
}

type Found = { readonly text: string } | { readonly problem: string };

function variable(name: string, env: Environment): Found {
  const found = env[name];
  return found !== undefined && found !== '' ? { text: found } : { problem: `the environment variable ${name} is not set.` };
}

/** Editors and `echo` end a file with a line break, which is not part of a secret. */
function text(path: string, readText: ReadText): Found {
  try {
    const found = readText(path).replace(/\r?\n$/, '');
    return found !== '' ? { text: found } : { problem: `the file ${path} is empty.` };
  } catch (error) {
    return { problem: `the file ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).` };
  }
}
