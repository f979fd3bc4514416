#!/usr/bin/env node
/**
 * `voice-agent-server`, and `npm run server`: the server with a config file. Owns flags, words, signals and exit codes: 0
 * for a good end, 1 for what is wrong with config or machine, 2 for flags that it does not know.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ConfigError, checkConfig } from './config/check-config.js';
import { effectiveConfig } from './config/effective-config.js';
import { VARIABLES } from './config/environment.js';
import type { CheckedConfig } from './config/server-config.js';
import { reducedError } from './observe/reduced-error.js';
import type { VoiceServerOptions } from './options.js';
import { configOptions } from './runtime/config-options.js';
import { ListenError, PortTakenError } from './runtime/node.js';
import { pinoLog } from './runtime/pino-log.js';
import type { PinoLog } from './runtime/pino-log.js';
import { prometheusMetrics } from './runtime/prometheus-metrics.js';
import { CONFIG_FILES, ConfigFileError, readConfig } from './runtime/read-config.js';
import { startServer } from './runtime/start-server.js';
import type { RunningVoiceServer } from './runtime/start-server.js';
import { StateUnavailable } from './state/shared-state.js';

const HELP = `Serves keys and calls for <voice-agent> on any website, and the widget's files.

Usage: voice-agent-server [options]

  --config FILE      default: the first of ${CONFIG_FILES.join(', ')}
                     in this folder; without one the environment has to do
  --check            prints the effective configuration without secrets, or what is wrong with it
  --port N           TCP port, default 8787; 0 takes a free one
  --host ADDRESS     address to listen at, default 127.0.0.1 (this machine only)
  --metrics-port N   /metrics on a port of its own, without a token
  --version          prints the version
  --help             this text

Environment:
${VARIABLES.map(({ name, meaning }) => `  ${name.padEnd(28)} ${meaning.replaceAll('`', '')}`).join('\n')}
`;

/** A second Ctrl-C counts only after so many milliseconds: a terminal and npm both pass on the first one. */
const ONE_PRESS = 300;

/** Thrown for flags that cannot be used. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

interface Flags {
  readonly config?: string;
  readonly check: boolean;
  readonly help: boolean;
  readonly version: boolean;
  /** In the form of a config file. */
  readonly settings: { readonly listen?: object; readonly metrics?: object };
}

function readFlags(argv: string[]): Flags {
  let values;
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean', default: false } as const;
    ({ values } = parseArgs({
      args: argv,
      options: { config: text, port: text, host: text, 'metrics-port': text, check: flag, help: { ...flag, short: 'h' }, version: { ...flag, short: 'v' } },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { config, port, host, 'metrics-port': metricsPort, check, help, version } = values;
  if (host === '') throw new UsageError('--host has to be an address.');
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
  if (!(port <= 65_535)) throw new UsageError(`${name} has to be a number from 0 to 65535, not "${text}".`);
  return port;
}

/** The folder of this package: the sources and the build are at different depths. */
function packageFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      if ((JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string }).name === 'voice-agent-element') return folder;
    } catch {
      // Not here.
    }
    if (folder === dirname(folder)) return '.';
  }
}

function version(): string {
  return (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version;
}

/** Flags win over the environment, which wins over the file. */
function withFlags(config: CheckedConfig, { settings }: Flags): CheckedConfig {
  return {
    ...config,
    ...(settings.listen && { listen: { ...config.listen, ...settings.listen } }),
    ...(settings.metrics && { metrics: { ...config.metrics, ...settings.metrics } }),
  };
}

/** What an owner should think about, though it is no mistake. */
function advice({ visitor }: CheckedConfig): string | undefined {
  if (visitor !== undefined) return undefined;
  return 'visitor: anybody on an allowed page gets calls, and a script can pretend to be one. Add turnstile or visitorToken.';
}

async function run(flags: Flags): Promise<void> {
  const file = await readConfig(flags.config, process.cwd());
  const config = withFlags(checkConfig(file.content, process.env), flags);
  const source = prometheusMetrics();
  const log = pinoLog({ level: config.log?.level ?? 'info' });
  const options = configOptions(config, [log], source);
  const hint = advice(config);
  if (flags.check) {
    process.stdout.write(`${JSON.stringify(effectiveConfig(config, options), null, 2)}\n`);
    if (hint !== undefined) process.stderr.write(`Think about this:\n  ${hint}\n`);
    await options.state?.close();
    return;
  }
  await stateAnswers(options, log);
  const files = config.widget === false ? undefined : join(packageFolder(), 'dist');
  const running = await startServer({ options, listen: config.listen, metrics: config.metrics, source, files });
  endOnSignal(running, log);
  if (hint !== undefined) log.log.warn(hint);
  const { url, metricsUrl, widget } = running;
  const profiles = Object.keys(options.profiles ?? { default: {} });
  log.log.info({ url, metricsUrl, widget, profiles, config: file.path, version: version() }, 'listening');
}

/** A state that is away may come back, so the server starts; one that can never answer is a mistake. */
async function stateAnswers({ state }: VoiceServerOptions, { log }: PinoLog): Promise<void> {
  try {
    await state?.ready();
  } catch (error) {
    if (!(error instanceof StateUnavailable)) throw new ConfigError([{ path: 'state', problem: (error as Error).message }]);
    log.warn('the state does not answer yet');
  }
}

/** Ends in good order on the first signal, at once on the second; and after an error that nobody caught, whose message could tell a secret. */
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
        if (now - pressed > ONE_PRESS) process.exit(128 + numbers[signal]);
        return;
      }
      pressed = now;
      log.info({ signal }, 'ending');
      end(0);
    });
  }
  // Rejections that nobody handled come here, too.
  process.on('uncaughtException', (error) => {
    log.error({ cause: reducedError(error) }, 'ending after an error that nobody caught');
    end(1);
  });
}

/** What went wrong and what to do, for the mistakes that a person can do something about. */
function adviceFor(error: unknown): string | undefined {
  if (error instanceof ConfigError) {
    return `The configuration has ${error.mistakes.length === 1 ? 'a mistake' : `${String(error.mistakes.length)} mistakes`}:\n${error.mistakes.map(({ path, problem }) => `  ${path}: ${problem}`).join('\n')}`;
  }
  if (error instanceof PortTakenError) return `${error.message} End that program, or take another port: --port ${String(error.port < 65_535 ? error.port + 1 : 0)}`;
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
    const told = adviceFor(error);
    process.stderr.write(told === undefined ? `voice-agent-server: ${(error as Error).stack ?? String(error)}\n` : `voice-agent-server: ${told}\n`);
    process.exitCode = 1;
  }
}
