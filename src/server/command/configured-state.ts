/**
 * The state of the command: where it is kept if the configuration does not say, and the state for a setting. Creating a state opens
 * no file and no connection.
 */
import { join } from 'node:path';
import type { SharedState } from '../contract/shared-state.js';
import type { Environment } from '../config/environment.js';
import type { CheckedConfig } from '../config/server-config.js';
import { fileState } from '../runtime/node/file-state.js';
import { redisState } from '../state/redis/redis-state.js';
import { stateDirectory } from './state-directory.js';

/** Adds the default: a journal in the folder for files that the command keeps. */
export function withDefaultState(config: CheckedConfig, env: Environment): CheckedConfig {
  return config.state === undefined ? { ...config, state: { journal: join(stateDirectory(env), 'journal') } } : config;
}

/** The state for a setting; `undefined` for the memory of this process. */
export function configuredState(setting: CheckedConfig['state']): SharedState | undefined {
  if (setting === undefined || setting === 'memory') return undefined;
  if ('take' in setting) return setting;
  return 'redis' in setting ? redisState(setting) : fileState({ file: setting.journal });
}
