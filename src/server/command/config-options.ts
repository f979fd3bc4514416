/** Converts a validated config to the options of `createVoiceServer`, without the state. Creates the visitor check. Node only. */
import { turnstile } from '../guards/turnstile.js';
import { visitorToken } from '../guards/visitor-token.js';
import type { VisitorCheck } from '../contract/visitor-check.js';
import type { MetricsSource } from '../contract/metrics-source.js';
import type { ServerObserver } from '../contract/server-events.js';
import { VoiceServerOptionsError } from '../options.js';
import type { VoiceServerOptions } from '../options.js';
import { ConfigError } from '../config/check-config.js';
import type { CheckedConfig } from '../config/server-config.js';

/**
 * Creates the options. The state is omitted, so that they can be checked without one (`configured-state.ts`).
 *
 * @param observers observers of the command, in addition to those of the config
 * @throws ConfigError for errors found when a check is created, such as a secret that is too short
 */
export function configOptions(config: CheckedConfig, observers: readonly ServerObserver[], source: MetricsSource): VoiceServerOptions {
  const check = visitorCheckOf(config.visitor);
  const { metrics } = config;
  return {
    ...serverOptions(config),
    ...(check && { visitor: check }),
    // Always counted: metrics may be served on a separate port.
    observers: [...(config.observers ?? []), ...observers, source],
    ...(metrics?.token !== undefined && { metrics: { token: metrics.token, source } }),
  };
}

/** The options that a config and `createVoiceServer` share. */
function serverOptions(config: CheckedConfig): Pick<CheckedConfig, 'allowedOrigins' | 'upstream'> & Partial<VoiceServerOptions> {
  const { allowedOrigins, upstream } = config;
  const others = Object.entries(config).filter(([name]) => !COMMAND_OPTIONS.has(name));
  return { ...(Object.fromEntries(others) as Partial<VoiceServerOptions>), allowedOrigins, upstream };
}

/** Options that a config has as data, or that belong to the command. */
const COMMAND_OPTIONS = new Set<keyof CheckedConfig>([
  'visitor',
  'state',
  'metrics',
  'admin',
  'audit',
  'listen',
  'log',
  'widget',
]) as ReadonlySet<string>;

function visitorCheckOf(visitor: CheckedConfig['visitor']): VisitorCheck | undefined {
  if (visitor === undefined || typeof visitor === 'function') return visitor;
  try {
    return 'turnstile' in visitor ? turnstile(visitor.turnstile) : visitorToken(visitor.visitorToken);
  } catch (error) {
    if (!(error instanceof VoiceServerOptionsError)) throw error;
    const path = error.path.replace(/^visitor/, 'turnstile' in visitor ? 'visitor.turnstile' : 'visitor.visitorToken');
    throw new ConfigError([{ path, problem: error.message.slice(error.path.length + 2) }]);
  }
}
