/** `env:NAME` in a config file: the text of that variable. Reads plain data only; functions and objects of code stay as they are. */
import { isFields, isReference } from './environment.js';
import type { Environment } from './environment.js';
import { pathText } from './mistakes.js';
import type { Mistake } from './mistakes.js';

/** The config with every reference replaced, and those whose variable is not set. */
export function withReferences(config: unknown, env: Environment): { readonly config: unknown; readonly mistakes: readonly Mistake[] } {
  const mistakes: Mistake[] = [];
  const visit = (value: unknown, place: readonly PropertyKey[]): unknown => {
    if (Array.isArray(value)) return value.map((entry: unknown, index) => visit(entry, [...place, index]));
    if (isFields(value)) return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, visit(entry, [...place, name])]));
    if (!isReference(value)) return value;
    const name = value.slice('env:'.length);
    const found = env[name];
    if (found !== undefined && found !== '') return found;
    mistakes.push({ path: pathText(place), problem: `the environment variable ${name} is not set.` });
    return undefined;
  };
  return { config: visit(config, []), mistakes };
}
