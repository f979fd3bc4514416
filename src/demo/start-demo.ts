/**
 * The whole demo as one object: a Realtime API (the sandbox or the real one), the server in front of it that mints keys and
 * places calls, and the page, on one origin. Owns the order of starting and stopping, and the addresses. Does not own flags, terminal
 * output or signals: see `main.ts`.
 */
import type { DialectName } from '../contract/dialect.js';
import { createVoiceServer } from '../server/index.js';
import type { SandboxOptions } from '../sandbox/index.js';
import type { Refusal, VoiceServer, VoiceServerOptions } from '../server/index.js';
import { serve } from '../server/runtime/node/serve.js';
import type { App } from '../server/runtime/node/serve.js';
import { demoSite } from './demo-site.js';
import type { DemoService } from './demo-site.js';

/** The part of a sandbox that the demo needs. */
export interface DemoSandbox {
  /** Realtime API root, for example `http://127.0.0.1:4010/v1`. */
  readonly url: string;
  /** Addresses that receive the media of WebRTC calls. */
  readonly mediaHosts?: readonly string[];
  close(): Promise<void>;
}

/** The real API, or another server that speaks its protocol. */
export interface DemoUpstream {
  /** Realtime API root, reachable from this process and from the page. */
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** Options of `startDemo`. */
export interface DemoOptions {
  /** TCP port of the page, default 0: a free port. */
  readonly port?: number;
  /** The real API; if omitted, a sandbox is used. */
  readonly upstream?: DemoUpstream;
  /** A sandbox that is already running; closing the demo does not close it. If omitted, the demo starts its own. */
  readonly sandbox?: DemoSandbox;
  /** IPv4 addresses for the media of WebRTC calls with the demo's own sandbox; default: those of `createSandbox`. */
  readonly mediaHosts?: readonly string[];
  /** Model for the sessions, default `gpt-realtime-2.1`. */
  readonly model?: string;
  /** Absolute path of the built files, default `dist/` of this checkout. */
  readonly files?: string;
  /** Limits of each brokered call; default: those of the server. */
  readonly limits?: VoiceServerOptions['limits'];
  /** Called for each refused request for a key or a call. */
  readonly onRefusal?: (refusal: Refusal) => void;
}

/** A running demo. */
export interface RunningDemo {
  /** Address of the page, for example `http://127.0.0.1:4173/`. */
  readonly url: string;
  /** Realtime API root that the page calls. */
  readonly realtimeUrl: string;
  /** Whether that is a sandbox or the real API. */
  readonly kind: 'sandbox' | 'upstream';
  /** Addresses on which the sandbox receives the media of WebRTC calls. */
  readonly mediaHosts: readonly string[];
  /** Frees all ports. Safe to call twice. */
  close(): Promise<void>;
}

/** The dialects for which the server mints keys. */
type MintDialect = NonNullable<VoiceServerOptions['upstream']['dialect']>;

/** The sandbox accepts any key with the prefix `sk-sandbox`. */
const SANDBOX_KEY = 'sk-sandbox-demo';

/** No limits, because the sandbox costs nothing. */
const UNLIMITED = {
  rates: { perAddress: false, perVisitor: false, perProfile: false, global: false },
  budget: { callsPerDay: false, moneyPerDay: false, maxConcurrent: false },
  limits: { money: false },
} as const;

/**
 * Session fields that the page's options change during a call. In a brokered call, a change of any other field, such as the
 * instructions, ends the call.
 */
const SWITCHES = ['tools', 'audio.output.voice', 'audio.input.turn_detection', 'audio.input.transcription'];

const INSTRUCTIONS =
  'You are the voice of a demonstration page for a voice widget. Be warm and brief: one or two sentences. ' +
  'Use the tools you were given when they fit.';

/**
 * Starts everything and resolves when the page can be opened.
 *
 * @throws PortTakenError if the port is in use, MissingBuildError if `dist/` was not built
 */
export async function startDemo(options: DemoOptions = {}): Promise<RunningDemo> {
  const { port = 0, upstream, model = 'gpt-realtime-2.1', onRefusal } = options;
  const kind = upstream ? 'upstream' : 'sandbox';
  // Open the port first, so that nothing else has been started if it is in use. Requests wait until the site is ready.
  let open!: (app: App) => void;
  const ready = new Promise<App>((resolve) => (open = resolve));
  const server = await serve({ fetch: async (request, env) => (await ready).fetch(request, env) }, { port });
  const own: DemoSandbox[] = [];
  const servers: VoiceServer[] = [];
  const stop = async (): Promise<void> => {
    // End active calls before their Realtime API is closed.
    await Promise.all(servers.map((one) => one.close()));
    await Promise.all([server.close(), ...own.map((sandbox) => sandbox.close())]);
  };
  try {
    const allowedOrigins = [server.url, `http://localhost:${String(server.port)}`];
    const transcription = { model: 'gpt-transcribe' };
    const dictation = { session: { type: 'transcription', transcription }, access: ['token'] } as const;
    const talk = { session: { model, instructions: INSTRUCTIONS, transcription }, clientMutableFields: SWITCHES };
    const voiceServer = (dialect: MintDialect, baseUrl: string, profiles: VoiceServerOptions['profiles']): VoiceServer => {
      const made = createVoiceServer({
        allowedOrigins,
        upstream: { baseUrl, apiKey: upstream?.apiKey ?? SANDBOX_KEY, dialect },
        ...(profiles && { profiles }),
        ...(kind === 'sandbox' && UNLIMITED),
        ...(options.limits && { limits: options.limits }),
        ...(onRefusal && { onRefusal }),
      });
      servers.push(made);
      return made;
    };
    /** A server with two agents: one for conversations and one for transcription. */
    const both = (dialect: Exclude<MintDialect, 'xai'>, realtimeUrl: string): [DemoService, DemoService] => {
      const front = voiceServer(dialect, realtimeUrl, { default: talk, dictation });
      return [
        { dialect, mode: 'conversation', realtimeUrl, server: front, brokers: dialect === 'ga' },
        { dialect, mode: 'transcription', realtimeUrl, server: front, profile: 'dictation' },
      ];
    };
    const media = options.mediaHosts && { mediaHosts: options.mediaHosts };
    const { url: root, mediaHosts = [] } = upstream
      ? { url: upstream.baseUrl }
      : (options.sandbox ?? (await ownSandbox(own, { profile: 'ga', ...media })));
    const services: [DemoService, ...DemoService[]] = both('ga', root);
    if (own.length > 0) {
      const others = ['beta', 'xai', 'localai', 'hf'] as const satisfies readonly DialectName[];
      const [beta, xai, localai, hf] = (await Promise.all(others.map((profile) => ownSandbox(own, { profile, ...media })))) as [
        DemoSandbox,
        DemoSandbox,
        DemoSandbox,
        DemoSandbox,
      ];
      services.push(
        ...both('beta', beta.url),
        // Its keys contain no settings.
        { dialect: 'xai', mode: 'conversation', realtimeUrl: xai.url, server: voiceServer('xai', xai.url, undefined), model: 'grok-voice' },
        // These need no key.
        { dialect: 'localai', mode: 'conversation', realtimeUrl: localai.url, model: 'gpt-realtime-2.1' },
        { dialect: 'hf', mode: 'conversation', realtimeUrl: hf.url, model: 'gpt-realtime-2.1' },
      );
    }
    open(demoSite({ services, kind, ...(options.files !== undefined && { files: options.files }) }));
    let closing: Promise<void> | undefined;
    return { url: `${server.url}/`, realtimeUrl: root, kind, mediaHosts, close: () => (closing ??= stop()) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a sandbox that imitates one kind of server. Loaded on demand, so that its packages are not needed with a real API. */
async function ownSandbox(own: DemoSandbox[], options: SandboxOptions): Promise<DemoSandbox> {
  const { createSandbox } = await import('../sandbox/index.js');
  const sandbox = await createSandbox(options);
  own.push(sandbox);
  return sandbox;
}
