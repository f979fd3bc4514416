/**
 * Counts events for Prometheus with prom-client, in a separate registry. Node only; also measures the process.
 *
 * Labels have few values: configured names of agents and tools, and the server's own codes, reasons and states. Values chosen by
 * clients (unknown paths) become `other`.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { MetricsSource } from '../../contract/metrics-source.js';
import type { ServerEvent } from '../../contract/server-events.js';

/** Options of `prometheusMetrics`. */
export interface PrometheusMetricsOptions {
  /** Includes memory, CPU time and event loop of this process, default true. */
  readonly process?: boolean;
}

const ROUTES = new Set(['/voice/token', '/voice/call', '/voice/sip']);
const SIDEBAND_STATES = ['attached', 'lost', 'attached-again', 'given-up'] as const satisfies readonly Extract<
  ServerEvent,
  { type: 'sideband' }
>['state'][];
const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Creates a metrics source for `observers` and `metrics`. */
export function prometheusMetrics({ process = true }: PrometheusMetricsOptions = {}): MetricsSource {
  const registry = new Registry();
  if (process) collectDefaultMetrics({ register: registry });
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `voice_agent_${name}`, help, labelNames, registers: [registry] });
  const histogram = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Histogram({ name: `voice_agent_${name}`, help, labelNames, buckets: SECONDS, registers: [registry] });

  const minted = counter('keys_minted_total', 'Ephemeral keys issued to visitors.', 'profile');
  const refused = counter('refusals_total', 'Refused requests.', 'route', 'code', 'profile');
  const started = counter('calls_started_total', 'Brokered and phone calls started.', 'kind', 'profile');
  const ended = counter('calls_ended_total', 'Brokered and phone calls ended.', 'kind', 'profile', 'reason');
  const live = new Gauge({
    name: 'voice_agent_calls_live',
    help: 'Active calls that started in this process.',
    labelNames: ['kind', 'profile'],
    registers: [registry],
  });
  const seconds = counter('call_seconds_total', 'Duration of calls in seconds, counted when they end.', 'profile');
  const tokens = counter('call_tokens_total', 'Tokens used by calls.', 'profile');
  const money = counter('call_money_total', 'Cost of calls in the currency of the configured prices.', 'profile');
  const upstream = histogram('upstream_seconds', 'Response time of the Realtime API in seconds.', 'operation', 'status');
  const keys = counter('api_keys_rejected_total', 'API keys that the Realtime API rejected and another key replaced.');
  const sidebands = counter('sidebands_total', 'State changes of sidebands.', 'state');
  const tampered = counter('tampered_total', 'Calls whose client did what its profile does not allow.', 'profile');
  const tools = histogram('tool_seconds', 'Run time of tools on this server in seconds.', 'profile', 'name', 'outcome');
  const phone = counter('phone_total', 'Steps of phone calls.', 'step', 'reason');
  const closed = counter('connections_closed_total', 'Connections closed or refused at a limit.', 'limit');
  const budget = counter('budget_levels_total', 'Budget levels reached: 50, 80 or 100 percent of a limit.', 'profile', 'limit', 'percent');
  const webhooks = counter('webhooks_lost_total', 'Webhooks that the receiver did not accept.');
  const state = new Gauge({ name: 'voice_agent_state_available', help: '1 while the shared state is available.', registers: [registry] });
  state.set(1);
  const journal = new Gauge({
    name: 'voice_agent_journal_writable',
    help: '0 while the journal cannot be written.',
    registers: [registry],
  });
  journal.set(1);
  // Alerts on rare events need a series that exists before the first one.
  for (const each of SIDEBAND_STATES) sidebands.inc({ state: each }, 0);

  /** Calls that started in this process; a call taken over from another process is counted where it started. */
  const begun = new Set<string>();

  const observe = (event: ServerEvent): void => {
    switch (event.type) {
      case 'minted':
        return minted.inc({ profile: event.profile });
      case 'refused':
        return refused.inc({ route: ROUTES.has(event.route) ? event.route : 'other', code: event.code, profile: event.profile ?? '' });
      case 'upstream':
        return upstream.observe({ operation: event.operation, status: statusClass(event.status) }, event.ms / 1000);
      case 'api-key-rejected':
        return keys.inc();
      case 'call-started': {
        const { kind, profile } = event;
        begun.add(event.ref);
        started.inc({ kind, profile });
        return live.inc({ kind, profile });
      }
      case 'call-usage':
        tokens.inc({ profile: event.profile }, event.spent.tokens);
        return money.inc({ profile: event.profile }, event.spent.micros / 1_000_000);
      case 'call-ended': {
        const { kind, profile, reason } = event;
        if (begun.delete(event.ref)) live.dec({ kind, profile });
        seconds.inc({ profile }, event.spent.seconds);
        return ended.inc({ kind, profile, reason });
      }
      case 'tampered':
        return tampered.inc({ profile: event.profile });
      case 'sideband':
        return sidebands.inc({ state: event.state });
      case 'tool':
        return tools.observe({ profile: event.profile, name: event.name, outcome: outcomeOf(event) }, event.ms / 1000);
      case 'phone':
        return phone.inc({ step: event.step, reason: event.reason ?? '' });
      case 'operator':
        return;
      case 'budget':
        return budget.inc({ profile: event.profile ?? '', limit: event.limit, percent: String(event.percent) });
      case 'webhook':
        return webhooks.inc();
      case 'state':
        return state.set(event.available ? 1 : 0);
      case 'journal':
        if (event.state !== 'damaged') journal.set(event.state === 'writable' ? 1 : 0);
        return;
      case 'connection-limit':
        return closed.inc({ limit: event.limit }, event.count);
    }
  };
  return Object.assign(observe, { text: () => registry.metrics(), contentType: registry.contentType });
}

const statusClass = (status: number | undefined): string => (status === undefined ? 'none' : `${String(Math.floor(status / 100))}xx`);

const outcomeOf = ({ refused, failed }: Extract<ServerEvent, { type: 'tool' }>): string =>
  refused !== undefined ? 'refused' : failed ? 'failed' : 'ok';
