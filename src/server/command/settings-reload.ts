/**
 * Reloads the settings of a running server. Everything is read and validated first; after any error the previous settings stay in use.
 * Settings that belong to open ports and files cannot change.
 */
import type { VoiceServerOptions } from '../options.js';
import { VoiceServerOptionsError } from '../options.js';
import { ConfigError } from '../config/check-config.js';
import type { CheckedConfig } from '../config/server-config.js';
import type { ValidationError } from '../config/validation-errors.js';
import { reducedError } from '../observe/reduced-error.js';
import type { PinoLog } from '../runtime/node/pino-log.js';
import type { Reload } from '../operate/operator-routes.js';
import { ConfigFileError } from './read-config.js';

type ReloadResult = Awaited<ReturnType<Reload>>;

/** A config that was read and validated. */
export interface LoadedConfig {
  /** Path of the file; `undefined` if there is none. */
  readonly path: string | undefined;
  readonly config: CheckedConfig;
}

/** Dependencies of `SettingsReload`. */
export interface SettingsReloadSetup {
  /** The settings with which the server started. */
  readonly started: CheckedConfig;
  /** Reads the config again. @throws ConfigError, ConfigFileError */
  load(): Promise<LoadedConfig>;
  /** The options for a config, without a state. @throws ConfigError */
  optionsOf(config: CheckedConfig): VoiceServerOptions;
  /** Serves further requests with these options. @throws VoiceServerOptionsError */
  apply(options: VoiceServerOptions, config: CheckedConfig): Promise<void>;
  readonly log: PinoLog['log'];
}

/** Names of the options that cannot change, as paths. */
const FIXED = [
  ['listen'],
  ['state'],
  ['metrics', 'port'],
  ['metrics', 'host'],
  ['admin', 'socket'],
  ['admin', 'port'],
  ['admin', 'host'],
  ['widget'],
  ['audit'],
] as const;

/** See the head of the file. */
export class SettingsReload {
  readonly #setup: SettingsReloadSetup;
  #running: Promise<unknown> = Promise.resolve();

  constructor(setup: SettingsReloadSetup) {
    this.#setup = setup;
  }

  /** Reloads once; simultaneous requests run one after the other. Never rejects. */
  reload(): Promise<ReloadResult> {
    const result = this.#running.then(() => this.#reload());
    this.#running = result;
    return result;
  }

  async #reload(): Promise<ReloadResult> {
    const { started, load, optionsOf, apply, log } = this.#setup;
    try {
      const { path, config } = await load();
      const fixed = changedFixedOptions(started, config);
      if (fixed.length > 0) throw new ConfigError(fixed);
      const options = optionsOf(config);
      await apply(options, config);
      log.info({ config: path, profiles: Object.keys(options.profiles ?? { default: {} }) }, 'settings reloaded');
      return { reloaded: true };
    } catch (error) {
      const problems = problemsOf(error);
      log.error({ problems: problems ?? [], ...(!problems && { cause: reducedError(error) }) }, 'settings not reloaded');
      return { reloaded: false, problems: problems ?? ['The settings could not be reloaded because of an internal error; see the log.'] };
    }
  }
}

/** An error for each fixed option that has another value. */
function changedFixedOptions(before: CheckedConfig, now: CheckedConfig): readonly ValidationError[] {
  return FIXED.filter((path) => comparable(before, path) !== comparable(now, path)).map((path) => ({
    path: path.join('.'),
    problem: 'cannot change while the server runs. Restart it.',
  }));
}

function comparable(config: CheckedConfig, path: readonly string[]): string | undefined {
  const value = path.reduce<unknown>((fields, name) => (fields as Readonly<Record<string, unknown>> | undefined)?.[name], config);
  // A state created in code is another object each time the config is loaded; the first one stays in use.
  const created = typeof value === 'object' && value !== null && 'take' in value;
  return created ? 'created in code' : JSON.stringify(value);
}

/** Messages for the operator; `undefined` for unexpected errors, whose messages may contain a secret. */
function problemsOf(error: unknown): readonly string[] | undefined {
  if (error instanceof ConfigError) return error.errors.map(({ path, problem }) => `${path}: ${problem}`);
  return error instanceof ConfigFileError || error instanceof VoiceServerOptionsError ? [error.message] : undefined;
}
