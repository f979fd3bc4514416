/** Merges a config file with the environment and validates the result. */
import { optionErrors } from './check-options.js';
import { withEnvReferences } from './env-references.js';
import type { ReadText } from './env-references.js';
import { ignoredVisitorSecrets, withEnvironment, withOrigins } from './environment.js';
import type { Environment } from './environment.js';
import { hasErrorAt } from './validation-errors.js';
import type { ValidationError } from './validation-errors.js';
import type { CheckedConfig } from './server-config.js';
import { serverConfigSchema } from './server-config-schema.js';

/** Thrown for an invalid config. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly errors: readonly ValidationError[];

  constructor(errors: readonly ValidationError[]) {
    super(errors.map(({ path, problem }) => `${path}: ${problem}`).join('\n'));
    this.errors = errors;
  }
}

/**
 * Merges and validates.
 *
 * @param file content of the config file; `{}` without a file
 * @param readText reads the files that the config refers to
 * @throws ConfigError with all errors
 */
export function checkConfig(file: unknown, env: Environment, readText: ReadText = noFiles): CheckedConfig {
  const merged = withEnvironment(file, env);
  const { config, errors: unset } = withEnvReferences(merged.config, env, readText);
  // Report an unset variable once, not also as a missing option.
  const found = optionErrors(config, serverConfigSchema).filter(({ path }) => !hasErrorAt(unset, path));
  const errors = [...unset, ...withOrigins(found, merged), ...ignoredVisitorSecrets(merged, env)];
  if (errors.length > 0) throw new ConfigError(errors);
  return config as CheckedConfig;
}

/** The default: a config without a file system. */
function noFiles(): never {
  throw Object.assign(new Error('There is no file system.'), { code: 'ENOSYS' });
}
