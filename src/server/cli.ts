#!/usr/bin/env node
/**
 * `voice-agent-server` and `npm run server`: the server with a config file. Handles flags, output, signals and exit codes: 0
 * for success, 1 for an invalid configuration or a failure, 2 for invalid flags.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ConfigError, checkConfig } from './config/check-config.js';
import { effectiveConfig } from './config/effective-config.js';
import { VARIABLES } from './config/environment.js';
import { recommendations } from './config/recommendations.js';
import type { CheckedConfig } from './config/server-config.js';
import { reducedError } from './observe/reduced-error.js';
import type { VoiceServerOptions } from './options.js';
import { configOptions } from './command/config-options.js';
import { ListenError, PortTakenError } from './runtime/node/serve.js';
import { pinoLog } from './runtime/node/pino-log.js';
import type { PinoLog } from './runtime/node/pino-log.js';
import { prometheusMetrics } from './runtime/node/prometheus-metrics.js';
import { CONFIG_FILES, ConfigFileError, readConfig } from './command/read-config.js';
import { startServer } from './command/start-server.js';
import type { RunningVoiceServer } from './command/start-server.js';
import { StateUnavailable } from './contract/shared-state.js';

const HELP = `Mints keys and places calls for <voice-agent> on any website, and serves the widget's files.

Usage: voice-agent-server [options]

  --config FILE      default: the first of ${CONFIG_FILES.join(', ')}
                     in the current folder; without a file, only the environment is used
  --check            print the effective configuration without secrets, or all errors in it
  --port N           TCP port, default 8787; 0 picks a free port
  --host ADDRESS     address to listen on, default 127.0.0.1 (this machine only)
  --metrics-port N   serve /metrics on a separate port, without a token
  --version          print the version
  --help             print this help

Environment:
${VARIABLES.map(({ name, meaning }) => `  ${name.padEnd(28)} ${meaning.replaceAll('`', '')}`).join('\n')}
`;

/** Milliseconds after which a second Ctrl-C counts: the terminal and npm both forward the first one. */
const SAME_PRESS = 300;

/** Thrown for invalid flags. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

interface Flags {
  readonly config?: string;
  readonly check: boolean;
  readonly help: boolean;
  readonly version: boolean;
  /** In the structure of a config file. */
  readonly settings: { readonly listen?: object; readonly metrics?: object };
}

function readFlags(argv: string[]): Flags {
  let values;
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean', default: false } as const;
    ({ values } = parseArgs({
      args: argv,
      options: {
        config: text,
        port: text,
        host: text,
        'metrics-port': text,
        check: flag,
        help: { ...flag, short: 'h' },
        version: { ...flag, short: 'v' },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { config, port, host, 'metrics-port': metricsPort, check, help, version } = values;
  if (host === '') throw new UsageError('--host must not be empty.');
  const listen = { ...(port !== undefined && { port: portFlag('--port', port) }), ...(host !== undefined && { host }) };
  return {
    ...(config !== undefined && { config }),
    check,
    help,
    version,
    settings: {
      ...(Object.keys(listen).length > 0 && { listen }),
      ...(metricsPort !== undefined && { metrics: { port: portFlag('--metrics-port', metricsPort) } }),
    },
  };
}

function portFlag(name: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) throw new UsageError(`${name} must be a number from 0 to 65535, not "${text}".`);
  return port;
}

/** The folder of this package; sources and build have different depths in it. */
function packageFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      if ((JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string }).name === 'voice-agent-element')
        return folder;
    } catch {
      // No package.json in this folder.
    }
    if (folder === dirname(folder)) return '.';
  }
}

function version(): string {
  return (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version;
}

/** Flags override the environment, which overrides the file. */
function withFlags(config: CheckedConfig, { settings }: Flags): CheckedConfig {
  return {
    ...config,
    ...(settings.listen && { listen: { ...config.listen, ...settings.listen } }),
    ...(settings.metrics && { metrics: { ...config.metrics, ...settings.metrics } }),
  };
}

async function run(flags: Flags): Promise<void> {
  const file = await readConfig(flags.config, process.cwd());
  const config = withFlags(checkConfig(file.content, process.env), flags);
  const source = prometheusMetrics();
  const log = pinoLog({ level: config.log?.level ?? 'info' });
  const options = configOptions(config, [log], source);
  const hints = recommendations(config, options, Date.now());
  if (flags.check) {
    process.stdout.write(`${JSON.stringify(effectiveConfig(config, options), null, 2)}\n`);
    if (hints.length > 0) process.stderr.write(`Recommendations:\n${hints.map((hint) => `  ${hint}\n`).join('')}`);
    await options.state?.close();
    return;
  }
  await checkState(options, log);
  const files = config.widget === false ? undefined : join(packageFolder(), 'dist');
  const running = await startServer({ options, listen: config.listen, metrics: config.metrics, source, files });
  endOnSignal(running, log);
  for (const hint of hints) log.log.warn(hint);
  const { url, metricsUrl, widget } = running;
  const profiles = Object.keys(options.profiles ?? { default: {} });
  log.log.info({ url, metricsUrl, widget, profiles, config: file.path, version: version() }, 'listening');
}

/** An unavailable state may recover, so the server starts anyway; any other error is a configuration error. */
async function checkState({ state }: VoiceServerOptions, { log }: PinoLog): Promise<void> {
  try {
    await state?.ready();
  } catch (error) {
    if (!(error instanceof StateUnavailable)) throw new ConfigError([{ path: 'state', problem: (error as Error).message }]);
    log.warn('the shared state is not available yet');
  }
}

/** Shuts down on the first signal or an uncaught error (logged without its message, which may hold a secret). A second signal exits at once. */
function endOnSignal(running: RunningVoiceServer, { log }: PinoLog): void {
  let pressed: number | undefined;
  const end = (code: number): void => {
    running.close().then(
      () => {
        log.info('ended');
        process.exit(code);
      },
      () => process.exit(1),
    );
  };
  const numbers = { SIGINT: 2, SIGTERM: 15 } as const;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const now = Date.now();
      if (pressed !== undefined) {
        if (now - pressed > SAME_PRESS) process.exit(128 + numbers[signal]);
        return;
      }
      pressed = now;
      log.info({ signal }, 'ending');
      end(0);
    });
  }
  // Includes unhandled rejections.
  process.on('uncaughtException', (error) => {
    log.error({ cause: reducedError(error) }, 'ending after an uncaught error');
    end(1);
  });
}

/** Message and fix, for errors that the user can resolve. */
function adviceFor(error: unknown): string | undefined {
  if (error instanceof ConfigError) {
    return `The configuration has ${error.errors.length === 1 ? 'an error' : `${String(error.errors.length)} errors`}:\n${error.errors.map(({ path, problem }) => `  ${path}: ${problem}`).join('\n')}`;
  }
  if (error instanceof PortTakenError)
    return `${error.message} Stop the other program or choose another port: --port ${String(error.port < 65_535 ? error.port + 1 : 0)}`;
  return error instanceof ConfigFileError || error instanceof ListenError ? error.message : undefined;
}

try {
  const flags = readFlags(process.argv.slice(2));
  if (flags.help) process.stdout.write(HELP);
  else if (flags.version) process.stdout.write(`${version()}\n`);
  else await run(flags);
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`voice-agent-server: ${error.message}\nTry --help.\n`);
    process.exitCode = 2;
  } else {
    const advice = adviceFor(error);
    process.stderr.write(
      advice === undefined ? `voice-agent-server: ${(error as Error).stack ?? String(error)}\n` : `voice-agent-server: ${advice}\n`,
    );
    process.exitCode = 1;
  }
}
