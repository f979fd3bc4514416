/** `npm run demo`: starts the demo, prints its address, stops it on Ctrl-C. Owns flags, output, signals and exit codes. */
import { isIPv4 } from 'node:net';
import { parseArgs } from 'node:util';
import { ListenError, PortTakenError } from '../server/runtime/node/serve.js';
import { MissingBuildError } from './demo-site.js';
import { startDemo } from './start-demo.js';
import type { DemoOptions, RunningDemo } from './start-demo.js';

const HELP = `Starts the demo page, a key server and a Realtime API on this machine.

Usage: npm run demo -- [options]

  --port N      port of the page, default 4173; 0 selects a free port
  --files DIR   directory of the built files, default dist/
  --media-host ADDRESS   IPv4 address for the media of WebRTC calls with the sandbox;
                can be repeated (default: 127.0.0.1 and all other addresses of
                this machine, because Firefox makes no calls over loopback)
  --help        show this help

Environment:
  OPENAI_API_KEY    use the real API with this key instead of the sandbox
  OPENAI_BASE_URL   Realtime API root, default https://api.openai.com/v1
  OPENAI_MODEL      model, default gpt-realtime-2.1
  PORT              same as --port
`;

/** A second Ctrl-C within this many milliseconds is ignored: the terminal and npm both forward the first one. */
const ONE_PRESS = 300;

/** Thrown for invalid flags. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

function readPort(text: string, source: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) throw new UsageError(`${source} must be a number from 0 to 65535, not "${text}".`);
  return port;
}

/** Flags and environment as options; `undefined` if help is requested. */
function readOptions(argv: string[], env: NodeJS.ProcessEnv): DemoOptions | undefined {
  let values: { port?: string; files?: string; 'media-host'?: string[]; help?: boolean };
  try {
    ({ values } = parseArgs({
      args: argv,
      options: {
        port: { type: 'string' },
        files: { type: 'string' },
        'media-host': { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) return undefined;
  const mediaHosts = values['media-host'];
  const wrong = mediaHosts?.find((address) => !isIPv4(address));
  if (wrong !== undefined) throw new UsageError(`--media-host must be an IPv4 address, not "${wrong}".`);
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl, OPENAI_MODEL: model, PORT } = env;
  return {
    port: values.port === undefined ? readPort(PORT || '4173', 'PORT') : readPort(values.port, '--port'),
    ...(values.files !== undefined && { files: values.files }),
    ...(mediaHosts && { mediaHosts }),
    ...(model && { model }),
    ...(apiKey && { upstream: { apiKey, baseUrl: baseUrl || 'https://api.openai.com/v1' } }),
    onRefusal: ({ code, status, reason, cause }) => {
      console.error(
        `  refused: ${code} (${String(status)})${reason === undefined ? '' : `, ${reason}`}`,
        ...(cause === undefined ? [] : [cause]),
      );
    },
  };
}

/** The problem and its remedy, for errors that the user can fix. */
function adviceFor(error: unknown): string | undefined {
  if (error instanceof UsageError) return `${error.message}\nTry: npm run demo -- --help`;
  if (error instanceof PortTakenError) {
    const other = error.port < 65_535 ? error.port + 1 : 0;
    return `Port ${String(error.port)} is already in use. Stop the program that uses it, or choose another port:\n  npm run demo -- --port ${String(other)}`;
  }
  if (error instanceof ListenError || error instanceof MissingBuildError) return error.message;
  const { name, message, path } = error as { name?: string; message?: string; path?: string };
  // The server's message names its options; here they come from the environment.
  if (name === 'VoiceServerOptionsError')
    return `${message ?? ''}\nCheck ${path === 'upstream.apiKey' ? 'OPENAI_API_KEY' : 'OPENAI_BASE_URL'}.`;
  if (name === 'MediaHostError') return `${message ?? ''}. Choose another with --media-host.`;
  return name === 'MissingPackageError' ? message : undefined;
}

function announce(demo: RunningDemo): void {
  const upstream =
    demo.kind === 'sandbox'
      ? `the sandbox at ${demo.realtimeUrl} (no account needed; set OPENAI_API_KEY for the real API)`
      : `${demo.realtimeUrl}, with your OPENAI_API_KEY: calls cost money`;
  const media =
    demo.mediaHosts.length > 0 ? `\n  Media     UDP at ${demo.mediaHosts.join(', ')} during WebRTC calls (choose with --media-host)` : '';
  console.log(`\n  Demo      ${demo.url}\n  Upstream  ${upstream}${media}\n\n  Press Ctrl-C to stop.\n`);
}

/** Stops the demo on the first signal and the process on the second. */
function endOnSignal(demo: Promise<RunningDemo>): void {
  let pressed = 0;
  const end = (): void => {
    const now = Date.now();
    if (pressed === 0) {
      pressed = now;
      console.log('\n  Stopping …');
      void demo
        .then((running) => running.close())
        .then(
          () => process.exit(0),
          () => process.exit(1),
        );
    } else if (now - pressed > ONE_PRESS) {
      process.exit(130);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
}

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === undefined) {
    process.stdout.write(HELP);
  } else {
    const demo = startDemo(options);
    endOnSignal(demo);
    announce(await demo);
  }
} catch (error) {
  const advice = adviceFor(error);
  console.error(advice === undefined ? error : `\n${advice}\n`);
  process.exit(1);
}
