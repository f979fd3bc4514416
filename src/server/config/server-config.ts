/**
 * What a config file of `voice-agent-server` may hold: the options of `createVoiceServer`, with data in the places where
 * code has functions and objects, and what only the command needs. Types alone: `server-config-schema.ts` checks them.
 */
import type { TurnstileOptions } from '../guards/turnstile.js';
import type { VisitorTokenOptions } from '../guards/visitor-token.js';
import type { VisitorCheck } from '../guards/visitor-check.js';
import type { LogLevel } from '../observe/log-line.js';
import type { UpstreamOptions, VoiceServerOptions } from '../options.js';
import type { PhoneOptions } from '../phone/phone-options.js';
import type { RedisStateOptions } from '../state/redis-state.js';
import type { SharedState } from '../state/shared-state.js';

/** A check of visitors as data. */
export type VisitorConfig = { readonly turnstile: Omit<TurnstileOptions, 'fetch'> } | { readonly visitorToken: Omit<VisitorTokenOptions, 'fetch' | 'clock'> };

/** A state as data: a Redis that several processes share, or a file that keeps what one process knows through its restarts. */
export type StateConfig = RedisConfig | { /** Path of the journal. */ readonly journal: string };

export type RedisConfig = Pick<RedisStateOptions, 'prefix' | 'timeout' | 'secret'> & {
  /** `redis://` or `rediss://` address. */
  readonly redis: string;
};

/** Where the command listens. */
export interface ListenConfig {
  /** TCP port, default 8787; 0 takes a free one. */
  readonly port?: number;
  /** Address, default `127.0.0.1`: this machine alone. `0.0.0.0` opens it to the network, as containers need. */
  readonly host?: string;
}

/** Who may read metrics. Left out: nobody. */
export interface MetricsConfig {
  /** `GET /metrics` answers requests with `Authorization: Bearer <token>`. */
  readonly token?: string | undefined;
  /** A port of its own for `/metrics`, without a token; keep it inside. */
  readonly port?: number;
}

/** A config file. What it leaves out comes from the environment or has a default. */
export interface ServerConfig extends Omit<VoiceServerOptions, 'allowedOrigins' | 'upstream' | 'visitor' | 'state' | 'phone' | 'metrics'> {
  readonly allowedOrigins?: readonly string[];
  readonly upstream?: Partial<UpstreamOptions>;
  readonly phone?: Omit<PhoneOptions, 'webhookSecret'> & Partial<Pick<PhoneOptions, 'webhookSecret'>>;
  readonly visitor?: VisitorCheck | VisitorConfig;
  readonly state?: SharedState | StateConfig;
  readonly listen?: ListenConfig;
  readonly log?: { /** Default `info`. */ readonly level?: LogLevel };
  readonly metrics?: MetricsConfig;
  /** Serves the built widget (`/voice-agent.js`, `/agents.js`, `/chunks/…`), default true. */
  readonly widget?: boolean;
}

/** A config file with everything in it that has to be: checked. */
export interface CheckedConfig extends Omit<ServerConfig, 'allowedOrigins' | 'upstream' | 'phone'> {
  readonly allowedOrigins: readonly string[];
  readonly upstream: UpstreamOptions;
  readonly phone?: PhoneOptions;
}

/** Gives a config file in TypeScript its types; returns what it was given. */
export const defineConfig = (config: ServerConfig): ServerConfig => config;
