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
import { effectiveConfig, effectiveListen } from './config/effective-config.js';
import { VARIABLES } from './config/environment.js';
import { recommendations } from './config/recommendations.js';
import type { AuditConfig, CheckedConfig } from './config/server-config.js';
import { reducedError } from './observe/reduced-error.js';
import { configOptions } from './command/config-options.js';
import { stateDirectory } from './command/state-directory.js';
import { keepFiles } from './runtime/node/keep-files.js';
import { configuredState, withDefaultState } from './command/configured-state.js';
import { auditLog } from './runtime/node/audit-log.js';
import type { AuditLog } from './runtime/node/audit-log.js';
import { ListenError, PortTakenError } from './runtime/node/serve.js';
import { pinoLog } from './runtime/node/pino-log.js';
import type { PinoLog } from './runtime/node/pino-log.js';
import { prometheusMetrics } from './runtime/node/prometheus-metrics.js';
import { CONFIG_FILES, ConfigFileError, readConfig } from './command/read-config.js';
import { OperatorRequestError } from './command/operator-request.js';
import { OPERATOR_HELP, isOperatorCommand, runOperatorCommand } from './command/operator-commands.js';
import { operatorSocket } from './command/operator-socket.js';
import { startServer } from './command/start-server.js';
import type { RunningVoiceServer } from './command/start-server.js';
import { SettingsReload } from './command/settings-reload.js';
import type { LoadedConfig } from './command/settings-reload.js';
import { UsageError } from './command/usage-error.js';
import { StateUnavailable } from './contract/shared-state.js';
import { JournalError, JournalOwnedError } from './runtime/node/journal-error.js';
import { SocketPathError } from './runtime/node/serve-socket.js';
import type { SharedState } from './contract/shared-state.js';

const HELP = `Mints keys and places calls for <voice-agent> on any website, and serves the widget's files.

Usage: voice-agent-server [options]
       voice-agent-server COMMAND

  --config FILE      default: the first of ${CONFIG_FILES.join(', ')}
                     in the current folder; without a file, only the environment is used
  --check            print the effective configuration without secrets, or all errors in it
  --port N           TCP port, default 8787; 0 picks a free port
  --host ADDRESS     address to listen on, default 127.0.0.1 (this machine only)
  --metrics-port N   serve /metrics on a separate port, without a token
  --metrics-host ADDRESS
                     address of that port, default 127.0.0.1 (this machine only)
  --version          print the version
  --help             print this help

${OPERATOR_HELP}

Environment:
${VARIABLES.map(({ name, meaning }) => `  ${name.padEnd(28)} ${meaning.replaceAll('`', '')}`).join('\n')}
`;

