/**
 * The server for Cloudflare Workers: the same app as on Node, with its state and calls in Durable Objects.
 *
 * ```ts
 * import { voiceWorker } from 'voice-agent-element/server/worker';
 *
 * const voice = voiceWorker({ allowedOrigins: ['https://www.example.com'], session: { instructions: 'Be kind.' } });
 * export const { VoiceState, VoiceCall } = voice;
 * export default voice;
 * ```
 *
 * Reads the bindings and secrets `VOICE_STATE`, `VOICE_CALL`, `OPENAI_API_KEY`, `OPENAI_WEBHOOK_SECRET` and `VOICE_ADMIN_TOKEN`. Static
 * files are not served by the Worker but by its configuration (`assets` in `wrangler.jsonc`).
 */
import { createVoiceServer } from '../../index.js';
import type { VoiceServer } from '../../index.js';
import { VoiceServerOptionsError } from '../../options.js';
import type { UpstreamOptions, VoiceServerOptions } from '../../options.js';
import type { PhoneOptions } from '../../contract/phone-options.js';
import { resolveOptions } from '../../config/resolve-options.js';
import { LONG_SECRET } from '../../config/schemas.js';
import { remoteAddress } from '../../http/remote-address.js';
import { notifyAll } from '../../observe/notify-all.js';
import { adminApp } from '../../operate/admin-app.js';
import { DurableState } from './durable-state.js';
import { VoiceState } from './voice-state.js';
import { DurableCallHost } from './durable-call-host.js';
import { CallObject } from './call-object.js';
import type { DurableContext, DurableNamespace, WorkerContext } from './durable-context.js';

export { turnstile } from '../../guards/turnstile.js';
export type { TurnstileOptions } from '../../guards/turnstile.js';
export { visitorToken } from '../../guards/visitor-token.js';
export type { VisitorTokenOptions } from '../../guards/visitor-token.js';
export type { VisitorCheck, VisitorCheckContext, VisitorVerdict } from '../../contract/visitor-check.js';
export { VoiceServerOptionsError } from '../../options.js';
export type { ServerTool, ServerToolContext, VoiceServerOptions } from '../../options.js';
export { consoleLog } from '../../observe/console-log.js';
export type { ConsoleLogOptions } from '../../observe/console-log.js';
export type { ServerEvent, ServerObserver } from '../../contract/server-events.js';
export { DurableState } from './durable-state.js';
export type { DurableStateOptions } from './durable-state.js';
export { VoiceState } from './voice-state.js';

/** Bindings and secrets of the Worker. */
export interface VoiceBindings {
  readonly VOICE_STATE: DurableNamespace;
  readonly VOICE_CALL: DurableNamespace;
  /** Secret with the standard API key. */
  readonly OPENAI_API_KEY?: string;
  /** Secret of the webhook for phone calls. */
  readonly OPENAI_WEBHOOK_SECRET?: string;
  /** Secret of the operator, at least 32 characters; without it, `/admin/api` returns 404. */
  readonly VOICE_ADMIN_TOKEN?: string;
}

/** Options of `voiceWorker`: like `createVoiceServer`, but secrets and state default to the bindings. */
export type VoiceWorkerOptions = Omit<VoiceServerOptions, 'upstream' | 'phone' | 'trustedProxies'> & {
  /** `apiKey` defaults to the secret `OPENAI_API_KEY`. */
  readonly upstream?: Partial<UpstreamOptions>;
  /** `webhookSecret` defaults to the secret `OPENAI_WEBHOOK_SECRET`. */
  readonly phone?: Omit<PhoneOptions, 'webhookSecret'> & Partial<Pick<PhoneOptions, 'webhookSecret'>>;
  /** Number of Durable Objects that share the rate windows; see `DurableState`. */
  readonly stateShards?: number;
};

/** The Worker's default export, and the classes of its Durable Objects. */
export interface VoiceWorker<Bindings extends VoiceBindings> {
  fetch(request: Request, env: Bindings, context: WorkerContext): Promise<Response>;
  readonly VoiceState: typeof VoiceState;
  readonly VoiceCall: new (ctx: DurableContext, env: Bindings) => CallObject;
}

/**
 * Creates the Worker. Options are validated on the first request, because secrets are only available then.
 *
 * @param options the options, or a function that creates them from the bindings
 */
export function voiceWorker<Bindings extends VoiceBindings = VoiceBindings>(
  options: VoiceWorkerOptions | ((env: Bindings) => VoiceWorkerOptions),
): VoiceWorker<Bindings> {
  const servers = new WeakMap<Bindings, VoiceServer>();
  const optionsFor = (env: Bindings): VoiceServerOptions => serverOptions(typeof options === 'function' ? options(env) : options, env);
  return {
    VoiceState,
    VoiceCall: class VoiceCall extends CallObject {
      constructor(ctx: DurableContext, env: Bindings) {
        super(ctx, resolveOptions(optionsFor(env)));
      }
    },
    async fetch(request, env, context) {
      let server = servers.get(env);
      if (!server) {
        server = workerServer(optionsFor(env), env);
        servers.set(env, server);
      }
      return server.fetch(request, env, context as never);
    },
  };
}

/** The server, with the operator's routes if the operator has a token. */
function workerServer(options: VoiceServerOptions, { VOICE_CALL, VOICE_ADMIN_TOKEN: token }: VoiceBindings): VoiceServer {
  const server = createVoiceServer(options, () => new DurableCallHost(VOICE_CALL));
  if (token === undefined) return server;
  if (token.length < LONG_SECRET)
    throw new VoiceServerOptionsError('VOICE_ADMIN_TOKEN', `must have at least ${String(LONG_SECRET)} characters.`);
  const { state: rates, observers = [] } = options;
  if (rates)
    server.route('/', adminApp({ operator: () => server.operator, token: () => token, rates, remoteAddress, emit: notifyAll(observers) }));
  return server;
}

function serverOptions({ stateShards, upstream, phone, ...options }: VoiceWorkerOptions, env: VoiceBindings): VoiceServerOptions {
  for (const name of ['VOICE_STATE', 'VOICE_CALL'] as const) {
    if (typeof env[name]?.idFromName !== 'function')
      throw new VoiceServerOptionsError(name, 'is not a Durable Object binding; see wrangler.jsonc.');
  }
  const { clock } = options;
  return {
    ...options,
    upstream: { ...upstream, apiKey: upstream?.apiKey ?? env.OPENAI_API_KEY },
    ...(phone && { phone: { ...phone, webhookSecret: phone.webhookSecret ?? env.OPENAI_WEBHOOK_SECRET } }),
    state:
      options.state ??
      new DurableState({ namespace: env.VOICE_STATE, ...(stateShards !== undefined && { shards: stateShards }), ...(clock && { clock }) }),
  };
}
