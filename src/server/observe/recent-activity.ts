/**
 * Counts events of the last 24 hours by hour, for the operator's page. Owns the counts, which belong to this process and start again with it;
 * Prometheus keeps longer histories (`runtime/node/prometheus-metrics.ts`).
 */
import type { Clock } from '../contract/clock.js';
import type { ActivityHour, ActivityReport, Counts } from '../contract/operator.js';
import type { ServerEvent } from '../contract/server-events.js';

const HOUR = 3_600_000;
const HOURS = 24;
const MICRO = 1_000_000;

/** The counts of one hour. */
interface Hour {
  readonly start: number;
  calls: number;
  keys: number;
  micros: number;
  readonly refusals: Map<string, number>;
  readonly errors: Map<string, number>;
}

/** See the head of the file. Use `observe` as an observer. */
export class RecentActivity {
  readonly #clock: Clock;
  readonly #since: number;
  /** The newest is last. */
  readonly #hours: Hour[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  readonly observe = (event: ServerEvent): void => {
    switch (event.type) {
      case 'minted':
        this.#hour().keys += 1;
        return;
      case 'call-started':
        this.#hour().calls += 1;
        return;
      case 'call-usage':
        this.#hour().micros += event.spent.micros;
        return;
      case 'refused':
        // A pause is the operator's own decision.
        this.#count(event.status >= 500 && event.code !== 'paused' ? 'errors' : 'refusals', event.code);
        return;
      case 'phone':
        if (event.step === 'rejected') this.#count('refusals', `phone_${event.reason ?? 'failed'}`);
        return;
      case 'tampered':
        this.#count('refusals', 'tampered');
        return;
      case 'tool':
        if (event.failed) this.#count('errors', 'tool_failed');
        return;
      case 'sideband':
        if (event.state === 'given-up') this.#count('errors', 'call_unwatched');
        return;
      case 'api-key-rejected':
        this.#count('errors', 'api_key_rejected');
        return;
      case 'state':
        if (!event.available) this.#count('errors', 'state_lost');
        return;
      case 'journal':
        if (event.state !== 'writable') this.#count('errors', `journal_${event.state.replace('-', '_')}`);
        return;
      case 'connection-limit':
        // One client can cause thousands; the metric counts each connection.
        this.#count('refusals', 'connection_limit');
        return;
      case 'webhook':
        this.#count('errors', 'webhook_lost');
        return;
      case 'budget':
      case 'call-ended':
      case 'operator':
        return;
      case 'upstream':
        // Failed requests for keys and calls are counted as refusals with an upstream code.
        if (event.operation === 'hangup' && event.status !== 404 && !(event.status !== undefined && event.status < 400))
          this.#count('errors', 'hang_up_failed');
    }
  };

  /** The last 24 hours, with hours without events. */
  report(): ActivityReport {
    const current = this.#hour().start;
    const hours = Array.from({ length: HOURS }, (_, index): ActivityHour => {
      const start = current - (HOURS - 1 - index) * HOUR;
      const { calls = 0, keys = 0, micros = 0, refusals, errors } = this.#hours.find((hour) => hour.start === start) ?? {};
      return { start, calls, keys, money: micros / MICRO, refusals: totalOf(refusals), errors: totalOf(errors) };
    });
    return { since: this.#since, hours, refusals: this.#sum('refusals'), errors: this.#sum('errors') };
  }

  #count(kind: 'refusals' | 'errors', name: string): void {
    const counts = this.#hour()[kind];
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  /** The current hour; hours that are too old are removed. */
  #hour(): Hour {
    const start = Math.floor(this.#clock.now() / HOUR) * HOUR;
    const last = this.#hours.at(-1);
    // A clock that was set back continues in the newest hour.
    if (last && last.start >= start) return last;
    const hour: Hour = { start, calls: 0, keys: 0, micros: 0, refusals: new Map(), errors: new Map() };
    this.#hours.push(hour);
    while ((this.#hours[0]?.start ?? start) <= start - HOURS * HOUR) this.#hours.shift();
    return hour;
  }

  #sum(kind: 'refusals' | 'errors'): Counts {
    const sums = new Map<string, number>();
    for (const hour of this.#hours) for (const [name, count] of hour[kind]) sums.set(name, (sums.get(name) ?? 0) + count);
    return Object.fromEntries([...sums].sort(([, one], [, other]) => other - one));
  }
}

const totalOf = (counts: ReadonlyMap<string, number> | undefined): number =>
  [...(counts?.values() ?? [])].reduce((sum, count) => sum + count, 0);