/** Milliseconds after which a second Ctrl-C counts: the terminal and npm both forward the first one. */
const SAME_PRESS = 300;

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
        'metrics-host': text,
        check: flag,
        help: { ...flag, short: 'h' },
        version: { ...flag, short: 'v' },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { config, port, host, 'metrics-port': metricsPort, 'metrics-host': metricsHost, check, help, version } = values;
  if (host === '' || metricsHost === '') throw new UsageError(`${host === '' ? '--host' : '--metrics-host'} must not be empty.`);
  const listen = { ...(port !== undefined && { port: portFlag('--port', port) }), ...(host !== undefined && { host }) };
  const metrics = {
    ...(metricsPort !== undefined && { port: portFlag('--metrics-port', metricsPort) }),
    ...(metricsHost !== undefined && { host: metricsHost }),
  };
  return {
    ...(config !== undefined && { config }),
    check,
    help,
    version,
    settings: {
      ...(Object.keys(listen).length > 0 && { listen }),
      ...(Object.keys(metrics).length > 0 && { metrics }),
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

/** @throws ConfigError if two of the server's ports are the same; otherwise the error would name another program */
function checkPorts({ listen, metrics, admin }: CheckedConfig): void {
  const names = new Map([[effectiveListen(listen).port, 'listen.port']]);
  const errors = [];
  for (const [path, port] of [['metrics.port', metrics?.port] as const, ['admin.port', admin?.port] as const]) {
    if (port === undefined || port === 0) continue;
    const other = names.get(port);
    if (other !== undefined) errors.push({ path, problem: `is the same as ${other} (${String(port)}); choose another one.` });
    names.set(port, path);
  }
  if (errors.length > 0) throw new ConfigError(errors);
}

async function run(flags: Flags): Promise<void> {
  let reloads = 0;
  const load = async (): Promise<LoadedConfig> => {
    const { path, content } = await readConfig(flags.config, process.cwd(), reloads++);
    const checked = checkConfig(content, process.env, (file) => readFileSync(file, 'utf8'));
    const config = withFlags(withDefaultState(checked, process.env), flags);
    checkPorts(config);
    return { path, config };
  };
  const { path, config } = await load();
  const source = prometheusMetrics();
  const log = pinoLog({ level: config.log?.level ?? 'info' });
  const options = configOptions(config, [log], source);
  const hints = recommendations(config, options, Date.now());
  if (flags.check) {
    process.stdout.write(`${JSON.stringify(effectiveConfig(config, options), null, 2)}\n`);
    if (hints.length > 0) process.stderr.write(`Recommendations:\n${hints.map((hint) => `  ${hint}\n`).join('')}`);
    return;
  }
  const state = configuredState(config.state);
  const { audit } = config;
  const files = config.widget === false ? undefined : join(packageFolder(), 'dist');
  const { listen, metrics, admin } = config;
  const reload = new SettingsReload({
    started: config,
    load,
    optionsOf: (changed) => configOptions(changed, [pinoLog({ level: changed.log?.level ?? 'info' })], source),
    apply: (changed, { admin: changedAdmin }) => running.apply(changed, changedAdmin),
    log: log.log,
  });
  // With the state in memory, the process writes no file.
  const kept = config.state === 'memory' ? undefined : join(stateDirectory(process.env), 'widget');
  const running = await startServer({
    openState: () => openState(state, log),
    openAudit: () => audit && openAudit(audit, log),
    options: { ...options, ...(state && { state }) },
    listen,
    metrics,
    admin,
    operatorSocket: operatorSocket(process.env),
    reload: () => reload.reload(),
    source,
    files,
    adminPage: join(packageFolder(), 'dist/admin'),
    kept,
  });
  // In a terminal, SIGHUP means that it was closed.
  if (!process.stdout.isTTY) process.on('SIGHUP', () => void reload.reload());
  endOnSignal(running, log);
  if (running.widget && files !== undefined && kept !== undefined) await keepWidget(files, kept, log);
  for (const hint of hints) log.log.warn(hint);
  const { url, metricsUrl, widget, operator } = running;
  const { socket, socketProblem, adminUrl } = operator;
  if (socketProblem !== undefined) log.log.warn({ problem: socketProblem }, 'the operator commands have no local socket');
  const profiles = Object.keys(options.profiles ?? { default: {} });
  const journal = typeof config.state === 'object' && 'journal' in config.state ? config.state.journal : undefined;
  log.log.info({ url, metricsUrl, adminUrl, socket, widget, profiles, config: path, journal, version: version() }, 'listening');
}

/** The audit log. Without it, the server must not start; a full disk later does not stop it. */
function openAudit(config: AuditConfig, { log }: PinoLog): AuditLog {
  const onFailure = ({ code }: NodeJS.ErrnoException): void => log.error({ code }, 'the audit log cannot be written');
  try {
    return auditLog({ ...config, onFailure });
  } catch (error) {
    throw new ConfigError([{ path: 'audit.folder', problem: `cannot be used (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).` }]);
  }
}

/** Keeps the widget's files for pages that are open at the next deploy. Without them, such a page shows "Reload page". */
async function keepWidget(files: string, kept: string, { log }: PinoLog): Promise<void> {
  try {
    await keepFiles(files, kept);
  } catch (error) {
    log.warn({ folder: kept, cause: (error as Error).message }, 'the widget files of this version cannot be kept for the next deploy');
  }
}

/** An unavailable state may recover, so the server starts anyway; any other error is a configuration error. */
async function openState(state: SharedState | undefined, { log }: PinoLog): Promise<void> {
  try {
    await state?.ready();
  } catch (error) {
    if (error instanceof JournalOwnedError) throw error;
    if (!(error instanceof StateUnavailable)) {
      const path = error instanceof JournalError ? 'state.journal' : 'state';
      throw new ConfigError([{ path, problem: (error as Error).message }]);
    }
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
  const known = [ConfigFileError, ListenError, JournalOwnedError, SocketPathError, OperatorRequestError];
  return known.some((kind) => error instanceof kind) ? (error as Error).message : undefined;
}

async function main(args: string[]): Promise<void> {
  if (isOperatorCommand(args[0])) {
    process.stdout.write(`${await runOperatorCommand(args, process.env)}\n`);
    return;
  }
  const flags = readFlags(args);
  if (flags.help) process.stdout.write(HELP);
  else if (flags.version) process.stdout.write(`${version()}\n`);
  else await run(flags);
}

try {
  await main(process.argv.slice(2));
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
