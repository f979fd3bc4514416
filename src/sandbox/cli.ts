#!/usr/bin/env node
/**
 * The `voice-agent-sandbox` command (`npm run sandbox`): starts a sandbox and prints its URLs. Owns flags, messages and
 * exit codes.
 */
import { realpathSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createSandbox } from './create-sandbox.js';
import type { Sandbox } from './create-sandbox.js';
import { MediaHostError } from './media/media-hosts.js';
import { MissingPackageError } from './missing-package-error.js';
import { PROFILE_NAMES, isProfileName } from './profiles/index.js';
import type { ProfileName } from './profiles/profile.js';
import type { SandboxOptions } from './core/sandbox-options.js';

const HELP = `Imitates the OpenAI Realtime API on this machine: WebRTC calls, WebSockets, client secrets.

Usage: npx voice-agent-sandbox [options]
       npm run sandbox -- [options]        (in the project's own repository)

  --port N          TCP port, default 4010; 0 picks a free port
  --host ADDRESS    address to listen on, default 127.0.0.1 (this machine only)
  --media-host ADDRESS   IPv4 address for WebRTC media; may be repeated
                    (default: the --host address; if that is loopback, all
                    addresses of this machine, because Firefox does not
                    connect over loopback)
  --profile NAME    server to imitate: ${PROFILE_NAMES.join(', ')}; default ga
  --api-key KEY     accept only this API key; may be repeated
                    (default: any key that starts with sk-sandbox)
  --cap-minutes N   maximum call duration, default 60
  --think-ms N      delay before each answer, default 150
  --speed N         seconds of audio generated per second, default 4
  --help            show this help

Endpoints, scripting and limitations: src/sandbox/README.md
`;

/** Thrown for invalid flags. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Parses the flags; `undefined` if help was requested. @throws UsageError */
export function readFlags(argv: readonly string[]): SandboxOptions | undefined {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: {
        port: { type: 'string', default: '4010' },
        host: { type: 'string', default: '127.0.0.1' },
        'media-host': { type: 'string', multiple: true },
        profile: { type: 'string', default: 'ga' },
        'api-key': { type: 'string', multiple: true },
        'cap-minutes': { type: 'string', default: '60' },
        'think-ms': { type: 'string', default: '150' },
        speed: { type: 'string', default: '4' },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values.help) return undefined;
  return {
    port: numberFlag('port', values.port, 0, 65_535, true),
    host: values.host,
    ...(values['media-host'] === undefined
      ? {}
      : { mediaHosts: values['media-host'].map((address) => addressFlag('media-host', address)) }),
    profile: profileFlag(values.profile),
    capMinutes: numberFlag('cap-minutes', values['cap-minutes'], 0.01, 1_440),
    thinkMs: numberFlag('think-ms', values['think-ms'], 0, 60_000),
    speed: numberFlag('speed', values.speed, 0.5, 1_000),
    ...(values['api-key'] === undefined ? {} : { apiKeys: values['api-key'] }),
  };
}

function addressFlag(name: string, address: string): string {
  if (isIPv4(address)) return address;
  throw new UsageError(`--${name} must be an IPv4 address, not '${address}'`);
}

function profileFlag(name: string): ProfileName {
  if (isProfileName(name)) return name;
  throw new UsageError(`--profile must be one of ${PROFILE_NAMES.join(', ')}, not '${name}'`);
}

function numberFlag(name: string, value: string, min: number, max: number, whole = false): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < min || number > max || (whole && !Number.isInteger(number))) {
    throw new UsageError(`--${name} must be a number from ${String(min)} to ${String(max)}, not '${value}'`);
  }
  return number;
}

/** The text printed when the sandbox is ready. */
export function welcome(sandbox: Pick<Sandbox, 'url' | 'controlUrl' | 'mediaHosts'>, apiKey = 'sk-sandbox'): string {
  return `Realtime API sandbox: ${sandbox.url}
WebRTC media: UDP at ${sandbox.mediaHosts.join(', ')} (set with --media-host)

Mint a key:
  curl -X POST ${sandbox.url}/realtime/client_secrets \\
    -H 'Authorization: Bearer ${apiKey}' -H 'Content-Type: application/json' \\
    -d '{"session":{"type":"realtime","model":"gpt-realtime-2.1"}}'

Control endpoint (scripts, faults, inspection): ${sandbox.controlUrl}/
Stop with Ctrl-C.
`;
}

/** Runs the command; resolves to an exit code if it could not start, or to `undefined` while it is running. */
export async function main(argv: readonly string[]): Promise<number | undefined> {
  let options: SandboxOptions | undefined;
  try {
    options = readFlags(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`sandbox: ${error.message}\nTry --help.\n`);
    return 2;
  }
  if (options === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  let sandbox: Sandbox;
  try {
    sandbox = await createSandbox(options);
  } catch (error) {
    const message = startFailure(error, options);
    if (message === undefined) throw error;
    process.stderr.write(`sandbox: ${message}\n`);
    return 1;
  }
  const key = Array.isArray(options.apiKeys) ? (options.apiKeys as readonly string[])[0] : undefined;
  process.stdout.write(welcome(sandbox, key));
  const stop = (): void => {
    void sandbox.close().then(() => process.exit(0));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  // Exit with the parent if it forked this process.
  process.once('disconnect', stop);
  process.send?.({ type: 'ready', url: sandbox.url, port: sandbox.port });
  return undefined;
}

function startFailure(error: unknown, { port = 0, host = '' }: SandboxOptions): string | undefined {
  if (error instanceof MissingPackageError) return error.message;
  if (error instanceof MediaHostError) return `${error.message}. Choose another with --media-host.`;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return `port ${String(port)} is already in use on ${host}. Choose another with --port, or use --port 0 for a free one.`;
    case 'EACCES':
      return `port ${String(port)} requires elevated privileges. Choose a port above 1023 with --port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine. Choose another with --host.`;
    default:
      return undefined;
  }
}

// npm runs the command through a symbolic link.
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  const code = await main(process.argv.slice(2));
  if (code !== undefined) process.exitCode = code;
}
