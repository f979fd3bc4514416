/** From what a file and the environment say to a config that can be used, or to the list of everything that is wrong with it. */
import { optionMistakes } from './check-options.js';
import { withReferences } from './env-references.js';
import { withEnvironment, withOrigins } from './environment.js';
import type { Environment } from './environment.js';
import { hasMistake } from './mistakes.js';
import type { Mistake } from './mistakes.js';
import type { CheckedConfig } from './server-config.js';
import { serverConfigSchema } from './server-config-schema.js';

/** Thrown for a config with mistakes. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    super(mistakes.map(({ path, problem }) => `${path}: ${problem}`).join('\n'));
    this.mistakes = mistakes;
  }
}

/**
 * Merges and checks.
 *
 * @param file content of the config file, `{}` where there is none
 * @throws ConfigError with all mistakes
 */
export function checkConfig(file: unknown, env: Environment): CheckedConfig {
  const merged = withEnvironment(file, env);
  const { config, mistakes: unset } = withReferences(merged.config, env);
  // A variable that is not set is said once, not also as an option that is missing.
  const found = optionMistakes(config, serverConfigSchema).filter(({ path }) => !hasMistake(unset, path));
  const mistakes = [...unset, ...withOrigins(found, merged)];
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return config as CheckedConfig;
}
