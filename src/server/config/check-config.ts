/** Merges a config file with the environment and validates the result. */
import { optionMistakes } from './check-options.js';
import { withReferences } from './env-references.js';
import { withEnvironment, withOrigins } from './environment.js';
import type { Environment } from './environment.js';
import { hasMistake } from './validation-errors.js';
import type { Mistake } from './validation-errors.js';
import type { CheckedConfig } from './server-config.js';
import { serverConfigSchema } from './server-config-schema.js';

/** Thrown for an invalid config. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    super(mistakes.map(({ path, problem }) => `${path}: ${problem}`).join('\n'));
    this.mistakes = mistakes;
  }
}

/**
 * Merges and validates.
 *
 * @param file content of the config file; `{}` without a file
 * @throws ConfigError with all mistakes
 */
export function checkConfig(file: unknown, env: Environment): CheckedConfig {
  const merged = withEnvironment(file, env);
  const { config, mistakes: unset } = withReferences(merged.config, env);
  // Report an unset variable once, not also as a missing option.
  const found = optionMistakes(config, serverConfigSchema).filter(({ path }) => !hasMistake(unset, path));
  const mistakes = [...unset, ...withOrigins(found, merged)];
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return config as CheckedConfig;
}
