/**
 * The widget's server: a Hono app that mints ephemeral keys and places calls for any Realtime API, so that the standard API
 * key never reaches the page.
 *
 * Defines the routes and the order of the guards. Each guard is a separate, independent middleware in `guards/`. Sockets
 * belong to `runtime/`; only `runtime/node/` and `command/` import from Node.
 */
import { Hono } from 'hono';
import { requestId } from 'hono/request-id';
import type { CallHost } from './contract/call-host.js';
import { addCallRoutes } from './calls/call-routes.js';
import { LocalCallHost } from './calls/local-call-host.js';
import type { Operator } from './contract/operator.js';
import { endReplacedCalls } from './calls/replaced-calls.js';
import { answerHeaders, setAnswerHeaders } from './http/answer-headers.js';
import { guardCall } from './guards/guard-call.js';
import { reportRefusals } from './guards/report-refusals.js';
import { SafetyIdentifierError } from './guards/safety-identifier.js';
import { mintToken } from './keys/mint-token.js';
import { resolveOptions } from './config/resolve-options.js';
import type { VoiceServerOptions } from './options.js';
import { phoneAgents } from './phone/phone-agent.js';
import { addPhoneRoute } from './phone/phone-route.js';
import { ServerOperator } from './operate/server-operator.js';
import { problem } from './http/problem.js';
import type { VoiceEnv } from './http/voice-env.js';
import { StateUnavailable } from './contract/shared-state.js';
import { addStatusRoutes } from './http/status-routes.js';

export { turnstile } from './guards/turnstile.js';
export type { TurnstileOptions } from './guards/turnstile.js';
export { visitorToken } from './guards/visitor-token.js';
export type { VisitorTokenOptions } from './guards/visitor-token.js';
export { VisitorUncheckedError } from './contract/visitor-check.js';
export type { VisitorCheck, VisitorCheckContext, VisitorVerdict } from './contract/visitor-check.js';
export { nodeMiddleware } from './runtime/node/node-middleware.js';
export type { NodeMiddleware, RoutedApp } from './runtime/node/node-middleware.js';
import type { ResolvedOptions } from './resolved-options.js';
export type { RemoteAddress, MintDialect, SessionOptions } from './options.js';
export { defineConfig } from './config/server-config.js';
export type { ServerConfig } from './config/server-config.js';
export { consoleLog } from './observe/console-log.js';
export type { ConsoleLogOptions } from './observe/console-log.js';
export type { MetricsOptions, MetricsSource } from './contract/metrics-source.js';
export type { Refusal, ServerEvent, ServerObserver } from './contract/server-events.js';
export { VoiceServerOptionsError } from './options.js';
export type { UpstreamOptions, VoiceServerOptions } from './options.js';
export type { ProblemDetails } from './http/problem.js';
export type { ProblemCode } from './contract/problem-codes.js';
export type { VoiceEnv } from './http/voice-env.js';
export type { IncomingCall, PhoneOptions } from './contract/phone-options.js';
export type { Clock } from './contract/clock.js';
export { MemoryState } from './state/memory-state.js';
export type { MemorySnapshot, MemoryStateOptions } from './state/memory-state.js';
export { redisState } from './state/redis/redis-state.js';
export type { IoredisClient } from './state/redis/ioredis-client.js';
export type { RedisState, RedisStateOptions } from './state/redis/redis-state.js';
export { StateUnavailable } from './contract/shared-state.js';
export type * from './contract/shared-state.js';
export type * from './contract/operator.js';

/** The app, with a method to shut it down. */
export type VoiceServer = Hono<VoiceEnv> & {
  /** Hands over or ends the calls monitored by this process. Call it before the process stops. Safe to call twice. */
  close(): Promise<void>;
  /**
   * Prepares for being replaced by another app with the same state, such as one with new settings: calls monitored by this app continue
   * until they end, and it takes over no calls of other processes. Close it when the process stops.
   */
  retire(): void;
  /** Lists and ends calls, pauses the server and reports budgets, for all processes that share its state. */
  readonly operator: Operator;
};

/**
 * Creates the app: `POST /voice/token`, `POST /voice/call` with its `DELETE` and notices, `POST /voice/sip` if phone calls are
 * configured, `GET /healthz`, `/readyz` and, if a token is configured, `/metrics`. Serve its `fetch`, or mount it in another Hono
 * app with `route()`; it handles no other routes there.
 *
 * @param hostCalls creates the host that monitors brokered calls; default: this process
 * @throws VoiceServerOptionsError for the first invalid option
 */
export function createVoiceServer(options: VoiceServerOptions, hostCalls: (resolved: ResolvedOptions) => CallHost = hostHere): VoiceServer {
  const resolved = resolveOptions(options);
  const host = hostCalls(resolved);
  const app = new Hono<VoiceEnv>();

  app.use('/voice/*', reportRefusals(resolved.emit), requestId({ limitLength: 64 }), answerHeaders());
  guardCall(app, '/voice/token', 'token', resolved);
  app.post('/voice/token', endReplacedCalls(resolved.state, host), mintToken(resolved));
  addCallRoutes(app, resolved, host);
  if (resolved.phone) addPhoneRoute(app, resolved, resolved.phone, host);

  const { state, onStateFailure, upstream } = resolved;
  addStatusRoutes(app, { state, shared: options.state, onStateFailure, clock: upstream.clock, metrics: options.metrics });

  app.notFound((c) => {
    setAnswerHeaders(c);
    return problem(c, 'not_found');
  });
  app.onError((cause, c) => {
    if (cause instanceof StateUnavailable)
      return problem(c, 'state_unavailable', { reason: 'the shared state is unavailable', retryAfter: 5 });
    if (cause instanceof SafetyIdentifierError) return problem(c, 'internal_error', { reason: cause.message });
    return problem(c, 'internal_error', { reason: 'unexpected error', cause });
  });
  return Object.assign(app, { close: () => host.close(), retire: () => host.retire(), operator: new ServerOperator(resolved, host) });
}

/** Node's sockets are loaded on the first call. */
function hostHere(resolved: ResolvedOptions): CallHost {
  const openSocket = resolved.openSocket ?? (async (setup) => (await import('./runtime/node/node-socket.js')).openNodeSocket(setup));
  return new LocalCallHost(resolved, openSocket, resolved.phone && phoneAgents(resolved, resolved.phone));
}
