/**
 * The Durable Object of one brokered or phone call: it holds the sideband and keeps the call within its limits, with the same
 * `LocalCallHost` that does so in a Node process, over the object's own call book.
 *
 * Owns the alarm, which outlives the object's memory: an object that was moved, evicted or restarted is woken by it, finds its
 * call in its storage, attaches again, and ends it at its deadline at the latest.
 */
import type { CallHost } from '../calls/call-host.js';
import { LocalCallHost } from '../calls/local-call-host.js';
import type { Clock } from '../clock.js';
import type { ResolvedOptions } from '../options.js';
import { phoneAgents } from '../phone/phone-agent.js';
import type { CallEndReason, CallRecord, SharedState } from '../state/shared-state.js';
import { ObjectCallBook } from './object-call-book.js';
import { openWorkerSocket } from './worker-socket.js';
import type { DurableContext } from './workerd.js';

/** What is asked of the object of a call. */
export type CallQuestion =
  | { readonly do: 'watch'; readonly call: CallRecord }
  | { readonly do: 'end'; readonly call: CallRecord; readonly reason: CallEndReason }
  | { readonly do: 'active'; readonly call: CallRecord }
  | { readonly do: 'notices'; readonly call: CallRecord };

/** Milliseconds between two alarms of a live call. An object without a request is put away after 70 to 140 s at the earliest. */
const ALARM = 30_000;
/** Milliseconds that the end of a call is remembered here. */
const REMEMBERED = 600_000;

/** See the head of the file. */
export class CallObject {
  readonly #ctx: DurableContext;
  readonly #book: ObjectCallBook;
  readonly #host: CallHost;
  readonly #clock: Clock;

  /** @param options of the whole server, with the state of all calls */
  constructor(ctx: DurableContext, options: ResolvedOptions) {
    this.#ctx = ctx;
    this.#clock = options.upstream.clock;
    this.#book = new ObjectCallBook({
      sql: ctx.storage.sql,
      shared: options.state.calls,
      onAdded: (call) => this.#wakeIn(Math.min(ALARM, this.#left(call))),
      onEnded: () => {
        this.#rest();
        return this.#wakeIn(REMEMBERED);
      },
    });
    const { state } = options;
    const own: SharedState = {
      lasting: true,
      calls: this.#book,
      take: (wants) => state.take(wants),
      reserve: (reservation) => state.reserve(reservation),
      settle: (id, spent) => state.settle(id, spent),
      once: (key, seconds) => state.once(key, seconds),
      ready: () => state.ready(),
      close: () => state.close(),
    };
    const mine: ResolvedOptions = { ...options, state: own };
    // Takes over what is in the storage. The agent of a phone call talks over the same sideband: the Agents SDK's own transport for
    // workerd would open a second one, which nobody bounds.
    this.#host = new LocalCallHost(mine, options.openSocket ?? openWorkerSocket, options.phone && phoneAgents(mine, options.phone));
    if (this.#book.own()?.ended !== undefined) this.#rest();
  }

  /** Answers what a Worker's `DurableCallHost` asks; nobody else can reach this object. */
  async fetch(request: Request): Promise<Response> {
    const question = (await request.json()) as CallQuestion;
    switch (question.do) {
      case 'watch':
        await this.#host.watch(question.call);
        return new Response(null, { status: 204 });
      case 'end':
        await this.#host.end(question.call, question.reason);
        return new Response(null, { status: 204 });
      case 'active':
        await this.#host.active(question.call);
        return new Response(null, { status: 204 });
      case 'notices':
        return this.#host.notices(question.call, request.signal);
    }
  }

  /** Keeps a live call alive, and forgets an ended one. */
  async alarm(): Promise<void> {
    const own = this.#book.own();
    if (!own || own.ended !== undefined) {
      this.#rest();
      return this.#ctx.storage.deleteAll();
    }
    const left = this.#left(own.call);
    // The next one is set first: it comes also where this one fails.
    await this.#wakeIn(left > 0 ? Math.min(ALARM, left) : ALARM);
    if (left <= 0) await this.#host.end(own.call, 'duration');
  }

  /** Stops the timers of a host that has nothing to watch: an object is paid for as long as one is set. */
  #rest(): void {
    void this.#host.close();
  }

  /** Milliseconds until the deadline. */
  #left({ deadline }: CallRecord): number {
    return deadline - this.#clock.now();
  }

  #wakeIn(ms: number): Promise<void> {
    return this.#ctx.storage.setAlarm(Date.now() + Math.max(0, ms));
  }
}
