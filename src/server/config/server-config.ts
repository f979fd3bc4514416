/**
 * Types of a `voice-agent-server` config file: the options of `createVoiceServer`, with data in place of functions and objects,
 * plus options of the command. Validated by `server-config-schema.ts`.
 */
import type { TurnstileOptions } from '../guards/turnstile.js';
import type { VisitorTokenOptions } from '../guards/visitor-token.js';
import type { VisitorCheck } from '../contract/visitor-check.js';
import type { LogLevel } from '../observe/log-line.js';
import type { UpstreamOptions, VoiceServerOptions } from '../options.js';
import type { PhoneOptions } from '../contract/phone-options.js';
import type { RedisStateOptions } from '../state/redis/redis-state.js';
import type { SharedState } from '../contract/shared-state.js';

/** A visitor check as data. */
export type VisitorConfig =
  { readonly turnstile: Omit<TurnstileOptions, 'fetch'> } | { readonly visitorToken: Omit<VisitorTokenOptions, 'fetch' | 'clock'> };

/**
 * A state as data: a Redis shared by several processes, a file that preserves the state of one process across restarts, or only the
 * memory of this process, which loses budgets and active calls when it ends. Default: a journal, see `src/server/state/README.md`.
 */
export type StateConfig = 'memory' | RedisConfig | { /** Path of the journal. */ readonly journal: string };

export type RedisConfig = Pick<RedisStateOptions, 'prefix' | 'timeout' | 'secret'> & {
  /** `redis://` or `rediss://` URL. */
  readonly redis: string;
};

/** Where the command listens. */
export interface ListenConfig {
  /** TCP port, default 8787; 0 picks a free port. */
  readonly port?: number;
  /** Address, default `127.0.0.1`: only this machine. Containers need `0.0.0.0`, which opens it to the network. */
  readonly host?: string;
  /** Open connections, 10–100000; default 1000. Each call with notices uses one. See `serve()`. */
  readonly maxConnections?: number;
  /**
   * Open connections of one address, at least 1, or `false`. Default 100 if `trustedProxies` is 0, otherwise `false`: behind a proxy, all
   * connections come from its address.
   */
  readonly maxConnectionsPerAddress?: number | false;
}

/** Access to metrics. If omitted, metrics are not served. */
export interface MetricsConfig {
  /** `GET /metrics` answers requests with `Authorization: Bearer <token>`. */
  readonly token?: string | undefined;
  /** A separate port for `/metrics`, without a token. Do not expose it publicly. */
  readonly port?: number;
  /** Address of that port, default `127.0.0.1`: only this machine. */
  readonly host?: string;
}

/** Access of the operator to the running server. */
export interface AdminConfig {
  /** Path of the local socket for the operator's commands; default `operator.sock` in the state directory. `false`: no socket. */
  readonly socket?: string | false;
  /** TCP port of the admin page and the operator's requests. If omitted, there is no such port. */
  readonly port?: number;
  /** Address of that port, default `127.0.0.1`: only this machine. The port has no TLS. */
  readonly host?: string;
  /** Required as `Authorization: Bearer <token>` on that port, at least 32 characters. */
  readonly token?: string | undefined;
}

/** The audit log; see `auditLog` of `voice-agent-element/server/node`. */
export interface AuditConfig {
  readonly folder: string;
  /** Default 90. */
  readonly days?: number;
}

/** A config file. Omitted options come from the environment or use their defaults. */
export interface ServerConfig extends Omit<VoiceServerOptions, 'allowedOrigins' | 'upstream' | 'visitor' | 'state' | 'phone' | 'metrics'> {
  readonly allowedOrigins?: readonly string[];
  readonly upstream?: Partial<UpstreamOptions>;
  readonly phone?: Omit<PhoneOptions, 'webhookSecret'> & Partial<Pick<PhoneOptions, 'webhookSecret'>>;
  readonly visitor?: VisitorCheck | VisitorConfig;
  readonly state?: SharedState | StateConfig;
  readonly listen?: ListenConfig;
  readonly log?: { /** Default `info`. */ readonly level?: LogLevel };
  readonly metrics?: MetricsConfig;
  readonly admin?: AdminConfig;
  /** If omitted, there is no audit log. */
  readonly audit?: AuditConfig;
  /** Serves the built widget (`/voice-agent.js`, `/embed.js`, `/agents.js`, `/chunks/…`, `/flat/…`, `/single/…`), default true. */
  readonly widget?: boolean;
}

/** A validated config file with all required options. */
export interface CheckedConfig extends Omit<ServerConfig, 'allowedOrigins' | 'upstream' | 'phone'> {
  readonly allowedOrigins: readonly string[];
  readonly upstream: UpstreamOptions;
  readonly phone?: PhoneOptions;
}

/** Adds type checking to a config file. Returns its argument. */
export const defineConfig = (config: ServerConfig): ServerConfig => config;
