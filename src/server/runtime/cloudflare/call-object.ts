/**
 * The Durable Object of one brokered or phone call. It holds the sideband and enforces the call's limits with the same
 * `LocalCallHost` as a Node process, backed by the object's own call registry.
 *
 * Owns the alarm, which outlives the object's memory: it wakes an object that was moved, evicted or restarted. The object then
 * loads the call from its storage, reattaches to it and ends it no later than its deadline.
 */
import { CallUnattached } from '../../contract/call-host.js';
import type { CallHost, CallStart } from '../../contract/call-host.js';
import { LocalCallHost } from '../../calls/local-call-host.js';
import type { Clock } from '../../contract/clock.js';
import type { ResolvedOptions } from '../../resolved-options.js';
import { phoneAgents } from '../../phone/phone-agent.js';
import type { CallEndReason, CallRecord, SharedState } from '../../contract/shared-state.js';
import { ObjectCallRegistry } from './object-call-registry.js';
import { openWorkerSocket } from './worker-socket.js';
import type { DurableContext } from './durable-context.js';

/** Requests to the Durable Object of a call. */
export type CallObjectRequest =
  | { readonly do: 'watch'; readonly call: CallRecord; readonly start: CallStart }
  | { readonly do: 'end'; readonly call: CallRecord; readonly reason: CallEndReason }
  | { readonly do: 'active'; readonly call: CallRecord }
  | { readonly do: 'spent'; readonly call: CallRecord }
  | { readonly do: 'notices'; readonly call: CallRecord };

/** Status of the response if the call ended before its sideband was attached. */
export const UNATTACHED = 409;

/** Milliseconds between alarms of an active call. Idle objects are evicted after 70 to 140 s at the earliest. */
const ALARM_INTERVAL = 30_000;
/** Milliseconds for which an ended call is remembered. */
const RETENTION = 600_000;

/** See the head of the file. */
export class CallObject {
  readonly #ctx: DurableContext;
  readonly #registry: ObjectCallRegistry;
  readonly #host: CallHost;
  readonly #clock: Clock;

  /** @param options options of the whole server, with the state of all calls */
  constructor(ctx: DurableContext, options: ResolvedOptions) {
    this.#ctx = ctx;
    this.#clock = options.upstream.clock;
    this.#registry = new ObjectCallRegistry({
      sql: ctx.storage.sql,
      shared: options.state.calls,
      onAdded: (call) => this.#wakeIn(Math.min(ALARM_INTERVAL, this.#timeLeft(call))),
      onEnded: () => {
        this.#stopTimers();
        return this.#wakeIn(RETENTION);
      },
    });
    const { state } = options;
    const ownState: SharedState = {
      lasting: true,
      calls: this.#registry,
      take: (wants) => state.take(wants),
      reserve: (reservation) => state.reserve(reservation),
      settle: (id, spent) => state.settle(id, spent),
      once: (key, seconds) => state.once(key, seconds),
      setPaused: (paused) => state.setPaused(paused),
      paused: () => state.paused(),
      usage: (calendar) => state.usage(calendar),
      ready: () => state.ready(),
      close: () => state.close(),
    };
    const ownOptions: ResolvedOptions = { ...options, state: ownState };
    // Takes over the stored call. The agent of a phone call uses the same sideband: the Agents SDK's own transport for workerd
    // would open a second one without limits.
    this.#host = new LocalCallHost(
      ownOptions,
      options.openSocket ?? openWorkerSocket,
      options.phone && phoneAgents(ownOptions, options.phone),
    );
    if (this.#registry.own()?.ended !== undefined) this.#stopTimers();
  }

  /** Handles requests of a Worker's `DurableCallHost`; the object is not reachable from outside. */
  async fetch(request: Request): Promise<Response> {
    const message = (await request.json()) as CallObjectRequest;
    switch (message.do) {
      case 'watch':
        return this.#watch(message.call, message.start);
      case 'end':
        await this.#host.end(message.call, message.reason);
        return new Response(null, { status: 204 });
      case 'active':
        await this.#host.active(message.call);
        return new Response(null, { status: 204 });
      case 'spent':
        return Response.json(await this.#host.spent(this.#registry.own()?.call ?? message.call));
      case 'notices':
        return this.#host.notices(message.call, request.signal);
    }
  }

  /** Keeps the object of an active call alive and deletes an ended one. */
  async alarm(): Promise<void> {
    const own = this.#registry.own();
    if (!own || own.ended !== undefined) {
      this.#stopTimers();
      return this.#ctx.storage.deleteAll();
    }
    const left = this.#timeLeft(own.call);
    // Set the next alarm first, so that it fires even if this one fails.
    await this.#wakeIn(left > 0 ? Math.min(ALARM_INTERVAL, left) : ALARM_INTERVAL);
    if (left <= 0) await this.#host.end(own.call, 'duration');
  }

  async #watch(call: CallRecord, start: CallStart): Promise<Response> {
    try {
      await this.#host.watch(call, start);
      return new Response(null, { status: 204 });
    } catch (error) {
      if (error instanceof CallUnattached) return new Response(null, { status: UNATTACHED });
      throw error;
    }
  }

  /** Stops the timers of an idle host: an object is billed while a timer is set. */
  #stopTimers(): void {
    void this.#host.close();
  }

  /** Milliseconds until the deadline. */
  #timeLeft({ deadline }: CallRecord): number {
    return deadline - this.#clock.now();
  }

  #wakeIn(ms: number): Promise<void> {
    return this.#ctx.storage.setAlarm(Date.now() + Math.max(0, ms));
  }
}
