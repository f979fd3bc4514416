/**
 * The messages of one call in both directions, with times, and waiting for messages that have not arrived yet. For
 * tests only; nothing in the protocol depends on it.
 */
import { SandboxTimeout } from '../clock.js';

/** One message on the wire. */
export interface RecordedEvent {
  /** Position in the call's log, from 0. */
  readonly index: number;
  /** `in` is from a client, `out` is to a client. */
  readonly direction: 'in' | 'out';
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The event's type; `invalid` if the message is not an event. */
  readonly type: string;
  /** The parsed event; for an invalid message, an object with its text in `raw`. */
  readonly event: Record<string, unknown>;
}

/** Which events a wait accepts: a type or a predicate. */
export type EventMatch = string | ((event: RecordedEvent) => boolean);

/** Options of a wait. */
export interface WaitOptions {
  /** Milliseconds until the wait fails; default 5000. */
  timeoutMs?: number;
  /** Only events at or after this log position; default 0, so that an event that has already arrived counts. */
  after?: number;
}

/** Events kept per call; older ones are dropped to bound memory use. */
const KEPT = 200_000;

/** The log of one call. */
export class EventLog {
  readonly #now: () => number;
  readonly #events: RecordedEvent[] = [];
  readonly #watchers = new Set<(event: RecordedEvent) => void>();
  #next = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** All recorded events, oldest first. */
  get events(): readonly RecordedEvent[] {
    return this.#events;
  }

  /** Records one message. */
  record(direction: RecordedEvent['direction'], type: string, event: Record<string, unknown>): void {
    const entry: RecordedEvent = { index: this.#next++, direction, at: this.#now(), type, event };
    this.#events.push(entry);
    if (this.#events.length > KEPT) this.#events.splice(0, KEPT / 10);
    for (const watch of [...this.#watchers]) watch(entry);
  }

  /** Calls back for every future event; the returned function stops it. */
  watch(callback: (event: RecordedEvent) => void): () => void {
    this.#watchers.add(callback);
    return () => this.#watchers.delete(callback);
  }

  /**
   * The first matching event in a direction, recorded or future.
   *
   * @throws SandboxTimeout if there is none within the timeout.
   */
  waitFor(direction: RecordedEvent['direction'], match: EventMatch, options: WaitOptions = {}): Promise<RecordedEvent> {
    const { timeoutMs = 5_000, after = 0 } = options;
    const fits = (entry: RecordedEvent): boolean =>
      entry.direction === direction && entry.index >= after && (typeof match === 'string' ? entry.type === match : match(entry));
    const past = this.#events.find(fits);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const stop = this.watch((entry) => {
        if (!fits(entry)) return;
        stop();
        clearTimeout(timer);
        resolve(entry);
      });
      const timer = setTimeout(() => {
        stop();
        const wanted = typeof match === 'string' ? `'${match}'` : 'a matching event';
        const seen = this.#events.filter((entry) => entry.direction === direction && entry.index >= after);
        const who = direction === 'in' ? 'client' : 'server';
        reject(
          new SandboxTimeout(
            `timed out after ${String(timeoutMs)} ms waiting for ${wanted} from the ${who}`,
            seen.map((entry) => entry.type),
          ),
        );
      }, timeoutMs);
    });
  }
}
