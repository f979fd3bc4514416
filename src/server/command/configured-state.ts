/**
 * The state of the command: where it is kept if the configuration does not say, and the state for a setting. Creating a state opens
 * no file and no connection.
 */
import { join, resolve } from 'node:path';
import type { SharedState } from '../contract/shared-state.js';
import type { Environment } from '../config/environment.js';
import type { CheckedConfig } from '../config/server-config.js';
import { fileState } from '../runtime/node/file-state.js';
import { redisState } from '../state/redis/redis-state.js';

/** Folder of the journal in the current folder, used without systemd. */
const FOLDER = '.voice-agent';

/** Adds the default: a journal in the service's state folder (`StateDirectory=` of systemd), or in `.voice-agent` in the current folder. */
export function withDefaultState(config: CheckedConfig, env: Environment): CheckedConfig {
  if (config.state !== undefined) return config;
  // systemd separates several folders with colons.
  const folder = env['STATE_DIRECTORY']?.split(':')[0]?.trim() || FOLDER;
  return { ...config, state: { journal: resolve(join(folder, 'journal')) } };
}

/** The state for a setting; `undefined` for the memory of this process. */
export function configuredState(setting: CheckedConfig['state']): SharedState | undefined {
  if (setting === undefined || setting === 'memory') return undefined;
  if ('take' in setting) return setting;
  return 'redis' in setting ? redisState(setting) : fileState({ file: setting.journal });
}
