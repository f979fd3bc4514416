/** Recommendations for valid but risky addresses, ports and connection limits of the command. */
import { ipAddress } from '../http/ip-address.js';
import { DEFAULT_METRICS_HOST, effectiveListen } from './effective-config.js';
import type { CheckedConfig } from './server-config.js';

/** One sentence or two for each; empty if there is nothing to recommend. */
export function networkRecommendations({ metrics = {}, listen, trustedProxies, budget, state }: CheckedConfig): readonly string[] {
  const { maxConnections } = effectiveListen(listen, trustedProxies);
  const { token, port, host = DEFAULT_METRICS_HOST } = metrics;
  const maxConcurrent = budget?.maxConcurrent ?? 50;
  // With Redis, several processes share the budget.
  const shared = typeof state === 'object' && 'redis' in state;
  return [
    token !== undefined && 'metrics.token: /metrics is served on the public port, protected only by the token. Use metrics.port instead.',
    port !== undefined &&
      !isLoopback(host) &&
      `metrics.host: /metrics is served without a token to every machine that can reach ${host}. Use 127.0.0.1, or an address of an internal network.`,
    port === undefined && metrics.host !== undefined && 'metrics.host: has no effect without metrics.port.',
    maxConcurrent !== false &&
      !shared &&
      maxConnections <= maxConcurrent &&
      `listen.maxConnections: ${String(maxConnections)} connections are not enough for ${String(maxConcurrent)} concurrent calls (budget.maxConcurrent), each of which uses one for its notices.`,
  ].filter((each) => each !== false);
}

/** True for addresses that only this machine can reach. */
function isLoopback(host: string): boolean {
  const address = ipAddress(host);
  return host === 'localhost' || address === '0:0:0:0:0:0:0:1' || address?.startsWith('127.') === true;
}
