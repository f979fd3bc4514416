/**
 * Starts a sandbox inside a page. Its calls are real: two `RTCPeerConnection`s of the same page talk to each other. Owns the
 * address that the page's `fetch` answers without a network.
 */
import { Hono } from 'hono/tiny';
import type { SandboxCall } from '../call/sandbox-call.js';
import type { MintedKey } from '../core/keys.js';
import type { RecordedRequest } from '../core/request-log.js';
import { SandboxCore } from '../core/sandbox-core.js';
import type { SandboxOptions } from '../core/sandbox-options.js';
import { addApiRoutes } from '../http/api-routes.js';
import type { ConnectionBindings } from '../http/api-routes.js';
import type { ProfileName } from '../profiles/profile.js';
import type { ArmedFault } from '../scripting/armed-faults.js';
import type { Fault } from '../scripting/faults.js';
import type { Script } from '../scripting/script.js';
import { speakByRule } from '../voice/speak-by-rule.js';
import { answerFetch } from './answer-fetch.js';
import { createBrowserPeers } from './browser-peer.js';
import { noPhone } from './no-phone.js';
import workletAddress from './sandbox-worklet.js?worklet';

/** Options of `createBrowserSandbox`; those it shares with `createSandbox` mean the same. */
export interface BrowserSandboxOptions extends Pick<
  SandboxOptions,
  | 'script'
  | 'thinkMs'
  | 'speed'
  | 'transcribe'
  | 'speak'
  | 'capMinutes'
  | 'keepSeconds'
  | 'keepCalls'
  | 'profile'
  | 'acceptsModel'
  | 'clock'
> {
  /** URL of `sandbox-worklet.js`, if it is not next to the sandbox's own file. */
  workletUrl?: string;
}

/** Thrown if the browser or the page's context cannot make calls. */
export class BrowserSandboxError extends Error {
  override readonly name = 'BrowserSandboxError';
}

/** A sandbox in a page. WebSocket and phone calls need the sandbox of `voice-agent-element/sandbox`. */
export interface BrowserSandbox {
  /** Root of the API, for `base-url`: an address of the page's origin that `fetch` answers without a network. */
  readonly url: string;
  /** All calls, oldest first, including ended ones. */
  readonly calls: readonly SandboxCall[];
  /** All minted keys, oldest first. */
  readonly keys: readonly MintedKey[];
  /** All requests, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** The next call that `nextCall()` has not returned yet. @throws SandboxTimeout after `timeoutMs`, default 5000 */
  nextCall(options?: { timeoutMs?: number }): Promise<SandboxCall>;
  /** Replaces the default script, or that of a named scenario. */
  script(script: Script, scenario?: string): void;
  /** Arms a fault in the default scenario or in a named one. */
  fault(fault: Fault, scenario?: string): ArmedFault;
  /** Mints a key, for the element's `token`; calls opened with it use `scenario`. Default lifetime 600 s. */
  mintKey(options?: { seconds?: number; session?: Record<string, unknown>; scenario?: string }): MintedKey;
  /** Imitates another server for new calls, until `reset()`. */
  play(profile: ProfileName): void;
  /** Clears calls, keys, requests and scripts, restores the initial profile, and ends active calls. */
  reset(): void;
  /** Ends all calls, releases their audio and connections, and restores `fetch`. Safe to call twice. */
  close(): void;
}

let sandboxes = 0;

/**
 * Starts a sandbox in this page.
 *
 * @example
 * ```ts
 * import { createBrowserSandbox } from 'voice-agent-element/sandbox/browser';
 *
 * const sandbox = await createBrowserSandbox({ script: { replies: ['Good morning.'] } });
 * const element = document.querySelector('voice-agent');
 * element.baseUrl = sandbox.url;
 * element.token = () => sandbox.mintKey().value;
 * // … later
 * sandbox.close();
 * ```
 *
 * @throws BrowserSandboxError without WebRTC or audio worklets, which browsers offer only to secure pages.
 */
export function createBrowserSandbox(options: BrowserSandboxOptions = {}): Promise<BrowserSandbox> {
  return Promise.resolve().then(() => start(options));
}

function start({ workletUrl = workletAddress, speak = speakByRule, ...options }: BrowserSandboxOptions): BrowserSandbox {
  if (typeof RTCPeerConnection !== 'function' || typeof AudioWorkletNode !== 'function') {
    throw new BrowserSandboxError('The sandbox needs WebRTC and audio worklets: open the page over HTTPS, or on localhost.');
  }
  const core = new SandboxCore(options, createBrowserPeers(workletUrl), speak, () => noPhone);
  const app = new Hono<{ Bindings: ConnectionBindings }>();
  addApiRoutes(app, core);
  const root = `${pageOrigin()}/voice-agent-sandbox-${String(++sandboxes)}`;
  const stopAnswering = answerFetch(root, (request) => answer(app, root, request));
  let closed = false;
  return {
    url: `${root}/v1`,
    get calls() {
      return core.calls;
    },
    get keys() {
      return core.keys.minted;
    },
    get requests() {
      return core.requests.entries;
    },
    nextCall: (wait) => core.nextCall(wait),
    script: (script, scenario) => {
      core.setScript(script, scenario);
    },
    fault: (fault, scenario) => core.arm(fault, scenario),
    mintKey: ({ seconds = 600, session, scenario } = {}) => core.mint(seconds, session, scenario),
    play: (profile) => {
      core.play(profile);
    },
    reset: () => {
      core.reset();
    },
    close: () => {
      if (closed) return;
      closed = true;
      core.close();
      stopAnswering();
    },
  };
}

/** Pages without an origin of their own, such as local files, get an imaginary one. */
const pageOrigin = (): string => (location.protocol.startsWith('http') ? location.origin : 'https://voice-agent-sandbox.invalid');

/** The response of the API's routes; a fault that closes the connection rejects, as `fetch` does. */
async function answer(app: Hono<{ Bindings: ConnectionBindings }>, root: string, request: Request): Promise<Response> {
  const { method, headers, signal } = request;
  signal.throwIfAborted();
  // Copied, because a request made from another one has no body in Firefox.
  const body = method === 'GET' || method === 'HEAD' ? null : await request.arrayBuffer();
  const inside = new Request(`http://sandbox${request.url.slice(root.length)}`, { method, headers, signal, body });
  return new Promise((resolve, reject) => {
    const destroy = (): void => {
      reject(signal.aborted ? (signal.reason as Error) : new TypeError('Failed to fetch: the sandbox closed the connection.'));
    };
    signal.addEventListener('abort', destroy, { once: true });
    Promise.resolve(app.fetch(inside, { incoming: { socket: { destroy } } })).then(resolve, reject);
  });
}
